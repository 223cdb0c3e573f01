"""Faults at the apps: which calls go wrong, how often, and what each kind looks like to who calls."""

from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.support import races
from tests.support.harness import ENC_STRING, Pair, Side, Workshop, make_pair
from tests.support.races import at_once
from tests.support.scenarios import license_loop
from tests.support.sponsorships import world

LICENCE = "GET /api/licenses/organization/{organization_id}"
CONFIG = "GET /api/config"
TOKEN = "POST /identity/connect/token"
PROFILE = "GET /api/accounts/profile"


def add(side: Side, operation: str, do: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Switch one on."""
    added = side.client.post("/_sim/faults", json={"operation": operation, "do": do, **more})
    assert added.status_code == 200, added.text
    rule: dict[str, Any] = added.json()["data"][0]
    return rule


def refusal(side: Side, wanted: object) -> str:
    """What is said to a rule that makes no sense; nothing is on afterwards."""
    answer = side.client.post("/_sim/faults", json=wanted)
    assert answer.status_code == 400, answer.text
    assert side.client.get("/_sim/faults").json() == {"data": []}
    body = answer.json()
    texts = [text for each in (body["validationErrors"] or {}).values() for text in each]
    return " ".join([body["message"], *texts])


def statuses(side: Side, times: int, path: str = "/api/config") -> list[int]:
    return [side.client.get(path).status_code for _ in range(times)]


def test_the_next_two_calls_after_the_first_and_then_as_usual(cloud: Side) -> None:
    rule = add(cloud, CONFIG, {"status": 503}, skip=1, times=2, note="a deployment")
    assert statuses(cloud, 5) == [200, 503, 503, 200, 200]
    shown = cloud.client.get("/_sim/faults").json()["data"]
    assert [shown[0][name] for name in ("id", "app", "hits", "left", "note")] == [
        rule["id"],
        "cloud-us",
        2,
        0,
        "a deployment",
    ]
    assert cloud.client.get(f"/_sim/faults/{rule['id']}").json() == shown[0]


def test_one_call_in_three(cloud: Side) -> None:
    rule = add(cloud, CONFIG, {"status": 502}, every=3, times=2)
    assert statuses(cloud, 8) == [200, 200, 502, 200, 200, 502, 200, 200]
    assert cloud.client.get(f"/_sim/faults/{rule['id']}").json()["hits"] == 2


def test_rules_are_tried_in_their_order_until_one_answers(cloud: Side) -> None:
    add(cloud, "api", {"status": 500}, times=1)
    add(cloud, "*", {"status": 502}, times=1)
    assert statuses(cloud, 3) == [500, 502, 200]


def test_rules_of_different_kinds_are_done_together_and_of_one_kind_one_after_the_other(cloud: Side) -> None:
    before = cloud.client.get("/api/config").json()
    for do in ({"truncate": 3}, {"truncate": 5}, {"unknownMembers": True}):
        add(cloud, CONFIG, do, times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="3 bytes read"):
        cloud.client.get("/api/config")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="5 bytes read"):
        cloud.client.get("/api/config")
    assert cloud.client.get("/api/config").json() == before
    assert [each["hits"] for each in cloud.client.get("/_sim/faults").json()["data"]] == [1, 1, 1]


def test_only_what_is_named_goes_wrong_and_control_never(cloud: Side) -> None:
    add(cloud, "identity", {"status": 500})
    assert statuses(cloud, 1) == [200]
    assert cloud.client.post("/identity/connect/token").status_code == 500
    add(cloud, "*", {"status": 502})
    assert [cloud.client.get(path).status_code for path in ("/api/config", "/api/nowhere", "/login")] == [502] * 3
    assert cloud.client.get("/_sim/clock").status_code == cloud.client.get("/openapi.json").status_code == 200
    assert cloud.client.delete("/_sim/faults").json() == {"cleared": 2}
    assert statuses(cloud, 1) == [200]


def test_one_rule_is_cleared_and_the_others_stay(cloud: Side) -> None:
    first, second = add(cloud, CONFIG, {"status": 500}), add(cloud, CONFIG, {"status": 502})
    assert cloud.client.delete(f"/_sim/faults/{first['id']}").json() == {"cleared": 1}
    assert [each["id"] for each in cloud.client.get("/_sim/faults").json()["data"]] == [second["id"]]
    assert cloud.client.delete(f"/_sim/faults/{first['id']}").status_code == 404
    assert cloud.client.get(f"/_sim/faults/{first['id']}").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            {"operation": "GET /api/licenses/organisation/{organization_id}", "do": {"status": 503}},
            f"Known: {LICENCE}, ",
        ),
        ({"operation": "GET /_sim/clock", "do": {"status": 503}}, "Unknown operation: GET /_sim/clock. Known: "),
        ({"operation": "*", "do": {"status": 503}, "app": "selfhost"}, "Unknown app: selfhost. Known: cloud-us"),
        ({"operation": "*", "do": {"statuz": 503}}, "Unknown member of do: statuz. Known: status, "),
        ({"operation": "*", "do": {}}, "do is one of: status, body, hang, "),
        ({"operation": "*", "do": {"status": 99}}, "do.status is a number from 200 to 599, and not 99."),
        ({"operation": "*", "do": {"status": 503, "hang": True}}, "do is only one of: status, hang."),
        ({"operation": "*", "do": {"status": 302}}, "has a location."),
        ({"operation": "*", "do": {"status": 503, "location": "/"}}, "has a location."),
        ({"operation": "*", "do": {"status": 503, "headers": {"A": "b\r\nc"}}}, "do.headers is an object of names"),
        ({"operation": "*", "do": {"delaySeconds": -1}}, "do.delaySeconds is a number of seconds"),
        ({"operation": "*", "do": {"reset": "during"}}, "do.reset is before or after, and not 'during'."),
        ({"operation": "*", "do": {"body": "htm"}}, "do.body is one of html, empty, not-json, wrong-type"),
        ({"operation": "*", "do": {"licence": "expird"}}, "There is no defect 'expird'. There are: expired, "),
        ({"operation": "*", "do": {"licence": "expired,not-yet-valid"}}, "cannot be combined."),
        ({"operation": "*", "do": {"hang": True}, "when": {"user": "a"}}, "Unknown member of when: user. Known: "),
        ({"operation": "*", "do": {"hang": True}, "when": {"account": "bob"}}, "when.account is an id or an address"),
        ({"operation": "*", "do": {"hang": True}, "when": {"organization": "Acme"}}, "when.organization is an id"),
        ({"operation": "*", "do": {"hang": True}, "time": 2}, "Unknown member: time. Known: times, "),
        ({"operation": "*", "do": {"hang": True}, "times": 0}, "times"),
        ({"operation": "*", "do": {"hang": True}, "times": True}, "times"),
        ({"operation": "*"}, "A fault has an operation and a do, or is a profile."),
        ({"profile": "hash"}, "Unknown profile: hash. Known: harsh."),
        ({"profile": "harsh", "operation": "*"}, "A profile stands alone."),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_there_is(cloud: Side, wanted: object, said: str) -> None:
    assert said in refusal(cloud, wanted)


@pytest.mark.parametrize(
    ("path", "do", "status", "headers", "said"),
    [
        ("/api/config", {"status": 400}, 400, {}, {"message": "The model state is invalid."}),
        ("/api/config", {"status": 400, "message": "No."}, 400, {}, {"object": "error", "message": "No."}),
        ("/api/config", {"status": 404}, 404, {}, {"message": "Resource not found."}),
        ("/api/config", {"status": 401}, 401, {"WWW-Authenticate": "Bearer"}, b""),
        ("/api/config", {"status": 403}, 403, {}, b""),
        ("/api/config", {"status": 500}, 500, {}, {"message": "An unhandled server error has occurred."}),
        ("/api/config", {"status": 503}, 503, {}, b""),
        ("/api/config", {"status": 503, "headers": {"Retry-After": "5"}}, 503, {"Retry-After": "5"}, b""),
        (
            "/api/config",
            {"status": 429},
            429,
            {"Retry-After": "60"},
            {"message": "Slow down! Too many requests. Try again in 1m."},
        ),
        ("/api/config?a=b", {"status": 307, "location": "slash"}, 307, {"Location": "/api/config/?a=b"}, b""),
        ("/api/config/", {"status": 307, "location": "slash"}, 307, {"Location": "/api/config"}, b""),
        ("/api/config", {"status": 302, "location": "https://a.test/b"}, 302, {"Location": "https://a.test/b"}, b""),
        ("/login", {"status": 502}, 502, {"Content-Type": "text/html; charset=utf-8"}, b"502 Bad Gateway"),
        ("/api/config", {"body": "html"}, 200, {"Content-Type": "text/html; charset=utf-8"}, b"Sign in"),
        ("/api/config", {"body": "html", "status": 504}, 504, {}, b"Sign in"),
        ("/api/config", {"body": "empty"}, 200, {}, b""),
        ("/api/config", {"body": "not-json"}, 200, {"Content-Type": "application/json; charset=utf-8"}, b'"data":['),
        ("/api/config", {"body": "wrong-type"}, 200, {}, b'[{"unexpected":true}]'),
    ],
)
def test_answer_has_the_shape_of_its_status_and_path(
    cloud: Side, path: str, do: dict[str, Any], status: int, headers: dict[str, str], said: dict[str, str] | bytes
) -> None:
    add(cloud, "*", do)
    answer = cloud.client.get(path, allow_redirects=False)
    assert answer.status_code == status
    assert headers.items() <= dict(answer.headers).items()
    if isinstance(said, dict):
        assert said.items() <= answer.json().items()
    else:
        assert said in answer.content and bool(said) == bool(answer.content)


@pytest.mark.parametrize(
    ("grant", "do", "status", "said"),
    [
        ("client_credentials", {"status": 400}, 400, {"error": "invalid_client"}),
        ("password", {"status": 400}, 400, {"error": "invalid_grant"}),
        (
            "password",
            {"status": 400, "message": "No."},
            400,
            {"error": "invalid_grant", "ErrorModel": {"Object": "error", "Message": "No."}},
        ),
        ("password", {"status": 500}, 500, None),
    ],
)
def test_token_endpoint_refuses_as_oauth_does(
    cloud: Side, grant: str, do: dict[str, Any], status: int, said: object
) -> None:
    add(cloud, TOKEN, do)
    answer = cloud.client.post("/identity/connect/token", data={"grant_type": grant})
    assert (answer.status_code, answer.json() if answer.content else None) == (status, said)


def test_who_is_named_is_looked_for_in_the_token_and_nobody_else_is_hit(cloud: Side) -> None:
    alice, bob = cloud.sign_up("alice@acme.example"), cloud.sign_up("bob@acme.example")
    for who in ("Alice@Acme.example", alice.user_id):
        add(cloud, PROFILE, {"status": 500}, when={"account": who}, times=1)
    for expected in (500, 500, 200):
        assert bob.api.get("/api/accounts/profile").status_code == 200
        assert cloud.client.get("/api/accounts/profile").status_code == 401
        assert alice.api.get("/api/accounts/profile").status_code == expected


def test_a_fault_for_everybody_needs_no_valid_caller(cloud: Side) -> None:
    add(cloud, PROFILE, {"status": 500})
    assert cloud.client.get("/api/accounts/profile").status_code == 500


def test_installation_is_known_by_its_token_request_and_by_its_token(pair: Pair) -> None:
    organization = license_loop(pair)
    other = {"installation": str(uuid4())}
    add(pair.cloud, "*", {"status": 500}, when=other)
    for operation in (TOKEN, LICENCE):
        add(pair.cloud, operation, {"status": 500}, when={"installation": pair.installation["id"]}, times=1)
    outcomes = [sync(pair, organization).status_code for _ in range(3)]
    assert outcomes == [400, 400, 200]
    assert [each["hits"] for each in pair.cloud.client.get("/_sim/faults").json()["data"]] == [0, 1, 1]


def test_organization_is_known_by_the_path(pair: Pair) -> None:
    organization = license_loop(pair)
    there = pair.cloud_owner.api.get("/api/accounts/profile").json()["organizations"][0]["id"]
    add(pair.cloud, LICENCE, {"status": 500}, when={"organization": str(uuid4())})
    assert sync(pair, organization).status_code == 200
    add(pair.cloud, LICENCE, {"status": 500}, when={"organization": there.upper()})
    assert sync(pair, organization).status_code == 400


def sync(pair: Pair, organization: str) -> requests.Response:
    return pair.owner.api.post(f"/api/organizations/licenses/self-hosted/{organization}/sync")


@pytest.mark.parametrize(
    ("do", "reason"),
    [
        ({"status": 503}, "server-error"),
        ({"status": 429}, "rejected"),
        ({"status": 307, "location": "slash"}, "unauthorized"),
        ({"hang": True}, "timeout"),
        ({"reset": "before"}, "unreachable"),
        ({"reset": "after"}, "unreachable"),
        ({"delaySeconds": 3000}, "timeout"),
        ({"truncate": 100}, "unreachable"),
        ({"body": "html"}, "web-page"),
        ({"body": "empty"}, "not-json"),
        ({"body": "not-json"}, "not-json"),
        ({"body": "wrong-type"}, "not-json"),
    ],
    ids=str,
)
def test_instance_says_what_went_wrong_and_goes_on_when_it_is_over(pair: Pair, do: dict[str, Any], reason: str) -> None:
    """The pair in process: what the front does to a connection reaches the instance as its client's own exceptions."""
    organization = license_loop(pair)
    add(pair.cloud, LICENCE, do, times=1)
    assert sync(pair, organization).status_code == (504 if reason == "timeout" else 400)  # of nginx in front
    assert reason in reasons(pair, organization)
    assert sync(pair, organization).status_code == 200


def reasons(pair: Pair, organization: str) -> str:
    """Of the last sync, as the instance remembers it."""
    from sqlalchemy import text

    from common.server.transaction import db

    with pair.selfhost.app.app_context():
        return " ".join(db.session.scalars(text("SELECT reason FROM sync_failures")))


def test_answer_is_lost_after_everything_was_saved(cloud: Side) -> None:
    alice = cloud.sign_up("alice@acme.example")
    add(cloud, "POST /api/folders", {"reset": "before"}, times=1)
    add(cloud, "POST /api/folders", {"reset": "after"}, times=1)
    for there in (0, 1):
        with pytest.raises(requests.ConnectionError, match="Connection reset by peer"):
            alice.api.post("/api/folders", json={"name": ENC_STRING})
        assert len(alice.api.get("/api/folders").json()["data"]) == there


def test_answers_with_members_and_orders_of_a_newer_server(cloud: Side) -> None:
    alice = cloud.sign_up("alice@acme.example")
    for name in (ENC_STRING, ENC_STRING):
        alice.api.post("/api/folders", json={"name": name})
    before = alice.api.get("/api/folders").json()["data"]
    add(cloud, "api", {"unknownMembers": True})
    add(cloud, "api", {"reversedLists": True})
    after = alice.api.get("/api/folders").json()
    assert "addedByANewerServer" in after
    assert [{**each, "addedByANewerServer": {"object": "unknown"}} for each in reversed(before)] == after["data"]


def test_without_a_front_lost_answers_are_exceptions_of_python(cloud: Side) -> None:
    client = cloud.app.test_client()
    add(cloud, CONFIG, {"reset": "after"}, times=1)
    with pytest.raises(ConnectionResetError):
        client.get("/api/config")
    add(cloud, CONFIG, {"hang": True}, times=1)
    with pytest.raises(TimeoutError):
        client.get("/api/config")
    add(cloud, CONFIG, {"truncate": 5}, times=1)
    cut = client.get("/api/config")
    assert len(cut.data) == 5 < int(cut.headers["Content-Length"])


@pytest.mark.sweep
def test_licence_is_handed_out_with_what_is_wrong_with_it(pair: Pair) -> None:
    organization = license_loop(pair)
    folder = pair.selfhost.app.extensions["wardenloop"].deployment.license_directory
    stored = folder / "organization" / f"{organization}.json"
    good = stored.read_bytes()
    add(pair.cloud, LICENCE, {"licence": "expired,foreign-certificate"}, times=1)
    add(pair.cloud, LICENCE, {"licence": "not-json"}, times=1)
    for _ in range(2):
        assert sync(pair, organization).status_code == 400
        assert stored.read_bytes() == good
    assert sync(pair, organization).status_code == 200
    assert stored.read_bytes() != good
    for each in pair.cloud.client.get("/_sim/faults").json()["data"]:
        assert each["left"] == 0


def test_what_holds_no_licence_stays_as_it_is(cloud: Side) -> None:
    before = cloud.client.get("/api/config").json()
    add(cloud, CONFIG, {"licence": "expired"})
    assert cloud.client.get("/api/config").json() == before


def test_instance_hands_out_no_licences(selfhost: Side) -> None:
    said = refusal(selfhost, {"operation": "*", "do": {"licence": "expired"}})
    assert said == "This app hands out no licenses, so none is expired."


def test_journal_tells_which_fault_a_call_met(workshop: Workshop) -> None:
    pair = make_pair(workshop, wardenloop__journal="10000")
    rules = [
        add(pair.cloud, CONFIG, {"status": 503}, times=1),
        add(pair.cloud, PROFILE, {"hang": True}, when={"account": "owner@acme.example"}, times=1),
        add(pair.cloud, "POST /api/folders", {"reset": "after"}, times=1),
    ]
    pair.cloud.client.delete("/_sim/journal")
    pair.cloud.client.get("/api/config")
    pair.cloud.client.get("/api/config")
    with pytest.raises(requests.ReadTimeout):
        pair.cloud_owner.api.get("/api/accounts/profile")
    with pytest.raises(requests.ConnectionError):
        pair.cloud_owner.api.post("/api/folders", json={"name": ENC_STRING})
    entries = pair.cloud.client.get("/_sim/journal", params={"limit": "100"}).json()["data"]
    told = [
        f"{kind} ({rule['id']})" for kind, rule in zip(("status 503", "hang True", "reset after"), rules, strict=True)
    ]
    assert [each["fault"] for each in entries] == [told[0], None, *told[1:]]
    assert entries[1]["checks"] == entries[0]["checks"] == []
    seen = [(each["status"], each["response"] is None, each["outcome"]) for each in entries]  # what was on the wire
    assert seen == [(503, False, None), (200, False, None), *((None, True, each) for each in told[1:])]
    assert [each["table"] for each in entries[-1]["changes"]] != []


def test_instance_survives_a_harsh_cloud(pair: Pair) -> None:
    """Every way of failing is met; each failure is a clear refusal, and trying again does everything."""
    loop = world(pair)
    assert loop.offer("friend@home.example").status_code == 200
    for expected in (6, 6):  # a profile takes the place of itself
        pair.cloud.client.post("/_sim/faults", json={"profile": "harsh"})
        assert len(pair.cloud.client.get("/_sim/faults").json()["data"]) == expected
    met, licences, sponsorships = set(), [], []
    for _ in range(14):
        answer = sync(pair, loop.id)
        assert answer.status_code in (200, 400), answer.text
        licences.append(answer.status_code)
        run = loop.sync()
        sponsorships.append(run["error"])
        met |= {run["reason"], *reasons(pair, loop.id).split()}
        assert loop.status("friend@home.example") in (("requested", True), ("sent", False), ("toBeSent", True))
    assert met >= {"token-refused", "rejected", "unauthorized"}
    assert licences.count(200) >= 4 and sponsorships.count(None) >= 4
    pair.cloud.client.delete("/_sim/faults")
    assert sync(pair, loop.id).status_code == 200 and loop.sync()["error"] is None
    assert loop.status("friend@home.example") == ("sent", False)
    assert [mail.to for mail in loop.offer_mails()] == ["friend@home.example"] and loop.agrees()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_exactly_two_of_many_at_once(workshop: Workshop, engine: str, request: pytest.FixtureRequest) -> None:
    url = {"database_url": request.getfixturevalue("postgres_url")} if engine == "postgresql" else {}
    cloud = workshop.cloud(**url)
    anybody = cloud.person("anybody@acme.example", {"access_token": "none"})
    rule = add(cloud, CONFIG, {"status": 503}, skip=1, times=2)
    answers = at_once(*[(anybody, lambda api: api.get("/api/config"))] * 8)
    assert races.statuses(answers) == [200] * 6 + [503] * 2
    assert cloud.client.get(f"/_sim/faults/{rule['id']}").json()["hits"] == 2
