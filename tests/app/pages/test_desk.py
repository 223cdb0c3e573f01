"""The start page: the checklist follows what the apps tell, and the page stands when they are silent."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import responses

from common.desk.app import create_desk
from common.desk.guide import WAYS, needed_first
from common.desk.keys import MAIL_STORE
from common.desk.rules import checklist, whose_story
from tests.support.harness import Side

PROGRESS_EMPTY_CLOUD: dict[str, Any] = {"people": [], "installations": 0, "premium": False, "organizations": []}
PROGRESS_EMPTY_INSTANCE: dict[str, Any] = {
    "cloudCommunication": False,
    "region": "US",
    "installationId": "3f2b9c1e-6a57-4d0b-9b1a-b2c40101aaaa",
    "portalAdministrators": [],
    "people": [],
    "account": None,
    "organizations": [],
}
CLOUD_ORGANIZATION = {
    "id": "c1",
    "name": "Acme",
    "tier": 3,
    "seats": 5,
    "billingSyncToken": True,
    "licensedInstallations": ["3f2b9c1e-6a57-4d0b-9b1a-b2c40101aaaa"],
    "redeemed": 0,
}
ORGANIZATION = {
    "id": "h1",
    "cloudOrganizationId": "c1",
    "updated": False,
    "connected": True,
    "lastLicenseSync": None,
    "sponsorshipsSynced": True,
    "sponsorships": {"offered": 1, "sent": 1, "active": 0},
}


def done(cloud: dict[str, Any], instance: dict[str, Any]) -> set[str]:
    """Keys of the ticked steps."""
    steps = (step for each in checklist(cloud, instance) for chapter in each.chapters for step in chapter.steps)
    return {step.key for step in steps if step.done}


def test_an_empty_world_has_nothing_ticked() -> None:
    assert done(PROGRESS_EMPTY_CLOUD, PROGRESS_EMPTY_INSTANCE) == set()
    assert done({}, {}) == set()


def test_steps_tick_themselves_off() -> None:
    cloud = PROGRESS_EMPTY_CLOUD | {"installations": 1, "organizations": [CLOUD_ORGANIZATION]}
    instance = PROGRESS_EMPTY_INSTANCE | {"cloudCommunication": True, "organizations": [ORGANIZATION]}
    assert done(cloud, instance) == {
        "x.stepCloudOrganization",
        "x.stepInstallation",
        "x.stepDownload",
        "x.stepApply",
        "x.stepCommunication",
        "x.stepToken",
        "x.stepSaveToken",
        "x.stepSponsor",
        "x.stepManualSync",
    }


def test_a_step_says_what_its_screen_needs_first() -> None:
    empty = needed_first(checklist(PROGRESS_EMPTY_CLOUD, PROGRESS_EMPTY_INSTANCE))
    assert empty["x.stepSponsor"][1] == "x.stepApply" and empty["x.stepToken"][1] == "x.stepCloudOrganization"
    assert empty.keys() == {key for key, way in WAYS.items() if way.needs}
    cloud = PROGRESS_EMPTY_CLOUD | {"installations": 1, "organizations": [CLOUD_ORGANIZATION]}
    account = {"verified": True, "premium": False}
    here = {"cloudCommunication": True, "organizations": [ORGANIZATION], "account": account}
    instance = PROGRESS_EMPTY_INSTANCE | here
    first = {key: needed for key, (_, needed) in needed_first(checklist(cloud, instance)).items()}
    assert first == {"x.stepActive": "x.stepRedeem"}
    taken = cloud | {"organizations": [CLOUD_ORGANIZATION | {"redeemed": 1}]}
    assert needed_first(checklist(taken, instance)) == {}
    unconnected = instance | {"organizations": [ORGANIZATION | {"connected": False, "sponsorshipsSynced": False}]}
    assert needed_first(checklist(taken, unconnected))["x.stepManualSync"][1] == "x.stepSaveToken"
    assert needed_first(checklist({}, {})) == {}  # nobody can say


def test_the_start_page_is_about_whom_the_story_was_told_of_last() -> None:
    def of(app: str, owner: str) -> dict[str, str]:
        return {"app": app, "owner": owner}

    kept: dict[str, Any] = {"accounts": [{"email": "seed"}, {"email": "a"}], "organizations": [of("cloud_us", "seed")]}
    assert whose_story(kept, "cloud_us") == "seed"
    kept["organizations"] += [of(app, who) for who in ("a", "b") for app in ("cloud_us", "selfhost")]
    kept["organizations"] += [of("cloud_eu", "c"), of("selfhost", "c"), of("cloud_us", "family")]
    assert (whose_story(kept, "cloud_us"), whose_story(kept, "cloud_eu")) == ("b", "c")
    assert whose_story({}, "cloud_us") == ""


def test_steps_lead_to_the_pair_of_organizations_that_belong_together() -> None:
    other = CLOUD_ORGANIZATION | {"id": "c2"}
    cloud = PROGRESS_EMPTY_CLOUD | {"organizations": [other, CLOUD_ORGANIZATION]}
    instance = PROGRESS_EMPTY_INSTANCE | {"organizations": [ORGANIZATION]}
    steps = [step for each in checklist(cloud, instance) for chapter in each.chapters for step in chapter.steps]
    paths = {step.key: step.path for step in steps}
    assert paths["x.stepToken"] == "/organizations/c1/billing/subscription"
    assert paths["x.stepSaveToken"] == "/organizations/h1/billing/subscription"
    assert paths["x.stepManualSync"] == "/admin/organizations/view/h1"


def test_facts_of_a_real_pair_fit_the_rules(cloud: Side, selfhost: Side) -> None:
    person = selfhost.sign_up("ann@example.com")
    cloud.sign_up("ann@example.com")
    before = cloud.client.get("/_sim/progress", params={"email": person.email}).json()
    known = {"installations": before["installations"], "people": before["people"]}
    assert before == PROGRESS_EMPTY_CLOUD | known
    assert "ann@example.com" in before["people"]
    here = selfhost.client.get("/_sim/progress", params={"email": person.email}).json()
    assert set(here) == set(PROGRESS_EMPTY_INSTANCE)
    assert here["account"]["premium"] is False
    assert selfhost.client.get("/_sim/progress", params={"email": "nobody@example.com"}).json()["account"] is None


@pytest.fixture
def home(tmp_path: Path) -> Path:
    urls = {"cloud_us": "http://us.test", "cloud_eu": "http://eu.test", "selfhost": "http://here.test"}
    (tmp_path / "stack.json").write_text(json.dumps(urls))
    account = {"app": "cloud_us", "email": "<b>ann</b>@example.com", "password": "secret words", "role": "owner"}
    (tmp_path / "accounts.json").write_text(json.dumps({"accounts": [account]}))
    return tmp_path


@responses.activate
def test_everybody_who_has_an_account_is_offered(home: Path) -> None:
    """Also who registered on a page: without a password, and with *Log in as*."""
    for app in ("us", "eu", "here"):
        responses.get(f"http://{app}.test/_sim/clock", json={"now": "2027-03-01T10:00:00Z"})
        people = ["friend@home.example"] if app == "us" else []
        responses.get(f"http://{app}.test/_sim/progress", json={"people": people})
    page = create_desk(home / "mail", home).test_client().get("/", headers={"Accept-Language": "en"}).text
    assert '<option value="friend@home.example">' in page
    assert 'href="/log-in-as?app=cloud_us&amp;email=friend%40home.example"' in page
    assert page.count('data-copy="password-') == 1
    live = re.findall(r'<div id="(\w+)" data-refresh>', page)
    assert {"places", "accounts", "upcoming", "checklist"} <= set(live)  # who registers stands there without a reload
    assert {f'href="http://{app}.test/openapi"' in page for app in ("us", "here")} == {True}


@responses.activate
def test_the_page_stands_when_the_apps_are_silent(home: Path) -> None:
    page = create_desk(home / "mail", home).test_client().get("/", headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert page.text.count("No answer") == 3
    assert "secret words" in page.text
    assert "<b>ann</b>" not in page.text
    assert "&lt;b&gt;ann" in page.text


@responses.activate
def test_steps_that_nobody_knows_lead_to_who_is_silent(home: Path) -> None:
    """Also a step on the cloud that is known by the instance; where nobody answers, the command starts all."""
    desk = create_desk(home / "mail", home).test_client()
    nobody = desk.get("/", headers={"Accept-Language": "en"}).text
    for app in ("us", "eu"):
        responses.get(f"http://{app}.test/_sim/clock", json={"now": "2027-03-01T10:00:00Z"})
        responses.get(f"http://{app}.test/_sim/progress", json={"people": []})
    stopped = desk.get("/", headers={"Accept-Language": "en"}).text
    command, button = "<code>wardenloop up</code>", 'href="#places">'
    assert [(command in each, button in each) for each in (nobody, stopped)] == [(True, False), (False, True)]


def test_another_name_for_this_machine_gets_nothing(home: Path) -> None:
    client = create_desk(home / "mail", home).test_client()
    assert client.get("/mailbox", base_url="http://127.0.0.1:8404").status_code == 200
    rebound = client.get("/mailbox", base_url="http://evil.example:8404")
    assert (rebound.status_code, "Mailbox" in rebound.text) == (403, False)
    exposed = create_desk(home / "mail", home, local=False).test_client()
    assert exposed.get("/mailbox", base_url="http://demo.example:8404").status_code == 200


def test_language_and_theme_are_kept_and_foreign_forms_refused(home: Path) -> None:
    client = create_desk(home / "mail").test_client()
    assert client.get("/").location == "/mailbox"
    page = client.get("/mailbox", headers={"Accept-Language": "en"})
    assert "No mail yet" in page.text
    assert client.post("/language", data={"language": "zh-Hans"}).status_code == 400
    token = str(re.findall(r"wardenloop_\w+_desk_form=([^;]+)", page.headers["Set-Cookie"])[0])
    fields = {"__RequestVerificationToken": token, "language": "zh-Hans", "back": "//evil.example"}
    assert client.post("/language", data=fields).location == "/"
    assert "暂无邮件" in client.get("/mailbox", headers={"Accept-Language": "en"}).text


def test_choices_of_the_desk_outlive_the_browser(home: Path) -> None:
    client = create_desk(home / "mail").test_client()
    page = client.get("/mailbox")
    token = str(re.findall(r"wardenloop_\w+_desk_form=([^;]+)", page.headers["Set-Cookie"])[0])
    for what, value in (("language", "zh-Hans"), ("theme", "dark")):
        kept = client.post(f"/{what}", data={"__RequestVerificationToken": token, what: value}).headers["Set-Cookie"]
        assert "Max-Age=31536000" in kept
    assert "Max-Age" not in page.headers["Set-Cookie"]


def test_a_page_that_is_not_there_is_told_to_people_in_their_language(home: Path) -> None:
    client = create_desk(home / "mail", home).test_client()
    page = client.get("/nowhere", headers={"Accept": "text/html", "Accept-Language": "zh-CN"})
    assert (page.status_code, "没有这个页面" in page.text, 'id="side"' in page.text) == (404, True, False)
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    refused = client.post("/language", data={}, headers={"Accept": "text/html", "Accept-Language": "zh-CN"})
    assert (refused.status_code, "wardenloop</title>" in refused.text) == (400, True)
    assert "<body" not in client.get("/_sim/nowhere", headers={"Accept": "text/html"}).text


def _mail(subject: str, link: str) -> bytes:
    head = f"From: a@bitwarden.example\r\nTo: friend@home.example\r\nSubject: {subject}\r\n"
    return f"{head}Content-Type: text/plain\r\n\r\nOpen {link}\r\n".encode()


@responses.activate
def test_the_invitation_is_taken_in_the_mail_that_brought_it(home: Path) -> None:
    """Not on the page of whoever gave it: the newest offer, with its link marked, or all mails where there is none."""
    for app in ("us", "eu", "here"):
        responses.get(f"http://{app}.test/_sim/clock", json={"now": "2027-03-01T10:00:00Z"})
        responses.get(f"http://{app}.test/_sim/progress", json={"people": []})
    desk = create_desk(home / "mail", home)
    client = desk.test_client()
    assert client.get("/show/x.stepRedeem").location == "/mailbox#show=x.openLink"
    offer, store = "http://us.test/#/accept-families-for-enterprise?token=t", desk.extensions[MAIL_STORE]
    links = (offer, offer, "http://us.test/#/verify-email?token=t")
    ids = [f"20270301T10000000000{number}Z-{'0' * 32}" for number in range(len(links))]
    for mail_id, link in zip(ids, links, strict=True):
        store.add(mail_id, "a@bitwarden.example", ["friend@home.example"], _mail("A mail", link))
    wanted = ids[1]
    assert client.get("/show/x.stepRedeem").location == f"/mailbox/messages/{wanted}#show=x.openLink"
    assert "x.openLink" in client.get(f"/mailbox/messages/{wanted}").text
