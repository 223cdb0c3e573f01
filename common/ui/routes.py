"""What every page needs besides itself: files, the first page, language and theme, links of mails.

Source: fidelity.md: pages.shell.
"""

from flask import Blueprint, Response, make_response, request, send_from_directory
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, NotFound

from common.server import policy
from common.server.body import nothing
from common.server.failures import bare_status
from common.server.locale.texts import LANGUAGES
from common.server.operation import OPTIONAL_TEXT, TEXT, Media, operation, page
from common.ui.answers import go, is_enhanced, local_path
from common.ui.forms import FIELD
from common.ui.guards import visitor
from common.ui.pages import finish, page_blueprint, render, show_http_error
from common.ui.static_files import STATIC
from common.ui.vendor import vendor_directories
from common.ui.visit import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, set_cookie, visit

bp = page_blueprint("ui", __name__)
assets = Blueprint("assets", __name__, template_folder="templates")

ANY_FILE = Media("*/*")

NO_PAGES = ("/api/", "/identity/", "/push/", "/_sim/", "/assets/")


@bp.get("/")
@policy.page(visitor)
@page()
def show_first_page() -> ResponseReturnValue:
    """Lead on; a browser keeps the `#/...` of old links, which the page that follows understands."""
    return go("/vault" if visit().user else "/login")


@bp.get("/redirect-connector.html")
@policy.page(visitor)
@page()
def show_connector() -> ResponseReturnValue:
    """Where links of mails go whose target follows a `#`: a script leads on."""
    return render("ui/connector.html")


@bp.post("/language")
@policy.page(visitor)
@page(form={FIELD: TEXT, "language": TEXT, "back": OPTIONAL_TEXT})
def choose_language() -> ResponseReturnValue:
    """Remember the language in this browser; "" = the browser's own."""
    return choose(LANGUAGE_COOKIE, request.form.get("language", ""), LANGUAGES)


@bp.post("/theme")
@policy.page(visitor)
@page(form={FIELD: TEXT, "theme": TEXT, "back": OPTIONAL_TEXT})
def choose_theme() -> ResponseReturnValue:
    """Remember the theme in this browser."""
    return choose(THEME_COOKIE, request.form.get("theme", ""), THEMES)


def choose(cookie: str, value: str, known: tuple[str, ...]) -> ResponseReturnValue:
    """Remember a choice and go back to where it was made."""
    response = make_response(nothing() if is_enhanced() else go(local_path(request.form.get("back"))))
    if value in known or not value:
        set_cookie(response, cookie, value or None, keep=True)
    return response


@assets.get("/assets/<path:name>")
@policy.anonymous
@operation(answer=ANY_FILE)
def show_asset(name: str) -> Response:
    """A file of the pages: ours, or below `vendor/` one of an installed package."""
    folder, _, rest = name.removeprefix("vendor/").partition("/")
    if not name.startswith("vendor/"):
        response = send_from_directory(STATIC, name)
    else:
        directory = vendor_directories().get(folder)
        if directory is None:
            raise NotFound
        response = send_from_directory(directory, rest)
    response.headers["Cache-Control"] = "no-cache"
    return response


def show_not_found(error: HTTPException) -> ResponseReturnValue:
    """A page for people who look for one; the bare status for everybody else."""
    is_person = "text/html" in request.headers.get("Accept", "")
    if not is_person or request.path.startswith(NO_PAGES):
        return bare_status(error)
    return finish(make_response(show_http_error(error)))
