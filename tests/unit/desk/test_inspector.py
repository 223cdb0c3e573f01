"""What the inspector concludes, and how it tells a call to other tools."""

from typing import Any

import pytest

from common.desk.inspector import rules

HERE: dict[str, Any] = {"lastSync": None, "toDelete": False, "validUntil": None, "awaitingSync": False}
THERE: dict[str, Any] = {"toDelete": False, "validUntil": None}
SYNCED = HERE | {"lastSync": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("cloud", "instance", "agree", "verdict"),
    [
        (THERE, SYNCED, True, rules.IN_SYNC),
        (None, HERE, False, rules.NOT_SENT),
        (None, SYNCED, False, rules.HERE_ONLY),
        (THERE, None, False, rules.CLOUD_ONLY),
        (THERE, SYNCED | {"toDelete": True}, False, rules.REMOVAL),
        (THERE | {"validUntil": "2027-01-01T00:00:00Z"}, SYNCED, False, rules.CLOUD_AHEAD),
        (THERE, SYNCED | {"awaitingSync": True}, False, rules.NOT_SENT),
        (THERE | {"toDelete": True}, SYNCED, False, rules.DIFFERS),
    ],
)
def test_the_verdict_on_a_sponsorship(cloud: Any, instance: Any, agree: bool, verdict: rules.Verdict) -> None:
    assert rules.verdict_of({"cloud": cloud, "instance": instance, "agree": agree}) == verdict


ENTRY: dict[str, Any] = {
    "id": "91278af578f0145f",
    "method": "POST",
    "path": "/api/it's",
    "query": "a=1&b=2",
    "status": 400,
    "request": {
        "headers": [["Host", "x"], ["Authorization", "Bearer ey…"], ["Content-Length", "7"]],
        "body": {"a": "ä"},
    },
}


def test_a_call_as_a_command_is_quoted_and_asks_without_what_curl_adds() -> None:
    assert rules.as_curl(ENTRY, "http://127.0.0.1:1") == (
        "curl -i -X POST 'http://127.0.0.1:1/api/it'\"'\"'s?a=1&b=2' -H 'Authorization: Bearer ey…' "
        '--data-binary \'{"a": "ä"}\''
    )


def test_a_call_as_a_test_is_python_that_asks_for_its_status() -> None:
    text = rules.as_pytest(ENTRY, "http://127.0.0.1:1")
    compile(text, "copied.py", "exec")
    assert "assert answer.status_code == 400" in text
    assert "def test_post_91278af5()" in text


def test_entries_of_one_action_stand_together_the_newest_action_first() -> None:
    def entry(number: int, group: str, status: int | None = 200, **more: Any) -> dict[str, Any]:
        return {"id": str(number), "group": group, "status": status, **more}

    found = rules.exchanges([entry(1, "a"), entry(2, "b"), entry(3, "a", 400), entry(4, "c", None, fault="status 503")])
    assert [[each["id"] for each in one.entries] for one in found] == [["4"], ["2"], ["1", "3"]]
    assert [one.failed for one in found] == [True, False, True]


def test_the_same_call_again_and_again_is_one_line() -> None:
    def call(number: int, operation: str, status: int = 200, **more: Any) -> dict[str, Any]:
        return {"id": str(number), "group": None, "operation": operation, "status": status, **more}

    calls = [call(1, "GET /a"), call(2, "GET /a"), call(3, "GET /b"), call(4, "GET /a"), call(5, "GET /a", 400)]
    calls += [call(6, "GET /a", 400), call(7, "mail", subject="one"), call(8, "mail", subject="two")]
    told = [(each.first["id"], each.times) for each in rules.folded(rules.exchanges(calls))]
    assert told == [("8", 1), ("7", 1), ("6", 1), ("5", 1), ("4", 1), ("3", 1), ("2", 2)]
