"""What a server tells clients to adapt to. Source: src/Api/Models/Response/ConfigResponseModel.cs."""

from typing import Any

from pydantic import Field

from common.wire.base import WireModel


class Environment(WireModel):
    """Where the services of a server are."""

    cloud_region: str | None
    vault: str
    api: str
    identity: str
    notifications: str
    sso: str


class PushSettings(WireModel):
    """How a server notifies clients."""

    push_technology: int
    vapid_public_key: str | None = None


class ServerSettings(WireModel):
    """What a server lets clients do."""

    disable_user_registration: bool
    suppress_onboarding_interstitials: bool = False


class Config(WireModel):
    """What clients adapt to."""

    version: str
    git_hash: str
    server: None = None
    environment: Environment
    feature_states: dict[str, Any] = Field(default_factory=dict)
    push: PushSettings
    communication: None = None
    settings: ServerSettings
    object: str = "config"
