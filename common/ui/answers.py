"""Answers to forms, in two ways: plainly (redirect, page, download), or, when a script of ours sent the form
(`X-Wardenloop-Form`), as JSON that says where to go or what was wrong, so that the person keeps what was typed.

Source: fidelity.md: pages.errors.
"""

from typing import Any

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from common.errors import Refusal
from common.server.body import bare
from common.ui.explained import exchange_link
from common.ui.visit import flash, visit

ENHANCED = "X-Wardenloop-Form"


class FieldProblem(Exception):
    """A field of a form of ours that cannot be taken. field: name of the input, "" = the whole form. key: the text that
    says why."""

    def __init__(self, field: str, key: str, **values: object) -> None:
        super().__init__(key)
        self.field, self.key, self.values = field, key, values


def is_enhanced() -> bool:
    """Whether a script of ours waits for the answer."""
    return ENHANCED in request.headers


def go(location: str, **more: Any) -> ResponseReturnValue:
    """Lead to another page. location: path below the app's root, or a whole URL. more: what a script is told too."""
    target = request.root_path.rstrip("/") + location if location.startswith("/") else location
    return bare({"location": target} | more) if is_enhanced() else redirect(target, 303)


def local_path(path: str | None, default: str = "/") -> str:
    """`path` if it stays on this server, else `default`: a request may say anything about where to go."""
    if not path or not path.startswith("/") or path[1:2] in ("/", "\\") or not path.isprintable():
        return default
    return path


def done(
    location: str, key: str, body: str | None = None, kind: str = "success", **values: object
) -> ResponseReturnValue:
    """Lead to another page, which says in a toast what was done. key: its title. body: key of what stands below it.
    kind: `success`, or `warning` for what was done and is nothing good."""
    flash(key, body, kind, **values)
    return go(location)


def reveal(element_id: str, focus: str | None = None) -> ResponseReturnValue:
    """Have a script show parts of the form that were hidden (ids, blank between), and ask for more. Scripts only."""
    return bare({"reveal": element_id, "focus": focus or element_id})


def download(filename: str, text: str) -> Response:
    """A JSON file to keep."""
    response = Response(text, mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def texts_of(refusal: Refusal) -> str:
    """What a refusal says: its text, or those of its fields, one per line."""
    errors = refusal.validation_errors
    if not errors:
        return refusal.exception_message or refusal.message
    return "\n".join(text for texts in errors.values() for text in texts)


def problem(
    status: int,
    message: str,
    *,
    fields: dict[str, list[str]] | None = None,
    own: bool = False,
    gloss: str | None = None,
) -> Response:
    """What a script shows: the literal text of the wire and what it means. own: the text is ours, translated.

    gloss: what to say before the literal text, instead of its Chinese.
    """
    gloss = None if own else gloss or visit().texts.gloss(message)
    link = exchange_link()
    found = {
        "message": message,
        "gloss": gloss,
        "own": own,
        "fields": fields or {},
        "details": visit().details,
        "exchange": link._asdict() if link else None,
    }
    return bare(found, status)


def explain_at(location: str) -> None:
    """Have the refusal that comes next offer a page that tells more. location: path below the app's root."""
    current = visit()
    current.details = {"href": request.root_path.rstrip("/") + location, "label": current.texts("x.showDetails")}


def fields_of(refusal: Refusal) -> dict[str, list[str]]:
    """The texts of a refusal by the names our inputs have (`MasterPasswordHash` -> `masterPasswordHash`)."""
    return {
        name[:1].lower() + name[1:]: [visit().texts.gloss(text) or text for text in texts]
        for name, texts in (refusal.validation_errors or {}).items()
        if name
    }
