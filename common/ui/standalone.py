"""Pages outside of the apps (start page, mailbox): the same look, without accounts."""

from collections.abc import Sequence
from hmac import compare_digest
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, render_template, request

from common.ids import SystemIds
from common.server.locale.texts import CHINESE, Texts, language_of
from common.ui.forms import FIELD
from common.ui.script_texts import SCRIPT_TEXTS
from common.ui.shell import NavItem, Shell
from common.ui.simulation.rules import Chip
from common.ui.static_files import asset_path, vendor_path
from common.ui.visit import A_YEAR, LANGUAGE_COOKIE, SHARED, THEME_COOKIE, THEMES, mark_of

templates = Blueprint("ui_templates", __name__, template_folder="templates")
"""Has no paths: the templates that such a page consists of."""

_SECRET_LENGTH = 32
_LARGEST_FORM = 2 * 1024 * 1024
"""Bytes; some bring files."""


def secret_cookie() -> str:
    """The name of the cookie that forms are tied to, of this very desk."""
    return f"wardenloop_{mark_of(request.host_url)}_desk_form"


def texts() -> Texts:
    """The texts in the language of whoever looks."""
    return Texts(language_of((request.cookies.get(LANGUAGE_COOKIE), *request.accept_languages.values())))


def render(template: str, status: int = 200, *, nav: Sequence[NavItem] = (), **values: Any) -> Response:
    """A page in the language and theme of whoever looks. nav: its side navigation."""
    t = texts()
    theme = request.cookies.get(THEME_COOKIE, "")
    secret = g.secret = request.cookies.get(secret_cookie()) or SystemIds().secret(_SECRET_LENGTH)
    html = render_template(
        template,
        t=t,
        language=t.language,
        chinese=t.language == CHINESE,
        theme=theme if theme in THEMES else THEMES[0],
        root="",
        app_root="",
        clock=Chip("", 0, "/simulation") if current_app.config.get("DESK_HOME") else None,
        form_field=FIELD,
        form_token=secret,
        asset=asset_path,
        vendor=vendor_path,
        script_texts={key: t(key) for key in SCRIPT_TEXTS},
        toasts=[],
        me=None,
        exchange=None,
        failures=None,
        shell=Shell("desk", None, request.host_url.rstrip("/"), "/mailbox", nav=nav),
        **values,
    )
    response = Response(html, status, mimetype="text/html")
    if request.cookies.get(secret_cookie()) != secret:
        keep(response, secret_cookie(), secret)
    return response


def keep(response: Response, name: str, value: str) -> None:
    """Set a cookie; what was chosen for all stacks lives on when the browser is closed."""
    secure = bool(current_app.config.get("DESK_TLS")) and name not in SHARED
    age = A_YEAR if name in SHARED else None
    response.set_cookie(name, value, max_age=age, httponly=True, samesite="Lax", secure=secure)


def require_own_form() -> None:
    """A form must carry what the browser's cookie says: nobody else's page knows it."""
    request.max_content_length = _LARGEST_FORM
    secret = request.cookies.get(secret_cookie(), "")
    if not secret or not compare_digest(request.form.get(FIELD, "").encode(), secret.encode()):
        abort(400)
