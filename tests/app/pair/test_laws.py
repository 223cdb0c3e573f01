"""The laws of the simulation (docs/simulation.md): each with what would break it. Determinism has a file of its own
(test_determinism.py)."""

import json
import socket
from typing import Any

import pytest
import requests

from common.desk.stories.service import UnknownIncident, find_incident
from common.quirks import Quirk, UnknownQuirk, checked_quirks
from tests.support.harness import Api, Pair, Workshop, make_pair
from tests.support.license_loop import CHECK_INTERNET_AND_TOKEN, LICENSES, Loop

LICENCE = "GET /api/licenses/organization/{organization_id}"
_OF_THE_MOMENT = ("Date",)


@pytest.fixture
def pair(workshop: Workshop) -> Pair:
    return make_pair(workshop, wardenloop__journal="10000")


def _switch_on(pair: Pair) -> None:
    """Everything that there is to switch on, none of which is about what is called here."""
    fault = {"operation": "POST /api/installations", "do": {"status": 503}}
    for client in (pair.cloud.client, pair.selfhost.client):
        wanted = fault if client is pair.cloud.client else fault | {"operation": "POST /api/accounts/request-otp"}
        assert client.post("/_sim/faults", json=wanted).ok
    assert pair.selfhost.client.put("/_sim/egress/push.bitwarden.com", json={"rule": "drop"}).ok


# --- 1. nothing is added to the real wire


def _seen(api: Api, path: str) -> tuple[int, list[str], bytes]:
    answer = api.get(path)
    return answer.status_code, sorted(name for name in answer.headers if name not in _OF_THE_MOMENT), answer.content


@pytest.mark.parametrize("path", ["/api/config", "/api/accounts/revision-date", "/api/organizations/nothing", "/api/x"])
def test_1_what_is_on_is_not_on_the_wire(workshop: Workshop, path: str) -> None:
    plain = make_pair(workshop)
    bare = _seen(plain.owner.api, path)
    _switch_on(plain)
    assert _seen(plain.owner.api, path) == bare
    assert not any("wardenloop" in name.lower() or "sim" in name.lower() for name in bare[1])


def test_1_a_call_of_the_instance_carries_what_dotnet_sends_and_no_more(pair: Pair) -> None:
    loop = Loop(pair)
    assert loop.sync().ok
    calls = pair.selfhost.client.get("/_sim/journal", params={"kind": "call"}).json()["data"]
    sent = {name.lower() for each in calls for name, _ in each["request"]["headers"]}
    assert sent <= {
        *("accept", "authorization", "connection", "content-length", "content-type", "host"),
        *("traceparent", "transfer-encoding"),
    }


# --- 2. state lives in the databases


def test_2_another_process_sees_what_is_on_and_one_call_ends_it(pair: Pair, workshop: Workshop) -> None:
    _switch_on(pair)
    pair.selfhost.client.post("/_sim/clock", json={"now": "2031-01-01T00:00:00Z", "freeze": True})
    on = pair.selfhost.client.get("/_sim").json()
    assert (on["faults"], on["egress"], on["frozen"]) == (1, 1, True)
    tables = ("sim_faults", "egress_rules", "clock_shift")
    with pair.selfhost.app.app_context():
        ask = pair.selfhost.app.extensions["wardenloop"].session.connection().exec_driver_sql
        held = [ask(f"SELECT COUNT(*) FROM {table}").scalar() for table in tables]
    assert held == [1, 1, 1]
    assert pair.selfhost.client.delete("/_sim/faults").json() == {"cleared": 1}
    assert pair.selfhost.client.delete("/_sim/egress").json()["data"] == []
    off = pair.selfhost.client.get("/_sim").json()
    assert (off["faults"], off["egress"]) == (0, 0)


# --- 3. unknown names are refused, with those that are known

UNKNOWN: list[tuple[str, str, str, dict[str, Any], str]] = [
    ("cloud", "POST", "/_sim/faults", {"operation": "GET /api/licences", "do": {"status": 503}}, "GET /api/"),
    ("cloud", "POST", "/_sim/faults", {"operation": "*", "do": {"explode": True}}, "status"),
    ("cloud", "POST", "/_sim/faults", {"profile": "rude"}, "harsh"),
    ("cloud", "POST", "/_sim/faults", {"operation": "*", "do": {"licence": "mouldy"}}, "expired"),
    ("cloud", "POST", "/_sim/faults", {"app": "cloud-mars", "operation": "*", "do": {"status": 503}}, "cloud-us"),
    ("cloud", "POST", "/_sim/faults", {"operation": "*", "do": {"status": 503}, "tims": 2}, "times"),
    ("cloud", "POST", "/_sim/forge/mouldy", {}, "expired"),
    ("cloud", "PUT", "/_sim/releases/cloud-us", {"release": "v1.0.0"}, "the table goes from 1.9.0 to 2026.8.0"),
    ("cloud", "POST", "/_sim/journal/find", {"operation": "GET /nowhere"}, "The nearest: "),
    ("cloud", "POST", "/_sim/journal/find", {"colour": "red"}, "operation"),
    ("selfhost", "PUT", "/_sim/egress/api.bitwarden.org", {"rule": "drop"}, "api.bitwarden.com"),
    ("selfhost", "PUT", "/_sim/egress/api.bitwarden.com", {"rule": "eat"}, "refuse"),
    ("selfhost", "POST", "/_sim/clock", {"fast": True}, "advanceSeconds"),
    ("selfhost", "POST", "/_sim/jobs/MakeCoffeeJob/run", {}, "ValidateOrganizationsJob"),
]


@pytest.mark.parametrize(("side", "method", "path", "body", "known"), UNKNOWN, ids=lambda each: str(each)[:40])
def test_3_a_name_that_there_is_not_is_refused_with_those_there_are(
    pair: Pair, side: str, method: str, path: str, body: dict[str, Any], known: str
) -> None:
    refused = getattr(pair, side).client.request(method, path, json=body)
    assert refused.status_code in (400, 404), refused.text
    assert known in refused.json()["message"]


def test_3_a_misspelt_quirk_or_incident_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownQuirk, match=Quirk.TOKEN_EXPIRY_RAISES.label):
        checked_quirks(["lost-404-txet"], "selfhost")
    with pytest.raises(UnknownIncident, match="2065"):
        find_incident("2056")


# --- 5. every refusal explains itself, out of band


def _refusals(pair: Pair) -> list[requests.Response]:
    loop = Loop(pair)
    loop.billing_sync_token(rotate=True)
    form = {"grant_type": "client_credentials", "scope": "api.licensing", "client_id": "installation.1"}
    return [
        loop.sync(),
        pair.cloud.client.post("/identity/connect/token", data=form | {"client_secret": "x"}),
        pair.owner.api.post(f"{LICENSES}/{loop.id}", files={"license": ("l.json", b"{")}),
        pair.cloud.client.get("/api/accounts/profile"),
    ]


def test_5_the_journal_has_the_rule_and_the_advice_and_the_wire_its_bare_text(pair: Pair) -> None:
    refusals = _refusals(pair)
    entries = []
    for side in (pair.selfhost, pair.cloud):
        told = side.client.get("/_sim/journal", params={"limit": "1000", "kind": "request"}).json()["data"]
        entries += [each for each in told if each["status"] in (400, 401)]
    assert len(entries) == len(refusals) + 1  # the cloud's, at the other end of the sync
    assert [each["operation"] for each in entries if not (each["rule"] and each["advice"])] == []
    for answer in refusals:
        said = answer.text + json.dumps(dict(answer.headers))
        assert not any(each["advice"] in said or each["rule"] in said for each in entries)
    assert refusals[0].json()["message"] == CHECK_INTERNET_AND_TOKEN


# --- 6. nothing leaves the machine


@pytest.mark.parametrize("elsewhere", [False, True])
def test_6_no_socket_is_opened_to_anywhere_else(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, elsewhere: bool
) -> None:
    tried: list[Any] = []

    def trap(_socket: socket.socket, address: Any) -> None:
        tried.append(address)
        raise OSError("trapped")

    def look_up(*names: Any, **_more: Any) -> list[Any]:
        tried.append(names)
        raise OSError("trapped")

    monkeypatch.setattr(socket.socket, "connect", trap)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    uris = {
        "globalSettings__installation__identityUri": "https://identity.example.org",
        "globalSettings__installation__apiUri": "https://api.example.org",
    }
    loop = Loop(make_pair(workshop, **(uris if elsewhere else {})))
    assert loop.sync().status_code == (400 if elsewhere else 200)
    assert tried == []
