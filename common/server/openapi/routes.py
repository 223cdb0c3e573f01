"""`/openapi.json` and `/openapi`: the wire; `/_sim/openapi.json`: control of the simulator; pages are in neither.

A document is made once in each process, when somebody first asks for it.
"""

import json
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, make_response, render_template, request

from common.server import policy
from common.server.locale.texts import Texts, language_of
from common.server.operation import CSS, HTML, operation

bp = Blueprint("openapi", __name__, template_folder="templates")

_THEME = "wardenloop_theme"
"""The cookie with the theme that somebody chose on a page (common/ui/visit.py)."""

_LANGUAGE = "wardenloop_language"
"""The one with the language."""

_THEMES = ("light", "dark")
_DOCUMENTS = "wardenloop-openapi"
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


@bp.get("/openapi.json")
@policy.anonymous
@operation(answer=dict[str, Any])
def show_document() -> Response:
    """This document."""
    return Response(json.dumps(_document("wire"), ensure_ascii=False), mimetype="application/json")


@bp.get("/_sim/openapi.json")
@policy.control
@operation(answer=dict[str, Any])
def show_control_document() -> Response:
    """This document."""
    return Response(json.dumps(_document("control"), ensure_ascii=False), mimetype="application/json")


@bp.get("/openapi")
@policy.anonymous
@operation(query=["filter"], answer=HTML)
def show_page() -> Response:
    """This document for people, all of it or the operations that have a word in path, summary or name."""
    wanted = request.args.get("filter", "").strip()
    chosen = request.cookies.get(_THEME)
    theme = chosen if chosen in _THEMES else None
    shown = _by_tag(_document("wire"), wanted)
    t = Texts(language_of((request.cookies.get(_LANGUAGE), *request.accept_languages.values())))
    response = make_response(render_template("openapi/page.html", t=t, wanted=wanted, theme=theme, **shown))
    response.headers.extend(_PAGE_HEADERS)
    return response


@bp.get("/openapi.css")
@policy.anonymous
@operation(answer=CSS)
def show_stylesheet() -> Response:
    """The look of the page."""
    return Response((Path(__file__).parent / "openapi.css").read_text(), mimetype="text/css")


def _document(part: str) -> dict[str, Any]:
    known: dict[str, dict[str, Any]] = current_app.extensions.setdefault(_DOCUMENTS, {})
    if part not in known:
        from common.server.openapi.document import Part, document_of  # noqa: PLC0415 - most are never asked for it

        known[part] = document_of(current_app, Part(part))
    return known[part]


def _by_tag(document: dict[str, Any], wanted: str) -> dict[str, Any]:
    """What the page shows: operations by tag, each with its path and method; the schemas where nothing is filtered."""
    schemas = {} if wanted else document["components"]["schemas"]
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            shown = described | {"path": path, "method": method.upper()}
            told = f"{shown['method']} {path} {shown.get('summary', '')} {shown.get('operationId', '')}"
            if wanted.casefold() in told.casefold():
                groups.setdefault(described["tags"][0], []).append(shown)
    return {"info": document["info"], "groups": sorted(groups.items()), "schemas": schemas}
