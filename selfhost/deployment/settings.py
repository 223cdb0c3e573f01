"""Binding the settings: from environment variables, or from the snapshot that is in effect.

`wardenloop__...` are the simulator's own.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from uuid import UUID

from common.configuration.proxies import Proxies
from common.configuration.values import SettingsError, Values, checked_uri, has_value
from common.quirks import Quirk, UnknownQuirk, checked_quirks
from common.releases import NEWEST, Release, UnknownRelease
from common.server import serving
from common.server.destinations import is_loopback
from common.server.own_hosts import host_names
from common.server.serving import MOST_THREADS, MOST_WORKERS
from common.settings import (
    JournalSettings,
    begin_moment,
    checked_prefix,
    journal_body_bytes,
    journal_changes,
    journal_entries,
    seed_number,
    variables_in,
    whole_number,
    with_driver,
)
from selfhost.deployment.configuration import AdminUser, SelfHostSettings, ServiceUris, SimulatorSettings, SmtpSettings
from selfhost.deployment.outside import foreign_credentials

EFFECTIVE_VARIABLE = "WARDENLOOP_EFFECTIVE"
INSTALLATION_ID_MISSING = "Installation Id must be set for self-hosted installations."
DEFAULT_LISTEN = "127.0.0.1:8403"

_OFFICIAL_API = "https://api.bitwarden.com"
_OFFICIAL_IDENTITY = "https://identity.bitwarden.com"
_SERVICES = ("api", "identity", "admin", "notifications", "sso", "scim")
_LAST_HOUR = 23
_CONTAINER_ROOT = PurePosixPath("/etc/bitwarden")


def load_effective(path: Path | None = None) -> SelfHostSettings:
    """Settings in effect: the snapshot that `start` took, at `path` or where the environment says.

    SettingsError when there is no snapshot; later edits of the files on disk change nothing here.
    """
    if path is None:
        named = os.environ.get(EFFECTIVE_VARIABLE)
        if not named:
            raise SettingsError(
                f"{EFFECTIVE_VARIABLE} is not set: start the instance with `wardenloop selfhost start`."
            )
        path = Path(named)
    try:
        environment = variables_in(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError) as error:
        raise unreadable(path, error) from error
    return bind(environment)


def unreadable(path: Path, why: object) -> SettingsError:
    """Somebody has damaged the configuration in effect."""
    return SettingsError(
        f"Cannot read the configuration in effect at {path}: {why}. `wardenloop selfhost restart` writes it anew."
    )


def bind(environment: Mapping[str, str]) -> SelfHostSettings:
    """Settings from environment variables. SettingsError with the literal text for the first value that is no good."""
    values = Values(environment)
    if not values.boolean("GlobalSettings:SelfHosted", default=True):
        raise SettingsError("globalSettings__selfHosted is false, but this program is a self-hosted server only.")
    simulator = _bind_simulator(values, environment)
    settings = SelfHostSettings(
        installation_id=_installation_id(values),
        installation_key=values.text("GlobalSettings:Installation:Key") or "",
        installation_api_uri=_installation_uri(values, "Api", _OFFICIAL_API),
        installation_identity_uri=_installation_uri(values, "Identity", _OFFICIAL_IDENTITY),
        push_relay_base_uri=values.uri("GlobalSettings:PushRelayBaseUri"),
        enable_cloud_communication=values.boolean("GlobalSettings:EnableCloudCommunication"),
        cloud_region=values.text("GlobalSettings:BaseServiceUri:CloudRegion"),
        service_uris=_service_uris(values, simulator),
        license_directory=_license_directory(values, simulator.data_directory),
        log_directory=_log_directory(values, simulator.data_directory),
        disable_user_registration=values.boolean("GlobalSettings:DisableUserRegistration"),
        enable_email_verification=values.boolean("GlobalSettings:EnableEmailVerification"),
        enable_new_device_verification=values.boolean("GlobalSettings:EnableNewDeviceVerification"),
        reply_to_email=values.given("GlobalSettings:Mail:ReplyToEmail"),
        smtp=_bind_smtp(values),
        admins=tuple(_admins(values.text("AdminSettings:Admins") or "")),
        release=_release(values),
        simulator=simulator,
    )
    # bound by the real server too, so a bad one stops it although nothing here uses the value
    values.boolean("GlobalSettings:LiteDeployment")
    values.integer("GlobalSettings:SqlServer:MigrationExecutionTimeoutSeconds", default=0, nullable=True)
    values.refuse_unused_own_keys()
    return settings


def _installation_id(values: Values) -> UUID:
    found = values.guid("GlobalSettings:Installation:Id")
    if found.int == 0:
        raise SettingsError(INSTALLATION_ID_MISSING)
    return found


def _installation_uri(values: Values, service: str, official: str) -> str:
    """As written; blank means the US."""
    return values.uri(f"GlobalSettings:Installation:{service}Uri") or official


def _bind_smtp(values: Values) -> SmtpSettings:
    path = "GlobalSettings:Mail:Smtp:"
    host = values.given(path + "Host")
    if host is not None and not has_value(values.text("GlobalSettings:Mail:ReplyToEmail")):
        raise SettingsError("A GlobalSettings.Mail.ReplyToEmail is required to be set up.")
    return SmtpSettings(
        host=host.strip() if host else None,
        port=values.integer(path + "Port", default=25),
        ssl=values.boolean(path + "Ssl"),
        start_tls=values.boolean(path + "StartTls"),
        ssl_override=values.boolean(path + "SslOverride"),
        trust_server=values.boolean(path + "TrustServer"),
        username=values.given(path + "Username"),
        password=values.given(path + "Password"),
    )


def _admins(text: str) -> Iterator[AdminUser]:
    """Comma list of `mail` or `mail:stamp`, in lower case.

    Source: src/Admin/IdentityServer/ReadOnlyEnvIdentityUserStore.cs.
    """
    for entry in text.lower().split(","):
        email, _, stamp = entry.partition(":")
        if email.strip():
            yield AdminUser(email.strip(), stamp.strip())


def _service_uris(values: Values, simulator: SimulatorSettings) -> ServiceUris:
    path = "GlobalSettings:BaseServiceUri:"
    scheme = "https" if simulator.tls_certificate else "http"
    vault = (values.uri(path + "Vault") or f"{scheme}://{simulator.listen.partition(',')[0]}").rstrip("/")
    found = {name: (values.uri(path + name.capitalize()) or f"{vault}/{name}").rstrip("/") for name in _SERVICES}
    attachments = (values.uri("GlobalSettings:Attachment:BaseUrl") or f"{vault}/attachments").rstrip("/")
    return ServiceUris(vault=vault, attachments=attachments, **found)


def _on_this_machine(written: str, volume: str, host_folder: Path) -> Path:
    """A path inside the containers as the folder of bwdata that is mounted there; any other path as it is."""
    path = PurePosixPath(written.strip())
    return host_folder / path.relative_to(volume) if path.is_relative_to(volume) else Path(path)


def _license_directory(values: Values, data_directory: Path) -> Path:
    written = values.given("GlobalSettings:LicenseDirectory") or str(_CONTAINER_ROOT / "core/licenses")
    return _on_this_machine(written, str(_CONTAINER_ROOT / "core"), data_directory / "core")


def _log_directory(values: Values, data_directory: Path) -> Path | None:
    """None for the container's own default, which is another folder of bwdata for each service."""
    written = values.given("GlobalSettings:LogDirectory")
    if written is None or PurePosixPath(written.strip()) == _CONTAINER_ROOT / "logs":
        return None
    return _on_this_machine(written, str(_CONTAINER_ROOT), data_directory)


def _release(values: Values) -> Release:
    written = values.given("Wardenloop:Release")
    try:
        return Release.parse(written) if written else NEWEST
    except UnknownRelease as error:
        raise SettingsError(str(error)) from error


def _bind_simulator(values: Values, environment: Mapping[str, str]) -> SimulatorSettings:
    data = Path(values.given("Wardenloop:DataDirectory") or ".wardenloop/bwdata")
    tls_certificate, tls_key = (values.given(f"Wardenloop:{name}") for name in ("TlsCertificate", "TlsKey"))
    if (tls_certificate is None) != (tls_key is None):
        raise SettingsError("wardenloop__tlsCertificate and wardenloop__tlsKey belong together.")
    authority = values.given("Wardenloop:TrustedAuthority")
    certificates = values.below("Wardenloop:LicenseCertificates")
    single = values.given("Wardenloop:LicenseCertificates")
    hosts = _stand_ins(values)
    listed = ([single] if single else []) + [certificates[key] for key in sorted(certificates)]
    return SimulatorSettings(
        # where upstream keeps its database, so that a copy of bwdata is a backup and uninstall removes it
        database_url=_database_url(values) or f"sqlite:///{data}/mssql/data/wardenloop.db",
        data_directory=data,
        state_directory=Path(values.given("Wardenloop:StateDirectory") or ".wardenloop/selfhost"),
        secret_delay=values.seconds("Wardenloop:SecretDelaySeconds", default=2.0),
        require_client_version=values.boolean("Wardenloop:RequireClientVersion"),
        cloud_timeout=values.seconds("Wardenloop:CloudTimeoutSeconds", default=100.0),
        license_certificates=tuple(Path(name) for name in listed if name.strip()),
        quirks=_quirks(values),
        listen=_listen(values),
        workers=_count(values, "workers", serving.workers, MOST_WORKERS),
        threads=_count(values, "threads", serving.threads, MOST_THREADS),
        tls_certificate=Path(tls_certificate) if tls_certificate else None,
        tls_key=Path(tls_key) if tls_key else None,
        trusted_authority=Path(authority) if authority else None,
        path_prefix=_path_prefix(values),
        control_token=values.given("Wardenloop:ControlToken"),
        allowed_hosts=_allowed_hosts(values),
        mailbox_url=values.given("Wardenloop:MailboxUrl"),
        mailbox_smtp=_mailbox_smtp(values),
        declared_addresses=tuple(hosts.values()),
        foreign_credentials=foreign_credentials(environment),
        proxies=Proxies.of(environment),
        hosts=hosts,
        contact_real_bitwarden=values.boolean("Wardenloop:DangerouslyContactRealBitwarden"),
        send_real_mail=values.boolean("Wardenloop:DangerouslySendRealMail"),
        sponsorship_sync_hour=_sync_hour(values),
        seed=_seed(values),
        at=_at(values),
        journal=JournalSettings(
            entries=_number(values, "Wardenloop:Journal", journal_entries),
            body_bytes=_number(values, "Wardenloop:JournalBodyBytes", journal_body_bytes),
            changes=_number(values, "Wardenloop:JournalChanges", journal_changes),
        ),
    )


def _stand_ins(values: Values) -> dict[str, str]:
    """Host name -> base URL; `wardenloop__default...Uri` stands for the host that a real server has built in."""
    defaults = {"api.bitwarden.com": "DefaultApiUri", "identity.bitwarden.com": "DefaultIdentityUri"}
    found = {host: values.uri(f"Wardenloop:{name}") for host, name in defaults.items()}
    named = {
        host: checked_uri(url, f"Wardenloop:Hosts:{host}") for host, url in values.below("Wardenloop:Hosts").items()
    }
    return {host: url for host, url in found.items() if url} | named


def _path_prefix(values: Values) -> str:
    try:
        return checked_prefix(values.given("Wardenloop:PathPrefix") or "")
    except ValueError as error:
        raise SettingsError(f"wardenloop__pathPrefix: {error}") from error


def _allowed_hosts(values: Values) -> frozenset[str]:
    try:
        return host_names(values.given("Wardenloop:AllowedHosts") or "")
    except ValueError as error:
        raise SettingsError(f"wardenloop__allowedHosts: {error}") from error


def _count(values: Values, name: str, default: int, most: int) -> int:
    try:
        return whole_number(values.text(f"Wardenloop:{name.capitalize()}") or "", default, most=most)
    except ValueError as error:
        raise SettingsError(f"wardenloop__{name}: {error}") from error


def _number(values: Values, name: str, read: Callable[[str], int]) -> int:
    try:
        return read(values.text(name) or "")
    except ValueError as error:
        shown = name.partition(":")[2]
        raise SettingsError(f"wardenloop__{shown[0].lower()}{shown[1:]}: {error}") from error


def _sync_hour(values: Values) -> int | None:
    name = "Wardenloop:SponsorshipSyncHour"
    if values.given(name) is None:
        return None
    hour = values.integer(name, default=0, minimum=0)
    if hour > _LAST_HOUR:
        raise SettingsError(f"wardenloop__sponsorshipSyncHour must be 0 to {_LAST_HOUR}, not {hour}.")
    return hour


def _seed(values: Values) -> int | None:
    try:
        return seed_number(values.text("Wardenloop:Seed") or "")
    except ValueError as error:
        raise SettingsError(f"wardenloop__seed: {error}") from error


def _at(values: Values) -> datetime | None:
    try:
        return begin_moment(values.text("Wardenloop:At") or "")
    except ValueError as error:
        raise SettingsError(f"wardenloop__at: {error}") from error


def _database_url(values: Values) -> str:
    try:
        return with_driver(values.given("Wardenloop:DatabaseUrl") or "")
    except ValueError as error:
        raise SettingsError(f"wardenloop__databaseUrl: {error}") from error


def _quirks(values: Values) -> frozenset[Quirk]:
    try:
        return checked_quirks((values.text("Wardenloop:Quirks") or "").split(","), "selfhost")
    except UnknownQuirk as error:
        raise SettingsError(f"wardenloop__quirks: {error}") from error


def _mailbox_smtp(values: Values) -> str | None:
    """`host:port` of the built-in mailbox."""
    written = values.given("Wardenloop:MailboxSmtp")
    if written is not None and _host_and_port(written.strip()) is None:
        raise SettingsError(f"wardenloop__mailboxSmtp must be host:port, not '{written}'.")
    return written.strip() if written else None


def _host_and_port(text: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return (host, port) if host and port and not parts.path else None


def _listen(values: Values) -> str:
    """`host:port`, or several with commas; another than loopback needs the dangerous switch (it is no real server)."""
    listen = (values.given("Wardenloop:Listen") or DEFAULT_LISTEN).strip()
    exposed = values.boolean("Wardenloop:DangerouslyListenOnAnyAddress")
    addresses = [_host_and_port(each) for each in listen.split(",")]
    if None in addresses:
        raise SettingsError(f"wardenloop__listen must be host:port, not '{listen}'.")
    if not (exposed or all(is_loopback(each[0]) for each in addresses if each)):
        raise SettingsError(
            f"wardenloop__listen={listen} can be reached from other machines; if you really want that, "
            "set wardenloop__dangerouslyListenOnAnyAddress=true."
        )
    return listen
