"""One conversation with the cloud: token, request, one attempt, and a `CloudTrouble` for every failure.

Source: src/Core/Services/Implementations/BaseIdentityClientService.cs.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

import requests
from sqlalchemy.orm import Session, scoped_session

from selfhost.cloud.network import Message, Network
from selfhost.cloud.reading import json_object
from selfhost.cloud.tokens import InstallationToken
from selfhost.cloud.trouble import CloudTrouble, Part, not_json, rejected, unreachable
from selfhost.cloud.unreached import Unreached
from selfhost.context import SelfHostContext
from selfhost.deployment.dns import glued

log = logging.getLogger(__name__)

_SEND_FAILED = {"event_id": 12334}

Answer = TypeVar("Answer")


class CloudClient:
    """One conversation with the cloud under one scope; make a new one for each use, as upstream does.

    It refuses to call while a database transaction is open: a slow cloud must not lock the instance.
    """

    def __init__(self, ctx: SelfHostContext, scope: str, part: Part = Part.API) -> None:
        """part: where to send."""
        self._ctx = ctx
        self._part = part
        self._token = InstallationToken(ctx, scope)

    def send(self, method: str, path: str, body: object, read: Callable[[bytes], Answer]) -> Answer | CloudTrouble:
        """Send a JSON body and `read` the answer, or say what failed.

        `read` raises ValueError for bytes that it does not understand.
        """
        refuse_in_transaction(self._ctx)
        deployment, network = self._ctx.deployment, Network(self._ctx)
        url = glued(self._part.address(deployment), path)
        token = self._token.obtain(network)
        if isinstance(token, CloudTrouble):
            log.error("Unable to send %s request to %s because an access token was unable to be obtained", method, url)
            return token
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json; charset=utf-8",
        }
        try:
            response = network.send(Message(method, url, headers, json=body))
        except Unreached as failed:
            log.error("Failed to send to %s. %s", url, failed, extra=_SEND_FAILED)
            return unreachable(failed, self._part, deployment)
        if not 200 <= response.status_code < 300:
            _log_rejection(url, response)
            return rejected(response, self._part, deployment)
        try:
            return read(response.content)
        except ValueError as error:
            log.error("Failed to send to %s. %s", url, error, extra=_SEND_FAILED)
            return not_json(response)


def refuse_in_transaction(ctx: SelfHostContext) -> None:
    """Nobody waits for the cloud with a transaction open. Errors: RuntimeError, a mistake of the caller."""
    session: Session | scoped_session[Session] = ctx.session  # a request's session hides behind a scoped one
    if (session() if isinstance(session, scoped_session) else session).in_transaction():
        raise RuntimeError("commit before calling the cloud")


def _log_rejection(url: str, response: requests.Response) -> None:
    try:
        message = json_object(response.content).get("message")
    except ValueError as error:
        log.error("Failed to send to %s. %s", url, error, extra=_SEND_FAILED)
    else:
        log.error(
            "Request to %s is unsuccessful with status of %s-%s: %s",
            url,
            response.status_code,
            response.reason,
            message,
        )
