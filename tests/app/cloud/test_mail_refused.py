"""Mails that somebody waits for, and a mail server that refuses some: nothing of a refused request is left."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.support.answers import ok
from tests.support.harness import Person, Side, Workshop
from tests.support.mail_server import MailServer, mail_server_of
from tests.support.scenarios import new_organization
from tests.support.statements import statements_of

THREE = [f"{name}@acme.example" for name in ("one", "two", "three")]


@pytest.fixture(params=["sqlite", "postgresql"])
def side(request: pytest.FixtureRequest, workshop: Workshop) -> Side:
    more = {"database_url": request.getfixturevalue("postgres_url")} if request.param == "postgresql" else {}
    return workshop.cloud(**more)


class Club:
    """An organization with two free seats."""

    def __init__(self, side: Side) -> None:
        self.owner = side.sign_up("owner@acme.example")
        organization = new_organization(self.owner)["id"]
        self.url = f"/api/organizations/{organization}"
        change = {"seatAdjustment": -8, "maxAutoscaleSeats": None}
        assert self.owner.api.post(f"{self.url}/subscription", json=change).status_code == 200

    def invite(self, *emails: str) -> Any:
        body = {"emails": list(emails), "type": 2, "collections": [], "groups": []}
        return self.owner.api.post(f"{self.url}/users/invite", json=body)

    def reinvite(self, *emails: str) -> Any:
        ids = [row["id"] for row in self.members() if row["email"] in emails]
        return self.owner.api.post(f"{self.url}/users/reinvite", json={"ids": ids})

    def members(self) -> list[dict[str, Any]]:
        return list(self.owner.api.get(f"{self.url}/users").json()["data"])

    def state(self) -> tuple[set[str], int]:
        """Who is a member besides the owner, and how many seats are paid for."""
        emails = {row["email"] for row in self.members()} - {self.owner.email}
        return emails, self.owner.api.get(self.url).json()["seats"]


@pytest.fixture
def club(side: Side) -> Club:
    return Club(side)


@pytest.fixture
def server(side: Side, club: Club) -> Iterator[MailServer]:
    with mail_server_of(side) as server:
        yield server


def test_refused_address_leaves_no_member_no_seat_and_no_mail(club: Club, server: MailServer) -> None:
    """Three addresses, the second refused; the mail server repaired, the same request does everything."""
    before = club.state()
    server.addresses = {THREE[1]}
    answer = club.invite(*THREE)
    assert answer.status_code == 400
    assert f"refuses {THREE[1]}: 550 no such mailbox" in answer.json()["message"]
    assert (club.state(), server.arrived) == (before, [])
    server.addresses = set()
    assert club.invite(*THREE).status_code == 200
    assert server.to() == THREE
    assert club.state() == (set(THREE), 4)
    assert server.connections == 2, "one for each request, however many mails"


def test_server_that_refuses_every_second_recipient(club: Club, server: MailServer) -> None:
    before = club.state()
    server.every = 2
    assert club.invite(*THREE).status_code == 400
    assert (club.state(), server.arrived) == (before, [])


def test_mail_refused_for_its_text_leaves_a_mail_too_many_and_no_member(club: Club, server: MailServer) -> None:
    before = club.state()
    server.spam = {THREE[1]}
    assert club.invite(*THREE).status_code == 400
    assert (club.state(), server.to()) == (before, THREE[:1])
    server.spam = set()
    assert club.invite(*THREE).status_code == 200
    assert server.to()[1:] == THREE


def test_reinviting_mails_all_or_none(club: Club, server: MailServer) -> None:
    assert club.invite(*THREE).status_code == 200
    server.arrived.clear()
    server.addresses = {THREE[2]}
    assert club.reinvite(*THREE).status_code == 400
    assert server.arrived == []
    server.addresses = set()
    assert club.reinvite(*THREE).status_code == 200
    assert sorted(server.to()) == sorted(THREE)


def test_dead_mail_server_keeps_the_invitation_for_the_retry(side: Side, club: Club) -> None:
    before = club.state()
    with mail_server_of(side):
        pass  # its port answers no more
    assert club.invite(*THREE).status_code == 400
    assert club.state() == before


def link_in(text: str) -> dict[str, str]:
    line = next(line for line in text.splitlines() if "/#/accept-organization?" in line)
    return {name: values[0] for name, values in parse_qs(line.split("?", 1)[1]).items()}


def test_two_requests_for_one_address_at_once(side: Side, club: Club, server: MailServer) -> None:
    """One member, and the newest mail leads there, whoever of the two was first."""
    guest = Person(side, "guest@acme.example", "aGFzaA==")
    together = threading.Barrier(2)

    def invite(_number: int) -> int:
        together.wait()
        return int(club.invite(guest.email).status_code)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(invite, range(2))) == [200, 200]
    (member,) = (row["id"] for row in club.members() if row["email"] == guest.email)
    assert set(server.to()) == {guest.email}
    assert link_in(server.arrived[-1][1])["organizationUserId"] == member


def test_invited_meanwhile_gets_a_link_that_works(side: Side, club: Club, server: MailServer) -> None:
    """While the first request's mails are on their way, a second one invites the same address."""
    ctx = side.app.extensions["wardenloop"]
    send_all = ctx.mailer.send_all

    def overtaken(mails: Any) -> None:
        ctx.mailer.send_all = send_all
        assert club.invite(THREE[0]).status_code == 200
        send_all(mails)

    ctx.mailer.send_all = overtaken
    assert club.invite(*THREE).status_code == 200
    assert club.state()[0] == set(THREE)
    ids = {row["email"]: row["id"] for row in club.members()}
    newest = dict(server.arrived)
    assert {email: link_in(text)["organizationUserId"] for email, text in newest.items()} == {
        email: ids[email] for email in THREE
    }


def test_nobody_waits_for_the_mail_server_with_a_lock(side: Side, club: Club) -> None:
    """While it thinks, somebody else signs up."""
    ctx = side.app.extensions["wardenloop"]
    done: list[str] = []

    def slow(_mails: Any) -> None:
        ctx.mailer.send_all = send_all
        with ThreadPoolExecutor(1) as pool:
            pool.submit(side.sign_up, "other@home.example").result(20)
        done.append("signed up")

    send_all, ctx.mailer.send_all = ctx.mailer.send_all, slow
    assert club.invite(*THREE).status_code == 200
    assert done == ["signed up"]


def test_code_that_cannot_be_mailed_replaces_none(side: Side, club: Club, server: MailServer) -> None:
    api = club.owner.api
    assert api.post("/api/accounts/request-otp").status_code == 200
    code = server.arrived[-1][1].split("code is ")[1].split()[0]
    server.addresses = {club.owner.email}
    assert api.post("/api/accounts/request-otp").status_code == 400
    assert api.post("/api/accounts/verify-otp", json={"otp": code}).status_code == 200


@pytest.mark.parametrize("count", [1, 5, 19])
def test_inviting_takes_the_same_number_of_statements(workshop: Workshop, count: int) -> None:
    club = Club(workshop.cloud())
    emails = [f"m{number}@acme.example" for number in range(count)]
    assert statements_of(club.owner.side, lambda: ok(club.invite(*emails))) <= 31  # two of them: what is on, the log


def test_confirming_takes_the_same_number_of_statements(workshop: Workshop) -> None:
    from tests.support.harness import WRAPPED_KEY

    side = workshop.cloud()
    club = Club(side)

    def confirm(email: str) -> int:
        assert club.invite(email).status_code == 200
        guest = side.sign_up(email)
        link = link_in(
            next(mail.text for mail in reversed(side.mails) if mail.to == email and "accept-org" in mail.text)
        )
        path = f"{club.url}/users/{link['organizationUserId']}"
        assert guest.api.post(f"{path}/accept", json={"token": link["token"]}).status_code == 200
        return statements_of(side, lambda: ok(club.owner.api.post(f"{path}/confirm", json={"key": WRAPPED_KEY})))

    few = confirm("first@acme.example")
    assert club.invite(*(f"m{number}@acme.example" for number in range(12))).status_code == 200
    assert confirm("last@acme.example") == few <= 16
    assert [mail.to for mail in side.mails if mail.category == "OrganizationUserConfirmed"] == [
        "first@acme.example",
        "last@acme.example",
    ]
