"""What a signed-in client reads: profile, sync, revision date, config; the same on both apps."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from common.domains.organizations.models import (
    Collection,
    CollectionMember,
    Member,
    Organization,
    Policy,
    SsoConfig,
)
from tests.support.answers import ok
from tests.support.statements import statements_of

PROFILE_ORGANIZATION = {
    "accessSecretsManager",
    "allowAdminAccessToAllCollectionItems",
    "enabled",
    "familySponsorshipAvailable",
    "familySponsorshipFriendlyName",
    "familySponsorshipLastSyncDate",
    "familySponsorshipToDelete",
    "familySponsorshipValidUntil",
    "hasPublicAndPrivateKeys",
    "id",
    "identifier",
    "isAdminInitiated",
    "key",
    "keyConnectorEnabled",
    "keyConnectorUrl",
    "limitCollectionCreation",
    "limitCollectionDeletion",
    "limitItemDeletion",
    "maxCollections",
    "maxStorageGb",
    "name",
    "object",
    "organizationUserId",
    "permissions",
    "productTierType",
    "providerId",
    "providerName",
    "providerType",
    "resetPasswordEnrolled",
    "seats",
    "selfHost",
    "ssoBound",
    "ssoEnabled",
    "ssoMemberDecryptionType",
    "status",
    "type",
    "use2fa",
    "useActivateAutofillPolicy",
    "useAdminSponsoredFamilies",
    "useApi",
    "useAutomaticUserConfirmation",
    "useCustomPermissions",
    "useDirectory",
    "useDisableSMAdsForUsers",
    "useEvents",
    "useGroups",
    "useInviteLinks",
    "useKeyConnector",
    "useMyItems",
    "useOrganizationDomains",
    "usePam",
    "usePasswordManager",
    "usePhishingBlocker",
    "usePolicies",
    "useResetPassword",
    "useRiskInsights",
    "useScim",
    "useSecretsManager",
    "useSso",
    "useTotp",
    "userId",
    "userIsClaimedByOrganization",
    "userIsManagedByOrganization",
    "usersGetPremium",
}


@pytest.fixture
def client(side: Any, owner: Any, sign_in: Any) -> Any:
    return sign_in(side, owner)


@pytest.fixture
def user_id(client: Any) -> UUID:
    return UUID(client.get("/api/accounts/profile").json()["id"])


class World:
    """Rows around one user: organizations with a place of their own for that user."""

    def __init__(self, side: Any, rows: Any, user_id: UUID) -> None:
        self.side, self.rows, self.user_id = side, rows, user_id
        self.now = {"creation_date": side.clock.now(), "revision_date": side.clock.now()}

    def organization(self, name: str, *, status: int = 2, kind: int = 0, **changes: Any) -> tuple[UUID, UUID]:
        """(organization id, member id)."""
        plain = {"billing_email": "b@acme.example", "plan": "Enterprise (Annually)", "plan_type": 20}
        row = Organization(id=uuid4(), name=name, **(plain | self.now | changes))
        place = {"organization_id": row.id, "user_id": self.user_id, "status": status, "type": kind, **self.now}
        member = Member(id=uuid4(), key="4.wrapped", **place)
        ids = (row.id, member.id)
        self.rows(self.side, row, member)
        return ids


@pytest.fixture
def world(side: Any, rows: Any, user_id: UUID) -> World:
    return World(side, rows, user_id)


def test_the_profile_has_every_documented_member(client: Any, owner: Any) -> None:
    profile = client.get("/api/accounts/profile").json()
    assert UUID(profile.pop("id")) and UUID(profile.pop("securityStamp"))
    assert profile == {
        "name": owner.name,
        "email": owner.email,
        "emailVerified": True,
        "premium": False,
        "premiumFromOrganization": False,
        "culture": "en-US",
        "twoFactorEnabled": False,
        "key": owner.key,
        "privateKey": owner.private_key,
        "accountKeys": {
            "signatureKeyPair": None,
            "publicKeyEncryptionKeyPair": {
                "wrappedPrivateKey": owner.private_key,
                "publicKey": owner.public_key,
                "signedPublicKey": None,
                "object": "publicKeyEncryptionKeyPair",
            },
            "securityState": None,
            "object": "privateKeys",
        },
        "forcePasswordReset": False,
        "usesKeyConnector": False,
        "avatarColor": None,
        "creationDate": "2026-08-20T12:00:00Z",
        "verifyDevices": True,
        "organizations": [],
        "organizationsNew": [],
        "providers": [],
        "providerOrganizations": [],
        "object": "profile",
    }


def test_a_membership_as_the_member_sees_it(client: Any, world: World, user_id: UUID, rows: Any, side: Any) -> None:
    seats: dict[str, Any] = {
        "seats": 10,
        "use_2fa": True,
        "use_disable_sm_ads_for_users": True,
        "public_key": "p",
        "private_key": "q",
    }
    organization_id, member_id = world.organization("Acme &amp; Sons", kind=4, **seats)
    rows(side, SsoConfig(organization_id=organization_id, enabled=True, member_decryption_type=1, **world.now))
    (found,) = client.get("/api/accounts/profile").json()["organizations"]
    assert set(found) == PROFILE_ORGANIZATION
    assert (found["id"], found["organizationUserId"], found["userId"]) == (
        str(organization_id),
        str(member_id),
        str(user_id),
    )
    assert (found["name"], found["productTierType"], found["status"], found["type"]) == ("Acme & Sons", 3, 2, 4)
    assert (found["seats"], found["use2fa"], found["useDisableSMAdsForUsers"]) == (10, True, True)
    assert (found["hasPublicAndPrivateKeys"], found["ssoEnabled"], found["keyConnectorEnabled"]) == (True, True, True)
    assert (found["familySponsorshipAvailable"], found["useActivateAutofillPolicy"]) == (True, True)
    assert len(found["permissions"]) == 12
    assert not any(found["permissions"].values())


def test_only_enterprise_may_sponsor(client: Any, world: World) -> None:
    world.organization("Teams", plan_type=18)
    (found,) = client.get("/api/accounts/profile").json()["organizations"]
    assert (found["productTierType"], found["familySponsorshipAvailable"]) == (2, False)


def test_accepted_memberships_are_in_the_newer_list_only(client: Any, world: World) -> None:
    for name, status in (("Confirmed", 2), ("Accepted", 1), ("Revoked", -1)):
        world.organization(name, status=status)
    profile = client.get("/api/accounts/profile").json()
    assert [each["name"] for each in profile["organizations"]] == ["Confirmed"]
    assert {each["name"] for each in profile["organizationsNew"]} == {"Confirmed", "Accepted"}
    listed = client.get("/api/accounts/organizations").json()
    assert ([each["name"] for each in listed["data"]], listed["object"]) == (["Confirmed"], "list")


@pytest.mark.parametrize(
    ("changes", "premium"),
    [
        ({"users_get_premium": True}, True),
        ({"users_get_premium": True, "status": -1}, True),
        ({"users_get_premium": True, "enabled": False}, False),
        ({}, False),
    ],
)
def test_an_enabled_organization_gives_premium(
    client: Any, world: World, changes: dict[str, Any], premium: bool
) -> None:
    world.organization("Acme", **changes)
    profile = client.get("/api/accounts/profile").json()
    assert (profile["premiumFromOrganization"], profile["premium"]) == (premium, False)


def test_a_changed_profile_leaves_the_lists_out_and_moves_the_revision(side: Any, client: Any, world: World) -> None:
    world.organization("Acme", users_get_premium=True)
    before = client.get("/api/accounts/revision-date").json()
    assert before == int(side.clock.now().timestamp() * 1000)
    side.clock.advance(timedelta(seconds=90))
    for send in (client.put, client.post):
        changed = send("/api/accounts/profile", json={"name": "New", "masterPasswordHint": "ignored"}).json()
        assert (changed["name"], changed["organizations"], changed["providers"]) == ("New", None, None)
        assert changed["premiumFromOrganization"] is True
    assert client.get("/api/accounts/revision-date").json() == before + 90_000
    too_long = client.put("/api/accounts/profile", json={"name": "x" * 51})
    assert (too_long.status_code, list(too_long.json()["validationErrors"])) == (400, ["Name"])


def test_an_avatar_has_a_color_of_seven_characters_at_most(client: Any) -> None:
    for color in ("#16cbfc", "red"):
        assert client.put("/api/accounts/avatar", json={"avatarColor": color}).json()["avatarColor"] == color
    assert client.put("/api/accounts/avatar", json={"avatarColor": "#16cbfc0"}).status_code == 400


def test_a_sync_holds_everything_a_client_keeps(side: Any, client: Any, owner: Any, world: World, rows: Any) -> None:
    own, member_id = world.organization("Own")
    accepted, _ = world.organization("Accepted", status=1)
    collection = Collection(id=uuid4(), organization_id=own, name="2.name", **world.now)
    collection_id = collection.id
    rows(
        side,
        collection,
        Collection(id=uuid4(), organization_id=own, name="2.not assigned", **world.now),
        CollectionMember(collection_id=collection_id, member_id=member_id, manage=True),
        Policy(id=uuid4(), organization_id=own, type=13, enabled=True, data={"a": 1}, **world.now),
        Policy(id=uuid4(), organization_id=accepted, type=3, enabled=False, **world.now),
    )
    sync = client.get("/api/sync?excludeDomains=true").json()
    assert set(sync) == {
        "ciphers",
        "collections",
        "domains",
        "folders",
        "object",
        "policies",
        "policiesNew",
        "profile",
        "sends",
        "userDecryption",
    }
    assert sync["profile"] == client.get("/api/accounts/profile").json()
    assert (sync["folders"], sync["ciphers"], sync["sends"], sync["domains"]) == ([], [], [], None)
    assert sync["collections"] == [
        {
            "id": str(collection_id),
            "organizationId": str(own),
            "name": "2.name",
            "externalId": None,
            "type": 0,
            "defaultUserCollectionEmail": None,
            "readOnly": False,
            "hidePasswords": False,
            "manage": True,
            "object": "collectionDetails",
        }
    ]
    (policy,) = sync["policies"]
    assert (policy["type"], policy["data"], policy["organizationId"]) == (13, {"a": 1}, str(own))
    assert {each["type"] for each in sync["policiesNew"]} == {3, 13}
    assert sync["userDecryption"] == {
        "masterPasswordUnlock": {
            "kdf": {"kdfType": 0, "iterations": 600000, "memory": None, "parallelism": None},
            "masterKeyEncryptedUserKey": owner.key,
            "salt": owner.email,
            "containedKeyId": None,
        }
    }


def test_domains_are_left_out_only_when_asked(client: Any) -> None:
    domains = {"equivalentDomains": None, "globalEquivalentDomains": None, "object": "domains"}
    assert client.get("/api/sync").json()["domains"] == domains
    assert client.get("/api/settings/domains").json() == domains


def test_a_sync_costs_the_same_statements_however_many_organizations(side: Any, client: Any, world: World) -> None:
    def cost() -> int:
        return statements_of(side, lambda: ok(client.get("/api/sync")))

    world.organization("First")
    first = cost()
    for number in range(5):
        world.organization(f"Org {number}")
    assert cost() == first


def test_newer_clients_may_tell_the_id_of_their_user_key(client: Any) -> None:
    assert client.post("/api/accounts/key-management/user-key-id", json={"userKeyId": "x"}).status_code == 200


def test_what_the_server_says_about_itself(side: Any) -> None:
    for prefix in ("/api", "/identity"):
        for path in ("alive", "now"):
            answer = side.client.get(f"{prefix}/{path}")
            assert (answer.json(), answer.headers["Content-Type"]) == (
                "2026-08-20T12:00:00Z",
                "application/json; charset=utf-8",
            )
        assert side.client.get(f"{prefix}/version").json().count(".") == 2
    config = side.client.get("/api/config").json()
    assert config["environment"] == {
        "cloudRegion": "US",
        "vault": side.base_url,
        "api": f"{side.base_url}/api",
        "identity": f"{side.base_url}/identity",
        "notifications": f"{side.base_url}/notifications",
        "sso": f"{side.base_url}/sso",
    }
    assert (config["featureStates"], config["server"], config["object"]) == ({}, None, "config")
