"""The journal of both apps: what is written, joined, found, exported, followed, and what is not."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema
import pytest

from common.settings import JournalSettings
from tests.support.harness import INSTALLATION_KEY, Pair, Side, Workshop, make_pair
from tests.support.license_loop import LICENSES, Loop

TOKEN = "/identity/connect/token"
HAR_SCHEMA = Path(__file__).parents[2] / "fixtures" / "har.schema.json"


@pytest.fixture
def journaled(workshop: Workshop) -> Pair:
    """A pair that keeps journals, empty."""
    pair = make_pair(workshop, wardenloop__journal="10000")
    for side in (pair.cloud, pair.selfhost):
        assert side.client.delete("/_sim/journal").status_code == 200
    return pair


def _entries(side: Side, **query: str) -> list[dict[str, Any]]:
    answer = side.client.get("/_sim/journal", params={"limit": "1000"} | query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def _refused_token(pair: Pair, client_id: str, secret: str) -> dict[str, Any]:
    form = {"grant_type": "client_credentials", "scope": "api.licensing"}
    pair.cloud.client.post(TOKEN, data=form | {"client_id": client_id, "client_secret": secret})
    return _entries(pair.cloud)[-1]


def test_an_exchange_is_written_down_whole(journaled: Pair) -> None:
    journaled.owner.api.put("/api/accounts/profile", json={"name": "New Name", "Colour": "red"})
    (entry,) = _entries(journaled.selfhost)
    user = journaled.owner.user_id
    assert entry["operation"] == "PUT /api/accounts/profile"
    assert (entry["from"], entry["to"], entry["trigger"], entry["caller"]) == (
        "client",
        "selfhost",
        "client",
        f"user {user}",
    )
    assert (entry["status"], entry["response"]["body"]["name"]) == (200, "New Name")
    assert entry["request"]["body"] == {"name": "New Name", "Colour": "red"}
    assert (entry["unread"], entry["defaulted"]) == (["Colour"], [])
    assert entry["checks"] == [{"rule": "policy.token", "passed": True}, {"rule": "policy.application", "passed": True}]
    assert entry["at"] == "2026-08-20T12:00:00.000000Z"
    assert entry["sql"] > 0
    (change,) = [each for each in entry["changes"] if each["table"] == "users"]
    assert (change["before"]["name"], change["after"]["name"]) == ("Test User", "New Name")
    assert change["after"]["id"] == user


def test_a_sync_joins_both_ends_and_what_it_caused(journaled: Pair) -> None:
    loop = Loop(journaled)
    journaled.owner.api.post(f"{LICENSES}/{loop.id}/sync")
    *_, token, fetch, sync = here = _entries(journaled.selfhost)
    there = {each["id"]: each for each in _entries(journaled.cloud)}
    assert [each["kind"] for each in (token, fetch, sync)] == ["call", "call", "request"]
    assert (token["from"], token["to"]) == ("selfhost", "cloud-us")
    assert len({each["group"] for each in (token, fetch, sync)}) == 1
    for call, operation in ((token, "POST /identity/connect/token"), (fetch, "GET /api/licenses/organization/{id}")):
        other = there[call["peer"]]
        assert other["peer"] == call["id"]
        assert (other["group"], other["from"]) == (sync["group"], "selfhost")
        assert (call["operation"], call["status"]) == (operation, 200)
        assert other["request"]["body"] == call["request"]["body"]
    assert there[fetch["peer"]]["operation"] == "GET /api/licenses/organization/{organization_id}"
    assert {each["group"] for each in here[:-3]}.isdisjoint({sync["group"]})


def test_no_secret_of_the_loop_is_in_the_file(journaled: Pair) -> None:
    loop = Loop(journaled)
    sync_token = loop.billing_sync_token()
    journaled.owner.api.post(f"{LICENSES}/{loop.id}/sync")
    license_file = json.loads(loop.download())
    journaled.selfhost.sign_up("second@acme.example")
    secrets = {
        sync_token,
        journaled.installation["key"],
        journaled.owner.password_hash,
        journaled.owner.token["access_token"],
        journaled.owner.token["refresh_token"],
        license_file["token"],
        license_file["licenseKey"],
        license_file["signature"],
    }
    for side in (journaled.cloud, journaled.selfhost):
        assert len(_entries(side)) > 2
        written = b"".join(path.read_bytes() for path in side.state.glob("journal.db*")).decode("utf-8", "replace")
        assert {secret for secret in secrets if secret in written} == set()
        assert re.search(r"eyJ[\w-]{20,}\.[\w-]{8,}", written) is None


@pytest.mark.parametrize("cause", ["unknown-id", "wrong-key", "malformed-id", "swapped"])
def test_a_refused_token_has_its_cause(journaled: Pair, cause: str) -> None:
    known, key = journaled.installation["id"], journaled.installation["key"]
    asked = {
        "unknown-id": (f"installation.{uuid4()}", key),
        "wrong-key": (f"installation.{known}", INSTALLATION_KEY),
        "malformed-id": ("installation.1", key),
        "swapped": (f"installation.{key}", known),
    }
    entry = _refused_token(journaled, *asked[cause])
    assert (entry["status"], entry["rule"], entry["cause"]) == (400, "token.invalid-client", cause)
    assert entry["response"]["body"] == {"error": "invalid_client"}


def test_a_refusal_has_its_rule_and_its_text(journaled: Pair) -> None:
    journaled.owner.api.post(f"{LICENSES}/{uuid4()}/sync")
    (entry,) = _entries(journaled.selfhost, status="404")
    assert (entry["rule"], entry["checks"][-1]["passed"]) == (entry["checks"][-1]["rule"], False)
    assert entry["message"] == entry["response"]["body"]["message"]


def test_control_files_and_polling_are_not_written_down(journaled: Pair) -> None:
    client = journaled.selfhost.client
    client.get("/_sim/clock")
    client.get("/api/alive")
    client.get("/assets/forms.js")
    client.get("/login", headers={"Sec-Fetch-Dest": "empty"})
    assert _entries(journaled.selfhost) == []
    client.get("/login", headers={"Accept": "text/html"})
    (entry,) = _entries(journaled.selfhost)
    assert (entry["trigger"], entry["from"], entry["response"]["body"]) == ("page", "browser", None)
    assert entry["response"]["notKept"] == "page"


def test_a_mail_is_an_entry_without_its_words(journaled: Pair) -> None:
    journaled.owner.api.post("/api/accounts/request-otp")
    mail, request = _entries(journaled.selfhost)
    assert (mail["kind"], mail["subject"], mail["outcome"]) == ("mail", journaled.owner.email, "sent")
    assert mail["group"] == request["group"]
    code = re.findall(r"\b\d{6,8}\b", journaled.selfhost.mails[-1].text)[0]
    assert code not in json.dumps([mail, request])


def test_a_run_of_a_job_is_an_entry_and_its_calls_belong_to_it(journaled: Pair) -> None:
    loop = Loop(journaled)
    journaled.selfhost.client.delete("/_sim/journal")
    name = "ValidateOrganizationsJob"
    assert journaled.selfhost.client.post(f"/_sim/jobs/{name}/run").status_code == 200
    (run,) = _entries(journaled.selfhost, kind="job")
    assert (run["operation"], run["outcome"], run["trigger"]) == (f"job {name}", "done", "job")
    assert loop.id


def test_moves_of_the_clock_are_entries(journaled: Pair) -> None:
    moved = {"now": "2027-01-31T00:00:00Z", "freeze": True}
    assert journaled.cloud.client.post("/_sim/clock", json=moved).status_code == 200
    (entry,) = _entries(journaled.cloud)
    assert (entry["kind"], entry["subject"], entry["outcome"]) == ("clock", "set", "2027-01-31T00:00:00Z")
    assert (entry["at"], entry["facts"]) == ("2027-01-31T00:00:00.000000Z", {"frozen": True})


def test_one_is_shown_by_id_and_by_number(journaled: Pair) -> None:
    journaled.owner.api.get("/api/accounts/profile")
    (entry,) = _entries(journaled.selfhost)
    for name in (entry["id"], entry["number"]):
        assert journaled.selfhost.client.get(f"/_sim/journal/{name}").json() == entry
    assert journaled.selfhost.client.get("/_sim/journal/nothing").status_code == 404


def test_found_and_nearly_found(journaled: Pair) -> None:
    known = journaled.installation["id"]
    _refused_token(journaled, f"installation.{known}", "wrong")
    client = journaled.cloud.client
    pattern = {"operation": "POST /identity/connect/token", "status": 400, "caller": known}
    found = client.post("/_sim/journal/find", json=pattern).json()
    assert [each["cause"] for each in found["matches"]] == ["wrong-key"]
    missed = client.post("/_sim/journal/find", json=pattern | {"body": {"scope": "api.push"}}).json()
    assert missed["matches"] == []
    (near,) = missed["nearMisses"]
    assert near["reasons"] == ["body.scope is 'api.licensing', not 'api.push'"]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [({"operation": "GET /api/licences"}, "There is no operation"), ({"state": 400}, "Unknown member: state.")],
)
def test_unknown_names_in_a_pattern_are_refused(journaled: Pair, pattern: dict[str, Any], said: str) -> None:
    answer = journaled.cloud.client.post("/_sim/journal/find", json=pattern)
    assert (answer.status_code, answer.json()["message"][: len(said)]) == (400, said)


def test_unknown_filters_are_refused(journaled: Pair) -> None:
    answer = journaled.cloud.client.get("/_sim/journal?state=400")
    assert (answer.status_code, answer.json()["message"][:15]) == (400, "Unknown: state.")


def test_the_archive_is_one(journaled: Pair) -> None:
    loop = Loop(journaled)
    journaled.owner.api.post(f"{LICENSES}/{loop.id}/sync?x=1&y=2")
    archive = journaled.selfhost.client.get("/_sim/journal.har").json()
    jsonschema.validate(archive, json.loads(HAR_SCHEMA.read_text()))
    newest = archive["log"]["entries"][-1]
    assert newest["request"]["url"] == f"http://selfhost.test{LICENSES}/{loop.id}/sync?x=1&y=2"
    assert newest["request"]["queryString"] == [{"name": "x", "value": "1"}, {"name": "y", "value": "2"}]
    assert len(archive["log"]["entries"]) == len(_entries(journaled.selfhost))


def test_half_a_character_in_a_body_leaves_the_journal_readable(journaled: Pair) -> None:
    client = journaled.cloud.client
    json_type = {"Content-Type": "application/json"}
    client.post("/api/installations", data=b'{"email": "\\ud800@b.example"}', headers=json_type)
    entry = _entries(journaled.cloud)[-1]
    assert (entry["path"], "\ufffd@b.example" in json.dumps(entry, ensure_ascii=False)) == ("/api/installations", True)
    stream = client.get("/_sim/journal/stream", headers={"Last-Event-ID": str(entry["number"] - 1)})
    assert "\ufffd@b.example" in stream.text


def test_a_stream_goes_on_where_it_was_left(journaled: Pair) -> None:
    client = journaled.selfhost.client
    for _ in range(3):
        journaled.owner.api.get("/api/accounts/revision-date")
    first, *rest = _entries(journaled.selfhost)
    answer = client.get("/_sim/journal/stream", headers={"Last-Event-ID": str(first["number"])})
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    events = [dict(line.split(": ", 1) for line in event.splitlines()) for event in answer.text.split("\n\n") if event]
    assert [int(event["id"]) for event in events] == [each["number"] for each in rest]
    assert [json.loads(event["data"]) for event in events] == rest
    assert client.get("/_sim/journal/stream").text == ": \n\n"
    for number in ("x", "9" * 30, "9" * 5000):
        assert client.get("/_sim/journal/stream", headers={"Last-Event-ID": number}).status_code == 400


def test_the_oldest_go_and_bodies_are_cut(workshop: Workshop) -> None:
    cloud = workshop.cloud(journal=JournalSettings(entries=5, body_bytes=20, changes=1))
    email = f"{'x' * 60}@example.com"
    for _ in range(12):
        cloud.client.post("/api/installations", json={"email": email})
    entries = _entries(cloud)
    assert len(entries) == 5
    assert entries[-1]["number"] == 12
    request = entries[-1]["request"]
    assert (request["cutAt"], len(request["body"])) == (20, 20)
    assert request["size"] == len(json.dumps({"email": email}))


def test_rows_beyond_the_most_are_counted(workshop: Workshop) -> None:
    cloud = workshop.cloud(journal=JournalSettings(entries=100, changes=1))
    owner = cloud.sign_up("owner@acme.example")
    cloud.client.delete("/_sim/journal")
    folder = {
        "name": "2.AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    }
    assert owner.api.post("/api/folders", json=folder).status_code == 200
    (entry,) = _entries(cloud)
    shown = [each for each in entry["changes"] if "rows" not in each]
    counted = {(each["table"], each["change"]): each["rows"] for each in entry["changes"] if "rows" in each}
    assert len(shown) == 1
    assert counted == {("users", "update"): 1}


def test_an_app_without_a_journal_says_how_to_have_one(pair: Pair) -> None:
    answer = pair.cloud.client.get("/_sim/journal")
    assert (answer.status_code, "WARDENLOOP_JOURNAL" in answer.json()["message"]) == (409, True)


def test_nothing_but_the_trace_is_on_the_wire(journaled: Pair, workshop: Workshop) -> None:
    plain = workshop.cloud("EU").client.get("/api/config")
    told = journaled.cloud.client.get("/api/config")
    assert list(told.headers) == list(plain.headers)
