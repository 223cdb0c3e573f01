"""The five stories that the inspector makes short: from the symptom to its cause in three clicks at most."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from common.desk import control
from common.desk.app import create_desk
from tests.support.desks import DESK, know
from tests.support.playing import InProcess
from tests.support.portal import Portal
from tests.support.screen import shown, tag
from tests.support.sponsorships import Families
from tests.support.visitor import Visitor

ENGLISH = {"Accept-Language": "en"}
MOST_CLICKS = 3
NO_RESULT = "Check your internet connection and ensure the billing token is correct."


class Newcomer:
    """Somebody with a page in front, who follows links and counts."""

    def __init__(self, desk: FlaskClient, portal: Portal) -> None:
        self.desk, self.portal = desk, portal
        self.clicks = 0
        self.page: Any = None

    def follows(self, href: str) -> Any:
        """A link of the page to the desk."""
        self.clicks += 1
        assert self.clicks <= MOST_CLICKS
        self.page = self.desk.get(href.removeprefix(DESK), headers=ENGLISH)
        assert self.page.status_code == 200
        return self.page

    def explains(self, page: str) -> Any:
        """The link beside a message."""
        found = re.search(r'href="([^"]+)"[^>]*data-testid="explained"', page)
        assert found is not None
        return self.follows(found[1])

    def syncs_the_licence(self) -> str:
        """The message that *Sync license* brings."""
        side, page = self.portal.pair.selfhost, f"/organizations/{self.portal.loop.id}/billing/subscription"
        answer = Visitor(side).log_in(self.portal.pair.owner).submit(page, {}, f"{page}/sync")
        assert NO_RESULT in answer.text
        return str(answer.text)


@pytest.fixture
def newcomer(workshop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Newcomer:
    portal = Portal(workshop, wardenloop__journal="10000")
    pair = portal.pair
    for side in (pair.cloud, pair.selfhost):
        know(side)
    apps = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    monkeypatch.setattr(control, "transports_of", lambda home: apps)
    return Newcomer(create_desk(tmp_path / "mails", tmp_path).test_client(), portal)


def test_a_refused_installation_behind_the_message_about_the_internet(newcomer: Newcomer) -> None:
    installation = newcomer.portal.pair.installation["id"]
    cloud = newcomer.portal.pair.cloud.client
    cloud.post(f"/_sim/installations/{installation}", json={"enabled": False}).raise_for_status()
    page = newcomer.explains(newcomer.syncs_the_licence())
    assert "POST /identity/connect/token" in page.text
    because = re.search(r'href="(/inspector/[0-9a-f]+)">What this came of', page.text)
    assert because is not None
    page = newcomer.follows(because[1])
    assert "token.invalid-client" in page.text
    assert "<code>disabled</code>" in page.text


def test_a_rotated_token_behind_the_same_message(newcomer: Newcomer) -> None:
    pair = newcomer.portal.pair
    (there,) = pair.cloud.client.get("/_sim/state").json()["organizations"][:1]
    proof = {"type": 1, "masterPasswordHash": pair.cloud_owner.password_hash}
    pair.cloud_owner.api.post(f"/api/organizations/{there['id']}/rotate-api-key", json=proof).raise_for_status()
    page = newcomer.explains(newcomer.syncs_the_licence())
    assert "Invalid Billing Sync Key" in page.text
    page = newcomer.follows("/inspector")
    assert 'data-state="broken"' in tag(page, "x.checkSameToken")


def test_a_sync_that_had_nothing_to_send(newcomer: Newcomer) -> None:
    portal = newcomer.portal
    portal.press_sync()
    page = portal.client.get(portal.path, headers=ENGLISH).text
    assert "Billing Synced!" in page
    assert "there was nothing to tell it" in (shown(newcomer.explains(page), "x.nothingSent") or "")


def test_a_recipient_without_a_mail(newcomer: Newcomer) -> None:
    newcomer.portal.loop.offer("friend@home.example")
    page = newcomer.follows("/inspector")
    row = shown(page, "x.verdictNotSent")
    assert row is not None
    assert "friend@home.example" in row


def test_a_gift_that_stays_sent(newcomer: Newcomer) -> None:
    loop = newcomer.portal.loop
    friend = Families(loop, "friend@home.example")
    loop.offer(friend.email)
    newcomer.portal.press_sync()
    friend.redeem().raise_for_status()
    row = shown(newcomer.follows("/inspector"), "x.verdictCloudAhead")
    assert row is not None
