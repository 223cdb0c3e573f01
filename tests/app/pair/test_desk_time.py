"""Time of the whole stack at the desk: `/_sim/agenda`, `/_sim/advance`."""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from common.desk.app import create_desk
from common.desk.time import routes
from common.desk.time.http import NotThere
from common.files import write_json
from tests.support.harness import Pair, Workshop, make_pair
from tests.support.playing import InProcess, let_time_run, now_of
from tests.support.scenarios import license_loop, new_organization
from tests.support.waiting import PATIENCE

ADVANCE = "/_sim/advance"


@pytest.fixture
def organization(pair: Pair) -> str:
    made = license_loop(pair)
    let_time_run(pair)
    return made


@pytest.fixture
def desk(pair: Pair, organization: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Of a stack that consists of the pair."""
    return _desk(pair, tmp_path, monkeypatch)


def _desk(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    (tmp_path / "selfhost").mkdir()
    apps = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    monkeypatch.setattr(routes, "transports_of", lambda home: apps)
    write_json(tmp_path / "selfhost" / "desired.json", {"generation": 1, "state": "up"})
    return create_desk(tmp_path / "mails", tmp_path).test_client()


def kinds(entries: list[dict[str, Any]]) -> list[str]:
    return [each["kind"] for each in entries if each["kind"] != "job"]


def test_agenda_of_all_sides_and_of_one_organization(desk: FlaskClient, organization: str) -> None:
    ahead = desk.get("/_sim/agenda").get_json()["data"]
    assert [each["at"] for each in ahead] == sorted(each["at"] for each in ahead)
    assert kinds(ahead) == ["renewal", "grace-begin", "grace-end", "suspension"]
    assert {each["app"] for each in ahead} == {"cloud-us", "selfhost"}
    of_the_instance = desk.get("/_sim/agenda", query_string={"organization": organization}).get_json()["data"]
    assert [each["kind"] for each in of_the_instance] == ["grace-begin", "grace-end", "suspension"]
    by_name = desk.get("/_sim/agenda", query_string={"organization": "acme"}).get_json()["data"]
    assert [each["kind"] for each in by_name] == ["renewal", "grace-begin", "grace-end", "suspension"]


def test_a_dry_run_shows_and_does_nothing(desk: FlaskClient, pair: Pair) -> None:
    before = now_of(pair.cloud)
    shown = desk.post(ADVANCE, json={"until": "suspension", "dryRun": True}).get_json()
    assert kinds(shown["events"]) == ["renewal", "grace-begin", "grace-end", "suspension"]
    assert now_of(pair.cloud) == now_of(pair.selfhost) == before
    assert datetime.fromisoformat(shown["from"]) == before


def test_until_the_next_of_a_kind(desk: FlaskClient, pair: Pair) -> None:
    report = desk.post(f"{ADVANCE}?wait=true", json={"until": "renewal"}).get_json()
    assert (report["ended"], report["error"], report["at"]) == (True, None, report["to"])
    assert kinds(report["events"]) == ["renewal", "grace-begin"]
    assert now_of(pair.cloud) == now_of(pair.selfhost) == datetime.fromisoformat(report["to"])
    assert "changed" not in report["events"][0]


def test_events_name_the_entries_that_tell_of_them(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A renewal its mails, a run of a job itself and the mails that it sent; each with the moment of the event."""
    pair = make_pair(workshop, wardenloop__journal="10000")
    license_loop(pair)
    let_time_run(pair)
    report = _desk(pair, tmp_path, monkeypatch).post(f"{ADVANCE}?wait=true", json={"until": "suspension"}).get_json()
    sides = {"cloud-us": pair.cloud, "selfhost": pair.selfhost}

    def told(event: dict[str, Any]) -> list[tuple[str, str]]:
        entries = [sides[event["app"]].client.get(f"/_sim/journal/{each}").json() for each in event["journal"]]
        assert {datetime.fromisoformat(each["at"]) for each in entries} <= {datetime.fromisoformat(event["at"])}
        return [(each["kind"], each["subject"]) for each in entries]

    of = {(each["kind"], each["subject"]): told(each) for each in report["events"]}  # the last of each
    owner = pair.owner.email
    assert of["job", "ValidateOrganizationsJob"] == [("mail", owner), ("job", "ValidateOrganizationsJob")]
    assert of["grace-begin", "Acme"] == of["suspension", "Acme"] == []


def test_what_renews_within_the_hour_is_renewed_together(desk: FlaskClient, pair: Pair) -> None:
    """An account's Premium that was bought minutes before the organization is not what somebody means."""
    for side in (pair.cloud, pair.selfhost):
        side.clock.advance(timedelta(minutes=30))
    new_organization(pair.cloud_owner, "Later")
    report = desk.post(f"{ADVANCE}?wait=true", json={"until": "renewal"}).get_json()
    assert [each["subject"] for each in report["events"] if each["kind"] == "renewal"] == ["Acme", "Later"]
    soon = desk.post(ADVANCE, json={"until": "next", "dryRun": True}).get_json()
    assert len(kinds(soon["events"])) == 1


def test_organizations_of_one_name_are_told_apart(desk: FlaskClient, pair: Pair) -> None:
    """At one moment the same happens to both."""
    for _ in range(2):
        new_organization(pair.cloud_owner, "Twin")
    shown = desk.post(ADVANCE, json={"until": "renewal", "dryRun": True}).get_json()["events"]
    done = desk.post(f"{ADVANCE}?wait=true", json={"until": "renewal"}).get_json()["events"]
    for events in (shown, done):
        assert [each["subject"] for each in events if each["kind"] == "renewal"].count("Twin") == 2


def test_an_advance_is_followed_to_its_end(desk: FlaskClient, pair: Pair) -> None:
    begun = desk.post(ADVANCE, json={"by": "3d"})
    assert begun.status_code == 202
    path = f"{ADVANCE}/{begun.get_json()['id']}"
    end = time.monotonic() + PATIENCE
    while not (report := desk.get(path).get_json())["ended"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert report["error"] is None
    assert now_of(pair.selfhost) == datetime.fromisoformat(report["from"]) + timedelta(days=3)


def test_an_advance_that_is_stopped_ends_after_a_moment(desk: FlaskClient, pair: Pair) -> None:
    begun = desk.post(ADVANCE, json={"by": "1000d"}).get_json()
    report = desk.delete(f"{ADVANCE}/{begun['id']}").get_json()
    assert report["ended"] and report["at"] < report["to"]
    assert now_of(pair.cloud) == now_of(pair.selfhost) == datetime.fromisoformat(report["at"])


def test_one_at_a_time(desk: FlaskClient) -> None:
    begun = desk.post(ADVANCE, json={"by": "1000d"}).get_json()
    assert desk.post(ADVANCE, json={"by": "1d"}).status_code == 409
    desk.delete(f"{ADVANCE}/{begun['id']}")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({}, "Give exactly one of by, to, until, continue."),
        ({"by": "1d", "to": "2030-01-01"}, "Give exactly one of by, to, until, continue."),
        ({"by": "soon"}, "soon is no duration; write 61d or 1w12h (w d h m s)."),
        ({"by": "99999w"}, "99999w is too long."),
        ({"to": "soon"}, "to: soon is no ISO 8601 date."),
        ({"to": "2020-01-01"}, "It is 2026-08-20 12:00 already. `wardenloop clock reset` goes back to real time."),
        (
            {"until": "doomsday"},
            "No doomsday is ahead by 2028-01-02. Ahead: renewal, grace-begin, grace-end, suspension.",
        ),
        (
            {"until": "renewal", "organization": "Nobody"},
            "Nothing is ahead of an organization Nobody by 2028-01-02: is its name or id right? "
            "There is something ahead of: Acme.",
        ),
        ([], "Send a JSON object with one of by, to, until, continue."),
    ],
)
def test_what_makes_no_sense_is_refused(desk: FlaskClient, pair: Pair, wanted: Any, said: str) -> None:
    before = now_of(pair.cloud)
    refused = desk.post(ADVANCE, json=wanted)
    assert (refused.status_code, refused.get_json()) == (400, {"message": said})
    assert now_of(pair.cloud) == before


def test_an_advance_that_nobody_knows(desk: FlaskClient) -> None:
    path = f"{ADVANCE}/00000000-0000-4000-8000-000000000001"
    assert desk.get(path).status_code == desk.delete(path).status_code == 404


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_what_is_no_date_in_utc_is_none(desk: FlaskClient, pair: Pair, edge: str) -> None:
    assert desk.get("/_sim/agenda", query_string={"until": edge}).status_code == 400
    assert pair.cloud.client.get("/_sim/agenda", params={"until": edge}).status_code == 400
    assert pair.cloud.client.get("/_sim/journal", params={"since": edge}).status_code == 400


def test_control_is_for_this_machine(desk: FlaskClient) -> None:
    assert desk.get("/_sim/agenda", environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code == 403
    assert desk.post(ADVANCE, json={"by": "1d"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_an_app_that_goes_away_ends_it_with_its_name(
    desk: FlaskClient, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []
    post = InProcess.post

    def cut(transport: InProcess, path: str, body: Any) -> Any:
        runs.append(path)
        if transport.side is pair.selfhost and path == "/_sim/play" and len(runs) > 5:
            raise NotThere("selfhost does not answer")
        return post(transport, path, body)

    monkeypatch.setattr(InProcess, "post", cut)
    report = desk.post(f"{ADVANCE}?wait=true", json={"by": "400d"}).get_json()
    assert (report["ended"], report["error"]) == (True, "selfhost does not answer")
    assert report["at"] < report["to"]
    assert now_of(pair.cloud) == datetime.fromisoformat(report["at"])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            '{"by": "1d", "dryrun": true}',
            "Unknown member: dryrun. Known: by, continue, dryRun, organization, to, until.",
        ),
        ('{"by": "1d", "dryRun": "yes"}', "dryRun is true or false."),
        ('{"to": "9999-12-31"}', "9999-12-31 is too far away."),
        ('{"by": "99999999d"}', "99999999d is too long."),
        ("[" * 100_000, "Send a JSON object with one of by, to, until, continue."),
        ('{"by": ' + "[" * 50 + "]" * 50 + "}", "Send a JSON object with one of by, to, until, continue."),
    ],
    ids=lambda text: text[:20],
)
def test_what_is_not_understood_moves_no_time(desk: FlaskClient, pair: Pair, body: str, told: str) -> None:
    before = now_of(pair.cloud)
    answer = desk.post(ADVANCE, data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()) == (400, {"message": told})
    assert now_of(pair.cloud) == before


def test_an_advance_that_was_cut_off_goes_on(
    desk: FlaskClient, pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.post(ADVANCE, json={"continue": True}).get_json() == {"message": "No advance was cut off."}
    post = InProcess.post

    def cut(transport: InProcess, path: str, body: Any) -> Any:
        if path == "/_sim/play" and "ValidateOrganizationsJob" in body["jobs"]:
            raise NotThere("selfhost does not answer")
        return post(transport, path, body)

    monkeypatch.setattr(InProcess, "post", cut)
    left = desk.post(f"{ADVANCE}?wait=true", json={"by": "3d"}).get_json()
    assert left["error"] == "selfhost does not answer" and left["at"] < left["to"]
    monkeypatch.setattr(InProcess, "post", post)
    report = desk.post(f"{ADVANCE}?wait=true", json={"continue": True}).get_json()
    assert (report["error"], report["to"], report["at"]) == (None, left["to"], left["to"])
    assert desk.post(ADVANCE, json={"continue": True}).status_code == 400


def test_a_stopped_instance_is_named(desk: FlaskClient, tmp_path: Path) -> None:
    write_json(tmp_path / "selfhost" / "desired.json", {"generation": 2, "state": "down"})
    ahead = desk.get("/_sim/agenda").get_json()
    assert ahead["stopped"] == ["selfhost"] and {each["app"] for each in ahead["data"]} == {"cloud-us"}


def test_until_the_suspension_the_organization_is_suspended(desk: FlaskClient) -> None:
    """The job that does it runs at the very moment that was asked for."""
    report = desk.post(f"{ADVANCE}?wait=true", json={"until": "suspension"}).get_json()
    last = [each for each in report["events"] if each["at"] == report["to"]]
    assert [each["subject"] for each in last if each["kind"] == "job"] == ["ValidateOrganizationsJob"]
    assert "suspension" not in kinds(desk.get("/_sim/agenda").get_json()["data"])
