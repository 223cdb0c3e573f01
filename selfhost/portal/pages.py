"""Pages of the System Administrator Portal under `/admin`: dashboard, users, organizations, manual sync.

The look of the web vault around a session of its own: who is signed in there is nobody here. Works without scripts.
Source: src/Admin/**; fidelity.md: portal.pages, pages.shell.
"""

import re
from uuid import UUID

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from common.domains.organizations.rules import display_name
from common.quirks import Quirk
from common.server import policy
from common.server.body import bare
from common.server.operation import operation, page
from common.ui.answers import done, go
from common.ui.explained import exchange_id, exchange_link
from common.ui.pages import render
from common.ui.visit import visit
from common.wire.base import iso
from selfhost.context import context
from selfhost.licensing import service as licensing
from selfhost.portal import dashboard as dashboards
from selfhost.portal import organizations as views
from selfhost.portal import rules
from selfhost.portal import users as accounts
from selfhost.portal.login.pages import FORM, RESULT, drop_cookie, number, read_cookie, set_cookie, signed_in
from selfhost.portal.login.pages import bp as bp
from selfhost.portal.login.rules import HOME
from selfhost.sponsorships import sync

ORGANIZATIONS = f"{HOME}/organizations"
_EXCHANGE = re.compile(r"[0-9a-f]{1,40}")


# --- dashboard, users


@bp.get("/")
@policy.page(signed_in)
@page()
def show_dashboard() -> ResponseReturnValue:
    """Versions and settings in effect."""
    return render("portal/dashboard.html", board=dashboards.dashboard(context()), probes=None)


@bp.post("/")
@policy.page(signed_in)
@page(form=FORM)
def try_connection() -> ResponseReturnValue:
    """Test connection: the dashboard again, with what became of it."""
    ctx = context()
    probes = dashboards.try_connection(ctx)
    return render("portal/dashboard.html", board=dashboards.dashboard(ctx), probes=probes)


@bp.get("/users")
@policy.page(signed_in)
@page(query=["email", "page", "count"])
def list_users() -> ResponseReturnValue:
    """The accounts, filtered and by the page."""
    search = accounts.UserSearch(_text("email"), _page_number(), _page_size())
    return render("portal/users.html", search=search, found=accounts.search_users(context(), search))


# --- organizations


@bp.get("/organizations")
@policy.page(signed_in)
@page(query=["name", "userEmail", "page", "count"])
def list_organizations() -> ResponseReturnValue:
    """The organizations, filtered and by the page."""
    search = views.Search(_text("name"), _text("userEmail"), _page_number(), _page_size())
    found = views.search_organizations(context(), search)
    return render("portal/organizations.html", search=search, found=found, display_name=display_name)


@bp.get("/organizations/view/<organization_id>")
@policy.page(signed_in)
@page()
def show_organization(organization_id: str) -> ResponseReturnValue:
    """One organization with its connection and the last sync. An unknown one leads back to the list."""
    found = _uuid(organization_id)
    view = views.view_organization(context(), found) if found else None
    if view is None:
        return go(ORGANIZATIONS)
    just_done, exchange = _run_just_done()
    response = make_response(
        render(
            "portal/organization.html",
            view=view,
            just_done=just_done,
            explained=exchange_link(exchange) if exchange else None,
            host=dashboards.cloud_host(context()),
            name=display_name(view.organization.name),
        )
    )
    if just_done is not None:
        drop_cookie(response, RESULT)
    return response


@bp.post("/organizations/triggerbillingsync/<organization_id>")
@policy.page(signed_in)
@page(form=FORM)
def start_sync(organization_id: str) -> ResponseReturnValue:
    """Manual sync: waits for its end, then shows the organization with the result."""
    ctx, found = context(), _uuid(organization_id)
    if found is None or not views.may_sync(ctx, found):
        return go(ORGANIZATIONS)
    run = sync.sync_organization(ctx, found, sync.MANUAL)
    response = make_response(go(f"{ORGANIZATIONS}/view/{found}"))
    set_cookie(response, RESULT, f"{run.number}.{exchange_id() or ''}")
    return response


@bp.get("/organizations/triggerbillingsync/<organization_id>")
@policy.page(signed_in)
@page(statuses=[405])
def start_sync_by_link(organization_id: str) -> ResponseReturnValue:
    """Upstream's link (quirk); refused otherwise, because any other site could hold it."""
    if context().settings.quirk(Quirk.PORTAL_GET_SYNC):
        return start_sync(organization_id)
    return render("ui/message.html", 405, message=visit().texts("x.syncByButton"), own=True)


@bp.get("/organizations/delete/<organization_id>")
@policy.page(signed_in)
@page()
def ask_to_delete(organization_id: str) -> ResponseReturnValue:
    """What deleting means, and the button."""
    found = _uuid(organization_id)
    organization = views.find_organization(context(), found) if found else None
    if organization is None:
        return go(ORGANIZATIONS)
    return render("portal/delete.html", organization_id=organization.id, name=display_name(organization.name))


@bp.post("/organizations/delete/<organization_id>")
@policy.page(signed_in)
@page(form=FORM)
def delete_organization(organization_id: str) -> ResponseReturnValue:
    """Delete it, then show the list without it. An unknown one is gone already."""
    ctx, found = context(), _uuid(organization_id)
    if found is None or views.find_organization(ctx, found) is None:
        return go(ORGANIZATIONS)
    licensing.delete_organization(ctx, found)
    return done(ORGANIZATIONS, "organizationDeleted")


def _run_just_done() -> tuple[int | None, str | None]:
    """The number of the run that the page before this one started, and of its exchange; shown once."""
    text, _, exchange = (read_cookie(RESULT) or "").partition(".")
    known = exchange if _EXCHANGE.fullmatch(exchange) else None
    return (int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None), known


@bp.get("/alive")
@bp.get("/now")
@policy.anonymous
@operation(answer=str)
def show_now() -> Response:
    """The current moment, a bare JSON string."""
    return bare(iso(context().clock.now()))


# --- query


def _text(name: str) -> str:
    return request.args.get(name, "").strip()


def _page_number() -> int:
    return max(1, number("page") or 1)


def _page_size() -> int:
    return min(rules.LARGEST_PAGE, max(1, number("count") or rules.PAGE))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
