"""The same thing done several times at once, on both engines: nothing acknowledged is lost, whoever comes too late is
told so in the wire's own words, and nobody meets a 500."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
import sqlalchemy as sa

from cloud_sim.providers.models import ProviderOrganization
from cloud_sim.subscriptions.models import Subscription
from common.clock import ManualClock
from common.crypto import totp
from common.domains.accounts.models import User
from common.domains.identity.models import Device
from common.domains.organizations.models import Collection, Member, Organization, OrganizationApiKey, Policy
from common.domains.organizations.service import lock_organizations
from common.server.transaction import db
from tests.support.harness import ENC_STRING, PUBLIC_KEY, START, WRAPPED_KEY, Api, Person, Workshop
from tests.support.plugins.postgres import new_database
from tests.support.races import Call, at_once, client_of, messages, statuses
from tests.support.scenarios import PREMIUM, new_organization
from tests.support.shelf import Shelf

TIMES = 5
FREE, FAMILIES, ENTERPRISE = 0, 22, 20


class World:
    """One cloud for the whole module; every test has people and organizations of its own."""

    def __init__(self, workshop: Workshop, **settings: Any) -> None:
        self.cloud = workshop.cloud(**settings)
        self.people = 0

    def person(self) -> Person:
        self.people += 1
        return self.cloud.sign_up(f"person{self.people}@races.example")

    def organization(self, owner: Person, **more: Any) -> str:
        return str(new_organization(owner, **more)["id"])

    def rows(self, table: type[Any], **values: Any) -> list[Any]:
        with self.cloud.app.app_context():
            return list(db.session.scalars(sa.select(table).filter_by(**values)))

    def member(self, owner: Person, organization: str, kind: int = 2, steps: int = 3) -> tuple[Person, str]:
        """Somebody who was invited (1), has accepted (2), is confirmed (3); the person and the member's id."""
        person = self.person()
        base = f"/api/organizations/{organization}/users"
        ok(owner.api.post(f"{base}/invite", json={"emails": [person.email], "type": kind}))
        [row] = self.rows(Member, organization_id=UUID(organization), email=person.email)
        if steps > 1:
            ok(accept(row.id, organization, self.link(person))(person.api))
        if steps > 2:
            ok(owner.api.post(f"{base}/{row.id}/confirm", json={"key": WRAPPED_KEY}))
        return person, str(row.id)

    def link(self, person: Person) -> str:
        text = next(
            mail.text for mail in reversed(self.cloud.mails) if mail.to == person.email and "token=" in mail.text
        )
        return text.split("token=")[1].split("&")[0].split()[0]


def accept(member_id: object, organization: str, token: str) -> Call:
    path = f"/api/organizations/{organization}/users/{member_id}/accept"
    return lambda api: api.post(path, json={"token": unquote(token)})


def ok(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer


def post(path: str, body: Any = None) -> Call:
    return lambda api: api.post(path, json={} if body is None else body)


def put(path: str, body: Any = None) -> Call:
    return lambda api: api.put(path, json={} if body is None else body)


def delete(path: str, body: Any = None) -> Call:
    return lambda api: api.delete(path, json=body)


def of(organization: str) -> str:
    return f"/api/organizations/{organization}"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, shelf: Shelf) -> Iterator[World]:
    with closing(Workshop(shelf, ManualClock(START))) as workshop:
        if request.param == "sqlite":
            yield World(workshop)
        else:
            yield World(workshop, database_url=new_database(request.getfixturevalue("postgres_cluster")))


@pytest.fixture
def owner(world: World) -> Person:
    return world.person()


@pytest.fixture
def acme(world: World, owner: Person) -> str:
    return world.organization(owner)


# --- seats, plans, premium


def test_every_seat_that_is_paid_for_is_there(world: World, owner: Person, acme: str) -> None:
    answers = at_once(*[(owner, post(f"{of(acme)}/seat", {"seatAdjustment": 1}))] * TIMES)
    assert statuses(answers) == [200] * TIMES
    [organization], [subscription] = (
        world.rows(Organization, id=UUID(acme)),
        world.rows(Subscription, organization_id=UUID(acme)),
    )
    assert organization.seats == subscription.seats == 10 + TIMES


def test_seats_grow_with_the_people_who_are_invited(world: World, owner: Person) -> None:
    organization = world.organization(owner, additionalSeats=1)
    invite = f"{of(organization)}/users/invite"
    calls = [(owner, post(invite, {"emails": [f"a{number}@b.example"], "type": 2})) for number in range(TIMES)]
    assert statuses(at_once(*calls)) == [200] * TIMES
    assert len(world.rows(Member, organization_id=UUID(organization))) == 1 + TIMES
    assert world.rows(Organization, id=UUID(organization))[0].seats == 1 + TIMES


def test_the_last_seat_is_taken_once(world: World, owner: Person) -> None:
    organization = world.organization(owner, plan_type=FREE, additionalSeats=0)
    invite = f"{of(organization)}/users/invite"
    calls = [(owner, post(invite, {"emails": [f"a{number}@b.example"], "type": 2})) for number in range(3)]
    answers = at_once(*calls)
    assert statuses(answers) == [200, 400, 400]
    assert len(world.rows(Member, organization_id=UUID(organization))) == 2


def test_a_freed_seat_is_given_to_one_who_comes_back(world: World, owner: Person) -> None:
    organization = world.organization(owner, plan_type=FREE, additionalSeats=0)
    users = f"{of(organization)}/users"
    _, first = world.member(owner, organization)
    ok(owner.api.put(f"{users}/{first}/revoke"))
    _, second = world.member(owner, organization)
    ok(owner.api.put(f"{users}/{second}/revoke"))
    answers = at_once((owner, put(f"{users}/{first}/restore")), (owner, put(f"{users}/{second}/restore")))
    assert statuses(answers) == [200, 400]


def test_an_upgrade_happens_once(world: World, owner: Person) -> None:
    organization = world.organization(owner, plan_type=FREE, additionalSeats=0)
    upgrade = post(f"{of(organization)}/upgrade", {"planType": ENTERPRISE, "additionalSeats": 5})
    answers = at_once(*[(owner, upgrade)] * 4)
    assert statuses(answers) == [200, 400, 400, 400]
    assert messages(answers) == {"Organization is already on this plan."}
    assert len(world.rows(Subscription, organization_id=UUID(organization))) == 1


def test_premium_is_bought_once(world: World, owner: Person) -> None:
    answers = at_once(*[(owner, post("/api/account/billing/vnext/subscription", PREMIUM))] * TIMES)
    assert statuses(answers) == [200] + [400] * (TIMES - 1)
    assert messages(answers) == {"Already a premium user."}
    assert len(world.rows(Subscription, user_id=UUID(owner.user_id))) == 1


def test_a_subscription_is_cancelled_and_taken_up_again(world: World, owner: Person, acme: str) -> None:
    calls = [(owner, post(f"{of(acme)}/{what}")) for what in ("cancel", "reinstate", "cancel", "reinstate")]
    answers = at_once(*calls)
    assert set(statuses(answers)) <= {200, 400, 500}
    over = "Something went wrong with your request. Please contact support."  # as when its end is planned already
    assert messages([each for each in answers if each.status_code == 500]) <= {over}


def test_one_free_organization_for_each_administrator(world: World, owner: Person) -> None:
    def found(api: Api) -> Any:
        return api.post("/api/organizations", json=BODY | {"billingEmail": owner.email})

    answers = at_once(*[(owner, found)] * 3)
    assert statuses(answers) == [200, 400, 400]
    assert messages(answers) == {"You can only be an admin of 1 free organization vault."}


BODY = {
    "name": "Free",
    "planType": FREE,
    "key": WRAPPED_KEY,
    "keys": {"publicKey": PUBLIC_KEY, "encryptedPrivateKey": ENC_STRING},
    "collectionName": ENC_STRING,
}


# --- members


def test_an_address_is_invited_once(world: World, owner: Person, acme: str) -> None:
    invite = post(f"{of(acme)}/users/invite", {"emails": ["friend@b.example"], "type": 2})
    assert statuses(at_once(*[(owner, invite)] * TIMES)) == [200] * TIMES
    assert len(world.rows(Member, organization_id=UUID(acme), email="friend@b.example")) == 1


def test_an_invitation_is_accepted_once(world: World, owner: Person, acme: str) -> None:
    person, member_id = world.member(owner, acme, steps=1)
    answers = at_once(*[(person, accept(member_id, acme, world.link(person)))] * 4)
    assert statuses(answers) == [200, 400, 400, 400]


def test_a_member_is_confirmed_once(world: World, owner: Person, acme: str) -> None:
    person, member_id = world.member(owner, acme, steps=2)
    before = len(world.cloud.mails)
    confirm = post(f"{of(acme)}/users/{member_id}/confirm", {"key": WRAPPED_KEY})
    answers = at_once(*[(owner, confirm)] * 4)
    assert statuses(answers) == [200, 400, 400, 400]
    assert messages(answers) == {"User not valid."}
    assert [mail.to for mail in world.cloud.mails[before:]] == [person.email]


def test_one_of_two_owners_stays(world: World, owner: Person, acme: str) -> None:
    other, _ = world.member(owner, acme, kind=0)
    answers = at_once((owner, post(f"{of(acme)}/leave")), (other, post(f"{of(acme)}/leave")))
    assert statuses(answers) == [200, 400]
    assert len(world.rows(Member, organization_id=UUID(acme))) == 1


def test_an_owner_stays_when_the_other_deletes_the_account(world: World, owner: Person, acme: str) -> None:
    other, _ = world.member(owner, acme, kind=0)
    away = delete("/api/accounts", {"masterPasswordHash": other.password_hash})
    answers = at_once((owner, post(f"{of(acme)}/leave")), (other, away))
    assert statuses(answers) == [200, 400]
    assert len(world.rows(Member, organization_id=UUID(acme))) == 1


def test_what_is_done_to_a_member_who_is_removed(world: World, owner: Person, acme: str) -> None:
    _, member_id = world.member(owner, acme)
    path = f"{of(acme)}/users/{member_id}"
    role: dict[str, Any] = {
        "type": 2,
        "permissions": None,
        "collections": [],
        "groups": [],
        "accessSecretsManager": False,
    }
    calls = [delete(path), put(path, role), put(f"{path}/revoke"), delete(path), put(f"{path}/restore")]
    assert set(statuses(at_once(*[(owner, call) for call in calls]))) <= {200, 400, 404}
    assert world.rows(Member, id=UUID(member_id)) == []


def test_what_is_done_to_an_organization_that_is_deleted(world: World, owner: Person, acme: str) -> None:
    gone = delete(of(acme), {"masterPasswordHash": owner.password_hash})
    calls = [
        post(f"{of(acme)}/users/invite", {"emails": ["x@b.example"], "type": 2}),
        gone,
        put(f"{of(acme)}/policies/3", {"policy": {"enabled": True}}),
        post(f"{of(acme)}/collections", {"name": ENC_STRING}),
        post(f"{of(acme)}/seat", {"seatAdjustment": 1}),
        gone,
    ]
    answers = at_once(*[(owner, call) for call in calls])
    assert set(statuses(answers)) <= {200, 403, 404}  # nobody has a place in it any more, or it is not found
    assert world.rows(Organization, id=UUID(acme)) == []


# --- what belongs to an organization


def test_a_key_is_made_once(world: World, owner: Person, acme: str) -> None:
    show = post(f"{of(acme)}/api-key", {"type": 1, "masterPasswordHash": owner.password_hash})
    answers = at_once(*[(owner, show)] * TIMES)
    assert statuses(answers) == [200] * TIMES
    assert len({answer.json()["apiKey"] for answer in answers}) == 1


def test_the_key_in_force_is_one_that_was_answered(world: World, owner: Person, acme: str) -> None:
    rotate = post(f"{of(acme)}/rotate-api-key", {"type": 1, "masterPasswordHash": owner.password_hash})
    answers = at_once(*[(owner, rotate)] * 3)
    assert statuses(answers) == [200] * 3
    [stored] = world.rows(OrganizationApiKey, organization_id=UUID(acme), type=1)
    assert stored.api_key in {answer.json()["apiKey"] for answer in answers}


def test_a_policy_is_set_for_the_first_time(world: World, owner: Person, acme: str) -> None:
    answers = at_once(*[(owner, put(f"{of(acme)}/policies/3", {"policy": {"enabled": True}}))] * TIMES)
    assert statuses(answers) == [200] * TIMES
    assert len(world.rows(Policy, organization_id=UUID(acme), type=3)) == 1


def test_no_more_collections_than_the_plan_has(world: World, owner: Person) -> None:
    organization = world.organization(owner, plan_type=FREE, additionalSeats=0)
    answers = at_once(*[(owner, post(f"{of(organization)}/collections", {"name": ENC_STRING}))] * 3)
    assert statuses(answers) == [200, 400, 400]
    assert len(world.rows(Collection, organization_id=UUID(organization))) == 2


def test_a_collection_is_changed_while_it_goes(world: World, owner: Person, acme: str) -> None:
    collection = ok(owner.api.post(f"{of(acme)}/collections", json={"name": ENC_STRING})).json()["id"]
    path, change = f"{of(acme)}/collections/{collection}", {"name": ENC_STRING, "users": [], "groups": []}
    answers = at_once(*[(owner, call) for call in (put(path, change), delete(path), put(path, change), delete(path))])
    assert set(statuses(answers)) <= {200, 404}
    assert world.rows(Collection, id=UUID(collection)) == []


def test_a_license_is_downloaded_for_the_first_time(world: World, owner: Person, acme: str) -> None:
    installation = world.cloud.client.post("/api/installations", json={"email": "i@b.example"}).json()["id"]
    answers = at_once(*[(owner, lambda api: api.get(f"{of(acme)}/license?installationId={installation}"))] * 4)
    assert statuses(answers) == [200] * 4


# --- accounts


def test_both_second_steps_are_kept(world: World, owner: Person) -> None:
    secret = {"masterPasswordHash": owner.password_hash}
    key = ok(owner.api.post("/api/two-factor/get-authenticator", json=secret)).json()["authenticator"]["key"]
    code = totp.code_at(totp.key_of(key) or b"", totp.step_of(world.cloud.clock.now()))
    before = len(world.cloud.mails)
    ok(owner.api.post("/api/two-factor/send-email", json=secret | {"email": owner.email}))
    mailed = next(word for word in world.cloud.mails[before].text.split() if word.strip(".").isdecimal()).strip(".")
    answers = at_once(
        (owner, put("/api/two-factor/authenticator", secret | {"key": key, "token": code})),
        (owner, put("/api/two-factor/email", secret | {"email": owner.email, "token": mailed})),
    )
    assert statuses(answers) == [200, 200]
    [user] = world.rows(User, id=UUID(owner.user_id))
    assert sorted(user.two_factor_providers) == ["0", "1"]


def test_a_device_signs_in_for_the_first_time(world: World, owner: Person) -> None:
    form = {"grant_type": "password", "username": owner.email, "password": owner.password_hash, "client_id": "web"}
    form |= {"scope": "api offline_access", "deviceType": "9", "deviceIdentifier": "another", "deviceName": "x"}
    answers = at_once(*[(owner, lambda api: api.post("/identity/connect/token", data=form))] * TIMES)
    assert statuses(answers) == [200] * TIMES
    assert len(world.rows(Device, user_id=UUID(owner.user_id), identifier="another")) == 1


def test_an_address_is_registered_once(world: World, owner: Person) -> None:
    email = f"new.{owner.email}"
    sent = {"email": email, "name": "New"}
    token = ok(world.cloud.client.post("/identity/accounts/register/send-verification-email", json=sent)).json()
    kdf = {"kdfType": 0, "iterations": 600_000}
    secret = base64.b64encode(b"h" * 32).decode()
    body = {
        "email": email,
        "emailVerificationToken": token,
        "masterPasswordAuthentication": {"salt": email, "kdf": kdf, "masterPasswordAuthenticationHash": secret},
        "masterPasswordUnlock": {"salt": email, "kdf": kdf, "masterKeyWrappedUserKey": ENC_STRING},
        "userAsymmetricKeys": {"publicKey": PUBLIC_KEY, "encryptedPrivateKey": ENC_STRING},
    }
    answers = at_once(*[(owner, post("/identity/accounts/register/finish", body))] * 4)
    assert statuses(answers) == [200, 400, 400, 400]
    assert messages(answers) == {f"Email '{email}' is already taken."}


def test_a_password_is_changed_by_whoever_still_knows_it(world: World, owner: Person) -> None:
    def change(number: int, api: Api) -> Any:
        new = base64.b64encode(bytes([number]) * 32).decode()
        body = {"masterPasswordHash": owner.password_hash, "newMasterPasswordHash": new, "key": ENC_STRING}
        return api.post("/api/accounts/password", json=body)

    answers = at_once(*[(owner, partial(change, number)) for number in range(3)])
    assert statuses(answers) == [200, 400, 400]
    assert messages(answers) == {"Incorrect password."}


def test_time_passes_while_people_pay(world: World, owner: Person, acme: str) -> None:
    """Settling and buying lock in the same order, so neither waits for the other."""
    settle = post("/_sim/jobs/SettleSubscriptionsJob/run")
    world.cloud.clock.set(world.cloud.clock.now().replace(year=world.cloud.clock.now().year + 1, day=28))
    owner.log_in()
    seat = post(f"{of(acme)}/seat", {"seatAdjustment": 1})
    invite = post(f"{of(acme)}/users/invite", {"emails": ["late@b.example"], "type": 2})
    answers = at_once(*[(owner, call) for call in (settle, seat, invite, settle, seat)])
    assert statuses(answers) == [200] * 5
    assert world.rows(Organization, id=UUID(acme))[0].seats == 12


# --- providers


def provider(owner: Person, kind: str = "msp") -> str:
    wanted = {"name": "Managers Inc", "type": kind, "billingEmail": "billing@managers.example"}
    return str(ok(owner.side.client.post("/_sim/providers", json=wanted)).json()["id"])


def join(organization: str, provider_id: str) -> Call:
    return lambda api: api.post(f"/_sim/organizations/{organization}/provider", json={"providerId": provider_id})


def leave(organization: str) -> Call:
    return lambda api: api.delete(f"/_sim/organizations/{organization}/provider")


def test_an_organization_is_taken_on_once_and_let_go_once(world: World, owner: Person, acme: str) -> None:
    several = [provider(owner), provider(owner, "reseller")]
    answers = at_once(*[(owner, join(acme, each)) for each in several * 2])
    assert statuses(answers) == [200, 409, 409, 409]
    [link] = world.rows(ProviderOrganization, organization_id=UUID(acme))
    [taken] = [answer.json()["id"] for answer in answers if answer.ok]
    assert str(link.provider_id) == taken
    assert statuses(at_once(*[(owner, leave(acme))] * 3)) == [200, 404, 404]
    assert world.rows(ProviderOrganization, organization_id=UUID(acme)) == []
    assert len(world.rows(Subscription, organization_id=UUID(acme))) == 1


@pytest.mark.parametrize("world", ["postgresql"], indirect=True, scope="module")  # SQLite's writers exclude each other
def test_who_was_let_go_meanwhile_is_not_switched_off(
    world: World, owner: Person, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, client = provider(owner), client_of(owner)
    ok(join(acme, known)(client))

    def late(*arguments: Any) -> Any:
        monkeypatch.undo()
        with ThreadPoolExecutor(1) as pool:
            ok(pool.submit(leave(acme), client).result())
        return lock_organizations(*arguments)

    monkeypatch.setattr("cloud_sim.providers.service.lock_organizations", late)
    ok(post(f"/_sim/providers/{known}/subscription/unpaid")(owner.api))
    [organization] = world.rows(Organization, id=UUID(acme))
    assert organization.enabled
