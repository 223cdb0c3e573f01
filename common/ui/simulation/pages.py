"""The panel of simulated time in an app: `/simulation`. Its forms go to the app's own origin, which asks the desk.

Source: fidelity.md: pages.own.
"""

from flask import request
from flask.typing import ResponseReturnValue

from common.errors import Refusal
from common.server import policy
from common.server.app import context
from common.server.body import bare
from common.server.operation import OPTIONAL_TEXT, TEXT, page
from common.server.own_hosts import is_from_this_machine
from common.server.transaction import reads
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in, visitor
from common.ui.pages import page_blueprint, render
from common.ui.simulation.panel import TEMPLATE, panel
from common.ui.simulation.relay import DeskTrouble, Relay
from common.ui.visit import visit

bp = page_blueprint("ui_simulation", __name__)

_FORM = {FIELD: TEXT, "step": OPTIONAL_TEXT, "day": OPTIONAL_TEXT, "go": OPTIONAL_TEXT}


def _at_this_machine() -> ResponseReturnValue | None:
    if not is_from_this_machine(request.remote_addr, request.headers):
        raise Refusal(403, visit().texts("x.simThisMachineOnly"), rule="sim.this-machine")
    return visitor()


def _person_at_this_machine() -> ResponseReturnValue | None:
    return _at_this_machine() or signed_in()


@bp.get("/simulation")
@policy.page(_at_this_machine)
@page()
def show_simulation() -> ResponseReturnValue:
    """The steps that time can be moved by."""
    return render(TEMPLATE, **panel(_relay(), visit().texts, {}))


@bp.post("/simulation")
@policy.page(_at_this_machine)
@page(form=_FORM)
@reads  # the desk comes back to this very app
def move_time() -> ResponseReturnValue:
    """What a step would bring; with `go`, take it."""
    return render(TEMPLATE, **panel(_relay(), visit().texts, request.form))


@bp.get("/simulation/mails")
@policy.page(_person_at_this_machine)
@page()
def show_mails() -> ResponseReturnValue:
    """For scripts: how many mails nobody has opened that were sent to who is signed in, and the newest one."""
    relay = _relay()
    try:
        return bare(relay.mails(me().email) if relay else {})
    except DeskTrouble:
        return bare({})


def _relay() -> Relay | None:
    settings = context().settings
    return Relay(settings.desk_url, settings.desk_authority) if settings.desk_url else None
