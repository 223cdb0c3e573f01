"""Who may see a page, and whose form it is. Given to `policy.page`, so they run before any view."""

from urllib.parse import urlencode

from flask import request
from flask.typing import ResponseReturnValue

from common.errors import Refusal
from common.server.acting import act_as
from common.server.app import context
from common.ui.answers import ENHANCED, FieldProblem, go, local_path
from common.ui.forms import FIELD, is_form_of_another, is_own_form
from common.ui.given import Person
from common.ui.visit import FORM_SECRET, read_cookie, subject_of, visit

FORM_EXPIRED = "This form was not sent from an open page of this server. Reload the page and try again."
NO_TEXT = "A field holds the character U+0000."


def visitor() -> ResponseReturnValue | None:
    """Everybody, signed in or not."""
    _require_sound_request()
    return None


def signed_in() -> ResponseReturnValue | None:
    """People who are signed in; everybody else is led to the login page and back again."""
    user = visit().user
    if user is None:
        here = request.full_path.rstrip("?") if request.method == "GET" else _page_of_the_form()
        return go("/login" + (f"?{urlencode({'next': here})}" if here else ""))
    _require_sound_request()
    act_as(user.id)
    return None


def _page_of_the_form() -> str | None:
    """The page that a script of ours sent the form from, below the app's root; None when it does not say."""
    path = local_path(request.headers.get(ENHANCED), "")
    return path.removeprefix(request.root_path.rstrip("/")) or None


def me() -> Person:
    """Who is signed in (behind `signed_in`)."""
    user = visit().user
    if user is None:
        raise TypeError("nobody is signed in")
    return user


def require_sound_texts() -> None:
    """Refuse what no field of ours can hold."""
    if any("\0" in value for value in (*request.args.values(), *request.form.values())):
        raise Refusal(400, NO_TEXT, rule="pages.nul")  # no database of ours keeps it


def _require_sound_request() -> None:
    require_sound_texts()
    if request.method in ("GET", "HEAD"):
        return
    token, secret, user = request.form.get(FIELD, ""), read_cookie(FORM_SECRET), visit().user
    if not is_own_form(context(), token, secret, subject_of(user)):
        if user is not None and is_form_of_another(context(), token, subject_of(user)):
            raise FieldProblem("", "x.anotherIsHere", email=user.email)
        raise Refusal(400, FORM_EXPIRED, rule="pages.foreign-form")
