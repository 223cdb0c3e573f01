"""What clients adapt to. Of the API only: the identity service has none, which tells the two apart.

Source: src/Api/Controllers/ConfigController.cs; fidelity.md: server.config.
"""

from flask import Blueprint, Response

from common.server import policy
from common.server.app import context
from common.server.body import answer
from common.server.operation import operation
from common.wire.config import Config, Environment, PushSettings, ServerSettings

bp = Blueprint("config", __name__)

GIT_HASH = "wardenloop"
SIGNALR = 0


@bp.get("/config")
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
