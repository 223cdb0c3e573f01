"""What a server says about itself without being asked who is asking: alive, time, version, config.

Source: src/Api/Controllers/InfoController.cs, ConfigController.cs; fidelity.md: server.config, server.info.
"""

from flask import Blueprint, Response

from common.server import policy
from common.server.app import context
from common.server.body import answer, bare
from common.server.operation import operation
from common.wire.base import iso
from common.wire.config import Config, Environment, PushSettings, ServerSettings

bp = Blueprint("info", __name__)
config_bp = Blueprint("config", __name__)
"""Of the API only: the identity service has none, which tells the two apart."""

GIT_HASH = "wardenloop"
SIGNALR = 0


@bp.get("/alive")
@bp.get("/now")
@policy.anonymous
@operation(answer=str)
def show_now() -> Response:
    """The current moment, a bare JSON string."""
    return bare(iso(context().clock.now()))


@bp.get("/version")
@policy.anonymous
@operation(answer=str)
def show_version() -> Response:
    """The server release, a bare JSON string."""
    return bare(context().side.release(context()))


@config_bp.get("/config")
@policy.anonymous
@operation(answer=Config)
def show_config() -> Response:
    """What clients adapt to. No feature flag is ever on: some make members of the token answer mandatory."""
    settings = context().settings
    base = settings.base_url.rstrip("/")
    services = {name: f"{base}/{name}" for name in ("api", "identity", "notifications", "sso")}
    return answer(
        Config(
            version=context().side.release(context()),
            git_hash=GIT_HASH,
            environment=Environment(cloud_region=settings.cloud_region, vault=base, **services),
            push=PushSettings(push_technology=SIGNALR),
            settings=ServerSettings(disable_user_registration=settings.disable_user_registration),
        )
    )
