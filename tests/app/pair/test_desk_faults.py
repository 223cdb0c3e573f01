"""Faults of the whole stack at the desk, and the command that asks it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from common.cli import faults as command
from common.cli.failure import RequestFailed
from common.cli.main import main
from common.desk.app import create_desk
from common.desk.faults import routes
from common.desk.time.http import NotThere
from common.sim.faults.rules import Kind
from tests.support.harness import Pair
from tests.support.playing import InProcess

LICENCE = "GET /api/licenses/organization/{organization_id}"
FAULTS, MAIL = "/_sim/faults", "/_sim/mail/faults"


class Stopped:
    """An instance that is down."""

    def get(self, path: str, **query: str) -> Any:
        raise NotThere("selfhost does not answer.")

    def post(self, path: str, body: object) -> Any:
        raise NotThere("selfhost does not answer.")

    def delete(self, path: str) -> Any:
        raise NotThere("selfhost does not answer.")


@pytest.fixture
def apps(pair: Pair) -> dict[str, Any]:
    return {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}


@pytest.fixture
def desk(apps: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(routes, "transports_of", lambda home: apps)
    return create_desk(tmp_path / "mails", tmp_path).test_client()


def test_rule_goes_to_its_app_and_is_listed_and_cleared_for_all(desk: FlaskClient, pair: Pair) -> None:
    for app in ("cloud_us", "selfhost"):
        wanted = {"app": app, "operation": "GET /api/config", "do": {"status": 503}, "times": 1}
        assert desk.post(FAULTS, json=wanted).status_code == 200
    for side in (pair.cloud, pair.selfhost):
        assert [side.client.get("/api/config").status_code for _ in range(2)] == [503, 200]
    listed = desk.get(FAULTS).get_json()
    assert [(each["app"], each["hits"]) for each in listed["data"]] == [("cloud-us", 1), ("selfhost", 1)]
    assert listed["silent"] == []
    assert desk.post(MAIL, json={"do": {"status": 451}}).status_code == 200
    assert desk.delete(f"{FAULTS}/{listed['data'][1]['id']}").get_json() == {"cleared": 1}
    assert desk.delete(f"{FAULTS}/{listed['data'][1]['id']}").status_code == 404
    assert desk.delete(FAULTS).get_json() == {"cleared": 2, "silent": []}
    assert desk.get(FAULTS).get_json()["data"] == desk.get(MAIL).get_json()["data"] == []


def test_profile_is_for_every_cloud(desk: FlaskClient) -> None:
    added = desk.post(FAULTS, json={"profile": "harsh"}).get_json()["data"]
    assert {(each["app"], each["profile"]) for each in added} == {("cloud-us", "harsh")}


def test_app_that_is_down_is_named_and_stops_nobody(desk: FlaskClient, apps: dict[str, Any]) -> None:
    apps["selfhost"] = Stopped()
    rule = {"operation": "*", "do": {"status": 503}}
    assert desk.post(FAULTS, json=rule | {"app": "selfhost"}).status_code == 503
    assert desk.post(FAULTS, json=rule | {"app": "cloud-us"}).status_code == 200
    assert desk.get(FAULTS).get_json()["silent"] == ["selfhost"]
    assert desk.delete(FAULTS).get_json() == {"cleared": 1, "silent": ["selfhost"]}


@pytest.mark.parametrize(
    ("path", "wanted", "said"),
    [
        (FAULTS, {"app": "cloud-uk", "operation": "*", "do": {"hang": True}}, "Unknown app: cloud-uk. Known: cloud-us"),
        (FAULTS, {"operation": "*", "do": {"hang": True}}, "Unknown app: none. Known: cloud-us, selfhost."),
        (FAULTS, {"app": "cloud-us", "operation": "GET /api/confg", "do": {"hang": True}}, "Known: GET /api/config, "),
        (FAULTS, [], "Send a JSON object."),
        (MAIL, {"do": {"status": 250}}, "from 400 to 599"),
        (MAIL, {"do": {"truncate": 2}}, "The do of a mail is one of: status, delaySeconds, hang, reset."),
        (MAIL, {"do": {"status": 451, "headers": {}}}, "The do of a mail is one of"),
        (MAIL, {}, "do is one of"),
        (MAIL, {"do": {"hang": True}, "too": "a@b.test"}, "Unknown member: too. Known: to, "),
        (MAIL, {"do": {"hang": True}, "times": 0}, "times is a number, at least 1."),
        (MAIL, {"do": {"hang": True}, "to": 3}, "to is an address."),
    ],
)
def test_what_makes_no_sense_is_refused(desk: FlaskClient, path: str, wanted: object, said: str) -> None:
    refused = desk.post(path, json=wanted)
    assert (refused.status_code, said in refused.get_json()["message"]) == (400, True), refused.get_json()
    assert desk.get(path).get_json()["data"] == []


class Door:
    """The desk as the command reaches it."""

    def __init__(self, desk: FlaskClient) -> None:
        self._desk = desk

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return self.call("POST", path, body)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._desk.open(path, method=method, json=body)
        if answer.status_code != 200:
            raise RequestFailed(f"{method} {path}", answer.status_code, answer.get_json()["message"])
        return answer.get_json()


@pytest.fixture
def run(desk: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setattr(command, "server", lambda home, app: Door(desk))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["--home", str(tmp_path), "faults", *arguments])

    return run


def test_command_adds_lists_and_clears(run: Any, pair: Pair) -> None:
    done = run("add", "--app", "cloud-us", "--operation", LICENCE, "--times", "2", "--status", "503")
    assert done.exit_code == 0, done.output
    path = f"/api/licenses/organization/{pair.installation['id']}"
    assert [pair.cloud.client.get(path).status_code for _ in range(3)] == [503, 503, 401]
    (listed,) = json.loads(run("list", "--json").output)["data"]
    assert (listed["operation"], listed["times"], listed["hits"], listed["do"]) == (LICENCE, 2, 2, {"status": 503})
    assert "0 of 2 left, hit 2 times" in run("list").output
    assert run("clear", listed["id"]).output == "Switched off: 1.\n"
    assert run("list").output == "Nothing goes wrong on purpose.\n"


def test_command_knows_every_kind(run: Any) -> None:
    kinds = [
        (["--status", "429", "--header", "Retry-After: 5", "--message", "No."], "status"),
        (["--status", "307", "--location", "slash"], "location"),
        (["--delay", "2.5"], "delaySeconds"),
        (["--hang"], "hang"),
        (["--reset", "after"], "reset"),
        (["--truncate", "0"], "truncate"),
        (["--trickle", "20"], "trickle"),
        (["--body", "html"], "body"),
        (["--unknown-members"], "unknownMembers"),
        (["--reversed-lists"], "reversedLists"),
    ]
    for options, kind in kinds:
        done = run("add", "--app", "cloud-us", "--operation", "*", *options, "--json")
        assert done.exit_code == 0, done.output
        assert kind in json.loads(done.output)["data"][0]["do"]
    assert json.loads(run("add", "--profile", "harsh", "--json").output)["data"][0]["profile"] == "harsh"
    mail = run("add", "--mail", "--to", "a@b.test", "--status", "451", "--times", "1", "--json")
    assert json.loads(mail.output)["data"][0]["to"] == "a@b.test"
    assert json.loads(run("clear", "--json").output) == {"cleared": len(kinds) + 6 + 1, "silent": []}


def test_every_kind_has_an_option_and_a_recipe() -> None:
    recipes = (Path(__file__).parents[3] / "docs" / "simulation.md").read_text()
    for kind in Kind:
        option = next(here for here, there in command.DO.items() if there == kind)
        assert f"--{option.replace('_', '-')}" in recipes and f'{{"{kind}' in recipes, kind


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--status", "503"], 2, "Say which calls"),
        (["--app", "cloud-us", "--operation", "*", "--to", "a@b.test", "--hang"], 2, "--to makes no sense for calls."),
        (["--mail", "--app", "cloud-us", "--hang"], 2, "--app makes no sense for mails."),
        (["--mail", "--account", "a@b.test", "--hang"], 2, "--account makes no sense for mails."),
        (["--app", "cloud-us", "--operation", "*", "--status", "503", "--header", "x"], 2, "x is not NAME:VALUE."),
        (["--app", "cloud-us", "--operation", "GET /api/confg", "--hang"], 1, "Known: GET /api/config, "),
    ],
)
def test_command_says_what_is_wrong_with_it(run: Any, arguments: list[str], status: int, said: str) -> None:
    done = run("add", *arguments)
    assert done.exit_code == status and said in done.output, done.output
