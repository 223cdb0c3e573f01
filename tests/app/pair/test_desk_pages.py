"""Pages of the desk about the stack: what goes wrong on purpose, forged licences, incidents."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from common.cli import worlds
from common.desk import control
from common.desk.app import create_desk
from common.desk.faults.presets import PRESETS
from common.desk.forge import pages as forge_pages
from common.desk.stories import pages as stories_pages
from common.desk.stories.incidents import INCIDENTS
from common.desk.time import routes as time_routes
from common.desk.worlds import pages as worlds_pages
from common.files import write_json
from common.license.forging import DEFECTS
from common.sim.snapshots import service as snapshots
from common.sim.snapshots.descriptions import Snapshot, write_description
from common.sim.snapshots.folders import Layout
from common.sim.snapshots.turns import Tools
from common.ui.forms import FIELD
from tests.support.harness import Pair, Workshop, make_pair
from tests.support.playing import InProcess
from tests.support.scenarios import license_loop, new_organization
from tests.support.scenes import scene_in
from tests.support.screen import shown, tag
from tests.support.visible import places_of

ROOT = Path(__file__).parents[3]
FAULTS = "/faults"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def desk(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Of a stack that consists of the pair."""
    apps = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    monkeypatch.setattr(control, "transports_of", lambda home: apps)
    return create_desk(tmp_path / "mails", tmp_path).test_client()


def submit(desk: FlaskClient, path: str, **fields: Any) -> TestResponse:
    """A form of the page, as a browser without scripts sends it."""
    token = re.search(rf'name="{FIELD}" value="([^"]+)"', desk.get(FAULTS).text)
    assert token is not None
    return desk.post(path, data={FIELD: token[1], **fields}, headers=ENGLISH)


def state(desk: FlaskClient, preset: str) -> str:
    page = desk.get(FAULTS, headers=ENGLISH)
    return "on" if 'data-state="on"' in tag(page, f"switch-{preset}") else "off"


@pytest.mark.parametrize("preset", [each.name for each in PRESETS])
def test_a_switch_goes_on_and_off_and_leaves_nothing(desk: FlaskClient, preset: str) -> None:
    assert state(desk, preset) == "off"
    assert submit(desk, f"{FAULTS}/switch/{preset}").status_code == 303
    assert state(desk, preset) == "on"
    submit(desk, f"{FAULTS}/switch/{preset}", off="true")
    assert state(desk, preset) == "off"
    assert shown(desk.get(FAULTS, headers=ENGLISH), "x.faultsNone") is not None


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (f"{FAULTS}/clear", {"host": "../faults"}),
        (f"{FAULTS}/network", {"host": "..", "rule": "drop"}),
        ("/time/run", {"app": "selfhost", "job": "../faults"}),
    ],
)
def test_a_name_leads_nowhere_else(desk: FlaskClient, pair: Pair, path: str, fields: dict[str, str]) -> None:
    """What a person types as a name is one part of a path: `..` does not reach another resource of the app."""
    fault = {"operation": "GET /api/alive", "do": {"status": 503}}
    assert pair.selfhost.client.post("/_sim/faults", json=fault).status_code == 200
    assert submit(desk, path, **fields).status_code in {400, 404}
    assert len(pair.selfhost.client.get("/_sim/faults").json()["data"]) == 1


def test_two_switches_are_told_apart_and_cleared_together(desk: FlaskClient) -> None:
    for preset in ("firewall", "identity", "mail"):
        submit(desk, f"{FAULTS}/switch/{preset}")
    assert [each.name for each in PRESETS if state(desk, each.name) == "on"] == ["firewall", "identity", "mail"]
    submit(desk, f"{FAULTS}/clear")
    assert [each.name for each in PRESETS if state(desk, each.name) == "on"] == []


@pytest.mark.parametrize("preset", ["unreachable", "foreign"])
def test_what_a_switch_says_is_what_the_instance_answers(desk: FlaskClient, pair: Pair, preset: str) -> None:
    """The text on the tile is the literal one of the refusal, or its beginning, which dots say."""
    organization = license_loop(pair)
    submit(desk, f"{FAULTS}/switch/{preset}")
    answer = pair.owner.api.post(f"/api/organizations/licenses/self-hosted/{organization}/sync")
    promised = next(each.seen for each in PRESETS if each.name == preset) or ""
    told = answer.json()["message"]
    assert answer.status_code == 400
    assert told == promised or (promised.endswith("...") and told.startswith(promised.removesuffix("...")))


def test_a_rule_of_ones_own_is_set_shown_and_cleared_alone(desk: FlaskClient, pair: Pair) -> None:
    fields = {"app": "cloud-us", "operation": "GET /api/config", "do": "status", "value": "503", "times": "2"}
    assert submit(desk, f"{FAULTS}/add", **fields).status_code == 303
    assert pair.cloud.client.get("/api/config").status_code == 503
    page = desk.get(FAULTS, headers=ENGLISH)
    assert "1 left" in page.text
    (rule,) = pair.cloud.client.get("/_sim/faults").json()["data"]
    submit(desk, f"{FAULTS}/clear", fault=rule["id"])
    assert pair.cloud.client.get("/api/config").status_code == 200


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"app": "cloud-us", "operation": "GET /api/confg", "do": "status", "value": "503"}, "Unknown operation"),
        ({"app": "cloud-us", "operation": "*", "do": "status", "value": "many"}, "many is no number"),
        ({"app": "cloud-eu", "operation": "*", "do": "status", "value": "503"}, "Unknown app"),
    ],
)
def test_a_rule_that_does_not_fit_is_refused_in_words(desk: FlaskClient, fields: dict[str, str], text: str) -> None:
    answer = submit(desk, f"{FAULTS}/add", **fields)
    assert answer.status_code == 400
    assert text in answer.text
    assert shown(desk.get(FAULTS, headers=ENGLISH), "x.faultsNone") is not None


def test_a_network_rule_is_set_and_cleared(desk: FlaskClient, pair: Pair) -> None:
    submit(desk, f"{FAULTS}/network", host="identity.bitwarden.com", rule="dns")
    assert pair.selfhost.client.get("/_sim/egress").json()["data"] == [
        {"host": "identity.bitwarden.com", "rule": "dns"}
    ]
    submit(desk, f"{FAULTS}/clear", host="identity.bitwarden.com")
    assert pair.selfhost.client.get("/_sim/egress").json()["data"] == []


def test_a_form_of_another_site_changes_nothing(desk: FlaskClient) -> None:
    assert desk.post(f"{FAULTS}/switch/firewall").status_code == 400
    assert state(desk, "firewall") == "off"


def test_every_defect_stands_on_the_page_of_the_forge(desk: FlaskClient) -> None:
    page = desk.get("/forge", headers=ENGLISH)
    assert all(f'value="{name}"' in page.text for name in DEFECTS)


def test_a_forged_licence_is_downloaded(desk: FlaskClient, pair: Pair) -> None:
    new_organization(pair.cloud_owner)
    answer = submit(desk, "/forge", app="cloud-us", defect=["expired", "seats-changed"])
    assert answer.headers["Content-Disposition"] == 'attachment; filename="bitwarden_organization_license.json"'
    assert json.loads(answer.data)["seats"] == 1
    assert submit(desk, "/forge", app="cloud-us").status_code == 400
    assert submit(desk, "/forge", app="cloud-us", defect="nonsense").status_code == 400


@pytest.fixture
def told(workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[FlaskClient, Pair]:
    """The desk where the owners of a pair that keeps a journal are those of the stack."""
    pair = make_pair(workshop, wardenloop__journal="10000")
    apps = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    monkeypatch.setattr(control, "transports_of", lambda home: apps)
    for pages in (stories_pages, forge_pages):
        monkeypatch.setattr(pages, "scene_of", lambda home, restart_as: scene_in(pair, restart_as))
        monkeypatch.setattr(pages, "owner_here", lambda home: pair.owner.email)
    return create_desk(tmp_path / "mails", tmp_path).test_client(), pair


def steps_of(page: TestResponse) -> list[tuple[str, str]]:
    return re.findall(r'data-testid="step-(\w+)" data-state="(\w+)"', page.text)


def test_an_incident_is_told_one_step_after_the_other(told: tuple[FlaskClient, Pair]) -> None:
    desk = told[0]
    page, path = desk.get("/incidents/rotated-token", headers=ENGLISH), "/incidents/rotated-token"
    order = ["stage", "break", "see", "explain", "repair", "works"]
    for number, step in enumerate(order, 1):
        assert f'name="step" value="{step}"' in page.text
        assert submit(desk, path, step=step).location == path
        page = desk.get(path, headers=ENGLISH)
        assert steps_of(page) == [(each, "expected") for each in order[:number]]
        broken = "broken just now" in desk.get("/incidents", headers=ENGLISH).text
        assert broken is (step in ("break", "see", "explain"))
    assert 'name="step"' not in page.text
    assert "ensure the billing token is correct" in page.text
    assert "/see?path=/organizations/" in page.text


def test_a_step_that_is_not_the_next_one_does_nothing(told: tuple[FlaskClient, Pair]) -> None:
    desk = told[0]
    path = "/incidents/888"
    submit(desk, path, step="repair")
    assert steps_of(desk.get(path)) == []
    submit(desk, path, step="stage")
    for _ in range(2):  # pressed twice
        submit(desk, path, step="break")
    assert [name for name, _ in steps_of(desk.get(path))] == ["stage", "break"]
    submit(desk, path, step="stage")
    assert [name for name, _ in steps_of(desk.get(path))] == ["stage", "break"]


def test_who_begins_anew_leaves_nothing_broken(told: tuple[FlaskClient, Pair]) -> None:
    desk, pair = told
    path = "/incidents/firewall"
    for step in ("stage", "break"):
        submit(desk, path, step=step)
    assert pair.selfhost.client.get("/_sim").json()["egress"] == 1
    submit(desk, f"{path}/forget")
    assert pair.selfhost.client.get("/_sim").json()["egress"] == 0
    assert steps_of(desk.get(path)) == []
    submit(desk, path, step="all")
    assert len(steps_of(desk.get(path))) == 6


def test_a_desk_that_begins_anew_knows_what_stands_broken(told: tuple[FlaskClient, Pair], tmp_path: Path) -> None:
    """Each step by another desk, as after a restart: the fault of the first one is ended by the last."""
    pair, path = told[1], "/incidents/firewall"
    for step in ("stage", "break", "see", "explain", "repair"):
        desk = create_desk(tmp_path / "mails", tmp_path).test_client()
        assert submit(desk, path, step=step).location == path
        told_by = create_desk(tmp_path / "mails", tmp_path).test_client()
        broken = step in ("break", "see", "explain")
        assert ("broken just now" in told_by.get("/incidents", headers=ENGLISH).text) is broken
        listed = told_by.get("/_sim/incidents").json["data"]  # type: ignore[index]
        assert [each["name"] for each in listed if each["broken"]] == ["firewall"] * broken
        assert pair.selfhost.client.get("/_sim").json()["egress"] == broken
    page = create_desk(tmp_path / "mails", tmp_path).test_client().get(path, headers=ENGLISH)
    assert [state for _, state in steps_of(page)] == ["expected"] * 5
    assert 'name="step" value="works"' in page.text


def test_faults_of_an_incident_are_ended_by_another_desk(told: tuple[FlaskClient, Pair], tmp_path: Path) -> None:
    desk, pair = told
    for step in ("stage", "break"):
        submit(desk, "/incidents/6770", step=step)
    assert len(pair.cloud.client.get("/_sim/faults").json()["data"]) == 1
    submit(create_desk(tmp_path / "mails", tmp_path).test_client(), "/incidents/6770/forget")
    assert pair.cloud.client.get("/_sim/faults").json()["data"] == []
    assert steps_of(create_desk(tmp_path / "mails", tmp_path).test_client().get("/incidents/6770")) == []


def test_what_was_told_in_a_world_that_is_gone_is_forgotten(told: tuple[FlaskClient, Pair]) -> None:
    desk, pair = told
    path = "/incidents/firewall"
    for step in ("stage", "break"):
        submit(desk, path, step=step)
    (made,) = pair.owner.api.get("/api/accounts/profile").json()["organizations"]
    gone = pair.owner.api.delete(
        f"/api/organizations/{made['id']}", json={"masterPasswordHash": pair.owner.password_hash}
    )
    assert gone.status_code == 200, gone.text
    assert "broken just now" not in desk.get("/incidents", headers=ENGLISH).text
    assert 'name="step" value="stage"' in desk.get(path).text and steps_of(desk.get(path)) == []


def test_an_incident_of_the_eu_closes_the_ways_to_the_eu(pair: Pair) -> None:
    def never(_version: str) -> None:
        raise AssertionError

    scene = scene_in(pair, never)
    scene.domain = "bitwarden.eu"
    scene.stage()
    INCIDENTS["firewall"].break_(scene)
    rules = pair.selfhost.client.get("/_sim/egress").json()["data"]
    assert [each["host"] for each in rules] == ["api.bitwarden.eu"]


def test_a_forged_licence_is_given_to_the_instance_by_a_click(told: tuple[FlaskClient, Pair]) -> None:
    desk, pair = told
    fields = {"app": "cloud-us", "act": "upload"}
    new_organization(pair.cloud_owner)
    refused = submit(desk, "/forge", defect="expired", **fields)
    assert (refused.status_code, "no organization on the instance" in refused.text) == (409, True)
    license_loop(pair)
    answered = submit(desk, "/forge", defect="wrong-installation", **fields)
    assert "does not match the current installation." in (shown(answered, "x.forgeUploaded") or "")
    accepted = submit(desk, "/forge", defect="lapsed", **fields)
    assert "The instance answered the upload" in accepted.text
    assert "Invalid license" not in (shown(accepted, "x.forgeUploaded") or "")


def test_every_incident_has_a_card_and_a_page(desk: FlaskClient) -> None:
    page = desk.get("/incidents", headers=ENGLISH)
    assert all(f'data-testid="incident-{name}"' in page.text for name in INCIDENTS)
    chinese = desk.get("/incidents/2065", headers={"Accept-Language": "zh-CN"})
    assert "搭建场景" in chinese.text
    assert desk.get("/incidents/nonsense").status_code == 404


def test_log_in_as_leads_into_the_app_and_only_people_are_led(desk: FlaskClient, pair: Pair) -> None:
    query = {"app": "cloud_us", "email": pair.cloud_owner.email}
    led = desk.get("/log-in-as", query_string=query)
    assert led.status_code == 303
    assert led.location.startswith(f"{pair.cloud.base_url}/enter?as=")
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert desk.get("/log-in-as", query_string=query, headers=elsewhere).status_code == 403
    assert desk.get("/log-in-as", query_string=query | {"app": "portal"}).status_code == 404
    assert desk.get("/log-in-as", query_string=query | {"email": "nobody@example.com"}).status_code == 404


def test_every_world_that_comes_along_is_offered(desk: FlaskClient) -> None:
    shipped = {path.stem for path in (Path(worlds.__file__).parent / "shipped").glob("*.yaml")}
    page = desk.get("/worlds", headers=ENGLISH).text
    assert set(re.findall(r'data-testid="world-([^"]+)"', page)) == shipped


@pytest.fixture
def journal_desk(workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[FlaskClient, Pair]:
    """A desk of a pair that keeps journals."""
    pair = make_pair(workshop, wardenloop__journal="10000")
    apps = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    monkeypatch.setattr(control, "transports_of", lambda home: apps)
    return create_desk(tmp_path / "mails", tmp_path).test_client(), pair


def test_the_inspector_shows_the_broken_link_and_the_exchange_that_explains_it(
    journal_desk: tuple[FlaskClient, Pair],
) -> None:
    desk, pair = journal_desk
    assert shown(desk.get("/inspector", headers=ENGLISH), "x.inspectorNothing") is not None
    organization = license_loop(pair)
    whole = desk.get("/inspector", headers=ENGLISH)
    assert 'data-state="good"' in tag(whole, "x.checkSameToken")
    pair.selfhost.client.put("/_sim/egress/api.bitwarden.com", json={"rule": "refuse"}).raise_for_status()
    pair.owner.api.post(f"/api/organizations/licenses/self-hosted/{organization}/sync")
    page = desk.get("/inspector?only=failed", headers=ENGLISH)
    assert 'data-state="broken"' in tag(page, "x.checkSynced")
    assert "egress rule refuse of api.bitwarden.com" in page.text
    entry = re.search(r'href="(/inspector/[0-9a-f]+)"', page.text.partition('data-testid="x.exchange"')[2])
    assert entry is not None
    told = desk.get(entry[1], headers=ENGLISH).text
    assert "license-sync.cloud-failed" in told
    assert "curl -i -X POST" in told


def test_a_rotated_token_is_seen_at_a_glance(journal_desk: tuple[FlaskClient, Pair]) -> None:
    desk, pair = journal_desk
    license_loop(pair)
    (cloud,) = pair.cloud.client.get("/_sim/state").json()["organizations"]
    proof = {"type": 1, "masterPasswordHash": pair.cloud_owner.password_hash}
    pair.cloud_owner.api.post(f"/api/organizations/{cloud['id']}/rotate-api-key", json=proof).raise_for_status()
    assert 'data-state="broken"' in tag(desk.get("/inspector", headers=ENGLISH), "x.checkSameToken")


def test_an_entry_that_is_not_there_is_told(journal_desk: tuple[FlaskClient, Pair]) -> None:
    assert journal_desk[0].get("/inspector/0123456789abcdef", headers=ENGLISH).status_code == 404


@pytest.fixture
def time_desk(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[FlaskClient, Pair]:
    """A desk that plays the time of a pair with a synced organization."""
    license_loop(pair)
    apps = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    (tmp_path / "selfhost").mkdir()
    write_json(tmp_path / "selfhost" / "desired.json", {"generation": 1, "state": "up"})
    for module in (control, time_routes):
        monkeypatch.setattr(module, "transports_of", lambda home: apps)
    return create_desk(tmp_path / "mails", tmp_path).test_client(), pair


def test_the_time_page_shows_what_will_happen_and_runs_a_job(time_desk: tuple[FlaskClient, Pair]) -> None:
    desk, pair = time_desk
    page = desk.get("/time", headers=ENGLISH).text
    kinds = re.findall(r'data-kind="([^"]+)"', page)
    assert kinds == ["renewal", "grace-begin", "grace-end", "suspension"]
    assert [each for each in ("span-paid", "span-licence", "span-grace") if f'class="{each}"' not in page] == []
    assert submit(desk, "/time/run", app="selfhost", job="ValidateOrganizationsJob").location == "/time"
    jobs = {each["name"]: each for each in pair.selfhost.client.get("/_sim/jobs").json()["data"]}
    assert jobs["ValidateOrganizationsJob"]["lastRun"] is not None
    assert submit(desk, "/time/run", app="selfhost", job="NoJob").status_code == 404


@pytest.mark.parametrize("path", ["/faults", "/worlds", "/forge", "/incidents", "/inspector", "/time", "/simulation"])
def test_pages_that_control_are_for_this_machine_also_where_mail_is_shown_to_the_network(
    path: str, desk: FlaskClient, tmp_path: Path
) -> None:
    shown_to_all = create_desk(tmp_path / "mails", tmp_path, local=False).test_client()
    elsewhere = {"environ_overrides": {"REMOTE_ADDR": "192.0.2.7"}, "base_url": "http://demo.example:8404"}
    assert shown_to_all.get(path, **elsewhere).status_code == 403
    assert shown_to_all.get("/log-in-as?app=cloud_us", **elsewhere).status_code == 403
    assert shown_to_all.get("/", **elsewhere).location == "/mailbox"
    assert shown_to_all.get("/mailbox", **elsewhere).status_code == 200


def test_billing_events_move_the_line_the_invoices_and_what_is_told(time_desk: tuple[FlaskClient, Pair]) -> None:
    desk, pair = time_desk
    there = pair.cloud.client.get("/_sim/state").json()["organizations"][0]
    fields = {"app": "cloud-us", "organization": there["id"]}
    led = submit(desk, "/time/billing", event="renew", **fields)
    page = desk.get(led.location, headers=ENGLISH)
    assert "Paid until Aug 20, 2027, now until Aug 20, 2028." in (shown(page, "x.timeCaused") or "")
    assert shown(page, "x.timePeriod") == "Aug 20, 2027 – Aug 20, 2028"
    assert page.text.count('class="invoice"') == 2
    desk.get(submit(desk, "/time/billing", event="past-due", **fields).location)
    page = desk.get("/time", headers=ENGLISH)
    assert 'data-state="past_due"' in page.text
    assert 'data-state="open"' in page.text
    assert submit(desk, "/time/billing", event="nonsense", **fields).status_code == 404


def test_a_day_of_the_line_is_looked_at_and_not_gone_to(time_desk: tuple[FlaskClient, Pair]) -> None:
    desk, pair = time_desk
    before = pair.cloud.clock.now()
    page = desk.get("/simulation?step=to&day=2027-09-01&go=true", headers=ENGLISH)
    assert page.status_code == 200
    assert pair.cloud.clock.now() == before


def test_what_an_action_changed_on_both_sides_is_one_view(journal_desk: tuple[FlaskClient, Pair]) -> None:
    desk, pair = journal_desk
    license_loop(pair)
    (entry,) = pair.selfhost.client.post(
        "/_sim/journal/find", json={"operation": "POST /api/organizations/licenses/self-hosted/{organization_id}/sync"}
    ).json()["matches"][-1:]
    page = desk.get(f"/inspector/{entry['id']}", headers=ENGLISH)
    assert "Self-hosted instance" in (shown(page, "x.rowChange") or "")
    assert "organization_connections" in page.text
    (here,) = pair.selfhost.client.get("/_sim/state").json()["organizations"]
    assert "<code>id</code>" in page.text
    blurred = places_of(page.text, here["id"], "secret")
    assert blurred and all(blurred)


def test_two_moments_of_both_sides_are_compared(journal_desk: tuple[FlaskClient, Pair]) -> None:
    desk, pair = journal_desk
    license_loop(pair)
    assert submit(desk, "/inspector/states", name="before").location == "/inspector/states"
    same = desk.get("/inspector/states?before=before&after=", headers=ENGLISH)
    assert shown(same, "x.stateSame") == "Nothing is different."
    there = pair.cloud.client.get("/_sim/state").json()["organizations"][0]
    pair.cloud.client.post(f"/_sim/organizations/{there['id']}/subscription/seats", json={"seats": 77})
    page = desk.get("/inspector/states?before=before&after=", headers=ENGLISH)
    assert ".cloud.seats" in page.text
    assert "77" in (shown(page, "x.stateDifferences") or "")
    assert submit(desk, "/inspector/states", name="../x").status_code == 400
    assert desk.get("/inspector/states?before=../accounts").status_code == 404
    submit(desk, "/inspector/states", forget="before")
    assert "Nothing is kept yet." in desk.get("/inspector/states", headers=ENGLISH).text


def test_what_holds_a_masked_secret_is_not_asked_again(journal_desk: tuple[FlaskClient, Pair]) -> None:
    desk, pair = journal_desk
    license_loop(pair)
    entries = pair.cloud.client.get("/_sim/journal", params={"limit": 200}).json()["data"]
    (token, *_) = [each for each in entries if each["operation"] == "POST /identity/connect/token"]
    answer = submit(desk, f"/inspector/{token['id']}/replay")
    assert answer.status_code == 409
    assert "masked" in answer.text


NAMED = {"apply": {"world": "trial"}, "load": {"name": "mine"}, "remove": {"name": "mine"}}


@pytest.fixture
def done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What is done to worlds and snapshots; nothing is, really. Two are there."""
    found: list[tuple[str, ...]] = []

    def save(_layout: Layout, name: str, _tools: Tools) -> Snapshot:
        found.append(("save", name))
        return kept(name)

    def command(*words: str) -> dict[str, str]:
        found.append(words)
        return {"keptAs": "replaced"}

    def kept(name: str) -> Snapshot:
        taken = Snapshot(name, "2026-11-28T09:00:00+00:00", 1, "data", {}, {}, {"up": True, "effective": None}, [])
        return write_description(Layout(tmp_path, {}), taken)

    (tmp_path / "snapshots").mkdir()
    for each in ("mine", "replaced"):
        kept(each)
    monkeypatch.setattr(snapshots, "save", save)
    for what in ("load", "remove"):
        monkeypatch.setattr(snapshots, what, lambda _layout, name, *_tools, what=what: found.append((what, name)))
    monkeypatch.setattr(worlds_pages, "command", command)
    return found


@pytest.mark.parametrize("what", NAMED)
def test_what_replaces_or_forgets_a_world_asks_first(what: str, desk: FlaskClient, done: list[tuple[str, ...]]) -> None:
    page = desk.get("/worlds", headers=ENGLISH).text
    assert not re.search(r'<form[^>]*action="/worlds/(apply|load|remove)"', page)
    (link,) = set(re.findall(rf'href="(/worlds/{what}\?[a-z]+={next(iter(NAMED[what].values()))})" data-dialog', page))
    asked = desk.get(link, headers=ENGLISH).text
    assert f'<form method="post" action="/worlds/{what}"' in asked
    assert ('name="keep" value="true"' in asked) == (what != "remove")
    assert done == []


def test_what_is_replaced_is_kept_beside_what_was_kept_before(desk: FlaskClient, done: list[tuple[str, ...]]) -> None:
    answer = submit(desk, "/worlds/load", name="mine", keep="true")
    assert (done, answer.location) == ([("save", "replaced-2"), ("load", "mine")], "/worlds?kept=replaced-2")
    assert "replaced-2" in str(shown(desk.get(answer.location, headers=ENGLISH), "x.rehearsal.kept"))
    done.clear()
    assert submit(desk, "/worlds/load", name="mine").location == "/worlds"
    assert submit(desk, "/worlds/load", name="gone", keep="true").status_code == 404
    assert done == [("load", "mine")]


def test_a_world_is_applied_with_what_was_there_kept(desk: FlaskClient, done: list[tuple[str, ...]]) -> None:
    assert submit(desk, "/worlds/apply", world="trial", keep="true").location == "/worlds?kept=replaced"
    assert done == [("apply", "--json", "--named", "--keep-as", "replaced", "--", "trial")]
    assert desk.get("/worlds/apply?world=nothing").status_code == 404


def test_no_button_of_the_desk_destroys_at_once() -> None:
    """What takes away for good stands behind a question; the forms of those are on its page alone."""
    templates = list((ROOT / "common" / "desk").rglob("*.html"))
    at_once = {
        action
        for path in templates
        for action in re.findall(r'(?:button_form|ui\.form)\("(/[^"]*)"', path.read_text())
        if re.search(r"delete|remove|apply|load|/clear|forget|replay", action)
    }
    assert at_once == {"/faults/clear"}
