"""Members, statuses and texts as upstream's v2026.8.0 has them, where later or earlier releases differ or guesses were
wrong."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.harness import ENC_STRING, PUBLIC_KEY, WRAPPED_KEY, Person, Side
from tests.support.scenarios import new_organization

PERMISSIONS = {
    "accessEventLogs",
    "accessImportExport",
    "accessReports",
    "createNewCollections",
    "editAnyCollection",
    "deleteAnyCollection",
    "manageGroups",
    "managePolicies",
    "manageSso",
    "manageUsers",
    "manageResetPassword",
    "manageScim",
}
"""Source: src/Core/AdminConsole/Models/Data/Permissions.cs; fidelity.md: account.profile."""

LISTED = [
    "id",
    "userId",
    "type",
    "status",
    "externalId",
    "accessSecretsManager",
    "permissions",
    "resetPasswordEnrolled",
    "usesKeyConnector",
    "hasMasterPassword",
    "name",
    "email",
    "avatarColor",
    "twoFactorEnabled",
    "ssoBound",
    "managedByOrganization",
    "claimedByOrganization",
    "collections",
    "groups",
    "revocationReason",
    "creationDate",
    "object",
]
DETAILED = [
    *LISTED[:10],
    "managedByOrganization",
    "claimedByOrganization",
    "ssoExternalId",
    "collections",
    "groups",
    "creationDate",
    "object",
]
"""Source: src/Api/AdminConsole/Models/Response/Organizations/OrganizationUserResponseModel.cs."""


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("owner@acme.example")


@pytest.fixture
def path(owner: Person) -> str:
    return f"/api/organizations/{new_organization(owner)['id']}"


def told(answer: Any) -> tuple[int, Any]:
    return answer.status_code, answer.json()["message"]


def test_members_say_what_the_tag_says(owner: Person, path: str) -> None:
    listed = owner.api.get(f"{path}/users").json()["data"][0]
    assert sorted(listed) == sorted(LISTED)
    assert listed["permissions"] == dict.fromkeys(PERMISSIONS, False)
    details = owner.api.get(f"{path}/users/{listed['id']}?includeGroups=true").json()
    assert sorted(details) == sorted(DETAILED)
    assert details["permissions"] == listed["permissions"]
    assert "groups" not in owner.api.get(f"{path}/users/{listed['id']}").json()


def test_the_profile_tells_of_an_organization_what_the_tag_does(owner: Person, path: str) -> None:
    mine = owner.api.get("/api/accounts/profile").json()["organizations"][0]
    assert mine["permissions"] == dict.fromkeys(PERMISSIONS, False)
    assert (mine["userIsManagedByOrganization"], mine["userIsClaimedByOrganization"]) == (False, False)
    assert "accessPam" not in mine


def test_plans_name_no_business_and_nothing_to_agree_on(owner: Person, cloud: Side) -> None:
    plans = cloud.client.get("/api/plans").json()["data"]
    assert [plan["type"] for plan in plans] == [number for number in range(23) if number != 6]
    assert {plan["canBeUsedByBusiness"] for plan in plans} == {False}
    assert cloud.client.get("/api/plans/premium").status_code == 401
    assert owner.api.get("/api/plans/premium").status_code == 200


def test_sync_status_asks_for_no_token_and_tells_nobody(owner: Person, cloud: Side, path: str) -> None:
    url = path.replace("organizations", "organization/sponsorship") + "/sync-status"
    for headers in ({}, {"Authorization": "Bearer junk"}):
        assert told(cloud.client.get(url, headers=headers)) == (404, "Resource not found.")
    assert owner.api.get(url).status_code == 200


def test_a_subscription_that_nothing_is_changed_of(owner: Person, path: str) -> None:
    assert owner.api.post(f"{path}/subscription", json={}).status_code == 200


def test_a_number_out_of_range_is_told_the_range(owner: Person, path: str) -> None:
    seats = owner.api.post(f"{path}/upgrade", json={"planType": 20, "additionalSeats": -1}).json()
    text = "The field AdditionalSeats must be between 0 and 2147483647."
    assert seats["validationErrors"] == {"AdditionalSeats": [text]}


@pytest.mark.parametrize(("plan", "status"), [(99, 404), (-1, 404), (5, 400)])
def test_a_plan_that_nobody_knows_is_404(owner: Person, path: str, plan: int, status: int) -> None:
    assert owner.api.post(f"{path}/upgrade", json={"planType": plan}).status_code == status
    body = {
        "name": "Other",
        "billingEmail": owner.email,
        "planType": plan,
        "key": WRAPPED_KEY,
        "keys": {"publicKey": PUBLIC_KEY, "encryptedPrivateKey": ENC_STRING},
    }
    assert owner.api.post("/api/organizations", json=body).status_code == status


def test_cancelling_nothing_is_the_payment_providers_error(owner: Person) -> None:
    free = new_organization(owner, "Small", plan_type=0, additionalSeats=0)["id"]
    text = "Something went wrong with your request. Please contact support."
    assert told(owner.api.post(f"/api/organizations/{free}/cancel", json={})) == (500, text)
    assert told(owner.api.post("/api/accounts/cancel", json={})) == (500, text)


def test_an_address_that_is_missing_is_told_twice(owner: Person, path: str) -> None:
    url = path.replace("organizations", "organization/sponsorship") + "/families-for-enterprise"
    for body in ({"planSponsorshipType": 0}, {"planSponsorshipType": 0, "sponsoredEmail": ""}):
        assert owner.api.post(url, json=body).json()["validationErrors"] == {
            "SponsoredEmail": [
                "The SponsoredEmail field is required.",
                "The SponsoredEmail field is not a supported e-mail address format.",
            ]
        }


def test_a_device_says_when_it_was_active(owner: Person) -> None:
    assert "lastActivityDate" in owner.api.get("/api/devices").json()["data"][0]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("13", None),
        ("FreeFamiliesSponsorshipPolicy", None),
        ("freefamiliessponsorshippolicy", None),
        ("99", "The value '99' is invalid."),
        ("-1", "The value '-1' is invalid."),
        ("junk", "The value 'junk' is not valid."),
    ],
)
def test_a_value_in_a_path_by_name_or_number(owner: Person, path: str, value: str, message: str | None) -> None:
    """fidelity.md: wire.bodies."""
    for answer in (
        owner.api.get(f"{path}/policies/{value}"),
        owner.api.put(f"{path}/policies/{value}", json={"policy": {"enabled": False}}),
    ):
        if message is None:
            assert (answer.status_code, answer.json()["type"]) == (200, 13)
        else:
            assert answer.json()["validationErrors"] == {"type": [message]}


@pytest.mark.parametrize(
    ("value", "status"), [("1", 200), ("billingsync", 200), ("7", 400), ("x", 400), ("CloudBillingSync", 400)]
)
def test_the_purpose_of_a_key_by_name_or_number(owner: Person, path: str, value: str, status: int) -> None:
    assert owner.api.get(f"{path}/api-key-information/{value}").status_code == status


def test_what_the_payment_provider_tells_is_in_whole_seconds(owner: Person, cloud: Side) -> None:
    """fidelity.md: organization.subscription."""
    cloud.clock.advance(timedelta(microseconds=123_456))
    path = f"/api/organizations/{new_organization(owner, skipTrial=False)['id']}"
    subscription = owner.api.get(f"{path}/subscription").json()["subscription"]
    moments = {name: subscription[name] for name in ("trialStartDate", "trialEndDate", "periodEndDate")}
    assert all("." not in moment for moment in moments.values()), moments
    assert owner.api.post(f"{path}/cancel", json={}).status_code == 200
    after = owner.api.get(f"{path}/subscription").json()["subscription"]
    assert "." not in after["cancelledDate"]
    installation = cloud.client.post("/api/installations", json={"email": owner.email}).json()["id"]
    file = owner.api.get(f"{path}/license", params={"installationId": installation}).json()
    assert "." not in file["expires"]


def test_an_item_says_what_the_tag_says(owner: Person) -> None:
    """Source: src/Api/Vault/Models/Response/CipherResponseModel.cs."""
    note = {"type": 2, "name": ENC_STRING, "secureNote": {"type": 0}}
    made = owner.api.post("/api/ciphers", json=note).json()
    assert {"bankAccount", "driversLicense", "passport"} <= made.keys()
    stored = json.loads(made["data"])
    assert (stored["Name"], stored["Type"]) == (ENC_STRING, 0)
    assert "archivedDate" in made


def test_file_and_token_say_the_same_second_whatever_happened(owner: Person, cloud: Side) -> None:
    """Upstream: the payment provider's dates have no fractions. fidelity.md: organization.subscription."""
    organization = new_organization(owner, skipTrial=False)["id"]
    installation = cloud.client.post("/api/installations", json={"email": owner.email}).json()["id"]
    for event in ("trial-end", "past-due", "pay", "cancel-at-period-end", "reinstate", "renew"):
        cloud.clock.advance(timedelta(minutes=1, microseconds=123_457))
        assert cloud.client.post(f"/_sim/organizations/{organization}/subscription/{event}").status_code == 200
        path = f"/api/organizations/{organization}/license"
        file = owner.api.get(path, params={"installationId": installation}).json()
        payload = file["token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        for name in ("expires", "expirationWithoutGracePeriod"):
            moment = datetime.strptime(file[name], "%Y-%m-%dT%H:%M:%SZ")
            assert claims[name[0].upper() + name[1:]] == moment.strftime("%m/%d/%Y %H:%M:%S"), (event, name)
