"""The page that an entrance leads to. Source: fidelity.md: pages.own."""

from flask import request
from flask.typing import ResponseReturnValue

from common.domains.identity.entrances import service
from common.server import policy
from common.server.app import context
from common.server.operation import TEXT, page
from common.ui.answers import go
from common.ui.forms import FIELD
from common.ui.guards import visitor
from common.ui.pages import page_blueprint, render
from common.ui.visit import sign_in, visit

bp = page_blueprint("entrance_pages", __name__)


@bp.get("/enter")
@policy.page(visitor)
@page(query=["as"])
def show_entrance() -> ResponseReturnValue:
    """Says who comes in; a script goes on by itself."""
    sealed = request.args.get("as", "")
    user = service.who_enters(context(), sealed)
    if user is None:
        return render("ui/message.html", 400, message=visit().texts("x.entranceClosed"), own=True, href="/login")
    return render("identity/enter.html", user=user, sealed=sealed)


@bp.post("/enter")
@policy.page(visitor)
@page(form={FIELD: TEXT, "as": TEXT})
def enter() -> ResponseReturnValue:
    """Sign the browser in; whoever was signed in before is signed out."""
    found = service.enter(context(), request.form.get("as", ""))
    if found is None:
        return render("ui/message.html", 400, message=visit().texts("x.entranceClosed"), own=True, href="/login")
    user, path = found
    sign_in(user)
    return go(path)
