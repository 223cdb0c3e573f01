"""What the web vault does when somebody opens an organization: on the cloud with a plan, on an instance with a licence.

Source: fidelity.md: clients.calls.
"""

import json
from typing import Any

from common.cli.client import Client
from common.crypto.account import new_organization_keys
from common.enums import PlanType


def buy_organization(client: Client, name: str, plan: PlanType, *, seats: int = 0, trial: bool = False) -> str:
    """Open an organization on the cloud; its id. seats: on top of those in the plan's price."""
    keys = new_organization_keys(client.public_key, draw=client.draw)
    created: dict[str, Any] = client.post(
        "/organizations",
        {
            "name": name,
            "billingEmail": client.email,
            "planType": int(plan),
            "additionalSeats": seats,
            "skipTrial": not trial,
            "key": keys.key,
            "keys": {"publicKey": keys.public_key, "encryptedPrivateKey": keys.encrypted_private_key},
            "collectionName": keys.collection_name,
        },
    )
    client.refresh()
    return str(created["id"])


def open_organization(client: Client, license_file: dict[str, Any]) -> str:
    """Open an organization on a self-hosted instance from its licence file; its id there."""
    keys = new_organization_keys(client.public_key, draw=client.draw)
    created: dict[str, Any] = client.upload(
        "/organizations/licenses/self-hosted",
        license_text(license_file),
        key=keys.key,
        collectionName=keys.collection_name,
    )
    client.refresh()
    organization = str(created["id"])
    pair = {"publicKey": keys.public_key, "encryptedPrivateKey": keys.encrypted_private_key}
    client.post(f"/organizations/{organization}/keys", pair)
    client.refresh()
    return organization


def license_text(license_file: dict[str, Any]) -> str:
    """A downloaded licence as the web vault saves it. Source: fidelity.md: clients.calls."""
    return json.dumps(license_file, indent=2, ensure_ascii=False)
