"""Which pages of other origins may call the wire: the vault, apps that are served from files, the cloud's website.

Pages and control of the simulator are not part of it.
Source: src/Core/Utilities/CoreHelpers.cs (IsCorsOriginAllowed), Startup.cs of every service; ASP.NET Core: CorsService;
fidelity.md: wire.cors.
"""

from flask import Response, current_app, g, request

from common.server.context import Context
from common.server.prefix import SERVICES

APPS = frozenset({"file://", "bw-desktop-file://bundle"})
"""Origins of the Safari extension and of the desktop app."""


def look() -> Response | None:
    """Remember an origin that may call; a browser that only asks whether it may is answered here, whatever the path."""
    origin = request.headers.get("Origin")
    if origin is None or request.path.partition("/")[2].partition("/")[0].lower() not in SERVICES:
        return None
    if _is_allowed(origin):
        g.cors_origin = origin
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return _permission()
    return None


def _is_allowed(origin: str) -> bool:
    ctx: Context = current_app.extensions["wardenloop"]
    return origin == ctx.settings.base_url or origin in APPS or origin in ctx.side.origins


def _permission() -> Response:
    """204: any method and any header, for an origin that may call at all."""
    response = Response(status=204)
    if "cors_origin" in g:
        wanted = request.headers
        response.headers["Access-Control-Allow-Methods"] = wanted["Access-Control-Request-Method"]
        if names := wanted.get("Access-Control-Request-Headers"):
            response.headers["Access-Control-Allow-Headers"] = ",".join(name.strip() for name in names.split(","))
    return response


def mark(response: Response) -> None:
    """Let the page of an origin that may call read the answer."""
    if "cors_origin" in g:
        response.headers["Access-Control-Allow-Origin"] = g.cors_origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.vary.add("Origin")
