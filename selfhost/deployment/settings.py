"""The settings of a self-hosted instance, bound once at start from environment variables the way .NET does it.

Keys are matched in any case, `__` separates levels, and nothing that cannot be converted is let through.
`wardenloop__...` are the simulator's own. Source: spec/deployment-and-configuration.md 2.
"""

import ipaddress
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from common.quirks import UnknownQuirk, checked_quirks
from common.settings import checked_prefix, with_driver
from selfhost.deployment.releases import NEWEST, Release, UnknownRelease, max_license_version, token_aware

EFFECTIVE_VARIABLE = "WARDENLOOP_EFFECTIVE"
INSTALLATION_ID_MISSING = "Installation Id must be set for self-hosted installations."
DEFAULT_LISTEN = "127.0.0.1:8403"

_OFFICIAL_API = "https://api.bitwarden.com"
_OFFICIAL_IDENTITY = "https://identity.bitwarden.com"
_OFFICIAL_VAULTS = {"US": "https://vault.bitwarden.com", "EU": "https://vault.bitwarden.eu"}
_OFFICIAL_DOMAINS = ("bitwarden.com", "bitwarden.eu", "bitwarden.net", "bitwarden-gov.com")
_NOT_SIMULATED = "not-simulated.invalid"  # .invalid never resolves (RFC 2606)
_SERVICES = ("api", "identity", "admin", "notifications", "sso", "scim")
_LAST_HOUR = 23
_CONTAINER_ROOT = PurePosixPath("/etc/bitwarden")


class SettingsError(ValueError):
    """A value that stops the start; the text is what the operator reads."""


@dataclass(frozen=True)
class AdminUser:
    """Who may log in to the System Administrator Portal; changing the stamp ends that person's sessions."""

    email: str
    stamp: str


@dataclass(frozen=True)
class SmtpSettings:
    """`globalSettings__mail__smtp__...`; host None means that mails are dropped."""

    host: str | None
    port: int
    ssl: bool
    start_tls: bool
    ssl_override: bool
    trust_server: bool
    username: str | None
    password: str | None

    @property
    def authenticates(self) -> bool:
        """Both halves of the credentials have a value; one alone is ignored."""
        return self.username is not None and self.password is not None


@dataclass(frozen=True)
class ServiceUris:
    """Where browsers and clients find the services: no final slash.

    Source: spec/deployment-and-configuration.md 2.3.
    """

    vault: str
    api: str
    identity: str
    admin: str
    notifications: str
    sso: str
    scim: str
    attachments: str


@dataclass(frozen=True)
class SimulatorSettings:
    """`wardenloop__...`: what a real server has no setting for.

    secret_delay, cloud_timeout: seconds. require_client_version: refuse sign-ins without `Bitwarden-Client-Version`.
    hosts: lower-case official host name -> base URL of its stand-in; this is the simulator's DNS.
    license_certificates: PEM files whose licences are accepted. sponsorship_sync_hour: whole hours from the first
    start to the first daily sponsorship sync, 0 = at once; None = drawn at random, as upstream. trusted_authority:
    PEM file of the authority that vouches for the clouds, instead of the system's authorities. path_prefix: the app
    also answers below this path ("" for none), as behind a reverse proxy. mailbox_url: where people read the mails that
    are sent here.
    """

    database_url: str
    data_directory: Path
    state_directory: Path
    secret_delay: float
    require_client_version: bool
    cloud_timeout: float
    license_certificates: tuple[Path, ...]
    quirks: frozenset[str]
    listen: str
    workers: int
    threads: int
    tls_certificate: Path | None
    tls_key: Path | None
    trusted_authority: Path | None
    path_prefix: str
    mailbox_url: str | None
    hosts: Mapping[str, str]
    contact_real_bitwarden: bool
    sponsorship_sync_hour: int | None


@dataclass(frozen=True)
class SelfHostSettings:
    """Everything read at start. URIs are kept as written; `resolve` and `cloud_*` say where to connect."""

    installation_id: UUID
    installation_key: str
    installation_api_uri: str
    installation_identity_uri: str
    push_relay_base_uri: str | None
    enable_cloud_communication: bool
    cloud_region: str | None
    service_uris: ServiceUris
    license_directory: Path
    log_directory: Path | None
    disable_user_registration: bool
    enable_email_verification: bool
    enable_new_device_verification: bool
    hibp_api_key: str | None
    reply_to_email: str | None
    smtp: SmtpSettings
    admins: tuple[AdminUser, ...]
    release: Release
    simulator: SimulatorSettings

    @property
    def max_license_version(self) -> int:
        """The highest licence version that the simulated release understands."""
        return max_license_version(self.release)

    @property
    def token_aware(self) -> bool:
        """Whether the simulated release reads licence tokens."""
        return token_aware(self.release)

    @property
    def cloud_api_url(self) -> str:
        """Base of the licence and sponsorship sync, with final slash, simulated hosts filled in."""
        return self.resolve(self.installation_api_uri)

    @property
    def cloud_identity_url(self) -> str:
        """Base of the token endpoint, with final slash, simulated hosts filled in."""
        return self.resolve(self.installation_identity_uri)

    @property
    def cloud_vault_url(self) -> str:
        """Base of the cloud's web vault in `cloudRegion` (else US), with final slash, simulated hosts filled in."""
        region = (self.cloud_region or "").upper()
        return self.resolve(_OFFICIAL_VAULTS.get(region, _OFFICIAL_VAULTS["US"]))

    @property
    def push_relay_url(self) -> str | None:
        """Base of the push relay, with final slash, or None when it is off."""
        return None if self.push_relay_base_uri is None else self.resolve(self.push_relay_base_uri)

    def resolve(self, uri: str) -> str:
        """Where a configured base URI leads in the simulated world (see `resolve_host`); always with a final slash."""
        return resolve_host(uri, self.simulator.hosts, contact_real=self.simulator.contact_real_bitwarden)

    def log_folder(self, service: str) -> Path:
        """`bwdata/logs/<service>`, or what `globalSettings__logDirectory` says."""
        return self.log_directory or self.simulator.data_directory / "logs" / service


def bind(environment: Mapping[str, str]) -> SelfHostSettings:
    """Settings from environment variables. SettingsError with the literal text for the first value that is no good."""
    values = _Values(environment)
    if not values.boolean("GlobalSettings:SelfHosted", default=True):
        raise SettingsError("globalSettings__selfHosted is false, but this program is a self-hosted server only.")
    simulator = _bind_simulator(values)
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
        hibp_api_key=values.given("GlobalSettings:HibpApiKey"),
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


def resolve_host(uri: str, hosts: Mapping[str, str], *, contact_real: bool = False) -> str:
    """The simulator's DNS: `uri` with an official host replaced by the base URL of its stand-in, with a final slash.

    An official host without stand-in becomes a name that cannot be resolved, as behind a firewall, so that no mistake
    reaches the internet; contact_real leaves official hosts alone.
    """
    parts = urlsplit(uri)
    host = (parts.hostname or "").rstrip(".")
    path = parts.path.strip("/")
    if contact_real and _is_official(host):
        return _with_slash(uri)
    if host in hosts and parts.port in (None, 80, 443):
        return _with_slash(_with_slash(hosts[host]) + path)
    if _is_official(host):
        return _with_slash(f"{parts.scheme}://{host}.{_NOT_SIMULATED}/{path}")
    return _with_slash(uri)


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
        environment = dict(json.loads(path.read_bytes())["environment"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"Cannot read the configuration in effect at {path}: {error!r}") from error
    return bind(environment)


def has_value(text: str | None) -> bool:
    """Not blank and not one of the placeholders of the generated files.

    Source: src/Core/Utilities/CoreHelpers.cs (SettingHasValue); spec/deployment-and-configuration.md 2.1.
    """
    return text is not None and text.strip().upper() not in ("", "SECRET", "REPLACE")


def spelled_twice(environment: Mapping[str, str]) -> list[str]:
    """Keys that differ only in case from another one: the real server would take either, we take the last."""
    spellings: dict[str, list[str]] = {}
    for key in environment:
        spellings.setdefault(key.lower(), []).append(key)
    return [" / ".join(keys) for keys in spellings.values() if len(keys) > 1]


class _Values:
    """Values by .NET path ("GlobalSettings:Mail:Smtp:Port"), with .NET's conversions and its error text."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._values = {key.replace("__", ":").lower(): value for key, value in environment.items()}
        self._used: set[str] = set()

    def text(self, path: str) -> str | None:
        """The value as written, or None."""
        self._used.add(path.lower())
        return self._values.get(path.lower())

    def given(self, path: str) -> str | None:
        """The value, or None when it is absent, blank or a placeholder."""
        value = self.text(path)
        return value if has_value(value) else None

    def boolean(self, path: str, *, default: bool = False) -> bool:
        value = self.text(path)
        if value is None:
            return default
        match value.strip().lower():
            case "true":
                return True
            case "false":
                return False
        raise _not_convertible(path, "System.Boolean")

    def integer(self, path: str, *, default: int, minimum: int = -(2**31), nullable: bool = False) -> int:
        value = self.text(path)
        if value is None or (nullable and not value):
            return default
        if not re.fullmatch(r"\s*[+-]?[0-9]+\s*", value) or not minimum <= int(value) < 2**31:
            raise _not_convertible(path, "System.Int32")
        return int(value)

    def seconds(self, path: str, *, default: float) -> float:
        value = self.text(path)
        if value is None:
            return default
        if not re.fullmatch(r"\s*[0-9]+(\.[0-9]+)?\s*", value):
            raise _not_convertible(path, "System.Double")
        return float(value)

    def guid(self, path: str) -> UUID:
        value = self.text(path)
        if value is None:
            return UUID(int=0)
        found = parse_guid(value)
        if found is None:
            raise _not_convertible(path, "System.Guid")
        return found

    def uri(self, path: str) -> str | None:
        """An http(s) base URI as written, surrounding blanks removed; None when it has no value."""
        value = self.given(path)
        return None if value is None else checked_uri(value, path)

    def below(self, path: str) -> dict[str, str]:
        """The entries of a dictionary or list, by what follows the path."""
        prefix = path.lower() + ":"
        self._used.update(key for key in self._values if key.startswith(prefix))
        return {key.removeprefix(prefix): value for key, value in self._values.items() if key.startswith(prefix)}

    def refuse_unused_own_keys(self) -> None:
        """A misspelt simulator setting must not pass unnoticed (unknown upstream settings do, as upstream)."""
        for key in self._values:
            if key.startswith("wardenloop:") and key not in self._used:
                raise SettingsError(f"Unknown wardenloop setting: {key.replace(':', '__')}")


def parse_guid(text: str) -> UUID | None:
    """A GUID in one of .NET's spellings (digits, hyphens, braces, parentheses), blanks around it allowed; else None."""
    plain = text.strip()
    if len(plain) > 2 and plain[0] + plain[-1] in ("{}", "()"):
        plain = plain[1:-1]
    hyphenated = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    return UUID(plain) if re.fullmatch(rf"[0-9a-fA-F]{{32}}|{hyphenated}", plain) else None


def checked_uri(text: str, path: str) -> str:
    """An http(s) URI without query and fragment; else SettingsError naming the setting."""
    uri = text.strip()
    try:
        parts = urlsplit(uri)
        usable = _usable(parts)
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(
            "Invalid URI: The format of the URI could not be determined. "
            f"('{path}' is '{text}', not an http(s) address)"
        )
    return uri


def _usable(parts: SplitResult) -> bool:
    if parts.port == 0 or any(character.isspace() for character in parts.geturl()):
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment


def _not_convertible(path: str, dotnet_type: str) -> SettingsError:
    return SettingsError(f"Failed to convert configuration value at '{path}' to type '{dotnet_type}'.")


def _installation_id(values: _Values) -> UUID:
    found = values.guid("GlobalSettings:Installation:Id")
    if found.int == 0:
        raise SettingsError(INSTALLATION_ID_MISSING)
    return found


def _installation_uri(values: _Values, service: str, official: str) -> str:
    """As written; blank means the US: the simulated one where the stack named it (docker/wardenloop.env)."""
    stand_in = values.uri(f"Wardenloop:Default{service}Uri")
    return values.uri(f"GlobalSettings:Installation:{service}Uri") or stand_in or official


def _bind_smtp(values: _Values) -> SmtpSettings:
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


def _service_uris(values: _Values, simulator: SimulatorSettings) -> ServiceUris:
    path = "GlobalSettings:BaseServiceUri:"
    scheme = "https" if simulator.tls_certificate else "http"
    vault = (values.uri(path + "Vault") or f"{scheme}://{simulator.listen}").rstrip("/")
    found = {name: (values.uri(path + name.capitalize()) or f"{vault}/{name}").rstrip("/") for name in _SERVICES}
    attachments = (values.uri("GlobalSettings:Attachment:BaseUrl") or f"{vault}/attachments").rstrip("/")
    return ServiceUris(vault=vault, attachments=attachments, **found)


def _on_this_machine(written: str, volume: str, host_folder: Path) -> Path:
    """A path inside the containers as the folder of bwdata that is mounted there; any other path as it is."""
    path = PurePosixPath(written.strip())
    return host_folder / path.relative_to(volume) if path.is_relative_to(volume) else Path(path)


def _license_directory(values: _Values, data_directory: Path) -> Path:
    written = values.given("GlobalSettings:LicenseDirectory") or str(_CONTAINER_ROOT / "core/licenses")
    return _on_this_machine(written, str(_CONTAINER_ROOT / "core"), data_directory / "core")


def _log_directory(values: _Values, data_directory: Path) -> Path | None:
    """None for the container's own default, which is another folder of bwdata for each service."""
    written = values.given("GlobalSettings:LogDirectory")
    if written is None or PurePosixPath(written.strip()) == _CONTAINER_ROOT / "logs":
        return None
    return _on_this_machine(written, str(_CONTAINER_ROOT), data_directory)


def _release(values: _Values) -> Release:
    written = values.given("Wardenloop:Release")
    try:
        return Release.parse(written) if written else NEWEST
    except UnknownRelease as error:
        raise SettingsError(str(error)) from error


def _bind_simulator(values: _Values) -> SimulatorSettings:
    data = Path(values.given("Wardenloop:DataDirectory") or ".wardenloop/bwdata")
    tls_certificate, tls_key = (values.given(f"Wardenloop:{name}") for name in ("TlsCertificate", "TlsKey"))
    if (tls_certificate is None) != (tls_key is None):
        raise SettingsError("wardenloop__tlsCertificate and wardenloop__tlsKey belong together.")
    authority = values.given("Wardenloop:TrustedAuthority")
    certificates = values.below("Wardenloop:LicenseCertificates")
    single = values.given("Wardenloop:LicenseCertificates")
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
        workers=values.integer("Wardenloop:Workers", default=1, minimum=1),
        threads=values.integer("Wardenloop:Threads", default=8, minimum=1),
        tls_certificate=Path(tls_certificate) if tls_certificate else None,
        tls_key=Path(tls_key) if tls_key else None,
        trusted_authority=Path(authority) if authority else None,
        path_prefix=_path_prefix(values),
        mailbox_url=values.given("Wardenloop:MailboxUrl"),
        hosts={
            host: checked_uri(url, f"Wardenloop:Hosts:{host}") for host, url in values.below("Wardenloop:Hosts").items()
        },
        contact_real_bitwarden=values.boolean("Wardenloop:DangerouslyContactRealBitwarden"),
        sponsorship_sync_hour=_sync_hour(values),
    )


def _path_prefix(values: _Values) -> str:
    try:
        return checked_prefix(values.given("Wardenloop:PathPrefix") or "")
    except ValueError as error:
        raise SettingsError(f"wardenloop__pathPrefix: {error}") from error


def _sync_hour(values: _Values) -> int | None:
    name = "Wardenloop:SponsorshipSyncHour"
    if values.given(name) is None:
        return None
    hour = values.integer(name, default=0, minimum=0)
    if hour > _LAST_HOUR:
        raise SettingsError(f"wardenloop__sponsorshipSyncHour must be 0 to {_LAST_HOUR}, not {hour}.")
    return hour


def _database_url(values: _Values) -> str:
    try:
        return with_driver(values.given("Wardenloop:DatabaseUrl") or "")
    except ValueError as error:
        raise SettingsError(f"wardenloop__databaseUrl: {error}") from error


def _quirks(values: _Values) -> frozenset[str]:
    try:
        return checked_quirks((values.text("Wardenloop:Quirks") or "").split(","))
    except UnknownQuirk as error:
        raise SettingsError(f"wardenloop__quirks: {error}") from error


def _listen(values: _Values) -> str:
    """`host:port`; another address than loopback needs the dangerous switch (a test double is no server)."""
    listen = (values.given("Wardenloop:Listen") or DEFAULT_LISTEN).strip()
    exposed = values.boolean("Wardenloop:DangerouslyListenOnAnyAddress")
    try:
        parts = urlsplit(f"//{listen}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or parts.path:
        raise SettingsError(f"wardenloop__listen must be host:port, not '{listen}'.")
    if not (exposed or _is_loopback(host)):
        raise SettingsError(
            f"wardenloop__listen={listen} can be reached from other machines; if you really want that, "
            "set wardenloop__dangerouslyListenOnAnyAddress=true."
        )
    return listen


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_official(host: str) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in _OFFICIAL_DOMAINS)


def _with_slash(uri: str) -> str:
    return uri if uri.endswith("/") else uri + "/"
