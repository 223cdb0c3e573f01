"""The single-container edition: what its entrypoint makes of `settings.env`. Pure.

Source: bitwarden/self-host: bitwarden-lite/entrypoint.sh, bitwarden-lite/settings.env; fidelity.md: deployment.lite.
"""

from collections.abc import Mapping
from typing import NamedTuple

_PREFIX = "globalSettings__"
_DATABASES = ("mysql", "postgresql", "sqlserver", "sqlite")


class Lite(NamedTuple):
    """What `settings.env` says. url: of the instance. lines: settings of the server. notes: what counts for nothing."""

    installation_id: str
    key: str
    domain: str
    url: str
    lines: Mapping[str, str]
    notes: tuple[str, ...]


def read(values: Mapping[str, str]) -> Lite:
    """From the variables of the container. Nothing is checked: the id and the key are what they are."""
    domain = values.get("BW_DOMAIN") or "localhost"
    own = {name: value for name, value in values.items() if not name.startswith("BW_")}
    url = own.get(f"{_PREFIX}baseServiceUri__vault") or f"https://{domain}"
    identity, key = values.get("BW_INSTALLATION_ID", ""), values.get("BW_INSTALLATION_KEY", "")
    lines = own | {
        f"{_PREFIX}liteDeployment": "true",
        # the entrypoint puts these over whatever the file says of them
        f"{_PREFIX}installation__id": identity,
        f"{_PREFIX}installation__key": key,
    }
    return Lite(identity, key, domain, url, lines, tuple(_notes(values)))


def _notes(values: Mapping[str, str]) -> list[str]:
    provider = values.get("BW_DB_PROVIDER", "")
    notes = []
    if provider.lower() not in _DATABASES:
        notes.append(f"BW_DB_PROVIDER={provider or '(nothing)'} is none of {', '.join(_DATABASES)}.")
    for name in ("id", "key"):
        written, variable = values.get(f"{_PREFIX}installation__{name}"), f"BW_INSTALLATION_{name.upper()}"
        if written and written != values.get(variable):
            notes.append(f"{_PREFIX}installation__{name} counts for nothing: the container sets it to {variable}.")
    if any(name.startswith("BW_DB_") and name != "BW_DB_PROVIDER" for name in values):
        notes.append("BW_DB_...: another database is used here (wardenloop__databaseUrl).")
    return notes
