"""Every failure that a page of an app tells leads to the entry of the inspector that explains it."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from common.desk import control
from common.desk.app import create_desk
from tests.support.desks import DESK, know
from tests.support.harness import Pair, Workshop, make_pair
from tests.support.playing import InProcess
from tests.support.portal import Portal
from tests.support.scenarios import license_loop
from tests.support.visitor import Visitor

ENGLISH = {"Accept-Language": "en"}
Stack = tuple[Pair, FlaskClient, str]


@pytest.fixture
def stack(workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A pair that keeps journals and knows its desk, the desk, and an organization that is synced."""
    pair = make_pair(workshop, wardenloop__journal="10000")
    organization = license_loop(pair)
    return pair, _desk_of(pair, tmp_path, monkeypatch), organization


def _desk_of(pair: Pair, folder: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    for side in (pair.cloud, pair.selfhost):
        know(side)
    apps = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    monkeypatch.setattr(control, "transports_of", lambda home: apps)
    return create_desk(folder / "mails", folder).test_client()


def told(desk: FlaskClient, href: str) -> str:
    """What the inspector shows behind a link."""
    assert href.startswith(f"{DESK}/inspector/"), href
    answer = desk.get(href.removeprefix(DESK), headers=ENGLISH)
    assert answer.status_code == 200
    return answer.text


def link_of(page: str) -> str:
    """The link to the inspector that a page shows."""
    found = re.search(r'href="([^"]+)"[^>]*data-testid="explained"', page)
    assert found is not None
    return found[1]


def test_the_toast_of_a_refused_sync_leads_to_its_exchange_with_cause_advice_and_rule(stack: Stack) -> None:
    pair, desk, organization = stack
    pair.selfhost.client.put("/_sim/egress/identity.bitwarden.com", json={"rule": "dns"}).raise_for_status()
    owner = Visitor(pair.selfhost).log_in(pair.owner)
    billing = f"/organizations/{organization}/billing"
    problem = owner.submit(f"{billing}/subscription", {}, f"{billing}/subscription/sync", script=True).json
    page = told(desk, problem["exchange"]["href"])
    assert "license-sync.cloud-failed" in page  # the rule
    assert "dns identity.bitwarden.com" in page  # the cause
    assert "wardenloop egress" in page  # the advice
    assert page.count('class="exchange-call"') >= 2  # the call that came to nothing, and what it was for


def test_a_refused_licence_leads_to_its_rule_without_scripts_too(stack: Stack) -> None:
    pair, desk, organization = stack
    owner = Visitor(pair.selfhost).log_in(pair.owner)
    page = f"/organizations/{organization}/billing/subscription"
    answer = owner.submit(page, {"license": (BytesIO(b"{}"), "license.json")}, f"{page}/license")
    assert answer.status_code == 400
    assert "Version 0 is not supported." in told(desk, link_of(answer.text))


def test_a_failed_manual_sync_and_a_failed_connection_test_lead_there_from_the_portal(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = Portal(workshop, wardenloop__journal="10000")
    desk = _desk_of(portal.pair, tmp_path, monkeypatch)
    portal.pair.selfhost.client.put("/_sim/egress/*", json={"rule": "refuse"}).raise_for_status()
    portal.loop.offer("friend@home.example")
    assert portal.press_sync().status_code == 303
    synced = told(desk, link_of(portal.client.get(portal.path).text))
    assert "POST /admin/organizations/triggerbillingsync" in synced
    assert "refuse *" in synced
    tried = told(desk, link_of(portal.press("/admin", on="/admin").text))
    assert "POST /admin" in tried
    assert "refuse *" in tried
    later = portal.client.get(portal.path).text  # nobody knows any more in which request
    assert f"{DESK}/inspector?only=failed" in later


@pytest.mark.parametrize("script", [True, False])
def test_a_wrong_password_leads_there_on_the_cloud(stack: Stack, *, script: bool) -> None:
    pair, desk, _ = stack
    fields = {"email": pair.cloud_owner.email, "masterPasswordHash": "d3Jvbmc="}
    answer = Visitor(pair.cloud).submit("/login", fields, script=script)
    href = answer.json["exchange"]["href"] if script else link_of(answer.text)
    assert "token.invalid-grant" in told(desk, href)


def test_who_is_elsewhere_is_not_led_to_pages_of_this_machine_only(stack: Stack) -> None:
    pair, _, _ = stack
    browser = Visitor(pair.cloud)
    browser.client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    answer = browser.submit("/login", {"email": "nobody@acme.example", "masterPasswordHash": "d3Jvbmc="})
    assert answer.status_code == 400
    assert "/inspector" not in answer.text
