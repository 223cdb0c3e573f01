"""One document of all control: every route of the desk and of the apps is in it, and answers as it says."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from common.desk import control
from common.desk.app import create_desk
from common.desk.faults import routes as faults
from common.desk.journal import routes as journal
from common.desk.openapi import routes as openapi
from common.desk.overview import routes as overview
from common.desk.releases import routes as releases
from common.server.http.wsgi import WsgiAdapter
from common.server.openapi.document import Part, routes_of
from tests.support.harness import Api, Pair, Workshop, make_pair
from tests.support.license_loop import Loop
from tests.support.openapi import drawn, operations_of, problems_of, requests_to
from tests.support.playing import InProcess

ASKED = (
    *("GET /_sim/state", "GET /_sim/clock", "GET /_sim/faults", "POST /_sim/faults", "DELETE /_sim/faults"),
    *("GET /_sim/journal", "GET /_sim/journal/{entry_id}", "POST /_sim/journal/find", "GET /_sim/incidents"),
    *("POST /_sim/clock", "DELETE /_sim/journal", "GET /_sim/releases", "GET /_sim/snapshots", "GET /_sim"),
    *("GET /_sim/jobs", "POST /_sim/jobs/{name}/run"),
)
"""What neither starts a process nor a world anew."""


@pytest.fixture
def pair(workshop: Workshop) -> Pair:
    return make_pair(workshop, wardenloop__journal="1000")


@pytest.fixture
def desk(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    sides = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    for module in (control, faults, journal, openapi, overview, releases):
        monkeypatch.setattr(module, "transports_of", lambda home: sides)
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


def test_the_desk_answers_as_its_document_says(desk: Flask, pair: Pair) -> None:
    Loop(pair).sync()
    caller = _caller(desk)
    known = {"organization": ["Acme"], "entryid": [caller.get("/_sim/journal?limit=1").json()["data"][0]["id"]]}
    asked = [each for each in operations_of(_document(desk)) if str(each) in ASKED]
    assert {str(each) for each in asked} == set(ASKED)
    requests = drawn([requests_to(each, known) for each in asked], 6)
    problems = [
        problem
        for each, made in zip(asked, requests, strict=True)
        for problem in problems_of(each, made, {"tester": caller}, {"tester": 6})
    ]
    assert problems == []
