"""The only module that talks to the cloud: token, request, one attempt, and null for every failure.

What really failed is kept beside the null as a `CloudTrouble`, because the wire has one text for everything.
Source: src/Core/Services/Implementations/BaseIdentityClientService.cs; spec/billing-sync-and-sponsorships.md 3.2, 3.4,
spec/deployment-and-configuration.md 3.2, 4.2.
"""

import base64
import binascii
import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from sqlalchemy.orm import Session, scoped_session
from urllib3.exceptions import NameResolutionError

from common.server.http.session import chunked_json
from selfhost.context import SelfHostContext

LICENSING_SCOPE = "api.licensing"
INSTALLATION_SCOPE = "api.installation"
PUSH_SCOPE = "api.push"
TOKEN_PATH = "connect/token"

log = logging.getLogger(__name__)

_BACK_OFF = timedelta(days=1)
_LATE_REFRESH = timedelta(minutes=5)  # upstream subtracts: a token is used until five minutes after its end
_IDENTITY_FAILED = {"event_id": 12339}
_SEND_FAILED = {"event_id": 12334}
_LONGEST_DETAIL = 300

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class CloudTrouble:
    """Why the cloud gave nothing.

    reason: a word for programs (`refused`, `name-not-resolved`, `timeout`, `tls`, `unreachable`, `invalid-client`,
    `token-refused`, `back-off`, `not-json`, `unauthorized`, `forbidden`, `not-found`, `unknown-organization`,
    `invalid-billing-sync-key`, `rejected`, `server-error`).
    advice: what a person can do about it.
    """

    reason: str
    advice: str


class CloudClient:
    """One conversation with the cloud under one scope; make a new one for each use, as upstream does.

    It refuses to call while a database transaction is open: a slow cloud must not lock the instance.
    """

    def __init__(self, ctx: SelfHostContext, scope: str, base_url: str | None = None) -> None:
        """`base_url`: where to send, with final slash; the cloud's API unless given."""
        self._ctx = ctx
        self._scope = scope
        self._base_url = base_url or ctx.deployment.cloud_api_url
        self._identity_url = ctx.deployment.cloud_identity_url
        self._client_id = _client_id(ctx)
        self._token: str | None = None
        self._next_attempt: datetime | None = None
        self.trouble: CloudTrouble | None = None

    def send(self, method: str, path: str, body: object, read: Callable[[bytes], Answer | None]) -> Answer | None:
        """Send a JSON body and `read` the answer; None when anything failed (then `trouble` says what).

        `read` raises ValueError for bytes that it does not understand.
        """
        if _in_transaction(self._ctx.session):
            raise RuntimeError("commit before calling the cloud")
        url = self._base_url + path
        self.trouble = None
        if not self._obtain_token():
            log.error("Unable to send %s request to %s because an access token was unable to be obtained", method, url)
            return None
        try:
            response = self._ctx.http.request(
                method,
                url,
                data=chunked_json(body),
                headers={
                    "Accept": "application/json",
                    "Authorization": f"Bearer {self._token}",
                    "Content-Type": "application/json; charset=utf-8",
                },
            )
        except (requests.RequestException, UnicodeError) as error:  # UnicodeError: a token that fits in no header
            self._failed(url, unreachable(error, url), error)
            return None
        if not response.ok:
            self._rejected(url, response)
            return None
        try:
            return read(response.content)
        except ValueError as error:
            self._failed(url, _not_json(url), error)
            return None

    def _obtain_token(self) -> bool:
        now = self._ctx.clock.now()
        if self._next_attempt is not None and now < self._next_attempt:
            log.info("Not requesting a token at %s because the next request time is %s", now, self._next_attempt)
            self.trouble = CloudTrouble(
                "back-off", "The cloud refused this installation a moment ago; not asked again."
            )
            return False
        self._next_attempt = None
        if self._token is not None and not _needs_refresh(self._token, now):
            return True
        self._token = self._request_token(now)
        return self._token is not None

    def _request_token(self, now: datetime) -> str | None:
        url = self._identity_url + TOKEN_PATH
        form = _token_form(self._ctx, self._scope)
        try:
            response = self._ctx.http.post(url, data=form, headers={"Accept": "application/json"})
        except requests.RequestException as error:
            self.trouble = unreachable(error, url)
            log.error("Unable to authenticate with identity server. %s", error, extra=_IDENTITY_FAILED)
            log.error("Empty token response from %s for client %s", self._identity_url, self._client_id)
            return None
        if response.ok:
            return self._read_token(url, response)
        log.error(
            "Unsuccessful token response from %s for client %s with status %s-%s",
            self._identity_url,
            self._client_id,
            response.status_code,
            response.reason,
        )
        log.debug("Token response body: %s", response.text)
        self.trouble = token_refused(response, self._client_id)
        if response.status_code == requests.codes.bad_request:
            self._next_attempt = now + _BACK_OFF
        return None

    def _read_token(self, url: str, response: requests.Response) -> str | None:
        """The access token. Upstream lets the exception for anything else through (quirk `token-parse-raises`)."""
        try:
            token = _object(response.content)["access_token"]
            if not isinstance(token, str):
                raise ValueError("access_token is no text")
            return token
        except (ValueError, KeyError) as error:
            if self._ctx.settings.quirk("token-parse-raises"):
                raise
            self.trouble = _not_json(url)
            log.error("Empty token response from %s for client %s: %r", self._identity_url, self._client_id, error)
            return None

    def _rejected(self, url: str, response: requests.Response) -> None:
        self.trouble = rejected(response, url)
        try:
            message = _object(response.content).get("message")
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

    def _failed(self, url: str, trouble: CloudTrouble, error: Exception) -> None:
        self.trouble = trouble
        log.error("Failed to send to %s. %s", url, error, extra=_SEND_FAILED)


def _client_id(ctx: SelfHostContext) -> str:
    return f"installation.{ctx.deployment.installation_id}"


def _token_form(ctx: SelfHostContext, scope: str) -> dict[str, str]:
    """What the token endpoint, and nobody else, is sent: the installation's key is in it."""
    return {
        "grant_type": "client_credentials",
        "scope": scope,
        "client_id": _client_id(ctx),
        "client_secret": ctx.deployment.installation_key,
    }


def _in_transaction(session: Session | scoped_session[Session]) -> bool:
    """Whether a database transaction is open; a request's session hides behind a scoped one."""
    return (session() if isinstance(session, scoped_session) else session).in_transaction()


# --- trying the way

IDENTITY, API = "identity", "api"
ALIVE_PATH = "alive"
PROBE_SECONDS = 10.0
"""How long a try takes at most, whatever the names, the network and the other end do."""

_NOT_TAKEN = ("invalid-client", "token-refused")


@dataclass(frozen=True)
class Probe:
    """A try to reach one part of the cloud. part: `identity` or `api`. status: of the HTTP answer, None without one.

    trouble: None = it answers as it should.
    """

    part: str
    url: str
    status: int | None
    milliseconds: int
    trouble: CloudTrouble | None

    @property
    def reachable(self) -> bool:
        """Whether it was the cloud that answered, be it to refuse the installation."""
        return self.trouble is None or self.trouble.reason in _NOT_TAKEN


def probe_cloud(ctx: SelfHostContext) -> list[Probe]:
    """Try both addresses of a sync at the same time, each on its own: a token is asked for, and the API for its time.

    Takes `PROBE_SECONDS` at most and follows no redirect: the key stays with the token endpoint. Changes nothing.
    """
    if _in_transaction(ctx.session):
        raise RuntimeError("commit before calling the cloud")
    deployment = ctx.deployment
    token_url, alive_url = deployment.cloud_identity_url + TOKEN_PATH, deployment.cloud_api_url + ALIVE_PATH
    form = _token_form(ctx, INSTALLATION_SCOPE)

    judge_token = partial(_judge_token, url=token_url, client_id=_client_id(ctx))
    judge_alive = partial(_judge_alive, url=alive_url)
    pool = ThreadPoolExecutor(max_workers=2)  # not `with`: that would wait for who never answers
    asked = {
        (IDENTITY, token_url): pool.submit(_probe, ctx.http, IDENTITY, "POST", token_url, judge_token, form),
        (API, alive_url): pool.submit(_probe, ctx.http, API, "GET", alive_url, judge_alive, None),
    }
    wait(asked.values(), timeout=PROBE_SECONDS)
    pool.shutdown(wait=False)
    return [_outcome(part, url, future) for (part, url), future in asked.items()]


def _outcome(part: str, url: str, future: "Future[Probe]") -> Probe:
    if future.done():
        return future.result()
    return Probe(part, url, None, round(PROBE_SECONDS * 1000), unreachable(requests.Timeout(), url))


def _probe(
    http: requests.Session,
    part: str,
    method: str,
    url: str,
    judge: Callable[[requests.Response], CloudTrouble | None],
    form: Mapping[str, str] | None,
) -> Probe:
    started = perf_counter()
    status, trouble = None, None
    headers = {"Accept": "application/json"}
    try:
        response = http.request(method, url, data=form, headers=headers, timeout=PROBE_SECONDS, allow_redirects=False)
    except (requests.RequestException, UnicodeError) as error:
        trouble = unreachable(error, url)
    else:
        status, trouble = response.status_code, judge(response)
    return Probe(part, url, status, round((perf_counter() - started) * 1000), trouble)


def _judge_token(response: requests.Response, url: str, client_id: str) -> CloudTrouble | None:
    if response.status_code >= requests.codes.server_error:
        return rejected(response, url)
    try:
        answer = _object(response.content)
    except ValueError:
        return _not_json(url)
    if response.ok:
        return None if isinstance(answer.get("access_token"), str) else _not_json(url)
    return token_refused(response, client_id)


def _judge_alive(response: requests.Response, url: str) -> CloudTrouble | None:
    """Bitwarden's API tells the time, as a JSON string."""
    if response.status_code >= requests.codes.server_error:
        return rejected(response, url)
    try:
        is_time = isinstance(json.loads(response.content), str)
    except (ValueError, RecursionError):
        is_time = False
    return None if response.ok and is_time else _not_json(url)


# --- what really failed


def unreachable(error: Exception, url: str) -> CloudTrouble:
    """A call that got no answer."""
    host = urlsplit(url).netloc
    if isinstance(error, requests.Timeout):
        return CloudTrouble("timeout", f"{host} did not answer in time; a firewall may drop the packets.")
    if isinstance(error, requests.exceptions.SSLError):
        return CloudTrouble("tls", f"The certificate of {host} is not trusted: {_shortened(error)}")
    if any(isinstance(cause, NameResolutionError) for cause in _causes(error)):
        return CloudTrouble("name-not-resolved", f"{host} cannot be resolved. Check DNS and the configured address.")
    if any(isinstance(cause, ConnectionRefusedError) for cause in _causes(error)):
        return CloudTrouble("refused", f"{host} refuses the connection. Is it running, and does a firewall block it?")
    return CloudTrouble("unreachable", f"{host} cannot be reached: {_shortened(error)}")


def token_refused(response: requests.Response, client_id: str) -> CloudTrouble:
    """An answer of the token endpoint that brings no token."""
    try:
        error = _object(response.content).get("error")
    except ValueError:
        error = None
    if error == "invalid_client":
        return CloudTrouble(
            "invalid-client",
            f"The cloud of this region does not accept {client_id}: unknown id (from the other region?), "
            "wrong installation key, or a disabled installation.",
        )
    status = f"{response.status_code}{f' {error}' if error else ''}"
    return CloudTrouble("token-refused", f"The cloud gave no access token: {status}.")


_EXPLAINED: dict[str, CloudTrouble] = {
    "Invalid organization": CloudTrouble(
        "unknown-organization",
        "The cloud of this region does not know the organization of this license; does it live in the other region?",
    ),
    "Invalid Billing Sync Key": CloudTrouble(
        "invalid-billing-sync-key",
        "The billing sync token is not the current one: copy it from the cloud again and save it here.",
    ),
}
"""Texts of the cloud's API that name the cause. Source: spec/billing-sync-and-sponsorships.md 4.3, 5.5."""


def rejected(response: requests.Response, url: str) -> CloudTrouble:
    """A refusal by the cloud's API."""
    try:
        message = _object(response.content).get("message")
    except ValueError:
        message = None
    match response.status_code:
        case 401:
            return CloudTrouble(
                "unauthorized",
                "The API does not accept the token of the identity service; are apiUri and identityUri of one region?",
            )
        case 403:
            return CloudTrouble("forbidden", "The token does not allow this call.")
        case 404:
            return CloudTrouble(
                "not-found", f"The cloud does not know this organization; is {url} the region where it lives?"
            )
        case 400 if isinstance(message, str) and message in _EXPLAINED:
            return _EXPLAINED[message]
        case status if status >= 500:
            return CloudTrouble("server-error", f"The cloud failed with status {status}.")
        case status:
            return CloudTrouble("rejected", f"The cloud refused with status {status}: {message or response.reason}")


def _not_json(url: str) -> CloudTrouble:
    return CloudTrouble("not-json", f"{url} answers something else than Bitwarden; a proxy or a captive portal?")


def _causes(error: BaseException) -> list[BaseException]:
    """The exception and everything inside it: causes, contexts and wrapped reasons."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
    return found


def _shortened(error: Exception) -> str:
    return str(error)[:_LONGEST_DETAIL]


# --- reading


def _object(content: bytes) -> dict[str, object]:
    """A JSON object; ValueError for anything else."""
    try:
        decoded = json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(decoded, dict):
        raise ValueError("not a JSON object")
    return decoded


def _needs_refresh(token: str, now: datetime) -> bool:
    """Whether a token is past its end by more than five minutes; one that cannot be read is asked for anew."""
    try:
        _, payload, _ = token.split(".")
        expires = _object(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]
        return (now - _LATE_REFRESH).timestamp() > float(str(expires))
    except (ValueError, KeyError, binascii.Error):
        return True
