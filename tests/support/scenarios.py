"""Steps of the documents as a client performs them, for tests and benchmarks that need a world in some state."""

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from common.domains.accounts.models import User
from common.server.transaction import db
from tests.support.answers import ok
from tests.support.harness import ENC_STRING, PUBLIC_KEY, WRAPPED_KEY, Person

if TYPE_CHECKING:
    from tests.support.harness import Pair

ENTERPRISE_ANNUALLY = 20

PREMIUM: dict[str, Any] = {
    "tokenizedPaymentMethod": {"type": "card", "token": "pm_card_visa"},
    "billingAddress": {"country": "DE", "postalCode": "10115"},
}
"""What a page sends to buy premium."""


def new_organization(owner: Person, name: str = "Acme", plan_type: int = ENTERPRISE_ANNUALLY, **more: Any) -> Any:
    """Create a cloud organization that is past its trial; the API's answer."""
    body = {
        "name": name,
        "billingEmail": owner.email,
        "planType": plan_type,
        "additionalSeats": 10,
        "skipTrial": True,
        "key": WRAPPED_KEY,
        "keys": {"publicKey": PUBLIC_KEY, "encryptedPrivateKey": ENC_STRING},
        "collectionName": ENC_STRING,
    }
    body |= more
    step = "organization", owner.api.headers.get("Authorization"), repr(body)
    return owner.side.once(step, lambda: ok(owner.api.post("/api/organizations", json=body)))


def download_license(owner: Person, organization_id: str, installation_id: str) -> dict[str, Any]:
    """The organization's licence file, decoded."""
    path = f"/api/organizations/{organization_id}/license?installationId={installation_id}"
    license_file: dict[str, Any] = ok(owner.api.get(path))
    return license_file


def create_from_license(owner: Person, license_file: dict[str, Any]) -> Any:
    """Upload the file to the instance as a new organization; the API's answer."""
    files = {"license": ("bitwarden_organization_license.json", json.dumps(license_file, indent=2))}
    form = {"key": WRAPPED_KEY, "collectionName": ENC_STRING}
    return ok(owner.api.post("/api/organizations/licenses/self-hosted", files=files, data=form))


def billing_sync_token(owner: Person, organization_id: str) -> str:
    """The token behind the master password."""
    body = {"type": 1, "masterPasswordHash": owner.password_hash}
    return str(ok(owner.api.post(f"/api/organizations/{organization_id}/api-key", json=body))["apiKey"])


def connect(owner: Person, organization_id: str, token: str) -> Any:
    """Save the token on the instance; the connection."""
    body = {"type": 1, "organizationId": organization_id, "enabled": True, "config": {"billingSyncKey": token}}
    return ok(owner.api.post("/api/organizations/connections/", json=body))


def license_loop(pair: "Pair") -> str:
    """Download, upload, token, connection, sync for a new organization; the instance's organization id."""
    return pair.once("license loop", lambda: _license_loop(pair))


def _license_loop(pair: "Pair") -> str:
    cloud_organization = new_organization(pair.cloud_owner)["id"]
    license_file = download_license(pair.cloud_owner, cloud_organization, pair.installation["id"])
    organization = str(create_from_license(pair.owner, license_file)["id"])
    connect(pair.owner, organization, billing_sync_token(pair.cloud_owner, cloud_organization))
    synced = pair.owner.api.post(f"/api/organizations/licenses/self-hosted/{organization}/sync/")
    if synced.status_code != 200:
        raise AssertionError(f"{synced.status_code} {synced.text}")
    return organization


def make_unverified(person: Person) -> None:
    """As if the account's address had never been proved."""
    with person.side.app.app_context():
        db.session.execute(sa.update(User).where(User.email == person.email).values(email_verified=False))
        db.session.commit()
