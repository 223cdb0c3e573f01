"""Every way a request can fail, in the wire's own shape.

Source: src/Api/Utilities/ExceptionHandlerFilterAttribute.cs; fidelity.md: wire.errors, identity.token-refusals.
"""

import logging
import time
from typing import Any

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, Unauthorized

from common.errors import GatewayTimeout, OAuthRefusal, Refusal
from common.server.body import bare
from common.server.front.exchange import exchange_of
from common.server.locks import was_overtaken
from common.server.observed import note_refusal, note_status
from common.server.transaction import db, refused

log = logging.getLogger(__name__)

OVERTAKEN = "Something else was changing the same data. Please try again."
"""Ours: upstream's database errors are all unhandled ones."""

NGINX_PAGE = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)

UNHANDLED = "An unhandled server error has occurred."


def envelope(message: str, validation_errors: Any = None) -> dict[str, Any]:
    """The error body of the API and of Identity's own routes."""
    return {
        "object": "error",
        "message": message,
        "validationErrors": validation_errors,
        "exceptionMessage": None,
        "exceptionStackTrace": None,
        "innerExceptionMessage": None,
    }


def public_envelope(message: str, errors: Any = None) -> dict[str, Any]:
    """The error body of the Public API. Source: src/Api/Models/Public/Response/ErrorResponseModel.cs."""
    if errors is not None:
        message = "The request's model state is invalid."
    return {"object": "error", "message": message, "errors": errors}


def _is_public() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "policy", None) == "public"


def register(app: Flask) -> None:
    """Answer refusals, unknown routes and faults. Whatever the request changed is rolled back first."""
    app.register_error_handler(Refusal, _refuse)
    app.register_error_handler(OAuthRefusal, _refuse_token)
    app.register_error_handler(HTTPException, bare_status)
    app.register_error_handler(Exception, _fault)


def settle(*, slow: bool = False) -> None:
    """Take back what the refused request changed. slow: the answer waits a while, as after a wrong secret."""
    refused(db.session)
    if slow:
        _delay(current_app.extensions["wardenloop"].settings.secret_delay)


def _delay(seconds: float) -> None:
    exchange = exchange_of(request.environ)
    if exchange is None:
        time.sleep(seconds)
    else:
        exchange.delay += seconds  # without a thread: many may be wrong at once


def note(refusal: Refusal | OAuthRefusal) -> None:
    """Tell whoever observes the request why it is refused. The token endpoint's rules are named by OAuth's errors."""
    if isinstance(refusal, Refusal):
        note_refusal(refusal.rule, refusal.message)
    else:
        note_refusal(f"token.{refusal.error.replace('_', '-')}", refusal.error_model or refusal.description)


def _refuse(refusal: Refusal) -> tuple[Response, dict[str, str]]:
    settle(slow=refusal.slow)
    note(refusal)
    log.info("Refused with %s by rule %s: %s", refusal.status, refusal.rule, refusal.message)
    if isinstance(refusal, GatewayTimeout):
        return Response(NGINX_PAGE.format(refusal.message), refusal.status, content_type="text/html"), {}
    headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after is not None else {}
    if _is_public():
        return bare(public_envelope(refusal.message, refusal.validation_errors), refusal.status), headers
    body = envelope(refusal.message, refusal.validation_errors) | {"exceptionMessage": refusal.exception_message}
    return bare(body, refusal.status), headers


def _refuse_token(refusal: OAuthRefusal) -> Response:
    settle(slow=refusal.slow)
    note(refusal)
    body: dict[str, Any] = {"error": refusal.error}
    if refusal.description is not None:
        body["error_description"] = refusal.description
    if refusal.error_model is not None:
        body["ErrorModel"] = {"Object": "error", "Message": refusal.error_model}
    return bare(body | refusal.extra, 400)


class NoRight(Unauthorized):
    """401 with the status alone, for somebody whose token is fine. Source: ASP.NET Core: UnauthorizedHttpResult."""


class BadToken(Unauthorized):
    """An access token that is refused. Source: ASP.NET Core: JwtBearerHandler; fidelity.md: identity.challenge."""

    def __init__(self, description: str | None) -> None:
        super().__init__()
        told = f', error_description="{description}"' if description else ""
        self.challenge = f'Bearer error="invalid_token"{told}'


def bare_status(error: HTTPException) -> Response:
    """Unknown route, wrong method, oversized body: the framework answers, with the status alone."""
    refused(db.session)
    note_status(error.code or 500)
    response = Response(status=error.code or 500)
    if error.code == 401 and not isinstance(error, NoRight):
        response.headers["WWW-Authenticate"] = error.challenge if isinstance(error, BadToken) else "Bearer"
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def note_if_overtaken(error: Exception) -> bool:
    """Whether others got in the way of the request too often, or once something could not be taken back; logged."""
    if not was_overtaken(error):
        return False
    log.warning("Others got in the way of the request too often, or after a mail: %s", error)
    return True


def _fault(error: Exception) -> Response:
    refused(db.session)
    if note_if_overtaken(error):
        note_refusal("request.overtaken", OVERTAKEN)
        return bare(envelope(OVERTAKEN), 409)
    log.error("Unhandled exception", exc_info=error)
    note_refusal("request.unhandled", UNHANDLED)
    return bare(envelope(UNHANDLED), 500)
