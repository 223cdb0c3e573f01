"""Trying the way to the cloud, for the portal's *Test connection*: each address on its own, and what came of it."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from time import perf_counter
from typing import NamedTuple

import requests

from selfhost.cloud.client import refuse_in_transaction
from selfhost.cloud.reading import json_object, json_value
from selfhost.cloud.tokens import INSTALLATION_SCOPE, TOKEN_PATH, client_id, token_form
from selfhost.cloud.trouble import CloudTrouble, not_json, rejected, token_refused, unreachable
from selfhost.context import SelfHostContext

IDENTITY, API = "identity", "api"
ALIVE_PATH = "alive"
PROBE_SECONDS = 10.0
"""How long a try takes at most, whatever the names, the network and the other end do."""

_NOT_TAKEN = ("invalid-client", "token-refused")


class Probe(NamedTuple):
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
    refuse_in_transaction(ctx)
    deployment = ctx.deployment
    token_url, alive_url = deployment.cloud_identity_url + TOKEN_PATH, deployment.cloud_api_url + ALIVE_PATH
    form = token_form(ctx, INSTALLATION_SCOPE)

    judge_token = partial(_judge_token, url=token_url, client_id=client_id(ctx))
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
        answer = json_object(response.content)
    except ValueError:
        return not_json(url)
    if response.ok:
        return None if isinstance(answer.get("access_token"), str) else not_json(url)
    return token_refused(response, client_id)


def _judge_alive(response: requests.Response, url: str) -> CloudTrouble | None:
    """Bitwarden's API tells the time, as a JSON string."""
    if response.status_code >= requests.codes.server_error:
        return rejected(response, url)
    try:
        is_time = isinstance(json_value(response.content), str)
    except ValueError:
        is_time = False
    return None if response.ok and is_time else not_json(url)
