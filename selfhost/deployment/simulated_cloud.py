"""Where the simulated clouds are: the simulator's DNS for the official host names, written to `docker/wardenloop.env`.

The documents tell people to write `https://identity.bitwarden.eu` and its siblings. Those lines work here unchanged:
`wardenloop__hosts__<official host>` names the stand-in of each host, and `wardenloop__defaultApiUri` and
`wardenloop__defaultIdentityUri` stand for the US defaults that a real server has built in.
"""

from dataclasses import dataclass
from pathlib import Path

from common.configuration import env_file
from common.configuration.official import OFFICIAL_DOMAINS
from common.configuration.values import SettingsError, checked_uri
from common.files import read_json
from common.server.destinations import Destinations

DEFAULT_CLOUD_US = "http://127.0.0.1:8401/"
DEFAULT_CLOUD_EU = "http://127.0.0.1:8402/"
STACK_FILE = "stack.json"
# the public half of what signs the licences of both regions, made by the clouds of a stack in the same home
LICENSE_CERTIFICATE = "certificate/license.crt.pem"
_HOST = "wardenloop__hosts__"
_LISTEN = "wardenloop__listen"
_AUTHORITY = "wardenloop__trustedAuthority"
_TLS_CERTIFICATE = "wardenloop__tlsCertificate"
_TLS_KEY = "wardenloop__tlsKey"
_MAILBOX = "wardenloop__mailboxUrl"
_MAILBOX_SMTP = "wardenloop__mailboxSmtp"
_PATH_PREFIX = "wardenloop__pathPrefix"
# what bitwarden.com/host and the setup program call a region, and the domain of its hosts
REGION_DOMAINS = {"US": "bitwarden.com", "EU": "bitwarden.eu"}


@dataclass(frozen=True)
class CloudRegion:
    """One simulated cloud. root: its base URL with final slash."""

    root: str

    @classmethod
    def at(cls, url: str, setting: str) -> "CloudRegion":
        """From the cloud's base URL or that of its API, with or without final slash."""
        root = checked_uri(url, setting).rstrip("/")
        return cls(root.removesuffix("/api") + "/")

    @property
    def api(self) -> str:
        return self.root + "api/"

    @property
    def identity(self) -> str:
        return self.root + "identity/"

    @property
    def push(self) -> str:
        return self.root + "push/"


@dataclass(frozen=True)
class Stack:
    """What `<home>/stack.json` says about the running stack (keys `cloud_us`, `cloud_eu`, and optionally
    `selfhost_url`, `selfhost_path`, `selfhost_listen`, `mailbox`, `mailbox_smtp`, and for https `ca`,
    `tls_certificate`, `tls_key`).

    authority: PEM file that vouches for the simulated clouds. tls_certificate, tls_key: what the instance serves with.
    license_certificate: stands for the certificate that a real server has embedded; None while there is none.
    """

    us: CloudRegion
    eu: CloudRegion
    selfhost_url: str | None = None
    selfhost_listen: str | None = None
    license_certificate: Path | None = None
    authority: str | None = None
    tls_certificate: str | None = None
    tls_key: str | None = None
    mailbox: str | None = None
    mailbox_smtp: str | None = None
    selfhost_path: str | None = None

    @classmethod
    def read(cls, home: Path, written: Path, cloud_us: str | None = None, cloud_eu: str | None = None) -> "Stack":
        """Flags first, then stack.json, then what was written to `docker/wardenloop.env` before, then the defaults.

        SettingsError for an address that is none.
        """
        path = home / STACK_FILE
        document = read_json(path)
        if document is None and path.exists():
            raise SettingsError(f"Cannot read {path}: not a JSON object.")
        before = env_file.parse(written.read_text(), {}) if document is None and written.exists() else {}

        def entry(key: str, variable: str) -> str | None:
            value = (document or {}).get(key)
            if value is not None and not isinstance(value, str):
                raise SettingsError(f"Cannot read {path}: '{key}' must be a text.")
            return value or before.get(variable)

        us = cloud_us or entry("cloud_us", _HOST + "api.bitwarden.com") or DEFAULT_CLOUD_US
        eu = cloud_eu or entry("cloud_eu", _HOST + "api.bitwarden.eu") or DEFAULT_CLOUD_EU
        certificate = home.absolute() / LICENSE_CERTIFICATE
        return cls(
            us=CloudRegion.at(us, "cloud_us"),
            eu=CloudRegion.at(eu, "cloud_eu"),
            selfhost_url=entry("selfhost_url", ""),
            selfhost_listen=entry("selfhost_listen", _LISTEN),
            license_certificate=certificate if certificate.exists() else None,
            authority=entry("ca", _AUTHORITY),
            tls_certificate=entry("tls_certificate", _TLS_CERTIFICATE),
            tls_key=entry("tls_key", _TLS_KEY),
            mailbox=entry("mailbox", _MAILBOX),
            mailbox_smtp=entry("mailbox_smtp", _MAILBOX_SMTP),
            selfhost_path=entry("selfhost_path", _PATH_PREFIX),
        )

    def environment(self) -> dict[str, str]:
        """The variables of `docker/wardenloop.env`."""
        values = {
            "wardenloop__defaultApiUri": self.us.api,
            "wardenloop__defaultIdentityUri": self.us.identity,
        }
        values.update((_HOST + host, base) for host, base in self.hosts().items())
        optional = {
            _LISTEN: self.selfhost_listen,
            _AUTHORITY: self.authority,
            _TLS_CERTIFICATE: self.tls_certificate,
            _TLS_KEY: self.tls_key,
            _MAILBOX: self.mailbox,
            _MAILBOX_SMTP: self.mailbox_smtp,
            _PATH_PREFIX: self.selfhost_path,
        }
        values.update((name, value) for name, value in optional.items() if value)
        if "," in (self.selfhost_listen or "") or (self.selfhost_listen or "").startswith("0.0.0.0:"):
            values["wardenloop__dangerouslyListenOnAnyAddress"] = "true"  # `up --host` asked for it
        if self.license_certificate:
            values["wardenloop__licenseCertificates__0"] = str(self.license_certificate)
        return values

    def destinations(self, *, contact_real: bool = False) -> Destinations:
        """What may be contacted beside this machine: the clouds, and with contact_real Bitwarden's own hosts."""
        return Destinations.to(*self.hosts().values(), domains=OFFICIAL_DOMAINS if contact_real else ())

    def hosts(self) -> dict[str, str]:
        """Official host name -> base URL of its stand-in."""
        found = {}
        for region, domain in ((self.us, REGION_DOMAINS["US"]), (self.eu, REGION_DOMAINS["EU"])):
            found[f"api.{domain}"] = region.api
            found[f"identity.{domain}"] = region.identity
            found[f"push.{domain}"] = region.push
            found[f"vault.{domain}"] = region.root
        return found
