"""One conversation with the cloud: when it asks for a token, when it does not, and what it refuses to do."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from requests.adapters import BaseAdapter

from common.clock import ManualClock
from common.domains.accounts.models import User
from selfhost.cloud.client import CloudClient
from selfhost.cloud.tokens import LICENSING_SCOPE
from selfhost.cloud.trouble import CloudTrouble
from tests.support.harness import Side


class Cloud(BaseAdapter):
    """Answers token requests as told, everything else with `{}`; keeps the paths asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.token, self.status = "", 200
        self.asked: list[Any] = []

    def send(self, request: Any, *_args: Any, **_kwargs: Any) -> Any:
        path = request.url.partition(".test/")[2]
        self.asked.append(path)
        response = requests.Response()
        response.status_code, response.reason, response.request = 200, "OK", request
        response._content = b"{}"
        if path == "identity/connect/token":
            self.form = request.body
            response.status_code = self.status
            response._content = json.dumps({"access_token": self.token}).encode()
        return response

    def close(self) -> None:
        """Nothing is open."""


def token_until(moment: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"exp": moment.timestamp()}).encode()).rstrip(b"=").decode()
    return f"h.{payload}.s"


@pytest.fixture
def ctx(selfhost: Side) -> Iterator[Any]:
    with selfhost.app.app_context():
        yield selfhost.app.extensions["wardenloop"]


@pytest.fixture
def cloud(ctx: Any, clock: ManualClock) -> Any:
    peer = Cloud()
    peer.token = token_until(clock.now() + timedelta(hours=24))
    ctx.http.mount("http://cloud-us.test/", peer)
    return peer


def call(client: Any) -> Any:
    return client.send("GET", "path", {}, lambda content: content)


def test_token_request(ctx: Any, cloud: Any) -> None:
    assert call(CloudClient(ctx, LICENSING_SCOPE)) == b"{}"
    assert cloud.form == (
        "grant_type=client_credentials&scope=api.licensing"
        f"&client_id=installation.{ctx.deployment.installation_id}&client_secret=installation-key-001"
    )
    assert cloud.asked == ["identity/connect/token", "api/path"]


def test_token_is_used_until_five_minutes_after_its_end(ctx: Any, cloud: Any, clock: ManualClock) -> None:
    client = CloudClient(ctx, LICENSING_SCOPE)
    call(client)
    clock.advance(timedelta(hours=24, minutes=5))
    call(client)
    assert cloud.asked.count("identity/connect/token") == 1
    clock.advance(timedelta(seconds=1))
    call(client)
    assert cloud.asked.count("identity/connect/token") == 2


@pytest.mark.parametrize(("status", "asked"), [(400, 1), (401, 3), (503, 3)])
def test_only_a_400_is_not_asked_again_for_a_day(
    ctx: Any, cloud: Any, clock: ManualClock, status: int, asked: int
) -> None:
    cloud.status = status
    client = CloudClient(ctx, LICENSING_SCOPE)
    reasons = [call(client).reason for _ in range(3)]
    assert cloud.asked == ["identity/connect/token"] * asked
    assert reasons == ["token-refused", *["back-off" if status == 400 else "token-refused"] * 2]
    clock.advance(timedelta(days=1))
    cloud.status = 200
    assert call(client) == b"{}"


def test_back_off_belongs_to_one_conversation(ctx: Any, cloud: Any) -> None:
    cloud.status = 400
    call(CloudClient(ctx, LICENSING_SCOPE))
    call(CloudClient(ctx, LICENSING_SCOPE))
    assert len(cloud.asked) == 2


@pytest.mark.parametrize("token", [None, 7, "täken\u4e2d", "a\nb"])
def test_odd_tokens_are_failures_like_any_other(ctx: Any, cloud: Any, token: int | str | None) -> None:
    cloud.token = token
    client = CloudClient(ctx, LICENSING_SCOPE)
    call(client)
    answer = call(client)
    assert isinstance(answer, CloudTrouble) or answer == b"{}"


def test_it_does_not_call_inside_a_transaction(ctx: Any, cloud: Any) -> None:
    ctx.session.execute(sa.select(User.id))
    with pytest.raises(RuntimeError, match="commit before calling the cloud"):
        call(CloudClient(ctx, LICENSING_SCOPE))
    ctx.session.commit()
    assert call(CloudClient(ctx, LICENSING_SCOPE)) == b"{}"
