"""Settings that both apps understand, as plain values; each app's own settings.py says where they come from."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from common.quirks import Quirk

Network = IPv4Network | IPv6Network

PREFIX = "WARDENLOOP_"
"""Of the environment variables that are ours."""

CLOUD_VARIABLES = frozenset(
    {
        "ALLOWED_HOSTS",
        "AT",
        "BASE_URL",
        "CERTIFICATE_DIR",
        "CONTROL_TOKEN",
        "DANGEROUSLY_SEND_REAL_MAIL",
        "DATABASE_URL",
        "EMAIL_VERIFICATION",
        "KNOWN_PROXIES",
        "MAILBOX_SMTP",
        "JOURNAL",
        "JOURNAL_BODY_BYTES",
        "JOURNAL_CHANGES",
        "DESK_AUTHORITY",
        "MAILBOX_URL",
        "NEW_DEVICE_VERIFICATION",
        "OTHER_REGION_URL",
        "PATH_PREFIX",
        "PUBLIC_URL",
        "QUIRKS",
        "RATE_LIMITS",
        "REGION",
        "REQUIRE_CLIENT_VERSION",
        "SECRET_DELAY",
        "SEED",
        "SMTP_HOST",
        "SMTP_PORT",
        "STATE_DIR",
        "THREADS",
        "WORKERS",
    }
)
"""What follows the prefix in those that a cloud reads; docs/settings.md says what they do."""

_OTHER_VARIABLES = frozenset({"BASE_PORT", "EFFECTIVE", "HOME", "YES"})
"""The same in those of the command and of the instance's runners."""

EXPORTED = (
    "ACCESS_TOKEN",
    "BILLING_SYNC_TOKEN",
    "CLOUD_EU",
    "CLOUD_US",
    "CONTROL",
    "EMAIL",
    "INSTALLATION_ID",
    "INSTALLATION_KEY",
    "MAILBOX",
    "ORGANIZATION_CLIENTID",
    "ORGANIZATION_CLIENTSECRET",
    "ORGANIZATION_ID",
    "PASSWORD",
    "SELFHOST",
    "START",
    "USER_ID",
)
"""The same in those that `wardenloop env` exports, for other programs."""

_MOUNTS = ("api", "identity", "push", "admin", "_sim")


@dataclass(frozen=True)
class JournalSettings:
    """What of the exchanges is written down. entries: how many at most; 0 = the journal is off. body_bytes: of each
    body. changes: rows before and after, of each exchange; of those beyond only how many they are."""

    entries: int = 0
    body_bytes: int = 64 * 1024
    changes: int = 100


DEFAULT_JOURNAL = JournalSettings(entries=10_000)
"""Of an app that is served."""


@dataclass(frozen=True, kw_only=True)
class CommonSettings:
    """How an app presents itself and how strict it is.

    base_url: where people and clients reach the app, no final slash. database_url: SQLAlchemy URL.
    state_dir: keys and sealed-token secrets. issuer: `iss` of access tokens (scheme and host only).
    secret_delay: seconds an answer waits after a wrong secret (upstream: 2). quirks: upstream defects switched on.
    control_token: lets `/_sim` answer callers that are not on loopback. path_prefix: the app also answers below this
    path, as behind a reverse proxy that passes it on ("" = nowhere else). require_client_version: refuse sign-ins
    without `Bitwarden-Client-Version`, as upstream. rate_limits: the real cloud's limits by address.
    known_proxies: believed, beside loopback, when they name the address that a request comes from.
    allowed_hosts: names, beside loopback and the base URL's, by which pages and control may be called.
    mailbox_url: where people read the mails that the app sent, shown on its pages. desk_authority: PEM file that
    vouches for the desk, where it speaks https. other_region_url: where people reach the other region of the cloud,
    None when there is none. journal: off unless said otherwise. seed: what ids and secrets are made of; None = chance.
    at: the moment at which a new database begins, and its clock stands still; None = now, and it goes on.
    Source: fidelity.md: identity.settings, identity.access-token, deployment.settings.
    """

    base_url: str
    database_url: str
    state_dir: Path
    issuer: str
    cloud_region: str | None
    version: str = "2026.8.0"
    secret_delay: float = 2.0
    enable_email_verification: bool = False
    enable_new_device_verification: bool = False
    disable_user_registration: bool = False
    require_client_version: bool = False
    quirks: frozenset[Quirk] = field(default_factory=frozenset)
    control_token: str | None = None
    path_prefix: str = ""
    rate_limits: bool = False
    known_proxies: tuple[Network, ...] = ()
    allowed_hosts: frozenset[str] = frozenset()
    mailbox_url: str | None = None
    desk_authority: Path | None = None
    other_region_url: str | None = None
    seed: int | None = None
    at: datetime | None = None
    journal: JournalSettings = JournalSettings()

    @property
    def desk_url(self) -> str | None:
        """Where the stack's desk is, no final slash; None for an app that runs alone."""
        return desk_of(self.mailbox_url)

    def quirk(self, quirk: Quirk) -> bool:
        """Whether this defect of upstream is switched on."""
        return quirk in self.quirks


def desk_of(mailbox_url: str | None) -> str | None:
    """The desk that has this mailbox."""
    return mailbox_url.rstrip("/").removesuffix("/mailbox") if mailbox_url else None


class UnknownVariable(ValueError):
    """An environment variable that looks like ours and is none."""


def refuse_unknown_variables(environ: Mapping[str, str]) -> None:
    """A misspelt setting must not pass unnoticed. Raises UnknownVariable, which names those that there are."""
    known = {PREFIX + name for name in CLOUD_VARIABLES.union(_OTHER_VARIABLES, EXPORTED)}
    unknown = sorted(name for name in environ if name.upper().startswith(PREFIX) and name not in known)
    if unknown:
        hint = " Settings of the instance belong into its global.override.env." if "__" in unknown[0] else ""
        raise UnknownVariable(
            f"Unknown environment variable: {', '.join(unknown)}.{hint} Known: {', '.join(sorted(known))}."
        )


def checked_prefix(text: str) -> str:
    """A path prefix as `/a/b`, "" for none. ValueError for anything that is no plain path, and for our own mounts."""
    prefix = "/" + text.strip().strip("/")
    if prefix == "/":
        return ""
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", prefix) or prefix.split("/")[1].lower() in _MOUNTS:
        raise ValueError(f"{text!r} cannot be a path prefix; write for example /eu.")
    return prefix


def networks(text: str) -> tuple[Network, ...]:
    """A comma list of addresses and networks: `10.0.0.2, 10.10.0.0/24`. ValueError for anything else."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def whole_number(text: str, default: int, least: int = 1, most: int = 1000) -> int:
    """A number within bounds, `default` for "". ValueError for anything else."""
    if not text.strip():
        return default
    if not re.fullmatch(r"\s*[0-9]{1,9}\s*", text) or not least <= int(text) <= most:
        raise ValueError(f"{text!r} is no whole number from {least} to {most}.")
    return int(text)


journal_entries = partial(whole_number, default=DEFAULT_JOURNAL.entries, least=0, most=1_000_000)
journal_body_bytes = partial(whole_number, default=DEFAULT_JOURNAL.body_bytes, least=0, most=10 * 1024 * 1024)
journal_changes = partial(whole_number, default=DEFAULT_JOURNAL.changes, least=0, most=100_000)


def seed_number(text: str) -> int | None:
    """A seed; None for "". ValueError for anything else than a whole number from 0 to 999999999."""
    return whole_number(text, 0, least=0, most=999_999_999) if text.strip() else None


def begin_moment(text: str) -> datetime | None:
    """A date, or a moment (`2026-11-01T09:00:00Z`; UTC where none is said); None for "". ValueError for others."""
    if not text.strip():
        return None
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def seconds(text: str) -> float:
    """A time span in seconds. ValueError for anything else."""
    if not re.fullmatch(r"\s*[0-9]{1,9}(\.[0-9]{1,9})?\s*", text):
        raise ValueError(f"{text!r} is no number of seconds.")
    return float(text)


def flag(text: str) -> bool:
    """`true` or `false`, in any case. ValueError for anything else."""
    if text.strip().lower() not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false.")
    return text.strip().lower() == "true"


def with_driver(database_url: str) -> str:
    """The URL with the PostgreSQL driver that we use: people write `postgresql://` or `postgres://`. "" stays.

    Raises ValueError for another database, and one that names the extra when the driver is not installed.
    """
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", database_url)
    if url and not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        scheme = url.partition(":")[0]
        raise ValueError(f"{scheme!r} is no database; write postgresql://user:password@host/name or sqlite:///FILE.")
    if url.startswith("postgresql+psycopg:") and find_spec("psycopg") is None:
        raise ValueError("PostgreSQL needs its driver. Install it with: pip install 'wardenloop[postgres]'")
    return url


def variables_in(document: object) -> dict[str, str]:
    """The environment in a written configuration (an instance's `effective.json`). ValueError says what is wrong."""
    found = document.get("environment") if isinstance(document, dict) else None
    if not isinstance(found, dict):
        raise ValueError("it holds no environment")
    for name, value in found.items():
        if not name or not isinstance(value, str) or "=" in name or "\0" in name + value:
            raise ValueError(f"{name!r} is no variable with a text")
    return found


def wants_colour() -> bool:
    """Whether output for people may be coloured: not with NO_COLOR (no-color.org), not on a dumb terminal."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def process_environment() -> dict[str, str]:
    """The environment of this process, for programs that pass parts of it on."""
    return dict(os.environ)
