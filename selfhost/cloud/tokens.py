"""The access token of one conversation with the cloud: asked for when needed, kept until it is old.

Source: src/Core/Services/Implementations/BaseIdentityClientService.cs.
"""

import base64
import binascii
import logging
from datetime import datetime, timedelta

import requests

from common.quirks import Quirk
from selfhost.cloud.network import Message, Network
from selfhost.cloud.reading import json_object
from selfhost.cloud.trouble import CloudTrouble, Part, not_json, token_refused, unreachable
from selfhost.cloud.unreached import Unreached
from selfhost.context import SelfHostContext
from selfhost.deployment.dns import glued

LICENSING_SCOPE = "api.licensing"
INSTALLATION_SCOPE = "api.installation"
PUSH_SCOPE = "api.push"
TOKEN_PATH = "connect/token"

log = logging.getLogger(__name__)

_BACK_OFF = timedelta(days=1)
_LATE_REFRESH = timedelta(minutes=5)  # upstream subtracts: a token is used until five minutes after its end
_IDENTITY_FAILED = {"event_id": 12339}


class InstallationToken:
    """What proves to the cloud which installation asks, under one scope; after a 400 it is not asked for again today.

    The day belongs to this object: another conversation asks at once, as upstream's does.
    """

    def __init__(self, ctx: SelfHostContext, scope: str) -> None:
        self._ctx = ctx
        self._scope = scope
        self._identity_url = glued(ctx.deployment.installation_identity_uri, "")
        self._client_id = client_id(ctx)
        self._token: str | None = None
        self._next_attempt: datetime | None = None

    def obtain(self, network: Network) -> str | CloudTrouble:
        """A token that is good now, or why there is none."""
        now = self._ctx.clock.now()
        if self._next_attempt is not None and now < self._next_attempt:
            log.info("Not requesting a token at %s because the next request time is %s", now, self._next_attempt)
            return CloudTrouble("back-off", "The cloud refused this installation a moment ago; not asked again.")
        self._next_attempt = None
        if self._token is not None and not _needs_refresh(self._token, now):
            return self._token
        answer = self._request(network, now)
        self._token = None if isinstance(answer, CloudTrouble) else answer
        return answer

    def _request(self, network: Network, now: datetime) -> str | CloudTrouble:
        url = self._identity_url + TOKEN_PATH
        message = Message("POST", url, {"Accept": "application/json"}, form=token_form(self._ctx, self._scope))
        try:
            response = network.send(message)
        except Unreached as failed:
            log.error("Unable to authenticate with identity server. %s", failed, extra=_IDENTITY_FAILED)
            log.error("Empty token response from %s for client %s", self._identity_url, self._client_id)
            return unreachable(failed, Part.IDENTITY, self._ctx.deployment)
        if 200 <= response.status_code < 300:
            return self._read(response)
        log.error(
            "Unsuccessful token response from %s for client %s with status %s-%s",
            self._identity_url,
            self._client_id,
            response.status_code,
            response.reason,
        )
        log.debug("Token response body: %s", response.text)
        if response.status_code == requests.codes.bad_request:
            self._next_attempt = now + _BACK_OFF
        return token_refused(response, self._ctx.deployment)

    def _read(self, response: requests.Response) -> str | CloudTrouble:
        """The access token. Upstream lets the exception for anything else through (quirk `token-parse-raises`)."""
        try:
            token = json_object(response.content)["access_token"]
            if not isinstance(token, str):
                raise ValueError("access_token is no text")
            return token
        except (ValueError, KeyError) as error:
            if self._ctx.settings.quirk(Quirk.TOKEN_PARSE_RAISES):
                raise
            log.error("Empty token response from %s for client %s: %r", self._identity_url, self._client_id, error)
            return not_json(response)


def client_id(ctx: SelfHostContext) -> str:
    """How this installation is called at the token endpoint."""
    return f"installation.{ctx.deployment.installation_id}"


def token_form(ctx: SelfHostContext, scope: str) -> dict[str, str]:
    """What the token endpoint, and nobody else, is sent: the installation's key is in it."""
    return {
        "grant_type": "client_credentials",
        "scope": scope,
        "client_id": client_id(ctx),
        "client_secret": ctx.deployment.installation_key,
    }


def _needs_refresh(token: str, now: datetime) -> bool:
    """Whether a token is past its end by more than five minutes; one that cannot be read is asked for anew."""
    try:
        _, payload, _ = token.split(".")
        expires = json_object(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]
        return (now - _LATE_REFRESH).timestamp() > float(str(expires))
    except (ValueError, KeyError, binascii.Error):
        return True
