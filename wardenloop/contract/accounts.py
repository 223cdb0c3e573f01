"""What is known of a server beforehand: a file with people, organizations, installations; the names that cases use.

YAML or JSON, nested as one likes: `{owner: {email: ..., password: ...}, organization: {id: ...}}`. The object that
`wardenloop urls --json` and `wardenloop serve` print will do: of it the mailbox, the cloud of a region and the
installation that this one knows are taken, people are made anew.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml

from wardenloop.contract.target import TIMEOUT_SECONDS, refuse_official

_CLOUDS = {"US": "cloud_us", "EU": "cloud_eu"}
"""A region -> how `urls --json` names its cloud."""

REGIONS = tuple(_CLOUDS)


class UnfitAccounts(ValueError):
    """The file is none of accounts."""


@dataclass(frozen=True)
class Accounts:
    """Values by name, and addresses that the file gives."""

    values: Mapping[str, Any] = field(default_factory=dict)
    mailbox: str | None = None
    cloud: str | None = None


def read_accounts(path: Path, target: str = "", region: str | None = None) -> Accounts:
    """target: who is asked. region: of its cloud, `US` or `EU`; else that of the target, or of the installation.

    Raises UnfitAccounts, OSError.
    """
    try:
        told = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UnfitAccounts(f"{path} is neither YAML nor JSON: {error}") from error
    if not isinstance(told, dict):
        raise UnfitAccounts(f"{path} has no names and values")
    if "cloud_us" in told:
        return _of_a_stack(told, target, region)
    return Accounts(dict(_flat(told)), told.get("mailbox"), told.get("cloud"))


def _flat(told: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in told.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _of_a_stack(told: Mapping[str, Any], target: str, region: str | None) -> Accounts:
    installations: list[dict[str, Any]] = told.get("installations") or []
    named = [name for name in _CLOUDS.values() if told.get(name) == target.rstrip("/")]
    known = [str(each["app"]) for each in installations if each.get("app") in told]
    cloud = _CLOUDS[region] if region else next(iter((*named, *known)), "cloud_us")
    own = next((each for each in installations if each.get("app") == cloud), {})
    values = {f"installation.{name}": own[name] for name in ("id", "key") if name in own}
    return Accounts(values, told.get("mailbox"), told.get(cloud))


class HttpMailbox:
    """A mailbox that answers `GET /api/messages?to=` as wardenloop's does: the newest mail first, each with `links`."""

    def __init__(self, address: str, session: requests.Session | None = None) -> None:
        refuse_official(address)
        self._address = address.rstrip("/")
        self._session = session or requests.Session()
        self._session.trust_env = False

    def links(self, to: str) -> list[str]:
        """The links of all mails to this address, newest first; none when it does not answer."""
        try:
            answer = self._session.get(f"{self._address}/api/messages", params={"to": to}, timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            return [link for mail in answer.json()["data"] for link in mail["links"]]
        except (requests.RequestException, ValueError, KeyError, TypeError):
            return []
