"""Where the cloud's settings come from: environment variables named WARDENLOOP_*."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from common.quirks import Quirk, UnknownQuirk, checked_quirks
from common.server import serving
from common.server.own_hosts import host_names
from common.server.serving import MOST_THREADS, MOST_WORKERS
from common.settings import CommonSettings, checked_prefix, networks, whole_number, with_driver

Value = TypeVar("Value")

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
    """Read WARDENLOOP_REGION, _BASE_URL, _DATABASE_URL (`{region}` in it is filled in: `us`, `eu`), _STATE_DIR,
    _CERTIFICATE_DIR, _OTHER_REGION_URL, _SMTP_HOST, _SMTP_PORT, _MAILBOX_SMTP,
    _DANGEROUSLY_SEND_REAL_MAIL,
    _SECRET_DELAY, _QUIRKS (comma list), _CONTROL_TOKEN, _EMAIL_VERIFICATION, _PATH_PREFIX,
    _REQUIRE_CLIENT_VERSION, _NEW_DEVICE_VERIFICATION, _RATE_LIMITS,
    _MAILBOX_URL, _KNOWN_PROXIES (comma list of addresses and networks), _ALLOWED_HOSTS (comma list of host names),
    _WORKERS, _THREADS."""

    def read(name: str, default: str = "") -> str:
        return environ.get(f"WARDENLOOP_{name}", default)

    region = read("REGION", "US")
    state_dir = Path(read("STATE_DIR", ".wardenloop/cloud-us"))
    return cloud_settings(
        region,
        base_url=read("BASE_URL", "http://127.0.0.1:8401"),
        database_url=with_driver(read("DATABASE_URL").replace("{region}", region.lower()))
        or f"sqlite:///{(state_dir / 'cloud.db').resolve()}",
        state_dir=state_dir,
        certificate_dir=Path(read("CERTIFICATE_DIR", str(state_dir / "certificate"))),
        other_region_url=read("OTHER_REGION_URL").rstrip("/") or None,
        smtp_host=read("SMTP_HOST") or None,
        smtp_port=int(read("SMTP_PORT", "25")),
        mailbox_smtp=_mailbox_smtp(read("MAILBOX_SMTP")),
        send_real_mail=read("DANGEROUSLY_SEND_REAL_MAIL") == "true",
        secret_delay=float(read("SECRET_DELAY", "2")),
        quirks=_quirks(read("QUIRKS")),
        control_token=read("CONTROL_TOKEN") or None,
        enable_email_verification=read("EMAIL_VERIFICATION", "true") == "true",
        require_client_version=read("REQUIRE_CLIENT_VERSION") == "true",
        enable_new_device_verification=read("NEW_DEVICE_VERIFICATION") == "true",
        rate_limits=read("RATE_LIMITS") == "true",
        mailbox_url=read("MAILBOX_URL") or None,
        known_proxies=networks(read("KNOWN_PROXIES")),
        allowed_hosts=_checked(host_names, "ALLOWED_HOSTS", read("ALLOWED_HOSTS")),
        workers=_checked(partial(whole_number, default=serving.workers, most=MOST_WORKERS), "WORKERS", read("WORKERS")),
        threads=_checked(partial(whole_number, default=serving.threads, most=MOST_THREADS), "THREADS", read("THREADS")),
        path_prefix=checked_prefix(read("PATH_PREFIX")),
    )


def _mailbox_smtp(text: str) -> str | None:
    if text and not text.rpartition(":")[2].isdecimal():
        raise ValueError(f"WARDENLOOP_MAILBOX_SMTP must be host:port, not {text!r}.")
    return text or None


def _checked(read: Callable[[str], Value], name: str, text: str) -> Value:
    try:
        return read(text)
    except ValueError as error:
        raise ValueError(f"WARDENLOOP_{name}: {error}") from error


def _quirks(text: str) -> frozenset[Quirk]:
    try:
        return checked_quirks(text.split(","))
    except UnknownQuirk as error:
        raise UnknownQuirk(f"WARDENLOOP_QUIRKS: {error}") from error
