"""What an instance tells about subscriptions, and the routes that only a cloud serves."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from common.clock import ManualClock
from tests.support.plugins.licensing import Account, Smith, Vaults, upload

CREATE = "/api/organizations/licenses/self-hosted"


@pytest.fixture
def acme(owner: Account, smith: Smith) -> Any:
    return upload(owner, CREATE, smith.organization(), key="4.k").json()["id"]


def subscription(account: Any, organization_id: Any) -> Any:
    answer = account.api.get(f"/api/organizations/{organization_id}/subscription")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_dates_of_a_token_carry_no_zone(owner: Account, acme: Any) -> None:
    body = subscription(owner, acme)
    assert body["object"] == "organizationSubscription"
    assert (body["expirationWithoutGracePeriod"], body["expiration"]) == ("2027-07-21T12:00:00", "2027-09-19T12:00:00")
    empty = ("storageName", "customerDiscount", "subscription", "upcomingInvoice", "pendingAnnualUpgrade")
    assert {name: body[name] for name in (*empty, "smServiceAccountsGrace")} == dict.fromkeys(
        (*empty, "smServiceAccountsGrace")
    )
    assert (body["storageGb"], body["exemptFromBillingAutomation"], body["plan"]["name"]) == (
        0,
        False,
        "Enterprise (Annually)",
    )


@pytest.mark.parametrize(
    ("edit", "without_grace"),
    [
        ({}, "2027-07-21T12:00:00Z"),
        ({"ExpirationWithoutGracePeriod": None}, "2027-07-21T12:00:00Z"),
        ({"ExpirationWithoutGracePeriod": None, "Trial": True}, "2027-09-19T12:00:00Z"),
        ({"ExpirationWithoutGracePeriod": None, "Expires": None}, None),
    ],
)
def test_dates_of_a_file_without_token(
    owner: Account, acme: Any, vaults: Vaults, smith: Smith, edit: dict[str, Any], without_grace: str | None
) -> None:
    upload(owner, f"{CREATE}/{acme}", smith.organization(token=False))
    vaults.file(acme).write_text(json.dumps(vaults.on_disk(acme) | edit))
    assert subscription(owner, acme)["expirationWithoutGracePeriod"] == without_grace


@pytest.mark.parametrize("content", [None, b"{", b"{}"])
def test_no_readable_file_means_no_dates(owner: Account, acme: Any, vaults: Vaults, content: bytes | None) -> None:
    vaults.file(acme).unlink()
    if content is not None:
        vaults.file(acme).write_bytes(content)
    body = subscription(owner, acme)
    assert (body["expiration"], body["expirationWithoutGracePeriod"]) == (None, None)


def test_expired_token_is_told(owner: Account, acme: Any, clock: ManualClock) -> None:
    clock.advance(timedelta(days=366))
    answer = owner.api.get(f"/api/organizations/{acme}/subscription")
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid license. IDX10223")


def test_only_owners_see_it(acme: Any, vaults: Vaults) -> None:
    stranger = vaults.account("stranger@contoso.example")
    for organization_id in (acme, str(uuid4()), "nonsense"):
        assert stranger.api.get(f"/api/organizations/{organization_id}/subscription").status_code == 404


def test_no_billing_and_no_plans(owner: Account, acme: Any) -> None:
    metadata = owner.api.get(f"/api/organizations/{acme}/billing/vnext/self-host/metadata")
    assert metadata.json() == {"isOnSecretsManagerStandalone": False, "organizationOccupiedSeats": 0}
    assert owner.api.get("/api/plans").json() == {"data": [], "continuationToken": None, "object": "list"}


def test_no_premium_yet(owner: Account) -> None:
    assert owner.api.get("/api/accounts/subscription").json()["expiration"] is None


OFFER = {"planSponsorshipType": 0, "sponsoredEmail": "family@home.example", "friendlyName": "family@home.example"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/organizations/{id}/license?installationId={id}"),
        ("POST", "/api/organizations/{id}/reinstate"),
        ("GET", "/api/organizations/{id}/billing/vnext/metadata"),
        ("GET", "/api/organizations/{id}/billing/vnext/warnings"),
        ("GET", "/api/account/billing/vnext/license"),
        ("GET", "/api/account/billing/vnext/subscription"),
        ("POST", "/api/account/billing/vnext/subscription"),
    ],
)
def test_routes_of_the_cloud(owner: Account, vaults: Vaults, acme: Any, method: str, path: str) -> None:
    url = path.format(id=acme)
    assert vaults.side.new_client().request(method, url).status_code == 401
    body: dict[str, str] | None = None if method == "GET" else {}
    answer = owner.api.request(method, url, json=body)
    assert (answer.status_code, answer.json()["message"]) == (400, "Only allowed when not self hosted.")


@pytest.mark.parametrize(
    ("path", "fitting"),
    [
        ("/api/organizations/{id}/upgrade", {"planType": 20}),
        ("/api/organizations/{id}/seat", {"seatAdjustment": 1}),
        ("/api/organization/sponsorship/{id}/families-for-enterprise", OFFER),
        ("/api/organization/sponsorship/redeem", {"planSponsorshipType": 0, "sponsoredOrganizationId": str(uuid4())}),
    ],
)
def test_a_body_of_the_clouds_routes_has_to_fit_first(owner: Account, acme: Any, path: str, fitting: Any) -> None:
    unfit = owner.api.post(
        path.format(id=acme), json={"seatAdjustment": "x", "planType": "x", "sponsoredOrganizationId": 1}
    )
    assert (unfit.status_code, unfit.json()["message"]) == (400, "The model state is invalid.")
    refused = owner.api.post(path.format(id=acme), json=fitting)
    assert (refused.status_code, refused.json()["message"]) == (400, "Only allowed when not self hosted.")


def test_the_push_relay_and_the_sync_need_an_installations_token(owner: Account) -> None:
    for path in ("/api/push/register", "/api/organization/sponsorship/sync"):
        answer = owner.api.post(path, json={})
        assert (answer.status_code, answer.content) == (403, b""), path


def test_installations_are_the_clouds(vaults: Vaults) -> None:
    anybody = vaults.side.new_client()
    for answer in (
        anybody.post("/api/installations", json={"email": "a@b.c"}),
        anybody.get(f"/api/installations/{uuid4()}"),
    ):
        assert (answer.status_code, answer.json()["message"]) == (400, "Only allowed when not self hosted.")


def test_license_sync_route_of_the_cloud_needs_an_installations_token(owner: Account, vaults: Vaults) -> None:
    url = f"/api/licenses/organization/{uuid4()}"
    assert vaults.side.new_client().get(url).status_code == 401
    assert owner.api.get(url).status_code == 403
