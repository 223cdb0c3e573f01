"""Services beside API and Identity that clients talk to and nobody simulates here: notifications, events, icons.

They refuse politely or answer that there is nothing, so that no client stumbles.
Source: util/Setup/Templates/NginxConfig.hbs; fidelity.md: hosts.paths, clients.calls,
clients.pages.
"""

from flask import Blueprint, Response

from common.errors import Refusal, bad_request
from common.server import policy
from common.server.body import answer_rows, nothing
from common.server.operation import Rows, operation, refused

bp = Blueprint("companions", __name__)
api = Blueprint("companion_lists", __name__)

NO_EMERGENCY_ACCESS = "Emergency access is not simulated."
NO_LOGIN_WITH_DEVICE = "Login with device is not simulated."
NO_HUB = "Live notifications are not simulated; clients find changes when they synchronize."


@bp.get("/notifications/hub")
@bp.get("/notifications/anonymous-hub")
@bp.post("/notifications/hub/negotiate")
@bp.post("/notifications/anonymous-hub/negotiate")
@policy.anonymous
@refused(404)
def refuse_hub() -> Response:
    """There is no notifications hub; clients go on without one."""
    raise Refusal(404, NO_HUB, rule="companions.no-hub")


@bp.post("/events/collect")
@policy.application
@operation()
def collect_events() -> Response:
    """Take what a client reports about its use; nothing is kept."""
    return nothing()


@bp.get("/icons/<domain>/icon.png")
@policy.anonymous
@refused(404)
def refuse_icon(domain: str) -> Response:
    """No website has an icon here; clients show their own."""
    return Response(status=404, headers={"Cache-Control": "public, max-age=86400"})


@api.get("/tasks")
@api.get("/notifications")
@api.get("/sends")
@api.get("/auth-requests")
@api.get("/auth-requests/pending")
@api.get("/emergency-access/trusted")
@api.get("/emergency-access/granted")
@api.get("/webauthn")
@policy.application
@operation(answer=Rows(dict))
def list_nothing() -> Response:
    """What web vaults ask for on their pages and what nobody can have here."""
    return answer_rows([])


@api.post("/emergency-access/invite")
@policy.application
@refused()
def refuse_emergency_access() -> Response:
    """Nobody gets emergency access here."""
    raise bad_request(NO_EMERGENCY_ACCESS, rule="companions.emergency-access")


@api.post("/auth-requests")
@policy.anonymous
@refused()
def refuse_login_with_device() -> Response:
    """Nobody logs in with a device here."""
    raise bad_request(NO_LOGIN_WITH_DEVICE, rule="companions.login-with-device")
