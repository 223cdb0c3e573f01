"""One document of all control: every route of the desk and of the apps is in it, and answers as it says."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from common.cli.worlds.reading import schema
from common.desk import control
from common.desk.app import create_desk
from common.desk.egress import routes as egress
from common.desk.faults import routes as faults
from common.desk.forge import routes as forge
from common.desk.journal import routes as journal
from common.desk.openapi import routes as openapi
from common.desk.overview import routes as overview
from common.desk.releases import routes as releases
from common.desk.time import routes as time
from common.files import write_json
from common.server.http.wsgi import WsgiAdapter
from common.server.openapi.document import Part, routes_of
from common.wire.desk import WorldFile, WorldOrder
from tests.support.harness import Api, Pair, Workshop, make_pair
from tests.support.license_loop import Loop
from tests.support.openapi import drawn, operations_of, problems_of, requests_to
from tests.support.playing import InProcess, let_time_run

ASKED = (
    *("GET /_sim/state", "GET /_sim/clock", "GET /_sim/faults", "POST /_sim/faults", "DELETE /_sim/faults"),
    *("GET /_sim/journal", "GET /_sim/journal/{entry_id}", "POST /_sim/journal/find", "GET /_sim/incidents"),
    *("POST /_sim/clock", "DELETE /_sim/journal", "GET /_sim/releases", "GET /_sim/snapshots", "GET /_sim"),
    *("GET /_sim/jobs", "POST /_sim/jobs/{name}/run", "GET /_sim/agenda", "GET /_sim/forge"),
    *("POST /_sim/forge/{defects}", "GET /_sim/egress", "PUT /_sim/egress", "DELETE /_sim/egress"),
    *("GET /_sim/egress/{host}", "PUT /_sim/egress/{host}", "DELETE /_sim/egress/{host}"),
    *("GET /_sim/mail/faults", "POST /_sim/mail/faults", "DELETE /_sim/mail/faults"),
    *("DELETE /_sim/mail/faults/{fault_id}", "DELETE /_sim/faults/{fault_id}", "GET /_sim/journal.har"),
    *("POST /_sim/journal", "GET /_sim/advance/{course_id}", "DELETE /_sim/advance/{course_id}"),
)
"""What neither starts a process nor a world anew."""


@pytest.fixture
def pair(workshop: Workshop) -> Pair:
    return make_pair(workshop, wardenloop__journal="1000")


@pytest.fixture
def desk(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    sides = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    for module in (control, faults, forge, journal, openapi, overview, releases, time):
        monkeypatch.setattr(module, "transports_of", lambda home: sides)
    write_json(tmp_path / "stack.json", {"selfhost": pair.selfhost.base_url})
    (tmp_path / "selfhost").mkdir()
    write_json(tmp_path / "selfhost" / "desired.json", {"generation": 1, "state": "up"})
    monkeypatch.setattr(egress, "create_session", lambda *_patience, **_options: pair.selfhost.new_client())
    return create_desk(tmp_path / "mails", tmp_path)


def _caller(desk: Flask) -> Api:
    client = Api("http://127.0.0.1")
    client.mount("http://127.0.0.1", WsgiAdapter(desk))
    return client


def _document(desk: Flask) -> dict[str, Any]:
    answer = _caller(desk).get("/_sim/openapi.json")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_every_control_route_of_desk_and_apps_is_in_it(desk: Flask, pair: Pair) -> None:
    paths = _document(desk)["paths"]
    own = {(each.path, each.method.lower()) for each in routes_of(desk) if each.path.startswith("/_sim")}
    theirs = {
        (each.path, each.method.lower(), name)
        for name, side in (("cloud-us", pair.cloud), ("selfhost", pair.selfhost))
        for each in routes_of(side.app)
        if Part.CONTROL.has(each) and each.path.startswith("/_sim")
    }
    assert {(path, method) for path, method in own if method not in paths.get(path, {})} == set()
    assert {(path, name) for path, _, name in theirs if name not in paths.get(path, {}).get("x-apps", ())} == set()
    assert len(own) > 40 and len(theirs) > 40


@pytest.mark.sweep
def test_the_desk_answers_as_its_document_says(desk: Flask, pair: Pair) -> None:
    Loop(pair).sync()
    caller = _caller(desk)
    known = {
        "organization": ["Acme"],
        "entryid": [caller.get("/_sim/journal?limit=1").json()["data"][0]["id"]],
        "host": ["api.bitwarden.com", "*"],
        "rule": ["drop", "allow"],
        "defects": ["expired", "no-token,expired"],
        "until": ["2030-01-01", "next"],
        "do": [{"status": 451}, {"hang": True}],
        "name": ["ValidateOrganizationsJob"],
    }
    asked = [each for each in operations_of(_document(desk)) if str(each) in ASKED]
    assert {str(each) for each in asked} == set(ASKED)
    requests = drawn([requests_to(each, known) for each in asked], 6)
    problems = [
        problem
        for each, made in zip(asked, requests, strict=True)
        for problem in problems_of(each, made, {"tester": caller}, {"tester": 6})
    ]
    assert problems == []


def test_no_route_of_the_desk_answers_just_anything(desk: Flask) -> None:
    """A schema says at least which members there are."""
    document = _document(desk)
    loose = [
        f"{method} {path} {status}"
        for path, item in document["paths"].items()
        if "desk" in item["x-apps"]
        for method in ("get", "put", "post", "delete")
        for status, answer in item.get(method, {}).get("responses", {}).items()
        for content in answer.get("content", {}).values()
        if content.get("schema", {}).keys() <= {"type"} and content.get("schema", {}).get("type") == "object"
    ]
    assert loose == []
    bodies = [path for path, item in document["paths"].items() if {"advance", "world"} & set(path.split("/"))]
    assert {path for path in bodies if "post" in document["paths"][path]} == {"/_sim/advance", "/_sim/world"}
    for path in ("/_sim/advance", "/_sim/world", "/_sim/forge/{defects}", "/_sim/mail/faults"):
        assert "requestBody" in document["paths"][path]["post"], path


def test_a_played_advance_is_told_as_the_document_says(desk: Flask, pair: Pair) -> None:
    let_time_run(pair)
    caller, operations = _caller(desk), {str(each): each for each in operations_of(_document(desk))}
    begin = operations["POST /_sim/advance"]
    for wanted in ({"by": "2d"}, {"by": "2d", "dryRun": True}, {"until": "next"}, {"to": "soon"}, {"continue": True}):
        answer = caller.post("/_sim/advance?wait=true", json=wanted)
        assert begin.problem(answer) is None, (wanted, answer.text)
        if wanted == {"by": "2d"}:
            assert "ValidateOrganizationsJob" in {each["subject"] for each in answer.json()["events"]}
            shown = caller.get(f"/_sim/advance/{answer.json()['id']}")
            assert operations["GET /_sim/advance/{course_id}"].problem(shown) is None
            assert shown.json() == answer.json()


def test_a_fault_of_mails_is_an_entry_of_the_journal(desk: Flask) -> None:
    caller = _caller(desk)
    added = caller.post(
        "/_sim/mail/faults", json={"to": "owner@acme.example", "times": 2, "do": {"status": 451}}
    ).json()
    caller.post("/_sim/mail/faults", json={"do": {"hang": True}})
    assert caller.delete(f"/_sim/mail/faults/{added['data'][0]['id']}").json() == {"cleared": 1}
    assert caller.delete("/_sim/faults").json() == {"cleared": 1, "silent": []}
    entries = caller.get("/_sim/journal?kind=control").json()["data"]
    told = [(each["operation"], each["subject"], each["outcome"].partition(" (")[0]) for each in entries]
    assert told == [
        ("control mail-fault", "owner@acme.example", "status 451"),
        ("control mail-fault", "*", "hang True"),
        ("control mail-fault", "owner@acme.example", "cleared"),
        ("control mail-fault", "*", "cleared"),
    ]


def test_the_desk_knows_worlds_as_their_schema_does() -> None:
    assert set(WorldFile.model_json_schema()["properties"]) == set(schema()["properties"])
    assert set(WorldOrder.model_json_schema()["properties"]) == {*schema()["properties"], "name"}
