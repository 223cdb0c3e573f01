"""What the cloud says about a billing sync token and its connection. Pure.

Source: fidelity.md: pages.organization-billing.
"""

from datetime import datetime

from common.errors import Refusal, bad_request


def invalid_billing_sync_key() -> Refusal:
    """The billing sync token is blank, rotated, or was never made."""
    return bad_request("Invalid Billing Sync Key", rule="billing-sync.key-mismatch")


def outside_of_an_instance(verb: str) -> Refusal:
    """The billing sync connection is an instance's. Source: fidelity.md: billing-sync.connection."""
    return bad_request(
        f"Cannot {verb} a CloudBillingSync connection outside of a self-hosted instance.", rule="connection.cloud"
    )


def days_unseen(rotated: datetime, last_sync: datetime | None, now: datetime) -> int | None:
    """Days since a rotation that the instance has not synced after; None = it has, or never synced at all."""
    if last_sync is None or last_sync > rotated:
        return None
    return (now - rotated).days
