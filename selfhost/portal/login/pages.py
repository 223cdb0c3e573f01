"""Who may enter the portal: guards, the pages of signing in and out, and the cookies behind them.

The look of the web vault around a session of its own: who is signed in there is nobody here. Works without scripts.
Source: src/Admin/Auth/Controllers/LoginController.cs, src/Admin/Views/Login/Index.cshtml.
"""

from urllib.parse import urlencode

from flask import Response, g, make_response, request
from flask.typing import ResponseReturnValue

from common.errors import Refusal
from common.server import policy
from common.server.locale.texts import LANGUAGES
from common.server.operation import OPTIONAL_TEXT, TEXT, page
from common.ui.answers import go
from common.ui.forms import FIELD, form_token, is_own_form
from common.ui.guards import FORM_EXPIRED, require_sound_texts
from common.ui.pages import page_blueprint, render
from common.ui.routes import choose
from common.ui.visit import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, came_over_https, mark_of, visit
from selfhost.context import context
from selfhost.portal.login import rules, service

bp = page_blueprint("portal", "selfhost.portal")

SESSION, BROWSER, RESULT = "Bitwarden_Admin", "Bitwarden_Admin_Antiforgery", "Bitwarden_Admin_Result"
"""How the names of its cookies begin; the first two are upstream's whole names."""

FORM = {FIELD: TEXT}
LOGIN_FORM = FORM | {"Email": TEXT, "ReturnUrl": OPTIONAL_TEXT}

LOGGED_OUT, BAD_LINK, LINK_SENT, NO_MAIL = 1, 2, 3, 4
MESSAGES = {
    LOGGED_OUT: "admin.loggedOut",
    BAD_LINK: "admin.badLink",
    LINK_SENT: "x.adminLinkSent",
    NO_MAIL: "x.adminNoMail",
}


# --- guards: who may see a page, and whose form it is


def anyone() -> ResponseReturnValue | None:
    """The login pages."""
    _enter()
    _require_own_form()
    return None


def signed_in() -> ResponseReturnValue | None:
    """Everything else."""
    _enter()
    if g.session is None:
        target = request.full_path.rstrip("?") if request.method == "GET" else None
        denied = "true" if read_cookie(SESSION) is not None else None
        return _to_login(returnUrl=target, accessDenied=denied)
    _require_own_form()
    return None


def _enter() -> None:
    """Read the portal's cookies, and have all pages of this request, refusals too, stand in its frame."""
    ctx, current = context(), visit()
    g.session = service.session_of(ctx, read_cookie(SESSION))
    g.secret = read_cookie(BROWSER) or ctx.ids.secret(service.SECRET_LENGTH)
    current.user = None
    current.frame = {
        "layout": "portal/layout.html",
        "root": root(),
        "form_token": form_token(ctx, g.secret, _email()),
        "admin": g.session.admin if g.session else None,
    }


def _require_own_form() -> None:
    require_sound_texts()
    if request.method in ("GET", "HEAD"):
        return
    secret = read_cookie(BROWSER)
    if not is_own_form(context(), request.form.get(FIELD, ""), secret, _email()):
        raise Refusal(400, FORM_EXPIRED, rule="portal.foreign-form")


def _email() -> str | None:
    return g.session.admin.email if g.session else None


def root() -> str:
    """Where the portal is served, for its cookies and links."""
    return request.root_path.rstrip("/") + rules.HOME


# --- login


@bp.get("/login")
@policy.page(anyone)
@page(query=["success", "error", "accessDenied", "returnUrl"])
def show_login() -> ResponseReturnValue:
    """The form, and what became of the last step."""
    if request.args.get("accessDenied", "").lower() == "true":
        return _login_page("admin.accessDenied", good=False)
    told = number("success") or number("error")
    return _login_page(MESSAGES.get(told or 0), good=told not in (BAD_LINK, NO_MAIL))


@bp.post("/login")
@policy.page(anyone)
@page(form=LOGIN_FORM)
def request_login() -> ResponseReturnValue:
    """Send a link; the answer is the same for every address."""
    email, return_url = request.form.get("Email", "").strip(), request.form.get("ReturnUrl")
    if not rules.is_address(email):
        return _login_page(problem="inputEmail", email=email)
    if not service.request_login(context(), email, return_url):
        return _to_login(error=NO_MAIL)
    return _to_login(success=LINK_SENT)


@bp.get("/login/confirm")
@policy.page(anyone)
@page(query=["email", "token", "returnUrl"])
def confirm_login() -> ResponseReturnValue:
    """The link in the mail."""
    cookie = service.confirm_login(context(), request.args.get("email", ""), request.args.get("token", ""))
    if cookie is None:
        return _to_login(error=BAD_LINK)
    response = make_response(go(rules.local_url(request.args.get("returnUrl"))))
    set_cookie(response, SESSION, cookie, keep=True)
    return response


@bp.post("/login/logout")
@policy.page(anyone)
@page(form=FORM)
def log_out() -> ResponseReturnValue:
    """Forget the session."""
    response = make_response(_to_login(success=LOGGED_OUT))
    drop_cookie(response, SESSION)
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
@policy.page(anyone)
@page(form=FORM | {"language": TEXT, "back": OPTIONAL_TEXT})
def choose_language() -> ResponseReturnValue:
    """Remember the language in this browser, for the web vault too."""
    return choose(LANGUAGE_COOKIE, request.form.get("language", ""), LANGUAGES)


@bp.post("/theme")
@policy.page(anyone)
@page(form=FORM | {"theme": TEXT, "back": OPTIONAL_TEXT})
def choose_theme() -> ResponseReturnValue:
    """Remember the theme in this browser, for the web vault too."""
    return choose(THEME_COOKIE, request.form.get("theme", ""), THEMES)


# --- cookies


def cookie_name(name: str) -> str:
    """With the mark of our address: cookies ignore ports, and the portals of several stacks share one host."""
    return f"{name}_{mark_of(context().settings.base_url)}"


def read_cookie(name: str) -> str | None:
    """One of the portal's own cookies."""
    return request.cookies.get(cookie_name(name))


def drop_cookie(response: Response, name: str) -> None:
    """Have the browser forget it."""
    response.delete_cookie(cookie_name(name), path=root())


def set_cookie(response: Response, name: str, value: str, *, keep: bool = False) -> None:
    """A cookie of the portal alone. Lax, because the link in the mail leads here from another site."""
    response.set_cookie(
        cookie_name(name),
        value,
        path=root(),
        httponly=True,
        samesite="Lax",
        secure=came_over_https(),
        max_age=rules.SESSION_LIFETIME if keep else None,
    )


@bp.after_request
def finish(response: Response) -> Response:
    """Slide the session, and let the browser keep what its forms are tied to."""
    session, secret = g.get("session"), g.get("secret")
    if session is not None and session.renewed is not None:
        set_cookie(response, SESSION, session.renewed, keep=True)
    if secret is not None and read_cookie(BROWSER) != secret:
        set_cookie(response, BROWSER, secret)
    return response


def number(name: str) -> int | None:
    """A small number out of the query; None for anything else."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
