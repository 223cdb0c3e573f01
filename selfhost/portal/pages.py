"""Pages of the System Administrator Portal under `/admin`: login, dashboard, organizations, manual sync.

Server-rendered, no script. Every form carries a token, checked by the guards before any view runs.
Source: src/Admin/**; spec/billing-sync-and-sponsorships.md 9, spec/screens.md section 7.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from common.errors import Refusal
from common.organizations.rules import display_name
from common.web import policy
from common.web.body import bare
from common.web.database import db
from common.web.operation import CSS, OPTIONAL_TEXT, TEXT, operation, page
from common.wire.base import iso
from selfhost.context import context
from selfhost.deployment.settings import AdminUser
from selfhost.portal import dashboard as dashboards
from selfhost.portal import organizations as views
from selfhost.portal import rules, service
from selfhost.portal.texts import Texts, language_of
from selfhost.sponsorships import sync

bp = Blueprint("portal", __name__, template_folder="templates")

SESSION_COOKIE = "Bitwarden_Admin"
BROWSER_COOKIE = "Bitwarden_Admin_Antiforgery"
RESULT_COOKIE = "Bitwarden_Admin_Result"
LANGUAGE_COOKIE = "Bitwarden_Admin_Language"
FORM_FIELD = "__RequestVerificationToken"

FORM = {FORM_FIELD: TEXT}
LOGIN_FORM = FORM | {"Email": TEXT, "ReturnUrl": OPTIONAL_TEXT}

LOGGED_OUT, BAD_LINK, LINK_SENT, DENIED = 1, 2, 3, 4
GET_STARTS_SYNC = "portal-get-sync"
"""Quirk: a plain link starts a manual sync, without a form of ours around it."""

_COOKIE_PATH = "/admin"
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


# --- guards: who may see a page, and whose form it is


def _anyone() -> ResponseReturnValue | None:
    """The login pages."""
    _read_cookies()
    return _refuse_foreign_form()


def _signed_in() -> ResponseReturnValue | None:
    """Everything else."""
    _read_cookies()
    if g.session is None:
        denied = "true" if SESSION_COOKIE in request.cookies else None
        target = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for(".show_login", returnUrl=target, accessDenied=denied))
    return _refuse_foreign_form()


def _read_cookies() -> None:
    ctx = context()
    g.session = service.session_of(ctx, request.cookies.get(SESSION_COOKIE))
    g.browser_secret = request.cookies.get(BROWSER_COOKIE) or ctx.ids.secret(service.SECRET_LENGTH)


def _refuse_foreign_form() -> ResponseReturnValue | None:
    if request.method in ("GET", "HEAD"):
        return None
    secret = request.cookies.get(BROWSER_COOKIE)
    if service.is_own_form(context(), request.form.get(FORM_FIELD, ""), secret, _email()):
        return None
    return _message(400, "form_expired")


def _email() -> str | None:
    return g.session.admin.email if g.get("session") else None


def admin() -> AdminUser:
    """Who is signed in (behind the guard)."""
    found: AdminUser = g.session.admin
    return found


# --- login


@bp.get("/login")
@policy.page(_anyone)
@page(query=["success", "error", "accessDenied", "returnUrl", "lang"])
def show_login() -> ResponseReturnValue:
    """The form, and what became of the last step."""
    number = _number("success") or _number("error")
    if request.args.get("accessDenied", "").lower() == "true":
        number = DENIED
    return _login_page(number if number in (LOGGED_OUT, BAD_LINK, LINK_SENT, DENIED) else None)


@bp.post("/login")
@policy.page(_anyone)
@page(form=LOGIN_FORM)
def request_login() -> ResponseReturnValue:
    """Send a link; the answer is the same for every address."""
    email, return_url = request.form.get("Email", "").strip(), request.form.get("ReturnUrl")
    if not rules.is_address(email):
        return _login_page(None, problem="bad_email", email=email)
    service.request_login(context(), email, return_url)
    return redirect(url_for(".show_login", success=LINK_SENT))


@bp.get("/login/confirm")
@policy.page(_anyone)
@page(query=["email", "token", "returnUrl"])
def confirm_login() -> ResponseReturnValue:
    """The link in the mail."""
    cookie = service.confirm_login(context(), request.args.get("email", ""), request.args.get("token", ""))
    if cookie is None:
        return redirect(url_for(".show_login", error=BAD_LINK))
    response = make_response(redirect(rules.local_url(request.args.get("returnUrl"))))
    _set_cookie(response, SESSION_COOKIE, cookie, keep=True)
    return response


@bp.post("/login/logout")
@policy.page(_anyone)
@page(form=FORM)
def log_out() -> ResponseReturnValue:
    """Forget the session."""
    response = make_response(redirect(url_for(".show_login", success=LOGGED_OUT)))
    response.delete_cookie(SESSION_COOKIE, path=_COOKIE_PATH)
    g.session = None
    return response


def _login_page(number: int | None, **values: Any) -> ResponseReturnValue:
    ctx = context()
    return _page(
        "login",
        message=f"message_{number}" if number else None,
        bad=number in (BAD_LINK, DENIED),
        return_url=request.values.get("ReturnUrl") or request.args.get("returnUrl") or "",
        mail_possible=ctx.mailer.configured,
        anybody=bool(ctx.deployment.admins),
        **{"problem": None, "email": ""} | values,
    )


# --- pages


@bp.get("/")
@policy.page(_signed_in)
@page()
def show_dashboard() -> ResponseReturnValue:
    """Versions and settings in effect."""
    return _page("dashboard", board=dashboards.dashboard(context()))


@bp.get("/organizations")
@policy.page(_signed_in)
@page(query=["name", "userEmail", "page", "count"])
def list_organizations() -> ResponseReturnValue:
    """The organizations, filtered and by the page."""
    search = views.Search(
        name=request.args.get("name", "").strip(),
        user_email=request.args.get("userEmail", "").strip(),
        page=max(1, _number("page") or 1),
        count=min(views.LARGEST_PAGE, max(1, _number("count") or views.PAGE)),
    )
    return _page("organizations", search=search, found=views.search_organizations(context(), search))


@bp.get("/organizations/view/<organization_id>")
@policy.page(_signed_in)
@page()
def show_organization(organization_id: str) -> ResponseReturnValue:
    """One organization with its connection and the last sync. An unknown one leads back to the list."""
    found = _uuid(organization_id)
    view = views.view_organization(context(), found) if found else None
    if view is None:
        return redirect(url_for(".list_organizations"))
    just_done = _run_just_done()
    response = make_response(_page("organization", view=view, just_done=just_done))
    if just_done is not None:
        response.delete_cookie(RESULT_COOKIE, path=_COOKIE_PATH)
    return response


@bp.post("/organizations/triggerbillingsync/<organization_id>")
@policy.page(_signed_in)
@page(form=FORM)
def start_sync(organization_id: str) -> ResponseReturnValue:
    """Manual sync: waits for its end, then shows the organization with the result."""
    ctx, found = context(), _uuid(organization_id)
    if found is None or not views.may_sync(ctx, found):
        return redirect(url_for(".list_organizations"))
    ctx.session.commit()
    run = sync.sync_organization(ctx, found, sync.MANUAL)
    response = make_response(redirect(url_for(".show_organization", organization_id=found)))
    _set_cookie(response, RESULT_COOKIE, str(run.number))
    return response


@bp.get("/organizations/triggerbillingsync/<organization_id>")
@policy.page(_signed_in)
@page(statuses=[405])
def start_sync_by_link(organization_id: str) -> ResponseReturnValue:
    """Upstream's link (quirk); refused otherwise, because any other site could hold it."""
    if context().settings.quirk(GET_STARTS_SYNC):
        return start_sync(organization_id)
    return _message(405, "use_the_button")


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


@bp.get("/portal.css")
@policy.anonymous
@operation(answer=CSS)
def stylesheet() -> Response:
    """The look of the pages."""
    return Response(render_template("portal/portal.css"), mimetype="text/css")


# --- shaping


def _page(template: str, status: int = 200, **values: Any) -> ResponseReturnValue:
    ctx = context()
    secret = g.get("browser_secret") or ctx.ids.secret(service.SECRET_LENGTH)
    texts = Texts(
        language_of((request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE), request.accept_languages.best))
    )
    html = render_template(
        f"portal/{template}.html",
        t=texts,
        admin=g.session.admin if g.get("session") else None,
        form_field=FORM_FIELD,
        form_token=service.form_token(ctx, secret, _email()),
        display_name=display_name,
        here=request.path,
        **values,
    )
    response = make_response(html, status)
    if request.cookies.get(BROWSER_COOKIE) != secret:
        _set_cookie(response, BROWSER_COOKIE, secret)
    if request.args.get("lang"):
        _set_cookie(response, LANGUAGE_COOKIE, texts.language, keep=True)
    return response


def _message(status: int, key: str) -> ResponseReturnValue:
    return _page("message", status, key=key)


def _set_cookie(response: Response, name: str, value: str, *, keep: bool = False) -> None:
    """A cookie of the portal alone. Lax, because the link in the mail leads here from another site."""
    response.set_cookie(
        name,
        value,
        path=_COOKIE_PATH,
        httponly=True,
        samesite="Lax",
        secure=context().deployment.service_uris.admin.startswith("https:"),
        max_age=rules.SESSION_LIFETIME if keep else None,
    )


@bp.after_request
def finish(response: Response) -> Response:
    """Slide the session, and tell browsers what they may do with a page."""
    response.headers.extend(_PAGE_HEADERS)
    session = g.get("session")
    if session is not None and session.renewed is not None:
        _set_cookie(response, SESSION_COOKIE, session.renewed, keep=True)
    return response


@bp.errorhandler(HTTPException)
def show_http_error(error: HTTPException) -> ResponseReturnValue:
    """A page for people instead of a bare status."""
    db.session.rollback()
    status = error.code or 500
    return _message(status, "not_found" if status < 500 else "fault")


@bp.errorhandler(Refusal)
def show_refusal(refusal: Refusal) -> ResponseReturnValue:
    """What was refused while a page was made: it is gone."""
    db.session.rollback()
    return _message(refusal.status, "not_found")


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
