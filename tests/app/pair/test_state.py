"""What each side believes: of an app, of the whole stack, and by command."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from common.cli import beliefs as command
from common.cli.home import Home
from common.desk import control
from common.desk.app import create_desk
from common.sim.journal.masking import mask
from common.wire.state import CloudState, InstanceState, StackState
from selfhost.license_files import service as files
from tests.support.harness import Pair, Workshop, make_pair
from tests.support.license_loop import Loop
from tests.support.playing import InProcess
from tests.support.statements import statements_of

STATE = "/_sim/state"


@pytest.fixture
def pair(workshop: Workshop) -> Pair:
    return make_pair(workshop)


@pytest.fixture
def desk(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    sides = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    monkeypatch.setattr(control, "transports_of", lambda home: sides)
    return create_desk(tmp_path / "mails", tmp_path).test_client()


def _here(loop: Loop) -> dict[str, Any]:
    told = loop.pair.selfhost.client.get(STATE, params={"organization": loop.id}).json()
    assert InstanceState.model_validate(told).wire() == told  # nothing but what is documented
    (one,) = told["organizations"]
    return dict(one)


def _there(loop: Loop) -> dict[str, Any]:
    told = loop.pair.cloud.client.get(STATE, params={"organization": loop.cloud_id}).json()
    assert CloudState.model_validate(told).wire() == told
    (one,) = told["organizations"]
    return dict(one)


def _values(organization: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in organization["license"]["values"]}


def test_both_sides_know_the_licence_and_the_token(pair: Pair) -> None:
    loop = Loop(pair)
    here, there = _here(loop), _there(loop)
    assert (here["cloudId"], here["license"]["verdict"], here["license"]["token"]) == (loop.cloud_id, None, None)
    assert all(each["agrees"] for each in _values(here).values())
    assert _values(here)["licenseKey"]["row"] == there["licenseKey"]
    assert here["connection"]["token"] == there["billingSyncToken"]["token"] == mask(loop.billing_sync_token())
    assert there["issued"][0]["installationId"] == here["license"]["installationId"]
    assert (there["wouldIssue"]["refused"], there["wouldIssue"]["expires"]) == (None, here["license"]["suspendedAt"])
    assert loop.billing_sync_token() not in json.dumps([here, there])


def test_what_differs_is_said(pair: Pair) -> None:
    loop = Loop(pair)
    loop.billing_sync_token(rotate=True)
    loop.refused()
    stored = json.loads(loop.file())
    with pair.selfhost.app.app_context():
        ctx = pair.selfhost.app.extensions["wardenloop"]
        path = files.path_of(ctx.deployment.license_directory, files.ORGANIZATION, loop.organization().id)
    path.write_text(json.dumps(stored | {"Seats": 9999}))
    seats = _values(_here(loop))["seats"]
    assert (seats["file"], seats["inForce"], seats["row"], seats["agrees"]) == (9999, 10, 10, False)
    assert _here(loop)["connection"]["failure"]["reason"] == "invalid-billing-sync-key"
    assert _here(loop)["connection"]["token"] != _there(loop)["billingSyncToken"]["token"]
    path.write_text("{")
    assert _here(loop)["license"]["unreadable"] and not any(each["agrees"] for each in _values(_here(loop)).values())
    path.unlink()
    told = _here(loop)["license"]
    assert (told["there"], told["verdict"]) == (False, "No license file.")


def test_a_refused_download_has_its_text(pair: Pair) -> None:
    loop = Loop(pair)
    pair.cloud.client.post(f"/_sim/organizations/{loop.cloud_id}/subscription/cancel").raise_for_status()
    assert _there(loop)["wouldIssue"]["refused"].startswith("Unable to generate license due to a payment issue.")


def test_a_sponsorship_is_seen_on_both_ends(pair: Pair, desk: FlaskClient) -> None:
    loop = Loop(pair)
    offer = {"planSponsorshipType": 0, "sponsoredEmail": "family@home.example", "friendlyName": "Home"}
    path = f"/api/organization/sponsorship/self-hosted/{loop.id}/families-for-enterprise"
    pair.owner.api.post(path, json=offer).raise_for_status()

    def both_ends() -> dict[str, Any]:
        told = desk.get(f"{STATE}?organization={loop.cloud_id}").get_json()
        assert StackState.model_validate(told).wire() == told
        (one,) = told["organizations"]
        assert (one["cloud"]["id"], one["instance"]["id"]) == (loop.cloud_id, loop.id)
        (sponsorship,) = one["sponsorships"]
        return dict(sponsorship)

    before = both_ends()
    assert (before["cloud"], before["agree"], before["instance"]["awaitingSync"]) == (None, False, True)
    pair.selfhost.client.post(f"/_sim/organizations/{loop.id}/sponsorships/sync").raise_for_status()
    after = both_ends()
    assert (after["cloud"]["status"], after["instance"]["status"], after["agree"]) == ("sent", "sent", True)
    assert after["cloud"]["offeredTo"] == "family@home.example"


def test_the_desk_refuses_a_name_that_nobody_has(pair: Pair, desk: FlaskClient) -> None:
    loop = Loop(pair)
    name = desk.get(STATE).get_json()["organizations"][0]["name"]
    refused = desk.get(f"{STATE}?organization=Nobody")
    assert (refused.status_code, refused.get_json()["message"]) == (
        404,
        f"There is no organization Nobody. Known: {name}.",
    )
    assert loop.pair.cloud.client.get(STATE, params={"organization": "Nobody"}).status_code == 404


def test_more_organizations_are_no_more_statements(pair: Pair) -> None:
    def asked() -> list[int]:
        sides = (pair.cloud, pair.selfhost)
        return [statements_of(side, lambda: side.client.get(STATE).raise_for_status()) for side in sides]  # noqa: B023

    Loop(pair)
    asked()  # the hour of the daily sync is drawn by who looks first
    one = asked()
    Loop(pair)
    assert len(pair.selfhost.client.get(STATE).json()["organizations"]) == 2
    assert asked() == one


def test_the_command_says_it_in_both_languages(
    pair: Pair, desk: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Desk:
        def get(self, path: str, **query: str) -> Any:
            return desk.get(path, query_string=query).get_json()

    Loop(pair)
    pair.selfhost.client.put("/_sim/egress/api.bitwarden.com", json={"rule": "drop"})
    monkeypatch.setattr(command, "server", lambda home, app: Desk())
    english = CliRunner().invoke(command.state, ["--lang", "en"], obj=Home(tmp_path)).output
    assert "simulated network: drop of api.bitwarden.com" in english and "connection enabled, token" in english
    chinese = CliRunner().invoke(command.state, ["--lang", "zh"], obj=Home(tmp_path)).output
    assert "模拟网络：api.bitwarden.com 的规则 drop" in chinese and "连接已启用，令牌" in chinese
    told = json.loads(CliRunner().invoke(command.state, ["--json"], obj=Home(tmp_path)).output)
    assert set(told) == {"organizations", "apps", "silent"}
