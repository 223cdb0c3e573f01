"""Bodies that are made to cost: refused before they are looked at, in the wire's own shape."""

import io
import time

import pytest

from common.server.body import DEEPEST, MOST_MEMBERS
from tests.support.harness import Person, Side


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("owner@acme.example")


def nested(levels: int) -> str:
    return '{"name": "a", "masterPasswordHint": null, "more": ' + "[" * (levels - 1) + "]" * (levels - 1) + "}"


def rename(owner: Person, body: str) -> tuple[int, str]:
    answer = owner.api.put("/api/accounts/profile", data=body, headers={"Content-Type": "application/json"})
    return answer.status_code, answer.text


def test_as_deep_as_upstream_reads(owner: Person) -> None:
    assert rename(owner, nested(DEEPEST))[0] == 200
    status, text = rename(owner, nested(DEEPEST + 1))
    assert status == 400 and '"$"' in text and f"maximum configured depth of {DEEPEST}" in text


def test_brackets_in_texts_are_no_levels(owner: Person) -> None:
    assert rename(owner, '{"name": "' + "[" * 20 + '\\"' + "{" * 20 + '"}')[0] == 200
    assert rename(owner, '{"name": "' + "[" * 40 + '"}')[0] == 200
    assert rename(owner, '{"name": "a", "more": [' + ",".join(['"["', '"{"', '""'] * 40) + "]}")[0] == 200
    assert (
        rename(owner, '{"name": "a", "more": [' + '"[","{","",' * 40 + "[" * DEEPEST + "]" * DEEPEST + "]}")[0] == 400
    )
    assert rename(owner, '{"name": "[[", "more": ' + "[" * DEEPEST + '"]]]]"' + "]" * DEEPEST + "}")[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "a", ' + ",".join(f'"k{number}": 1' for number in range(MOST_MEMBERS)) + "}",
        '{"name": "a", "more": [' + "0," * MOST_MEMBERS + "0]}",
    ],
    ids=["members", "items"],
)
def test_too_many_members_are_refused_with_a_status_alone(owner: Person, body: str) -> None:
    assert rename(owner, body) == (413, "")


@pytest.mark.parametrize("body", ["[" * 1_000_000, '"' + '\\"' * 1_000_000, "[" * 99 + '"' + "\\" * 999_999])
def test_what_never_ends_costs_little(owner: Person, body: str) -> None:
    began = time.process_time()
    assert rename(owner, body)[0] == 400
    assert time.process_time() - began < 10, "a hundred times what it takes"


@pytest.mark.parametrize("kind", ["field", "file"])
def test_a_part_without_a_name_is_none(owner: Person, kind: str) -> None:
    part = '; filename="a.json"' if kind == "file" else ""
    body = f"--b\r\nContent-Disposition: form-data{part}\r\n\r\nx\r\n--b--\r\n"
    for path in ("/identity/connect/token", "/login"):
        answer = owner.side.app.test_client().post(
            path,
            input_stream=io.BytesIO(body.encode()),
            content_type="multipart/form-data; boundary=b",
            content_length=len(body),
        )
        assert answer.status_code == 400


def test_control_passes_over_nothing(cloud: Side) -> None:
    answer = cloud.client.post("/_sim/clock", json={"advanceSeconds": 5, "freez": True})
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "Unknown member: freez. Known: freeze, reset, advanceSeconds, jump, now, realAt.",
    )


def test_a_fault_that_looks_at_bodies_looks_at_no_abyss(owner: Person, cloud: Side) -> None:
    when = {"organization": "00000000-0000-0000-0000-000000000001"}
    rule = {"operation": "PUT /api/accounts/profile", "when": when, "do": {"status": 503}}
    assert cloud.client.post("/_sim/faults", json=rule).status_code == 200
    assert rename(owner, '{"name": ' + "[" * 200_000)[0] == 400
