"""The page that gives out installation ids and keys, the twin of bitwarden.com/host. Source: fidelity.md: pages.own."""

from urllib.parse import urlencode

from flask import request
from flask.typing import ResponseReturnValue

from cloud_sim.context import context
from cloud_sim.installations import rules, service
from common.server import policy
from common.server.operation import OPTIONAL_TEXT, TEXT, page
from common.ui.answers import go, is_enhanced
from common.ui.forms import FIELD
from common.ui.guards import visitor
from common.ui.pages import page_blueprint, render
from common.wire.installations import InstallationRequest

bp = page_blueprint("installation_pages", __name__)

HOST = "/host"


@bp.get(HOST)
@policy.page(visitor)
@page(query=["email", "chosen"])
def show_form() -> ResponseReturnValue:
    """Asks for the region and an address."""
    return _form(request.args.get("email", ""), chosen="chosen" in request.args)


@bp.post(HOST)
@policy.page(visitor)
@page(form={FIELD: TEXT, "email": TEXT, "region": OPTIONAL_TEXT})
def register() -> ResponseReturnValue:
    """A new installation; its key is on this page only. The other region has a page of its own for that."""
    ctx, form = context(), request.form
    elsewhere = ctx.settings.other_region_url
    if elsewhere and form.get("region", ctx.settings.region) != ctx.settings.region:
        address = f"{elsewhere}{HOST}?{urlencode({'email': form.get('email', ''), 'chosen': ''})}"
        # a browser without our scripts does not follow a form to another host, so it gets a link
        return go(address) if is_enhanced() else _form(form.get("email", ""), continue_at=address)
    wanted = InstallationRequest.read({"email": form.get("email", "").strip()})
    installation = service.register_installation(ctx, wanted.email)
    lines = rules.environment_lines(installation.id, installation.key, ctx.settings.region)
    return render("installations/installation.html", installation=installation, lines=lines)


def _form(email: str, continue_at: str | None = None, *, chosen: bool = False) -> ResponseReturnValue:
    settings = context().settings
    regions = ("US", "EU") if settings.other_region_url else (settings.region,)
    return render("installations/host.html", email=email, regions=regions, continue_at=continue_at, chosen=chosen)
