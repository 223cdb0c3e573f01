"""What the pages of every domain are made with: their blueprint with headers and error pages, and rendering."""

import logging
from typing import Any, cast

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from common.errors import OAuthRefusal, Refusal
from common.server.app import READING_METHODS, context
from common.server.context import Context
from common.server.failures import UNHANDLED, note, note_if_overtaken, settle
from common.server.locale.texts import CHINESE
from common.server.observed import note_refusal, note_status
from common.server.own_hosts import is_from_this_machine
from common.ui.answers import FieldProblem, fields_of, is_enhanced, problem, texts_of
from common.ui.explained import exchange_link, failures_link
from common.ui.forms import FIELD, form_token
from common.ui.given import Place, given
from common.ui.page_headers import PAGE_HEADERS
from common.ui.script_texts import SCRIPT_TEXTS
from common.ui.simulation.rules import Chip, chip
from common.ui.static_files import asset_path, vendor_path
from common.ui.visit import FLASH, SESSION, read_cookie, subject_of, visit, write_cookies

log = logging.getLogger(__name__)


def page_blueprint(name: str, module: str) -> Blueprint:
    """A blueprint for pages. module: `__name__` of the pages module, whose `templates` folder it brings."""
    bp = Blueprint(name, module, template_folder="templates")
    bp.after_request(finish)
    bp.register_error_handler(Refusal, _show_refusal)
    bp.register_error_handler(OAuthRefusal, _show_oauth_refusal)
    bp.register_error_handler(FieldProblem, _show_field_problem)
    bp.register_error_handler(HTTPException, show_http_error)
    bp.register_error_handler(Exception, _show_fault)
    return bp


def render(template: str, status: int = 200, **values: Any) -> Response:
    """A page in the language, theme and shell of whoever looks at it."""
    ctx, current = context(), visit()
    place = Place(current.texts, request.root_path.rstrip("/"), request.path)
    frame = {
        "t": current.texts,
        "language": current.texts.language,
        "chinese": current.texts.language == CHINESE,
        "theme": current.theme,
        "root": place.root,
        "app_root": place.root,
        "clock": _clock(ctx, place.root),
        "form_field": FIELD,
        "form_token": form_token(ctx, current.secret, subject_of(current.user)),
        "asset": asset_path,
        "vendor": vendor_path,
        "script_texts": {key: current.texts(key) for key in SCRIPT_TEXTS},
        "toasts": _toasts(),
        "me": current.user,
        "exchange": exchange_link(),
        "failures": failures_link(),
        "shell": given().shell_of(ctx, current.user, place, values.get("organization")),
    }
    html = render_template(template, **(frame | current.frame | values))
    return Response(html, status, mimetype="text/html")


def _clock(ctx: Context, root: str) -> Chip:
    movable = ctx.settings.desk_url is not None and is_from_this_machine(request.remote_addr, request.headers)
    return chip(ctx.clock.now(), ctx.clock.real(), f"{root}/simulation" if movable else None)


def _toasts() -> list[dict[str, Any]]:
    """What earlier answers left to be said; said once."""
    current = visit()
    if current.toasts and read_cookie(FLASH) is not None:
        current.remember(FLASH, None)
    return [_toast(**each) for each in current.toasts]


def _toast(key: str, values: dict[str, Any], body: str | None = None, kind: str = "success") -> dict[str, Any]:
    t = visit().texts
    return {"kind": kind, "title": t(key, **values), "body": t(body, **values) if body else None}


def finish(response: Response) -> Response:
    """Headers and cookies of every answer to somebody who looks at pages."""
    response.headers.update(PAGE_HEADERS)
    write_cookies(response)
    if request.method not in READING_METHODS and response.status_code < 400 and visit().user is not None:
        given().lengthen_session(context(), read_cookie(SESSION))
    return response


# --- what was refused


def _refused(status: int, message: str, *, fields: dict[str, list[str]] | None = None, own: bool = False) -> Response:
    if is_enhanced():
        return problem(status, message, fields=fields, own=own)
    gloss = None if own else visit().texts.gloss(message)
    return render("ui/message.html", status, message=message, gloss=gloss, own=own, details=visit().details)


def _show_refusal(refusal: Refusal) -> Response:
    settle(slow=refusal.slow)
    note(refusal)
    log.info("Refused with %s by rule %s: %s", refusal.status, refusal.rule, refusal.message)
    return _refused(refusal.status, texts_of(refusal), fields=fields_of(refusal))


def _show_oauth_refusal(refusal: OAuthRefusal) -> Response:
    settle(slow=refusal.slow)
    note(refusal)
    return _refused(400, refusal.error_model or refusal.description or refusal.error)


def _show_field_problem(found: FieldProblem) -> Response:
    settle()
    text = visit().texts(found.key, **found.values)
    note_refusal(f"form.{found.field or 'another-person'}", text)
    return _refused(400, text, fields={found.field: [text]} if found.field else {}, own=True)


def show_http_error(error: HTTPException) -> ResponseReturnValue:
    """A page for people instead of a bare status."""
    if error.response is not None:
        return cast(ResponseReturnValue, error.response)
    settle()
    note_status(error.code or 500)
    key = "x.pageNotFound" if error.code == 404 else "x.requestRefused"
    return _refused(error.code or 500, visit().texts(key), own=True)


def _show_fault(error: Exception) -> Response:
    settle()
    if note_if_overtaken(error):
        return _refused(409, visit().texts("x.overtaken"), own=True)
    log.error("Unhandled exception", exc_info=error)
    note_refusal("request.unhandled", UNHANDLED)
    return _refused(500, UNHANDLED)
