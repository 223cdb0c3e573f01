"""What becomes of a synced batch as the wire tells them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from common.wire.base import iso
from common.wire.sponsorships import SyncRow, cached_iso


def synced_batch(outcomes: Iterable[tuple[SyncRow, datetime | None, bool]], now: datetime) -> dict[str, Any]:
    """The SyncAnswer of what became of each row: the row, the cloud's end date, whether it is removed.

    For `answer_at_length`: thousands of rows, and nothing in them is left to check. A test holds it against the model.
    """
    synced = iso(now)
    return {
        "sponsorshipsBatch": [
            {
                "sponsoringOrganizationUserId": told.sponsoring_organization_user_id,
                "friendlyName": told.friendly_name,
                "offeredToEmail": told.offered_to_email,
                "planSponsorshipType": told.plan_sponsorship_type,
                "lastSyncDate": synced,
                "validUntil": cached_iso(valid_until) if valid_until else None,
                "toDelete": told.to_delete,
                "cloudSponsorshipRemoved": removed,
                "isAdminInitiated": False,
            }
            for told, valid_until, removed in outcomes
        ]
    }
