"""The jobs of all apps through the desk and `wardenloop jobs`."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from common.cli import jobs as command
from common.cli.home import Home
from common.desk.app import create_desk
from common.desk.jobs import routes
from common.desk.time.http import NotThere
from common.server.http.wsgi import WsgiAdapter
from tests.support.harness import Api, Pair
from tests.support.playing import InProcess

PURGE = "DatabaseExpiredSponsorshipsJob"


class Down(InProcess):
    """An app that does not answer."""

    def get(self, path: str, **query: Any) -> Any:
        raise NotThere("It does not answer.")


class Desk:
    """The desk as a command reaches it."""

    def __init__(self, client: Api) -> None:
        self.client = client

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def call(self, method: str, path: str, **content: Any) -> Any:
        answer = self.client.request(method, path, **content)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def apps(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> dict[str, InProcess]:
    apps = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    monkeypatch.setattr(routes, "apps_of", lambda: apps)
    return apps


@pytest.fixture
def desk(apps: dict[str, InProcess], tmp_path: Path) -> Api:
    client = Api("http://127.0.0.1")
    client.mount("http://127.0.0.1", WsgiAdapter(create_desk(tmp_path / "mails", tmp_path)))
    return client


@pytest.fixture
def home(desk: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr(command, "server", lambda _home, _app: Desk(desk))
    return Home(tmp_path)


def _run(home: Home, *words: str) -> dict[str, Any]:
    done = CliRunner().invoke(command.jobs, [*words, "--json"], obj=home)
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_the_command_lists_the_jobs_of_every_app(home: Home) -> None:
    listed = _run(home, "list")
    named = {(each["app"], each["name"]) for each in listed["data"]}
    assert {("cloud-us", PURGE), ("selfhost", PURGE), ("cloud-us", "SettleSubscriptionsJob")} <= named
    assert ("selfhost", "ValidateOrganizationsJob") in named
    assert (listed["silent"], {each["lastRun"] for each in listed["data"]}) == ([], {None})


def test_a_job_runs_at_every_app_that_has_it_or_at_one(home: Home) -> None:
    both = _run(home, "run", PURGE)["data"]
    assert [(each["app"], each["job"], each["error"]) for each in both] == [
        ("cloud-us", PURGE, None),
        ("selfhost", PURGE, None),
    ]
    assert [each["app"] for each in _run(home, "run", PURGE, "--app", "selfhost")["data"]] == ["selfhost"]
    ran = {(each["app"], each["name"]) for each in _run(home, "list")["data"] if each["lastRun"]}
    assert ran == {("cloud-us", PURGE), ("selfhost", PURGE)}


def test_a_job_that_there_is_not_is_refused_with_those_that_there_are(desk: Api) -> None:
    refused = desk.post("/_sim/jobs/ValidateOrganisationsJob/run")
    assert refused.status_code == 400
    assert "Known: ValidateOrganizationsJob," in refused.json()["message"]
    assert desk.post(f"/_sim/jobs/{PURGE}/run?app=cloud-eu").status_code == 400


def test_an_app_that_does_not_answer_is_named(desk: Api, apps: dict[str, InProcess]) -> None:
    apps["selfhost"] = Down(apps["selfhost"].side)
    told = desk.get("/_sim/jobs").json()
    assert (told["silent"], {each["app"] for each in told["data"]}) == (["selfhost"], {"cloud-us"})
    assert desk.post(f"/_sim/jobs/{PURGE}/run?app=selfhost").status_code == 503
