"""What is told of a request to who observes it: in process, the innermost block that is open."""

from typing import Any
from uuid import uuid4

import pytest

from common.server.observed import Check, TokenCause, note_check, observed, observing
from common.wire.base import WireModel, WireRequest
from common.wire.reading import defaulted_members, unread_members
from tests.support.harness import Pair, Side

TOKEN = "/identity/connect/token"


class Inner(WireModel):
    kind: int
    label: str = ""


class Body(WireRequest):
    name: str
    parts: list[Inner] | None = None
    best: Inner | None = None


def test_members_that_no_model_has_are_unread_at_any_depth() -> None:
    sent = {"NAME": "x", "colour": 1, "parts": [{"kind": 1, "Label": ""}, {"kind": 2, "size": 3}], "best": {"sort": 1}}
    assert sorted(unread_members(Body, sent)) == ["best.sort", "colour", "parts[].Label", "parts[].size"]


def test_members_that_were_not_sent_are_defaulted_at_any_depth() -> None:
    sent = {"Name": "x", "parts": [{"kind": 1, "label": "a"}, {"kind": 2}]}
    assert sorted(defaulted_members(Body, sent)) == ["best", "parts[].label"]


def test_nobody_is_told_outside_of_a_block_and_the_innermost_inside() -> None:
    note_check("nobody hears this")
    with observing() as outer:
        with observing() as inner:
            note_check("a", passed=False)
        assert (inner.checks, inner.rule) == ([Check("a", False)], "a")
        assert observed() is outer
    assert outer.checks == []
    assert observed() is None


def test_a_refusal_names_its_rule_and_what_was_checked_before(pair: Pair) -> None:
    with observing() as told:
        pair.owner.api.post("/api/organizations/licenses/self-hosted", files={"key": (None, "2.x")})
    assert told.checks[:2] == [Check("policy.token", True), Check("policy.application", True)]
    assert (told.rule, told.message) == ("model-state", "The model state is invalid.")
    assert told.caller == f"user {pair.owner.user_id}"


def test_a_bare_status_names_what_it_failed_at(cloud: Side) -> None:
    with observing() as told:
        cloud.client.get("/api/accounts/profile")
    assert told.rule == "policy.token"
    with observing() as told:
        cloud.client.get("/api/nowhere")
    assert told.rule == "route.unknown"


def test_a_scope_that_does_not_do_is_a_check_that_failed(pair: Pair) -> None:
    with observing() as told:
        pair.cloud_owner.api.post("/api/organization/sponsorship/sync", json={})
    assert told.checks == [Check("policy.token", True), Check("policy.installation", False)]
    assert told.rule == "policy.installation"


def test_a_body_tells_what_nobody_read(cloud: Side) -> None:
    with observing() as told:
        cloud.client.post("/api/installations", json={"email": "a@b.example", "Plan": 3})
    assert (told.unread, told.rule) == (["Plan"], None)


def _ask(pair: Pair, client_id: str, secret: str) -> tuple[Any, str | None]:
    form = {"grant_type": "client_credentials", "scope": "api.licensing", "client_id": client_id}
    with observing() as told:
        answer = pair.cloud.client.post(TOKEN, data=form | {"client_secret": secret})
    return (answer.status_code, answer.json(), told.rule), told.cause


@pytest.mark.parametrize("case", ["unknown-id", "wrong-key", "disabled", "malformed-id", "swapped"])
def test_the_wire_says_invalid_client_and_the_cause_is_known(pair: Pair, case: str) -> None:
    known, key = pair.installation["id"], pair.installation["key"]
    if case == "disabled":
        pair.cloud.client.post(f"/_sim/installations/{known}", json={"enabled": False})
    asked = {
        "unknown-id": (f"installation.{uuid4()}", key),
        "wrong-key": (f"installation.{known}", key + "x"),
        "disabled": (f"installation.{known}", key),
        "malformed-id": (f"installation.{known[:-1]}", key),
        "swapped": (f"installation.{key}", known),
    }[case]
    refused, cause = _ask(pair, *asked)
    assert refused == (400, {"error": "invalid_client"}, "token.invalid-client")
    assert cause == TokenCause(case)


def test_a_token_that_is_given_has_no_cause(pair: Pair) -> None:
    (status, _, rule), cause = _ask(pair, f"installation.{pair.installation['id']}", pair.installation["key"])
    assert (status, rule, cause) == (200, None, None)
