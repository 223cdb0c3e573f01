"""Where the cloud's settings come from: environment variables named WARDENLOOP_*."""

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from common.quirks import Quirk, UnknownQuirk, checked_quirks
from common.server import serving
from common.server.own_hosts import host_names
from common.server.serving import MOST_THREADS, MOST_WORKERS, NO_USE_TRYING_AGAIN
from common.settings import (
    PREFIX,
    CommonSettings,
    JournalSettings,
    begin_moment,
    checked_prefix,
    flag,
    journal_body_bytes,
    journal_changes,
    journal_entries,
    networks,
    refuse_unknown_variables,
    seconds,
    seed_number,
    whole_number,
    with_driver,
)

Value = TypeVar("Value")

LOOPBACK = "127.0.0.1"

HOSTS = {"US": "bitwarden.com", "EU": "bitwarden.eu"}
"""Source: src/Core/Settings/CloudRegionConfig.cs; fidelity.md: hosts.paths."""


@dataclass(frozen=True, kw_only=True)
class CloudSettings(CommonSettings):
    """One region of the cloud. certificate_dir: the licence certificate, the same for every region.

    workers: processes that serve. threads: of each.
    mailbox_smtp: `host:port` that takes the mails in place of a server that is not on this machine. send_real_mail: the
    dangerous switch.
    """

    certificate_dir: Path
    smtp_host: str | None = None
    smtp_port: int = 25
    mailbox_smtp: str | None = None
    send_real_mail: bool = False
    workers: int = serving.workers
    threads: int = serving.threads
    reply_to_email: str = "no-reply@bitwarden.example"

    @property
    def region(self) -> str:
        """`US` or `EU`."""
        return self.cloud_region or "US"


def cloud_settings(region: str, *, base_url: str, database_url: str, state_dir: Path, **more: object) -> CloudSettings:
    """Settings of one region with what follows from the region filled in."""
    return CloudSettings(
        cloud_region=region,
        issuer=f"https://identity.{HOSTS[region]}",
        base_url=base_url.rstrip("/"),
        database_url=database_url,
        state_dir=state_dir,
        **more,  # type: ignore[arg-type]
    )


def from_environment(environ: Mapping[str, str] = os.environ) -> CloudSettings:
    """Read WARDENLOOP_*; docs/settings.md says what each does. `{region}` in _DATABASE_URL is filled in: `us`, `eu`.

    ValueError that names the variable for a value that is no good, and for one that nobody knows. An empty value is
    none.
    """
    refuse_unknown_variables(environ)
    read = partial(_read, environ)
    region = read("REGION", _region, "US")
    state_dir = Path(read("STATE_DIR", str, ".wardenloop/cloud-us"))
    return cloud_settings(
        region,
        base_url=read("BASE_URL", _address, "http://127.0.0.1:8401"),
        database_url=read("DATABASE_URL", partial(_database_url, region), "")
        or f"sqlite:///{(state_dir / 'cloud.db').resolve()}",
        state_dir=state_dir,
        certificate_dir=Path(read("CERTIFICATE_DIR", str, str(state_dir / "certificate"))),
        other_region_url=read("OTHER_REGION_URL", _address, "").rstrip("/") or None,
        smtp_host=read("SMTP_HOST", str, "") or None,
        smtp_port=read("SMTP_PORT", partial(whole_number, default=25, most=65_535), "25"),
        mailbox_smtp=read("MAILBOX_SMTP", _host_and_port, "") or None,
        send_real_mail=read("DANGEROUSLY_SEND_REAL_MAIL", flag, "false"),
        secret_delay=read("SECRET_DELAY", seconds, "2"),
        quirks=_quirks(read("QUIRKS", str, "")),
        seed=read("SEED", seed_number, ""),
        at=read("AT", begin_moment, ""),
        control_token=read("CONTROL_TOKEN", str, "") or None,
        enable_email_verification=read("EMAIL_VERIFICATION", flag, "true"),
        require_client_version=read("REQUIRE_CLIENT_VERSION", flag, "false"),
        enable_new_device_verification=read("NEW_DEVICE_VERIFICATION", flag, "false"),
        rate_limits=read("RATE_LIMITS", flag, "false"),
        mailbox_url=read("MAILBOX_URL", str, "") or None,
        desk_authority=read("DESK_AUTHORITY", _file, ""),
        known_proxies=read("KNOWN_PROXIES", networks, ""),
        allowed_hosts=read("ALLOWED_HOSTS", host_names, ""),
        workers=read("WORKERS", partial(whole_number, default=serving.workers, most=MOST_WORKERS), ""),
        threads=read("THREADS", partial(whole_number, default=serving.threads, most=MOST_THREADS), ""),
        path_prefix=read("PATH_PREFIX", checked_prefix, ""),
        journal=JournalSettings(
            entries=read("JOURNAL", journal_entries, ""),
            body_bytes=read("JOURNAL_BODY_BYTES", journal_body_bytes, ""),
            changes=read("JOURNAL_CHANGES", journal_changes, ""),
        ),
    )


class StackPorts(NamedTuple):
    """Where the processes of a stack listen, on loopback. authority: of those that speak https, None for http.

    host: where others reach the regions, too.
    """

    us: int
    eu: int
    desk: int
    smtp: int
    authority: Path | None
    host: str = LOOPBACK

    def url(self, port: int) -> str:
        """Base URL of what listens there."""
        return f"{'https' if self.authority else 'http'}://{LOOPBACK if port == self.desk else self.host}:{port}"


def in_stack(region: str, home: Path, ports: StackPorts, environ: Mapping[str, str]) -> CloudSettings:
    """One region of the stack in this home; what the stack does not decide comes from `environ`. Errors as above."""
    own, other = (ports.us, ports.eu) if region == "US" else (ports.eu, ports.us)
    elsewhere = "EU" if region == "US" else "US"
    read = partial(_read, environ)
    public = read("PUBLIC_URL", _address, "").rstrip("/")
    decided = {
        "WARDENLOOP_REGION": region,
        "WARDENLOOP_BASE_URL": f"{public}/{region.lower()}" if public else ports.url(own),
        "WARDENLOOP_OTHER_REGION_URL": f"{public}/{elsewhere.lower()}" if public else ports.url(other),
        "WARDENLOOP_PATH_PREFIX": f"{urlsplit(public).path}/{region.lower()}",
        "WARDENLOOP_STATE_DIR": str(home / f"cloud-{region.lower()}"),
        "WARDENLOOP_CERTIFICATE_DIR": str(home / "certificate"),
        "WARDENLOOP_MAILBOX_URL": f"{ports.url(ports.desk)}/mailbox",
        "WARDENLOOP_SMTP_HOST": LOOPBACK,
        "WARDENLOOP_SMTP_PORT": str(ports.smtp),
    }
    if ports.authority:
        decided["WARDENLOOP_DESK_AUTHORITY"] = str(ports.authority)
    return from_environment({**environ, **decided})


def settings_or_exit() -> CloudSettings:
    """`from_environment` for a program: it ends with a message, and is not started again."""
    try:
        return from_environment()
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(NO_USE_TRYING_AGAIN)


def _read(environ: Mapping[str, str], name: str, convert: Callable[[str], Value], default: str) -> Value:
    """The value of one variable. name: one of CLOUD_VARIABLES, without the prefix."""
    try:
        return convert(environ.get(PREFIX + name) or default)
    except ValueError as error:
        raise ValueError(f"{PREFIX}{name}: {error}") from error


def _file(text: str) -> Path | None:
    return Path(text) if text else None


def _region(text: str) -> str:
    if text not in HOSTS:
        raise ValueError(f"{text!r} is no region; there are {' and '.join(HOSTS)}.")
    return text


def _address(text: str) -> str:
    if text and not re.fullmatch(r"https?://[^/?#\s]+[^?#\s]*", text):
        raise ValueError(f"{text!r} is no address; write for example http://127.0.0.1:8401.")
    return text


def _database_url(region: str, text: str) -> str:
    return with_driver(text.replace("{region}", region.lower()))


def _host_and_port(text: str) -> str:
    if text and not text.rpartition(":")[2].isdecimal():
        raise ValueError(f"must be host:port, not {text!r}.")
    return text


def _quirks(text: str) -> frozenset[Quirk]:
    try:
        return checked_quirks(text.split(","), "cloud")
    except UnknownQuirk as error:
        raise UnknownQuirk(f"WARDENLOOP_QUIRKS: {error}") from error
