"""What a status looks like on a path: the answer that upstream, or what stands before it, gives there. Pure.

Source: src/Api/Utilities/ExceptionHandlerFilterAttribute.cs, src/Libraries/ExceptionHandling/ErrorResponseModel.cs,
src/Core/Utilities/CustomIpRateLimitMiddleware.cs; fidelity.md: wire.errors, wire.rate-limits, identity.token-refusals.
"""

import json
from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any, NamedTuple

from common.errors import MODEL_STATE_INVALID
from common.server.body import JSON
from common.server.failures import OVERTAKEN, UNHANDLED, envelope

TOKEN_PATH = "/identity/connect/token"
RETRY_AFTER = "60"
_HTML = "text/html; charset=utf-8"
_TEXTS: Mapping[int, str] = {
    400: MODEL_STATE_INVALID,
    404: "Resource not found.",
    409: OVERTAKEN,
    429: "Slow down! Too many requests. Try again in 1m.",
    500: UNHANDLED,
}
"""Statuses that upstream's own code answers with an envelope; the others come from what is around it, and are empty."""


class Place(Enum):
    """What kind of thing is asked: the token endpoint, another route of the wire, a page for people, something else."""

    TOKEN = "token"
    WIRE = "wire"
    PAGE = "page"
    OTHER = "other"


class Answer(NamedTuple):
    """An answer that no view made."""

    status: int
    headers: dict[str, str]
    body: bytes


def answer_of(do: Mapping[str, Any], place: Place, grant: str = "") -> Answer:
    """Of a fault with a status. grant: the `grant_type` that a token was asked for with."""
    status, message = int(do["status"]), do.get("message")
    headers = _usual_headers(status) | ({"Location": do["location"]} if "location" in do else {})
    content = _content(status, message, place, grant)
    return Answer(status, headers | content.headers | do.get("headers", {}), content.body)


def strange_answer(do: Mapping[str, Any]) -> Answer:
    """Of a fault with a body: what a proxy, or a server that is broken, gives in place of the answer."""
    headers, body = _STRANGE[do["body"]]
    return Answer(int(do.get("status", 200)), headers | do.get("headers", {}), body)


def _content(status: int, message: str | None, place: Place, grant: str) -> Answer:
    if status < 400:
        return Answer(status, {}, b"")
    if place is Place.PAGE:
        return Answer(status, {"Content-Type": _HTML}, _page(status, message))
    if place is Place.OTHER and message is None:
        return Answer(status, {}, b"")
    if place is Place.TOKEN and status == 400:
        return _json(status, _token_refusal(message, grant))
    text = message if message is not None else _TEXTS.get(status)
    if text is None or (message is None and place is Place.TOKEN and status != 429):
        return Answer(status, {}, b"")
    return _json(status, envelope(text))


def _usual_headers(status: int) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    return {"Retry-After": RETRY_AFTER} if status == 429 else {}


def _token_refusal(message: str | None, grant: str) -> dict[str, Any]:
    if message is not None:
        return {"error": "invalid_grant", "ErrorModel": {"Object": "error", "Message": message}}
    return {"error": "invalid_client" if grant == "client_credentials" else "invalid_grant"}


def _json(status: int, body: Mapping[str, Any]) -> Answer:
    encoded = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, {"Content-Type": JSON}, encoded)


def _page(status: int, message: str | None) -> bytes:
    """As the web server before upstream's apps writes it."""
    text = message or HTTPStatus(status).phrase if status in _PHRASED else message or ""
    title = f"{status} {text}".strip()
    escaped = title.replace("&", "&amp;").replace("<", "&lt;")
    return f"<html>\n<head><title>{escaped}</title></head>\n<body><h1>{escaped}</h1></body>\n</html>\n".encode()


_PHRASED = frozenset(int(each) for each in HTTPStatus)
_PROXY = b"""<!DOCTYPE html>
<html><head><title>Sign in to the network</title></head>
<body><h1>Sign in to the network</h1><p>Open your browser to go on.</p></body></html>
"""
_STRANGE: Mapping[str, tuple[dict[str, str], bytes]] = {
    "html": ({"Content-Type": _HTML}, _PROXY),
    "empty": ({}, b""),
    "not-json": ({"Content-Type": JSON}, b'{"object":"list","data":['),
    "wrong-type": ({"Content-Type": JSON}, b'[{"unexpected":true}]'),
}
