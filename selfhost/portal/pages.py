"""Pages of the System Administrator Portal under `/admin`: login, dashboard, users, organizations, manual sync.

The look of the web vault around a session of its own: who is signed in there is nobody here. Works without scripts.
Source: src/Admin/**; spec/billing-sync-and-sponsorships.md 9, spec/screens.md section 7.
"""

from urllib.parse import urlencode
from uuid import UUID

from flask import Response, g, make_response, request
from flask.typing import ResponseReturnValue

from common.domains.organizations.rules import display_name
from common.errors import Refusal
from common.quirks import Quirk
from common.server import policy
from common.server.body import bare
from common.server.locale.texts import LANGUAGES
from common.server.operation import OPTIONAL_TEXT, TEXT, operation, page
from common.ui.answers import done, go
from common.ui.forms import FIELD, form_token, is_own_form
from common.ui.guards import FORM_EXPIRED, require_sound_texts
from common.ui.pages import page_blueprint, render
from common.ui.routes import choose
from common.ui.visit import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, visit
from common.wire.base import iso
from selfhost.context import context
from selfhost.licensing import service as licensing
from selfhost.portal import dashboard as dashboards
from selfhost.portal import organizations as views
from selfhost.portal import rules, service
from selfhost.portal import users as accounts
from selfhost.sponsorships import sync

bp = page_blueprint("portal", __name__)

SESSION_COOKIE = "Bitwarden_Admin"
BROWSER_COOKIE = "Bitwarden_Admin_Antiforgery"
RESULT_COOKIE = "Bitwarden_Admin_Result"

ORGANIZATIONS = f"{rules.HOME}/organizations"
FORM = {FIELD: TEXT}
LOGIN_FORM = FORM | {"Email": TEXT, "ReturnUrl": OPTIONAL_TEXT}

LOGGED_OUT, BAD_LINK, LINK_SENT = 1, 2, 3
MESSAGES = {LOGGED_OUT: "admin.loggedOut", BAD_LINK: "admin.badLink", LINK_SENT: "x.adminLinkSent"}


# --- guards: who may see a page, and whose form it is


def _anyone() -> ResponseReturnValue | None:
    """The login pages."""
    _enter()
    _require_own_form()
    return None


def _signed_in() -> ResponseReturnValue | None:
    """Everything else."""
    _enter()
    if g.session is None:
        target = request.full_path.rstrip("?") if request.method == "GET" else None
        denied = "true" if SESSION_COOKIE in request.cookies else None
        return _to_login(returnUrl=target, accessDenied=denied)
    _require_own_form()
    return None


def _enter() -> None:
    """Read the portal's cookies, and have all pages of this request, refusals too, stand in its frame."""
    ctx, current = context(), visit()
    g.session = service.session_of(ctx, request.cookies.get(SESSION_COOKIE))
    g.secret = request.cookies.get(BROWSER_COOKIE) or ctx.ids.secret(service.SECRET_LENGTH)
    current.user = None
    current.frame = {
        "layout": "portal/layout.html",
        "root": _root(),
        "form_token": form_token(ctx, g.secret, _email()),
        "admin": g.session.admin if g.session else None,
    }


def _require_own_form() -> None:
    require_sound_texts()
    if request.method in ("GET", "HEAD"):
        return
    secret = request.cookies.get(BROWSER_COOKIE)
    if not is_own_form(context(), request.form.get(FIELD, ""), secret, _email()):
        raise Refusal(400, FORM_EXPIRED, rule="portal.foreign-form")


def _email() -> str | None:
    return g.session.admin.email if g.session else None


def _root() -> str:
    return request.root_path.rstrip("/") + rules.HOME


# --- login


@bp.get("/login")
@policy.page(_anyone)
@page(query=["success", "error", "accessDenied", "returnUrl"])
def show_login() -> ResponseReturnValue:
    """The form, and what became of the last step."""
    if request.args.get("accessDenied", "").lower() == "true":
        return _login_page("admin.accessDenied", good=False)
    number = _number("success") or _number("error")
    return _login_page(MESSAGES.get(number or 0), good=number != BAD_LINK)


@bp.post("/login")
@policy.page(_anyone)
@page(form=LOGIN_FORM)
def request_login() -> ResponseReturnValue:
    """Send a link; the answer is the same for every address."""
    email, return_url = request.form.get("Email", "").strip(), request.form.get("ReturnUrl")
    if not rules.is_address(email):
        return _login_page(problem="inputEmail", email=email)
    service.request_login(context(), email, return_url)
    return _to_login(success=LINK_SENT)


@bp.get("/login/confirm")
@policy.page(_anyone)
@page(query=["email", "token", "returnUrl"])
def confirm_login() -> ResponseReturnValue:
    """The link in the mail."""
    cookie = service.confirm_login(context(), request.args.get("email", ""), request.args.get("token", ""))
    if cookie is None:
        return _to_login(error=BAD_LINK)
    response = make_response(go(rules.local_url(request.args.get("returnUrl"))))
    _set_cookie(response, SESSION_COOKIE, cookie, keep=True)
    return response


@bp.post("/login/logout")
@policy.page(_anyone)
@page(form=FORM)
def log_out() -> ResponseReturnValue:
    """Forget the session."""
    response = make_response(_to_login(success=LOGGED_OUT))
    response.delete_cookie(SESSION_COOKIE, path=_root())
    g.session = None
    return response


def _to_login(**query: object) -> ResponseReturnValue:
    given = {name: value for name, value in query.items() if value is not None}
    return go(f"{rules.HOME}/login" + (f"?{urlencode(given)}" if given else ""))


def _login_page(
    message: str | None = None, *, good: bool = True, problem: str | None = None, email: str = ""
) -> ResponseReturnValue:
    ctx, t = context(), visit().texts
    return render(
        "portal/login.html",
        message=t(message) if message else None,
        good=good,
        problem=t(problem) if problem else None,
        email=email,
        return_url=request.values.get("ReturnUrl") or request.args.get("returnUrl") or "",
        mail_possible=ctx.mailer.configured,
        anybody=bool(ctx.deployment.admins),
    )


@bp.post("/language")
@policy.page(_anyone)
@page(form=FORM | {"language": TEXT, "back": OPTIONAL_TEXT})
def choose_language() -> ResponseReturnValue:
    """Remember the language in this browser, for the web vault too."""
    return choose(LANGUAGE_COOKIE, request.form.get("language", ""), LANGUAGES)


@bp.post("/theme")
@policy.page(_anyone)
@page(form=FORM | {"theme": TEXT, "back": OPTIONAL_TEXT})
def choose_theme() -> ResponseReturnValue:
    """Remember the theme in this browser, for the web vault too."""
    return choose(THEME_COOKIE, request.form.get("theme", ""), THEMES)


# --- dashboard, users


@bp.get("/")
@policy.page(_signed_in)
@page()
def show_dashboard() -> ResponseReturnValue:
    """Versions and settings in effect."""
    return render("portal/dashboard.html", board=dashboards.dashboard(context()), probes=None)


@bp.post("/")
@policy.page(_signed_in)
@page(form=FORM)
def try_connection() -> ResponseReturnValue:
    """Test connection: the dashboard again, with what became of it."""
    ctx = context()
    probes = dashboards.try_connection(ctx)
    return render("portal/dashboard.html", board=dashboards.dashboard(ctx), probes=probes)


@bp.get("/users")
@policy.page(_signed_in)
@page(query=["email", "page", "count"])
def list_users() -> ResponseReturnValue:
    """The accounts, filtered and by the page."""
    search = accounts.UserSearch(_text("email"), _page_number(), _page_size())
    return render("portal/users.html", search=search, found=accounts.search_users(context(), search))


# --- organizations


@bp.get("/organizations")
@policy.page(_signed_in)
@page(query=["name", "userEmail", "page", "count"])
def list_organizations() -> ResponseReturnValue:
    """The organizations, filtered and by the page."""
    search = views.Search(_text("name"), _text("userEmail"), _page_number(), _page_size())
    found = views.search_organizations(context(), search)
    return render("portal/organizations.html", search=search, found=found, display_name=display_name)


@bp.get("/organizations/view/<organization_id>")
@policy.page(_signed_in)
@page()
def show_organization(organization_id: str) -> ResponseReturnValue:
    """One organization with its connection and the last sync. An unknown one leads back to the list."""
    found = _uuid(organization_id)
    view = views.view_organization(context(), found) if found else None
    if view is None:
        return go(ORGANIZATIONS)
    just_done = _run_just_done()
    response = make_response(
        render(
            "portal/organization.html",
            view=view,
            just_done=just_done,
            host=dashboards.cloud_host(context()),
            name=display_name(view.organization.name),
        )
    )
    if just_done is not None:
        response.delete_cookie(RESULT_COOKIE, path=_root())
    return response


@bp.post("/organizations/triggerbillingsync/<organization_id>")
@policy.page(_signed_in)
@page(form=FORM)
def start_sync(organization_id: str) -> ResponseReturnValue:
    """Manual sync: waits for its end, then shows the organization with the result."""
    ctx, found = context(), _uuid(organization_id)
    if found is None or not views.may_sync(ctx, found):
        return go(ORGANIZATIONS)
    ctx.session.commit()
    run = sync.sync_organization(ctx, found, sync.MANUAL)
    response = make_response(go(f"{ORGANIZATIONS}/view/{found}"))
    _set_cookie(response, RESULT_COOKIE, str(run.number))
    return response


@bp.get("/organizations/triggerbillingsync/<organization_id>")
@policy.page(_signed_in)
@page(statuses=[405])
def start_sync_by_link(organization_id: str) -> ResponseReturnValue:
    """Upstream's link (quirk); refused otherwise, because any other site could hold it."""
    if context().settings.quirk(Quirk.PORTAL_GET_SYNC):
        return start_sync(organization_id)
    return render("ui/message.html", 405, message=visit().texts("x.syncByButton"), own=True)


@bp.get("/organizations/delete/<organization_id>")
@policy.page(_signed_in)
@page()
def ask_to_delete(organization_id: str) -> ResponseReturnValue:
    """What deleting means, and the button."""
    found = _uuid(organization_id)
    organization = views.find_organization(context(), found) if found else None
    if organization is None:
        return go(ORGANIZATIONS)
    return render("portal/delete.html", organization_id=organization.id, name=display_name(organization.name))


@bp.post("/organizations/delete/<organization_id>")
@policy.page(_signed_in)
@page(form=FORM)
def delete_organization(organization_id: str) -> ResponseReturnValue:
    """Delete it, then show the list without it. An unknown one is gone already."""
    ctx, found = context(), _uuid(organization_id)
    if found is None or views.find_organization(ctx, found) is None:
        return go(ORGANIZATIONS)
    licensing.delete_organization(ctx, found)
    return done(ORGANIZATIONS, "organizationDeleted")


def _run_just_done() -> int | None:
    """The number of the run that the page before this one started; shown once."""
    text = request.cookies.get(RESULT_COOKIE, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@bp.get("/alive")
@bp.get("/now")
@policy.anonymous
@operation(answer=str)
def show_now() -> Response:
    """The current moment, a bare JSON string."""
    return bare(iso(context().clock.now()))


# --- cookies, query


def _set_cookie(response: Response, name: str, value: str, *, keep: bool = False) -> None:
    """A cookie of the portal alone. Lax, because the link in the mail leads here from another site."""
    response.set_cookie(
        name,
        value,
        path=_root(),
        httponly=True,
        samesite="Lax",
        secure=context().deployment.service_uris.admin.startswith("https:"),
        max_age=rules.SESSION_LIFETIME if keep else None,
    )


@bp.after_request
def finish(response: Response) -> Response:
    """Slide the session, and let the browser keep what its forms are tied to."""
    session, secret = g.get("session"), g.get("secret")
    if session is not None and session.renewed is not None:
        _set_cookie(response, SESSION_COOKIE, session.renewed, keep=True)
    if secret is not None and request.cookies.get(BROWSER_COOKIE) != secret:
        _set_cookie(response, BROWSER_COOKIE, secret)
    return response


def _text(name: str) -> str:
    return request.args.get(name, "").strip()


def _page_number() -> int:
    return max(1, _number("page") or 1)


def _page_size() -> int:
    return min(rules.LARGEST_PAGE, max(1, _number("count") or rules.PAGE))


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
