"""Settings that both apps understand, as plain values; each app's own settings.py says where they come from."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class CommonSettings:
    """How an app presents itself and how strict it is.

    base_url: where people and clients reach the app, no final slash. database_url: SQLAlchemy URL.
    state_dir: keys and sealed-token secrets. issuer: `iss` of access tokens (scheme and host only).
    secret_delay: seconds an answer waits after a wrong secret (upstream: 2). quirks: upstream defects switched on.
    control_token: lets `/_sim` answer callers that are not on loopback.
    Source: spec/identity-and-accounts.md 5.2, 6.7; spec/deployment-and-configuration.md 2.2.
    """

    self_hosted: bool
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
    quirks: frozenset[str] = field(default_factory=frozenset)
    control_token: str | None = None

    def quirk(self, name: str) -> bool:
        """Whether the upstream defect of this name is switched on."""
        return name in self.quirks
