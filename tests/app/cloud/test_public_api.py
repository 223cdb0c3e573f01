"""Members and the import of a directory by an organization's own API key. fidelity.md: organization.public-api."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.harness import Api, Pair, Person, Side
from tests.support.scenarios import license_loop, new_organization
from tests.support.statements import statements

SEATS = 10


def key_client(side: Side, owner: Person, organization_id: str) -> Api:
    body = {"type": 0, "masterPasswordHash": owner.password_hash}
    key = owner.api.post(f"/api/organizations/{organization_id}/api-key", json=body).json()["apiKey"]
    form = {
        "grant_type": "client_credentials",
        "scope": "api.organization",
        "client_id": f"organization.{organization_id}",
        "client_secret": key,
    }
    client = side.new_client()
    token = client.post("/identity/connect/token", data=form).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return client


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("owner@acme.example")


@pytest.fixture
def acme(owner: Person) -> str:
    return str(new_organization(owner)["id"])


@pytest.fixture
def api(cloud: Side, owner: Person, acme: str) -> Api:
    return key_client(cloud, owner, acme)


def people(*numbers: int) -> list[dict[str, Any]]:
    return [{"email": f"person{number}@acme.example", "externalId": number} for number in numbers]


def told(api: Api, members: list[dict[str, Any]], **more: Any) -> tuple[int, str]:
    body = {"members": members, "groups": [], "overwriteExisting": False}
    answer = api.post("/api/public/organization/import", json=body | more)
    return answer.status_code, answer.json()["message"] if answer.content else ""


def listed(api: Api) -> dict[str, str | None]:
    return {each["email"]: each["externalId"] for each in api.get("/api/public/members").json()["data"]}


def test_members_by_the_organizations_own_key(cloud: Side, owner: Person, api: Api) -> None:
    made = api.post("/api/public/members", json={"email": "new@acme.example", "type": 2, "externalId": "n-1"}).json()
    assert made == {
        "object": "member",
        "id": made["id"],
        "userId": None,
        "name": None,
        "email": "new@acme.example",
        "twoFactorEnabled": False,
        "status": 0,
        "collections": [],
        "resetPasswordEnrolled": False,
        "ssoExternalId": None,
        "type": 2,
        "externalId": "n-1",
        "permissions": None,
    }
    path = f"/api/public/members/{made['id']}"
    assert api.get(path).json() == made
    assert set(api.get("/api/public/members").json()) == {"object", "data"}
    twice = api.post("/api/public/members", json={"email": "new@acme.example", "type": 2})
    assert (twice.status_code, twice.json()) == (
        400,
        {"object": "error", "message": "This user has already been invited.", "errors": None},
    )
    assert api.put(path, json={"type": 1, "externalId": "n-2"}).json()["externalId"] == "n-2"
    before = len(cloud.mails)
    assert (api.post(f"{path}/reinvite").status_code, len(cloud.mails)) == (200, before + 1)
    assert api.post(f"{path}/revoke").status_code == 200
    assert api.get(path).json()["status"] == -1
    assert api.post(f"{path}/restore").status_code == 200
    assert (api.delete(path).status_code, api.get(path).status_code) == (200, 404)
    assert api.get(path).content == b""
    assert listed(api) == {owner.email: None}


def test_groups_of_a_member(owner: Person, acme: str, api: Api) -> None:
    group = owner.api.post(f"/api/organizations/{acme}/groups", json={"name": "Staff"}).json()["id"]
    member = api.post("/api/public/members", json={"email": "new@acme.example", "type": 2}).json()["id"]
    path = f"/api/public/members/{member}/group-ids"
    assert api.put(path, json={"groupIds": [group]}).status_code == 200
    assert api.get(path).json() == [group]
    assert api.put(f"/api/public/members/{uuid4()}/group-ids", json={"groupIds": []}).status_code == 404


def test_groups_by_the_organizations_own_key(owner: Person, acme: str, api: Api) -> None:
    path = f"/api/organizations/{acme}"
    name = {"name": "2.AAAA|AAAA|AAAA", "users": [], "groups": []}
    collection = owner.api.post(f"{path}/collections", json=name).json()["id"]
    access = {"id": collection, "readOnly": True, "hidePasswords": False, "manage": False}
    foreign = access | {"id": str(uuid4())}
    made = api.post("/api/public/groups", json={"name": "Staff", "externalId": "s", "collections": [access, foreign]})
    group = made.json()
    assert list(group) == ["object", "id", "collections", "name", "externalId"]
    one = f"/api/public/groups/{group['id']}"
    kept = {"object": "group", "id": group["id"], "collections": [access], "name": "Staff", "externalId": "s"}
    assert api.get(one).json() == kept
    assert api.get("/api/public/groups").json() == {"object": "list", "data": [kept]}
    changed = api.put(one, json={"name": "People"}).json()
    assert (changed["collections"], changed["externalId"]) == (None, None)
    assert api.get(one).json()["collections"] == [access]
    assert api.put(one, json={"name": "People", "collections": [foreign]}).status_code == 404
    member = api.post("/api/public/members", json={"email": "new@acme.example", "type": 2}).json()["id"]
    assert api.put(f"{one}/member-ids", json={"memberIds": [member, str(uuid4())]}).status_code == 200
    assert api.get(f"{one}/member-ids").json() == [member]
    assert api.delete(one).status_code == 200
    gone = api.get(one)
    assert (gone.status_code, gone.content) == (404, b"")
    assert owner.api.get(f"{path}/groups").json()["data"] == []


def test_a_plan_without_groups(cloud: Side, owner: Person) -> None:
    small = new_organization(owner, "Small", 17)["id"]
    cloud.client.post(f"/_sim/organizations/{small}", json={"useGroups": False})
    refused = key_client(cloud, owner, small).post("/api/public/groups", json={"name": "Staff"})
    assert (refused.status_code, refused.json()["message"]) == (400, "This organization cannot use groups.")


def test_the_subscription_by_the_organizations_own_key(owner: Person, acme: str, api: Api) -> None:
    path = "/api/public/organization/subscription"
    vault = {"seats": SEATS, "maxAutoScaleSeats": None, "storage": 1}
    secrets = {"seats": None, "maxAutoScaleSeats": None, "serviceAccounts": None, "maxAutoScaleServiceAccounts": None}
    assert api.get(path).json() == {"passwordManager": vault, "secretsManager": secrets}
    updated = api.put(path, json={"passwordManager": {"seats": 15, "storage": 3, "maxAutoScaleSeats": 20}})
    assert (updated.status_code, updated.json()) == (200, {"message": "Subscription updated successfully."})
    assert api.get(path).json()["passwordManager"] == {"seats": 15, "maxAutoScaleSeats": 20, "storage": 3}
    none = api.put(path, json={"secretsManager": {"seats": 2}})
    assert none.json() == {"message": "Organization has no access to Secrets Manager."}
    owner.api.post(f"/api/organizations/{acme}/subscribe-secrets-manager", json={"additionalSmSeats": 1})
    assert api.put(path, json={"secretsManager": {"seats": 4, "serviceAccounts": 60}}).status_code == 200
    told = api.get(path).json()["secretsManager"]
    assert (told["seats"], told["serviceAccounts"]) == (4, 60)
    failed = api.put(path, json={"passwordManager": {"seats": 16}, "secretsManager": {"seats": 17}})
    assert (failed.status_code, failed.json()) == (
        500,
        {"message": "An error occurred while updating the subscription."},
    )
    assert api.get(path).json()["passwordManager"]["seats"] == 15
    nothing = api.put(path, json={})
    assert nothing.json()["errors"] == {"": ["At least one of PasswordManager or SecretsManager must be provided."]}


def test_who_may_call(cloud: Side, owner: Person, api: Api) -> None:
    assert cloud.client.get("/api/public/members").status_code == 401
    assert owner.api.get("/api/public/members").status_code == 403
    assert api.get("/api/accounts/profile").status_code == 403
    other = new_organization(owner, "Other")["id"]
    stranger = key_client(cloud, owner, other).post("/api/public/members", json={"email": "x@other.example", "type": 2})
    assert api.get(f"/api/public/members/{stranger.json()['id']}").status_code == 404


def test_errors_have_the_public_shape(api: Api) -> None:
    unfit = api.post("/api/public/members", json={"type": 2})
    assert (unfit.status_code, unfit.json()["message"]) == (400, "The request's model state is invalid.")
    assert list(unfit.json()) == ["object", "message", "errors"]
    assert "Email" in unfit.json()["errors"]
    for path in ("collections", f"collections/{uuid4()}"):
        refused = api.get(f"/api/public/{path}")
        assert (refused.status_code, refused.json()["message"]) == (
            400,
            "This part of the Public API is not simulated.",
        )


def test_a_directory_is_taken_over(cloud: Side, owner: Person, api: Api, acme: str) -> None:
    invited = owner.api.post(
        f"/api/organizations/{acme}/users/invite", json={"emails": ["person1@acme.example"], "type": 2}
    )
    assert invited.status_code == 200
    groups = [{"name": "Staff", "externalId": "g-1", "memberExternalIds": [1, 2, "unknown"]}]
    before = len(cloud.mails)
    assert told(api, people(1, 2, 3), groups=groups) == (200, "")
    assert {mail.to for mail in cloud.mails[before:]} == {"person2@acme.example", "person3@acme.example"}
    assert listed(api) == {owner.email: None, **{f"person{number}@acme.example": str(number) for number in (1, 2, 3)}}
    (group,) = owner.api.get(f"/api/organizations/{acme}/groups").json()["data"]
    assert (group["name"], len(owner.api.get(f"/api/organizations/{acme}/groups/{group['id']}/users").json())) == (
        "Staff",
        2,
    )
    renamed = [{"name": "Crew", "externalId": "g-1", "memberExternalIds": ["3"]}]
    assert told(api, people(3), groups=renamed) == (200, "")
    (group,) = owner.api.get(f"/api/organizations/{acme}/groups").json()["data"]
    assert (group["name"], len(owner.api.get(f"/api/organizations/{acme}/groups/{group['id']}/users").json())) == (
        "Crew",
        1,
    )
    assert told(api, [{"externalId": "2", "deleted": True}]) == (200, "")
    assert "person2@acme.example" not in listed(api)


def test_overwriting_never_takes_an_account_without_a_password_away(api: Api) -> None:
    assert told(api, people(1, 2)) == (200, "")
    text = "Sync failed. To proceed, disable the 'Remove and re-add users during next sync' setting and try again."
    assert told(api, people(1), overwriteExisting=True) == (400, text)
    assert len(listed(api)) == 3


def test_what_is_refused_leaves_nothing(cloud: Side, owner: Person, api: Api, acme: str) -> None:
    cloud.client.post(f"/_sim/organizations/{acme}", json={"useDirectory": False})
    assert told(api, people(1)) == (400, "Organization cannot use directory syncing.")
    cloud.client.post(f"/_sim/organizations/{acme}", json={"useDirectory": True, "useGroups": False})
    groups = [{"name": "Staff", "externalId": "g-1", "memberExternalIds": []}]
    before = len(cloud.mails)
    assert told(api, people(1), groups=groups) == (400, "Organization cannot use groups.")
    assert told(api, people(*range(2001))) == (400, "You cannot import this much data at once.")
    owner.api.post(f"/api/organizations/{acme}/subscription", json={"seatAdjustment": 0, "maxAutoscaleSeats": SEATS})
    assert told(api, people(*range(SEATS))) == (400, "Seat limit has been reached.")
    assert (listed(api), len(cloud.mails)) == ({owner.email: None}, before)
    twice = [{"email": "Twice@acme.example", "externalId": number} for number in (1, 2)]
    assert told(api, twice) == (400, "The import names an address twice.")
    missing = api.post("/api/public/organization/import", json={"members": [{"externalId": "1"}]}).json()
    assert "OverwriteExisting" in missing["errors"]


def test_more_than_the_licence_has_seats_is_refused_as_a_whole(pair: Pair) -> None:
    """The reports: a directory larger than the licence; nobody is added, and nobody is mailed."""
    organization = license_loop(pair)
    api = key_client(pair.selfhost, pair.owner, organization)
    before = len(pair.selfhost.mails)
    assert told(api, people(*range(SEATS))) == (400, "Cannot autoscale on self-hosted instance.")
    assert (listed(api), len(pair.selfhost.mails)) == ({pair.owner.email: None}, before)
    assert told(api, people(*range(SEATS - 1))) == (200, "")
    assert len(pair.selfhost.mails) == before + SEATS - 1


def test_an_import_takes_the_same_statements_however_many(cloud: Side, api: Api) -> None:
    counts = []
    for numbers in (range(1, 2), range(2, 9)):
        with statements(cloud) as made:
            assert told(api, people(*numbers)) == (200, "")
        counts.append(len(made))
    assert counts[1] <= counts[0] + 2


def test_policies_by_the_organizations_own_key(owner: Person, acme: str, api: Api) -> None:
    path = "/api/public/policies"
    assert api.get(path).json() == {"object": "list", "data": []}
    made = api.put(f"{path}/MasterPassword", json={"enabled": True, "data": {"minLength": 14}}).json()
    assert made == {"object": "policy", "id": made["id"], "type": 1, "enabled": True, "data": {"minLength": 14}}
    assert api.get(path).json()["data"] == [made]
    assert api.get(f"{path}/1").json() == made
    assert api.put(f"{path}/1", json={"enabled": False}).json() == made | {"enabled": False, "data": None}
    refused = api.put(f"{path}/1", json={"enabled": True, "data": {"minLength": 5}})
    told = "Invalid data for MasterPassword policy: The field MinLength must be between 12 and 128."
    assert (refused.status_code, refused.json()) == (400, {"object": "error", "message": told, "errors": None})
    assert owner.api.get(f"/api/organizations/{acme}/policies/1").json()["enabled"] is False
