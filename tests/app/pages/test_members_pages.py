"""The people of an organization on pages: the list, inviting, accepting, confirming, roles, removing. On both apps."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.harness import WRAPPED_KEY, Pair, Person, Side
from tests.support.scenarios import create_from_license, download_license, new_organization
from tests.support.statements import statements
from tests.support.visitor import Visitor

OWNER, ADMIN, USER, CUSTOM = 0, 1, 2, 4
INVITED, ACCEPTED, CONFIRMED, REVOKED = 0, 1, 2, -1
BOB = "bob@acme.example"


@dataclass
class Club:
    """An organization, its owner, and the owner's browser."""

    side: Side
    owner: Person
    id: str

    def __post_init__(self) -> None:
        self.visitor = Visitor(self.side).log_in(self.owner)
        self.api = f"/api/organizations/{self.id}/users"
        self.page = f"/organizations/{self.id}/members"

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.owner.api.get(f"{self.api}?includeCollections=true").json()["data"]
        return found

    def row(self, email: str) -> dict[str, Any]:
        return next(row for row in self.rows() if row["email"] == email)

    def invite(self, emails: str, **more: Any) -> Any:
        return self.visitor.submit(f"{self.page}/invite", {"emails": emails, "type": str(USER)} | more, script=True)

    def link(self, email: str) -> str:
        """The page that the newest invitation leads to."""
        text = next(mail.text for mail in reversed(self.side.mails) if mail.to == email)
        return "/" + text.split("/#/")[1].splitlines()[0]

    def join(self, email: str, name: str = "Bob", kind: int = USER, **more: Any) -> Person:
        """A new account that becomes a confirmed member."""
        person = self.side.sign_up(email, name)
        assert self.invite(email, type=str(kind), **more).status_code == 200
        assert Visitor(self.side).log_in(person).get(self.link(email)).location == "/vault"
        member = self.row(email)["id"]
        assert self.visitor.submit(f"{self.page}/{member}/confirm", {"key": WRAPPED_KEY}).status_code == 303
        return person

    def settings(self, **changes: Any) -> None:
        assert self.side.client.post(f"/_sim/organizations/{self.id}", json=changes).status_code == 200


def on_cloud(request: pytest.FixtureRequest) -> Club:
    cloud: Side = request.getfixturevalue("cloud")
    owner = cloud.sign_up("olivia@acme.example", "Olivia <Owner>")
    return Club(cloud, owner, new_organization(owner, "Acme <Ltd>")["id"])


def on_instance(request: pytest.FixtureRequest) -> Club:
    pair: Pair = request.getfixturevalue("pair")
    twin = new_organization(pair.cloud_owner, "Acme <Ltd>", additionalSeats=3)["id"]
    license_file = download_license(pair.cloud_owner, twin, pair.installation["id"])
    return Club(pair.selfhost, pair.owner, str(create_from_license(pair.owner, license_file)["id"]))


@pytest.fixture(params=[on_cloud, on_instance], ids=["cloud", "selfhost"])
def club(request: pytest.FixtureRequest) -> Club:
    make: Callable[[pytest.FixtureRequest], Club] = request.param
    return make(request)


@pytest.fixture
def cloud_club(request: pytest.FixtureRequest) -> Club:
    return on_cloud(request)


@pytest.fixture
def instance_club(request: pytest.FixtureRequest) -> Club:
    return on_instance(request)


def states(page: str) -> list[str]:
    """The states in the list, by name of the state."""
    table = page.split("<tbody>")[1] if "<tbody>" in page else ""
    return sorted(re.findall(r'data-state="(\w+)"', table))


def test_somebody_becomes_a_member_by_invitation_and_confirmation(club: Club) -> None:
    assert club.invite(BOB).json == {"location": club.page}
    page = club.visitor.get(club.page).text
    assert ("User(s) invited" in page, states(page)) == (True, ["confirmed", "invited"])
    bob = club.side.sign_up(BOB, "Bob <b>")
    visitor = Visitor(club.side).log_in(bob)
    assert visitor.get(club.link(BOB)).location == "/vault"
    assert "Invitation accepted" in visitor.get("/vault").text
    page = club.visitor.get(club.page).text
    assert ("Bob &lt;b&gt;" in page, states(page)) == (True, ["accepted", "confirmed"])
    member = club.row(BOB)["id"]
    asked = club.visitor.get(f"{club.page}/{member}/confirm").text
    assert f'data-organization-key="{WRAPPED_KEY}"' in asked
    assert 'data-prepare="confirm-member"' in asked
    assert club.visitor.submit(f"{club.page}/{member}/confirm", {"key": WRAPPED_KEY}).location == club.page
    page = club.visitor.get(club.page).text
    assert ("Bob &lt;b&gt; confirmed." in page, states(page)) == (True, ["confirmed", "confirmed"])
    assert bob.api.get("/api/accounts/profile").json()["organizations"][0]["status"] == CONFIRMED


def test_members_are_filtered_and_found(club: Club) -> None:
    club.join(BOB)
    club.invite("carol@acme.example")
    chips = dict(
        re.findall(
            r'data-testid="(\w+)">[^<]+<span class="ms-1" data-state="count">(\d+)', club.visitor.get(club.page).text
        )
    )
    assert chips == {"all": "3", "invited": "1", "accepted": "0", "revoked": "0"}
    assert states(club.visitor.get(f"{club.page}?status=invited").text) == ["invited"]
    assert states(club.visitor.get(f"{club.page}?search=BOB").text) == ["confirmed"]
    nobody = club.visitor.get(f"{club.page}?search=%3Ci%3E&status=accepted").text
    assert ("There are no members to list." in nobody, 'value="&lt;i&gt;"' in nobody) == (True, True)
    club.visitor.submit(club.page, {}, action=f"{club.page}/{club.row(BOB)['id']}/revoke")
    assert states(club.visitor.get(f"{club.page}?status=revoked").text) == ["revoked"]
    assert "revoked" not in states(club.visitor.get(club.page).text)


def test_members_are_listed_by_name(club: Club) -> None:
    club.join("zoe@acme.example", "adam")
    club.invite(BOB)
    rows = re.findall(r'data-label="Name"><span class="text-break">([^<]+)<', club.visitor.get(club.page).text)
    assert rows[:2] == ["adam", BOB]


def test_an_invitation_is_sent_again(club: Club) -> None:
    club.invite(BOB)
    sent = len(club.side.mails)
    action = f"{club.page}/{club.row(BOB)['id']}/reinvite"
    assert club.visitor.submit(club.page, {}, action=action).location == club.page
    assert [mail.to for mail in club.side.mails[sent:]] == [BOB]
    assert f"{BOB} reinvited" in club.visitor.get(club.page).text


@pytest.mark.parametrize(
    ("emails", "text"),
    [
        ("", "An email is required."),
        ("nobody", "Email #1 is not valid."),
        (
            ", ".join(f"m{number}@acme.example" for number in range(21)),
            "You can only submit up to 20 emails at a time.",
        ),
    ],
)
def test_addresses_that_cannot_be_invited_are_told(cloud_club: Club, emails: str, text: str) -> None:
    answer = cloud_club.invite(emails)
    assert (answer.status_code, answer.json["message"], answer.json["fields"]) == (400, text, {"emails": [text]})


def test_a_role_has_to_be_chosen(cloud_club: Club) -> None:
    answer = cloud_club.invite(BOB, type="7")
    assert (answer.status_code, list(answer.json["fields"])) == (400, ["type"])


def test_a_full_instance_says_where_seats_come_from(instance_club: Club) -> None:
    club = instance_club
    assert 'data-state="free"' in club.visitor.get(club.page).text
    club.invite(f"{BOB}, carol@acme.example")
    page = club.visitor.get(club.page).text
    assert 'data-testid="x.licenseSeats" data-state="full">Seats: <strong>3 / 3</strong>' in page
    assert "Add seats on the cloud, then sync the license" in page
    refused = club.invite("dan@acme.example")
    assert refused.json["message"] == "Cannot autoscale on self-hosted instance."


def test_the_cloud_buys_the_seat_that_is_missing(cloud_club: Club) -> None:
    club = cloud_club
    club.settings(seats=1)
    assert 'data-state="full">Seats: <strong>1 / 1</strong>' in club.visitor.get(club.page).text
    assert club.invite(BOB).status_code == 200
    assert "Seats: <strong>2 / 2</strong>" in club.visitor.get(club.page).text


def test_a_role_is_changed_and_collections_stay(club: Club) -> None:
    club.join(BOB)
    row = club.row(BOB)
    collection = club.owner.api.get(f"/api/organizations/{club.id}/collections").json()["data"][0]["id"]
    access = [{"id": collection, "readOnly": True, "hidePasswords": False, "manage": False}]
    club.owner.api.put(f"{club.api}/{row['id']}", json={"type": USER, "collections": access, "groups": []})
    page = f"{club.page}/{row['id']}/role"
    assert 'value="2"' in club.visitor.get(page).text
    answer = club.visitor.submit(page, {"type": str(CUSTOM), "manageUsers": "true"})
    assert answer.location == club.page
    changed = club.row(BOB)
    assert (changed["type"], changed["collections"]) == (CUSTOM, access)
    assert [name for name, granted in changed["permissions"].items() if granted] == ["manageUsers"]


def test_the_last_owner_stays_owner(club: Club) -> None:
    page = f"{club.page}/{club.row(club.owner.email)['id']}/role"
    answer = club.visitor.submit(page, {"type": str(USER)}, script=True)
    assert answer.json["message"] == "Organization must have at least one confirmed owner."


def test_a_member_is_removed_after_a_question(club: Club) -> None:
    bob = club.join(BOB, "Bob <b>")
    page = f"{club.page}/{club.row(BOB)['id']}/remove"
    asked = club.visitor.get(page).text
    assert ("Remove this member?" in asked, "Bob &lt;b&gt; loses access" in asked) == (True, True)
    assert club.visitor.submit(page, {}).location == club.page
    assert "Removed user Bob &lt;b&gt;." in club.visitor.get(club.page).text
    assert [row["email"] for row in club.rows()] == [club.owner.email]
    assert Visitor(club.side).log_in(bob).get(club.page).status_code == 404


def test_a_suspended_member_loses_access_and_gets_it_back(club: Club) -> None:
    bob = club.join(BOB)
    actions = f"{club.page}/{club.row(BOB)['id']}"
    assert club.visitor.submit(club.page, {}, action=f"{actions}/revoke").location == club.page
    assert "Access of Bob revoked. The seat is free." in club.visitor.get(club.page).text
    assert club.row(BOB)["status"] == REVOKED
    revoked = f"{club.page}?status=revoked"
    assert club.visitor.submit(revoked, {}, action=f"{actions}/restore").location == club.page
    assert club.row(BOB)["status"] == CONFIRMED
    assert bob.api.get("/api/accounts/profile").json()["organizations"][0]["id"] == club.id


def test_nobody_removes_the_own_place(club: Club) -> None:
    member = club.row(club.owner.email)["id"]
    assert f"/{member}/remove" not in club.visitor.get(club.page).text
    answer = club.visitor.submit(f"{club.page}/{member}/remove", {}, script=True)
    assert answer.json["message"] == "You cannot remove yourself."


def test_only_those_who_manage_users_see_them(club: Club) -> None:
    visitor = Visitor(club.side).log_in(club.join(BOB))
    member = club.row(BOB)["id"]
    for path in ("", "/invite", f"/{member}/role", f"/{member}/remove", f"/{member}/confirm"):
        assert visitor.get(club.page + path).status_code == 404
    assert f"/organizations/{club.id}" not in visitor.get("/vault").text


def test_a_custom_member_gives_only_what_it_has(cloud_club: Club) -> None:
    club = cloud_club
    visitor = Visitor(club.side).log_in(club.join(BOB, kind=CUSTOM, manageUsers="true"))
    page = visitor.get(f"{club.page}/invite").text
    assert re.findall(r'name="type" value="(\d)"', page) == [str(USER), str(CUSTOM)]
    assert re.findall(r'type="checkbox" id="\w+" name="(\w+)"', page) == ["manageUsers"]
    fields = {"emails": "carol@acme.example", "type": str(CUSTOM), "manageUsers": "true", "managePolicies": "true"}
    assert visitor.submit(f"{club.page}/invite", fields).status_code == 303
    granted = club.row("carol@acme.example")["permissions"]
    assert [name for name, value in granted.items() if value] == ["manageUsers"]
    refused = visitor.submit(
        f"{club.page}/invite", fields | {"emails": "dan@acme.example", "type": str(OWNER)}, script=True
    )
    assert refused.json["message"] == "Only an Owner can configure another Owner's account."


def test_a_suspended_organization_is_open_to_its_owners_only(cloud_club: Club) -> None:
    club = cloud_club
    admin = Visitor(club.side).log_in(club.join(BOB, kind=ADMIN))
    assert admin.get(club.page).status_code == 200
    club.settings(enabled=False)
    assert admin.get(club.page).status_code == 404
    vault = admin.get("/vault").text
    assert "Acme &lt;Ltd&gt; is suspended" in vault
    assert "Items of a suspended organization cannot be opened. Contact an owner." in vault
    assert club.visitor.get(club.page).status_code == 200


def test_an_invitation_shows_the_ways_in_to_those_who_are_not(club: Club) -> None:
    club.invite(BOB)
    page = Visitor(club.side, "zh-CN").get(club.link(BOB)).text
    assert ("加入组织" in page, "Acme &lt;Ltd&gt;" in page, BOB in page) == (True, True, True)
    login = re.search(r'href="(/login\?[^"]+)"', page)
    assert login is not None
    bob = club.side.sign_up(BOB)
    visitor = Visitor(club.side)
    fields = {"email": BOB, "masterPasswordHash": bob.password_hash}
    led = visitor.submit(login[1].replace("&amp;", "&"), fields).location
    assert visitor.get(led).location == "/vault"
    assert club.row(BOB)["status"] == ACCEPTED


def test_an_invitation_that_cannot_be_accepted_says_why(club: Club) -> None:
    club.invite(BOB)
    eve = club.side.sign_up("eve@example.com")
    answer = Visitor(club.side, "zh-CN").log_in(eve).get(club.link(BOB))
    assert answer.status_code == 400
    assert "无法接受邀请。" in answer.text
    assert "User email does not match invite." in answer.text
    assert club.row(BOB)["status"] == INVITED
    assert Visitor(club.side).log_in(eve).get("/accept-organization").status_code == 400


def test_the_list_costs_the_same_statements_however_long_it_is(cloud_club: Club) -> None:
    def cost() -> int:
        with statements(cloud_club.side) as found:
            assert cloud_club.visitor.get(cloud_club.page).status_code == 200
        return len(found)

    few = cost()
    cloud_club.join(BOB)
    cloud_club.invite(", ".join(f"m{number}@acme.example" for number in range(7)))
    assert cost() == few
