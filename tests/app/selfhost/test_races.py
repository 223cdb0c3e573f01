"""The same thing done several times at once to an instance, on both engines: nothing acknowledged is lost, whoever
comes too late is told so in the wire's own words, nobody meets a 500, and disk and database agree."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from common.clock import ManualClock
from common.crypto.certificates import load_or_create
from common.domains.organizations.models import Member, Organization, Policy
from common.domains.sponsorships.models import OrganizationSponsorship
from common.enums import MemberStatus, MemberType
from common.server.transaction import db
from selfhost.billing_sync.models import OrganizationConnection
from tests.support.harness import START, WRAPPED_KEY, Api, Person, Side, Workshop
from tests.support.plugins.licensing import Account, Smith, Vaults, upload
from tests.support.plugins.postgres import new_database
from tests.support.races import Call, at_once, messages, statuses
from tests.support.shelf import Shelf
from tests.support.sponsorships import SELF_HOSTED

TIMES = 4
PASSWORD = "aGFzaA=="
LICENSES = "/api/organizations/licenses/self-hosted"
CONNECTIONS = "/api/organizations/connections"
KEYS = ("0123456789abcdefghijABCDEFGHIJ", "ABCDEFGHIJ0123456789abcdefghij")


@dataclass
class Somebody:
    """As much of a person as the races need."""

    side: Side
    id: UUID
    email: str
    api: Api

    def twice(self, *calls: Call) -> Any:
        """The answers to all of these at once."""
        return at_once(*[(cast(Person, self), call) for call in calls])


class World:
    """One instance for the whole module; every test has people and an organization of its own."""

    def __init__(self, workshop: Workshop, **settings: str) -> None:
        self.side = workshop.selfhost(globalSettings__enableCloudCommunication="true", **settings)
        self.vaults = Vaults(self.side)
        self.smith = Smith(load_or_create(workshop.certificate_dir), workshop.clock)
        self.people = 0

    def person(self) -> Somebody:
        self.people += 1
        hashed = self.side.app.extensions["wardenloop"].passwords.hash(PASSWORD)
        made: Account = self.vaults.account(f"person{self.people}@races.example", master_password_hash=hashed)
        return Somebody(self.side, made.id, made.email, made.api)

    def license(self, organization: "Acme | None" = None, **changes: Any) -> bytes:
        key = organization.key if organization else f"key-of-{uuid4()}"
        return self.smith.organization(**{"license_key": key} | changes)

    def rows(self, table: type[Any], **values: Any) -> list[Any]:
        with self.side.app.app_context():
            return list(db.session.scalars(sa.select(table).filter_by(**values)))


class Acme:
    """An Enterprise organization made of a licence of its own."""

    def __init__(self, world: World, seats: int = 10) -> None:
        self.world, self.owner, self.key = world, world.person(), f"key-of-{uuid4()}"
        content = world.license(self, id=uuid4(), seats=seats)
        answer = upload(cast(Account, self.owner), LICENSES, content, key="4.k")
        assert answer.status_code == 200, answer.text
        self.id = UUID(answer.json()["id"])
        self.path = f"/api/organizations/{self.id}"

    def join(self, status: int = MemberStatus.CONFIRMED) -> Somebody:
        person, now = self.world.person(), self.world.side.clock.now()
        self.world.vaults.add(
            Member(
                id=uuid4(),
                organization_id=self.id,
                user_id=person.id,
                type=MemberType.USER,
                status=status,
                creation_date=now,
                revision_date=now,
            )
        )
        return person

    def rows(self, table: type[Any], **values: Any) -> list[Any]:
        return self.world.rows(table, organization_id=self.id, **values)

    def offers(self) -> list[Any]:
        return self.world.rows(OrganizationSponsorship, sponsoring_organization_id=self.id)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, shelf: Shelf) -> Iterator[World]:
    with closing(Workshop(shelf, ManualClock(START))) as workshop:
        if request.param == "sqlite":
            yield World(workshop)
        else:
            url = new_database(request.getfixturevalue("postgres_cluster"))
            yield World(workshop, wardenloop__databaseUrl=url)


@pytest.fixture
def acme(world: World) -> Acme:
    return Acme(world)


def post(path: str, body: Any = None) -> Call:
    return lambda api: api.post(path, json={} if body is None else body)


def put(path: str, body: Any = None) -> Call:
    return lambda api: api.put(path, json={} if body is None else body)


def delete(path: str) -> Call:
    return lambda api: api.delete(path)


def sent(path: str, content: bytes) -> Call:
    return lambda api: upload(Account(uuid4(), "", api), path, content)


# --- licences, settings


def test_a_license_is_renewed_while_people_are_invited(world: World, acme: Acme) -> None:
    fewer = sent(f"{LICENSES}/{acme.id}", world.license(acme, seats=2))
    invitations = [post(f"{acme.path}/users/invite", {"emails": [f"a{n}@b.example"], "type": 2}) for n in range(TIMES)]
    answers = acme.owner.twice(fewer, *invitations)
    assert set(statuses(answers)) <= {200, 400}
    seats = world.vaults.organization(acme.id).seats
    assert len(acme.rows(Member)) <= (seats or 0)
    assert world.vaults.on_disk(acme.id)["Seats"] == seats


def test_premium_comes_once(world: World) -> None:
    person = world.person()
    content = world.smith.user(person.email)
    answers = person.twice(*[sent("/api/account/billing/vnext/self-host/license", content)] * TIMES)
    assert statuses(answers) == [200] + [400] * (TIMES - 1)
    assert messages(answers) == {"Already a premium user."}
    assert world.vaults.user(person.id).premium


def test_premium_is_what_the_license_on_the_disk_says(world: World) -> None:
    person = world.person()
    contents = [world.smith.user(person.email, license_key=f"key-{number}") for number in range(TIMES)]
    answers = person.twice(*[sent("/api/accounts/license", content) for content in contents])
    assert statuses(answers) == [200] * TIMES
    written = world.vaults.on_disk(person.id, "user")
    assert world.vaults.user(person.id).license_key == written["LicenseKey"]


def test_settings_are_those_of_one_request(world: World, acme: Acme) -> None:
    names = ("limitCollectionCreation", "limitCollectionDeletion", "limitItemDeletion")
    bodies = [
        dict.fromkeys(names, number % 2 == 0) | {"allowAdminAccessToAllCollectionItems": True}
        for number in range(TIMES)
    ]
    answers = acme.owner.twice(*[put(f"{acme.path}/collection-management", body) for body in bodies])
    assert statuses(answers) == [200] * TIMES
    row = world.vaults.organization(acme.id)
    assert row.limit_collection_creation == row.limit_collection_deletion == row.limit_item_deletion


def test_keys_and_policies_are_made_once(world: World, acme: Acme) -> None:
    answers = acme.owner.twice(*[put(f"{acme.path}/policies/3", {"policy": {"enabled": True}})] * TIMES)
    assert statuses(answers) == [200] * TIMES
    assert len(acme.rows(Policy, type=3)) == 1
    keys = [post(f"{acme.path}/keys", {"publicKey": f"pub{n}", "encryptedPrivateKey": f"2.{n}"}) for n in range(TIMES)]
    answers = acme.owner.twice(*keys)
    assert statuses(answers) == [200] + [400] * (TIMES - 1)
    filled = [(each.json()["publicKey"], each.json()["privateKey"]) for each in answers if each.status_code == 200]
    row = world.vaults.organization(acme.id)
    assert filled == [(row.public_key, row.private_key)]


# --- members


def test_the_last_seat_is_taken_once(world: World) -> None:
    acme = Acme(world, seats=2)
    calls = [post(f"{acme.path}/users/invite", {"emails": [f"a{n}@b.example"], "type": 2}) for n in range(3)]
    answers = acme.owner.twice(*calls)
    assert statuses(answers) == [200, 400, 400]
    assert messages(answers) == {"Cannot autoscale on self-hosted instance."}
    assert len(acme.rows(Member)) == 2


def test_an_address_is_invited_once(acme: Acme) -> None:
    invite = post(f"{acme.path}/users/invite", {"emails": ["friend@b.example"], "type": 2})
    assert statuses(acme.owner.twice(*[invite] * TIMES)) == [200] * TIMES
    assert len(acme.rows(Member, email="friend@b.example")) == 1


def test_a_member_is_confirmed_once_and_may_be_removed_meanwhile(acme: Acme) -> None:
    person = acme.join(MemberStatus.ACCEPTED)
    [member] = acme.rows(Member, user_id=person.id)
    path = f"{acme.path}/users/{member.id}"
    confirm = post(f"{path}/confirm", {"key": WRAPPED_KEY})
    answers = acme.owner.twice(confirm, confirm, confirm)
    assert statuses(answers) == [200, 400, 400]
    answers = acme.owner.twice(delete(path), put(f"{path}/revoke"), delete(path), put(f"{path}/restore"))
    assert set(statuses(answers)) <= {200, 400, 404}
    assert acme.rows(Member, user_id=person.id) == []


# --- connections, offers


def connection(acme: Acme, key: str = KEYS[0]) -> dict[str, Any]:
    return {"type": 1, "organizationId": str(acme.id), "enabled": True, "config": {"billingSyncKey": key}}


def test_a_connection_is_made_once(acme: Acme) -> None:
    answers = acme.owner.twice(*[post(CONNECTIONS, connection(acme))] * TIMES)
    assert statuses(answers) == [200] + [400] * (TIMES - 1)
    assert len(acme.rows(OrganizationConnection)) == 1


def test_a_connection_is_changed_while_it_goes(acme: Acme) -> None:
    made = acme.owner.api.post(CONNECTIONS, json=connection(acme)).json()["id"]
    path = f"{CONNECTIONS}/{made}"
    changes = [put(path, connection(acme, key)) for key in KEYS]
    assert statuses(acme.owner.twice(*changes)) == [200, 200]
    answers = acme.owner.twice(changes[0], delete(path), changes[1], delete(path))
    assert set(statuses(answers)) <= {200, 400, 404}
    assert acme.rows(OrganizationConnection) == []


def offer(acme: Acme, name: str) -> Call:
    body = {"planSponsorshipType": 0, "sponsoredEmail": name, "friendlyName": name}
    return post(f"{SELF_HOSTED}/{acme.id}/families-for-enterprise", body)


def test_two_offers_at_once_are_what_two_in_turn_are(acme: Acme) -> None:
    patient, hasty = acme.join(), acme.join()
    in_turn = [offer(acme, name)(patient.api).status_code for name in ("a@home.example", "b@home.example")]
    at_the_same_time = hasty.twice(offer(acme, "a@home.example"), offer(acme, "b@home.example"))
    assert statuses(at_the_same_time) == sorted(in_turn)
    of_whom = [row.sponsoring_organization_user_id for row in acme.offers()]
    assert len(of_whom) == 2 * len(set(of_whom)) or len(of_whom) == len(set(of_whom)) == 2


def test_an_offer_is_taken_back_once(acme: Acme) -> None:
    person = acme.join()
    assert offer(acme, "friend@home.example")(person.api).status_code == 200
    answers = person.twice(*[delete(f"{SELF_HOSTED}/{acme.id}")] * TIMES)
    assert set(statuses(answers)) <= {200, 400, 404} and 200 in statuses(answers)
    assert acme.offers() == []


# --- the end


def test_what_is_done_to_an_organization_that_is_deleted(world: World, acme: Acme) -> None:
    renew = sent(f"{LICENSES}/{acme.id}", world.license(acme, seats=20))
    gone = post(f"{acme.path}/delete", {"masterPasswordHash": PASSWORD})
    answers = acme.owner.twice(renew, gone, renew, gone, post(CONNECTIONS, connection(acme)))
    assert set(statuses(answers)) <= {200, 400, 403, 404}
    assert (world.rows(Organization, id=acme.id), acme.rows(OrganizationConnection)) == ([], [])
    assert not world.vaults.file(acme.id).exists()
