"""Trying the way to the cloud, for the portal's *Test connection*: each address on its own, and what came of it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from time import perf_counter
from typing import NamedTuple

import requests

from selfhost.cloud.client import refuse_in_transaction
from selfhost.cloud.network import Message, Network
from selfhost.cloud.reading import json_object
from selfhost.cloud.tokens import INSTALLATION_SCOPE, TOKEN_PATH, token_form
from selfhost.cloud.trouble import CloudTrouble, Part, note, rejected, token_refused, unreachable, wrong_kind_of_server
from selfhost.cloud.unreached import Unreached, timed_out
from selfhost.context import SelfHostContext
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.deployment.dns import glued

CONFIG_PATH = "config"
"""What only the API has: the identity service answers `alive`, too."""

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
    """Try both addresses of a sync at the same time, each on its own: a token is asked for, and what the API is like.

    Takes `PROBE_SECONDS` at most and follows no redirect: the key stays with the token endpoint. Changes nothing.
    """
    refuse_in_transaction(ctx)
    deployment, network = ctx.deployment, Network(ctx)
    accept = {"Accept": "application/json"}
    token_url, config_url = (
        glued(part.address(deployment), path) for part, path in ((Part.IDENTITY, TOKEN_PATH), (Part.API, CONFIG_PATH))
    )
    tries = [
        _Try(Part.IDENTITY, Message("POST", token_url, accept, form=token_form(ctx, INSTALLATION_SCOPE)), _judge_token),
        _Try(Part.API, Message("GET", config_url, accept), _judge_config),
    ]
    pool = ThreadPoolExecutor(max_workers=2)  # not `with`: that would wait for who never answers
    asked = [(each, pool.submit(copy_context().run, _probe, network, each, deployment)) for each in tries]
    wait([future for _, future in asked], timeout=PROBE_SECONDS)
    pool.shutdown(wait=False)
    probes = [_outcome(each, future, deployment) for each, future in asked]
    for each in probes:
        if each.trouble is not None:
            note(each.trouble)
    return probes


class _Try(NamedTuple):
    part: Part
    message: Message
    judge: Callable[[requests.Response, SelfHostSettings], CloudTrouble | None]


def _outcome(tried: _Try, future: "Future[Probe]", deployment: SelfHostSettings) -> Probe:
    if future.done():
        return future.result()
    url = tried.message.url
    trouble = unreachable(timed_out(url), tried.part, deployment)
    return Probe(tried.part.service, url, None, round(PROBE_SECONDS * 1000), trouble)


def _probe(network: Network, tried: _Try, deployment: SelfHostSettings) -> Probe:
    started = perf_counter()
    status, trouble = None, None
    try:
        response = network.send(tried.message, patience=PROBE_SECONDS, follow=False)
    except Unreached as failed:
        trouble = unreachable(failed, tried.part, deployment)
    else:
        status, trouble = response.status_code, tried.judge(response, deployment)
    return Probe(tried.part.service, tried.message.url, status, round((perf_counter() - started) * 1000), trouble)


def _judge_token(response: requests.Response, deployment: SelfHostSettings) -> CloudTrouble | None:
    if response.status_code >= requests.codes.server_error:
        return rejected(response, Part.IDENTITY, deployment)
    try:
        answer = json_object(response.content)
    except ValueError:
        return wrong_kind_of_server(response, Part.IDENTITY, deployment)
    if response.status_code == requests.codes.ok and isinstance(answer.get("access_token"), str):
        return None
    if isinstance(answer.get("error"), str):
        return token_refused(response, deployment)
    return wrong_kind_of_server(response, Part.IDENTITY, deployment)


def _judge_config(response: requests.Response, deployment: SelfHostSettings) -> CloudTrouble | None:
    """Bitwarden's API tells what it is. Source: src/Api/Models/Response/ConfigResponseModel.cs."""
    if response.status_code >= requests.codes.server_error:
        return rejected(response, Part.API, deployment)
    try:
        is_config = json_object(response.content).get("object") == "config"
    except ValueError:
        is_config = False
    if response.status_code == requests.codes.ok and is_config:
        return None
    return wrong_kind_of_server(response, Part.API, deployment)
