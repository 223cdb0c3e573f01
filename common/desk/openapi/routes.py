"""`GET /_sim/openapi.json` of the desk: all control in one document."""

from importlib.metadata import version
from typing import Any

from flask import Flask, Response, current_app, jsonify, request

from common.desk.control import HOME, control_blueprint
from common.desk.openapi.rules import refusing_as_the_desk, together
from common.desk.time.apps import AppRefused
from common.desk.time.http import NotThere, transports_of
from common.server import policy
from common.server.operation import Schema, operation
from common.wire.desk import DeskRefusal

bp = control_blueprint("desk_openapi")

DOCUMENT: Schema = {
    "type": "object",
    "required": ["openapi", "info", "paths", "components"],
    "properties": {
        "openapi": {"type": "string"},
        "info": {"type": "object"},
        "paths": {"type": "object"},
        "components": {"type": "object"},
    },
}
"""Of OpenAPI 3.1."""

_PATH = "/_sim/openapi.json"
_DESCRIPTION = (
    "Control of the whole stack. A path that the desk has is asked of all apps in their order; what only apps have is "
    "there (servers), without a token from the same machine."
)


@bp.get("/openapi.json")
@policy.control
@operation(answer=DOCUMENT)
def show_document() -> Response:
    """This document: the desk's control and that of every app that answers."""
    home = current_app.config[HOME]
    apps = {}
    for name, app in (transports_of(home) if home else {}).items():
        try:
            apps[name] = app.get(_PATH)
        except (NotThere, AppRefused):
            continue
    return jsonify(together(_own(_app()), apps))


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def _own(app: Flask) -> dict[str, Any]:
    from common.server.openapi.document import document_about, routes_of  # noqa: PLC0415 - most are never asked for it

    routes = [route for route in routes_of(app) if route.path.startswith("/_sim")]
    for route in routes:
        for status in (409, 502, 503):  # not now; an app refuses, or does not answer
            route.operation.answers.setdefault(status, DeskRefusal)  # type: ignore[attr-defined]  # a dict
    about = {"title": "wardenloop: control", "version": version("wardenloop"), "description": _DESCRIPTION}
    return refusing_as_the_desk(document_about(about, routes, request.host_url))
