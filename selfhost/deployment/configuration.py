"""The settings of a self-hosted instance, bound once at start from environment variables (settings.py).

Source: src/Core/Settings/GlobalSettings.cs; fidelity.md: deployment.env-file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from common.configuration.official import OFFICIAL_DOMAINS
from common.configuration.proxies import Proxies
from common.quirks import Quirk
from common.releases import Abilities, Release, abilities
from common.server.destinations import Destinations
from common.server.mail.smtp import SmtpSettings as MailServer
from common.server.mail.way import MailWay, way_of_mail
from common.settings import JournalSettings
from selfhost.deployment.dns import resolve_host

_OFFICIAL_VAULTS = {"US": "https://vault.bitwarden.com", "EU": "https://vault.bitwarden.eu"}


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

    Source: fidelity.md: deployment.settings.
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
    are sent here. mailbox_smtp: `host:port` that takes them. declared_addresses: URLs outside of this machine that the
    stack itself names. foreign_credentials: see outside.py. proxies: those of the environment, foreign ones too.
    """

    database_url: str
    data_directory: Path
    state_directory: Path
    secret_delay: float
    require_client_version: bool
    cloud_timeout: float
    license_certificates: tuple[Path, ...]
    quirks: frozenset[Quirk]
    listen: str
    workers: int
    threads: int
    tls_certificate: Path | None
    tls_key: Path | None
    trusted_authority: Path | None
    path_prefix: str
    control_token: str | None
    allowed_hosts: frozenset[str]
    mailbox_url: str | None
    mailbox_smtp: str | None
    declared_addresses: tuple[str, ...]
    foreign_credentials: tuple[str, ...]
    proxies: Proxies
    hosts: Mapping[str, str]
    contact_real_bitwarden: bool
    send_real_mail: bool
    sponsorship_sync_hour: int | None
    seed: int | None
    at: datetime | None
    journal: JournalSettings


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
    reply_to_email: str | None
    smtp: SmtpSettings
    admins: tuple[AdminUser, ...]
    release: Release
    simulator: SimulatorSettings

    @property
    def abilities(self) -> Abilities:
        """What the simulated release does about licences."""
        return abilities(self.release)

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

    @property
    def destinations(self) -> Destinations:
        """What the instance may connect to beside this machine; mail has its own way."""
        own = self.simulator
        return Destinations.to(*own.declared_addresses, domains=OFFICIAL_DOMAINS if own.contact_real_bitwarden else ())

    @property
    def mail_server(self) -> MailServer | None:
        """The mail server that the settings name; None = mails are dropped."""
        smtp = self.smtp
        if smtp.host is None:
            return None
        return MailServer(
            host=smtp.host,
            reply_to=self.reply_to_email or "",
            port=smtp.port,
            ssl=smtp.ssl,
            start_tls=smtp.start_tls,
            ssl_override=smtp.ssl_override,
            trust_server=smtp.trust_server,
            username=smtp.username,
            password=smtp.password,
        )

    @property
    def mail_way(self) -> MailWay | None:
        """The mail server that is really used; None = mails are dropped."""
        wanted, own = self.mail_server, self.simulator
        if wanted is None:
            return None
        return way_of_mail(wanted, own.mailbox_smtp, send_real_mail=own.send_real_mail)

    @property
    def sends_real_mail(self) -> bool:
        """Whether the dangerous switch makes mail leave this machine."""
        way = self.mail_way
        return way is not None and way.replaced is None and bool(way.destinations.declared)

    def log_folder(self, service: str) -> Path:
        """`bwdata/logs/<service>`, or what `globalSettings__logDirectory` says."""
        return self.log_directory or self.simulator.data_directory / "logs" / service
