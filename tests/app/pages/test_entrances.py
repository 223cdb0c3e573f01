"""Entrances: links that sign a browser in as anybody, asked for by control."""

from datetime import timedelta

import pytest

from common.domains.identity.entrances.service import LIFETIME
from selfhost.portal.login.rules import LINK_LIFETIME
from tests.support.harness import Side, Workshop
from tests.support.portal import ADMIN
from tests.support.visitor import Visitor


@pytest.fixture(params=["cloud", "selfhost"])
def side(request: pytest.FixtureRequest) -> Side:
    found: Side = request.getfixturevalue(request.param)
    return found


def way_in(side: Side, email: str) -> str:
    answer = side.client.post("/_sim/entrances", json={"email": email})
    answer.raise_for_status()
    return str(answer.json()["path"])


def test_an_entrance_signs_in_whoever_it_was_made_for(side: Side) -> None:
    side.sign_up("ann@example.com")
    side.sign_up("bob@example.com")
    browser = Visitor(side)
    for email in ("ann@example.com", "bob@example.com"):
        assert browser.submit(way_in(side, email), {}, "/enter").location == "/vault"
        assert email in browser.get("/vault").text


def test_looking_at_an_entrance_signs_nobody_in(side: Side) -> None:
    side.sign_up("ann@example.com")
    browser = Visitor(side)
    assert "ann@example.com" in browser.get(way_in(side, "ann@example.com")).text
    assert browser.get("/vault").status_code == 303


def test_an_entrance_closes_after_two_minutes_and_no_other_opens(side: Side) -> None:
    side.sign_up("ann@example.com")
    path = way_in(side, "ann@example.com")
    side.clock.advance(LIFETIME + timedelta(seconds=1))
    browser = Visitor(side)
    assert browser.get(path).status_code == 400
    assert browser.get("/enter?as=nonsense").status_code == 400
    assert browser.get("/vault").status_code == 303


def test_nobody_has_no_entrance(side: Side) -> None:
    assert side.client.post("/_sim/entrances", json={"email": "nobody@example.com"}).status_code == 404


def test_an_entrance_to_the_portal_is_the_mailed_link_without_the_mail(workshop: Workshop) -> None:
    portal = workshop.selfhost(adminSettings__admins=ADMIN)
    wanted = {"email": ADMIN, "path": "/admin/organizations"}
    path = portal.client.post("/_sim/portal/entrances", json=wanted).json()["path"]
    assert portal.client.post("/_sim/portal/entrances", json={"email": "x@example.com"}).status_code == 404
    browser = portal.new_client()
    assert browser.get(path, allow_redirects=False).headers["Location"] == "/admin/organizations"
    assert ADMIN in browser.get("/admin").text
    assert portal.mails == []
    portal.clock.advance(LINK_LIFETIME + timedelta(seconds=1))
    assert ADMIN not in portal.new_client().get(path).text
