"""What has been reached on the cloud, for the checklist of the start page. Read only; one statement per kind."""

from typing import Any

from cloud_sim.context import CloudContext
from cloud_sim.installations.service import count_installations
from cloud_sim.licensing.service import licensed_installations_of
from common.domains.accounts.service import find_user_by_email, newest_addresses
from common.domains.organizations.api_keys.service import organizations_with_key
from common.domains.organizations.memberships import owned_by
from common.domains.organizations.rules import display_name
from common.domains.sponsorships.service import count_redeemed
from common.enums import ApiKeyType

PEOPLE = 30
"""Told, at most: a page with more is read by nobody."""


def progress_of(ctx: CloudContext, email: str) -> dict[str, Any]:
    """`people`: addresses of accounts, the newest. `installations`: how many there are.

    `premium`: whether the account of this address has it. `organizations`:
    those it owns, newest first, each with `id`, `name`, `tier`, `seats`, `billingSyncToken` (made or not),
    `licensedInstallations` (ids) and `redeemed` (sponsorships that it gave away and that were taken)."""
    organizations = owned_by(ctx, email)
    ids = [each.id for each in organizations]
    licensed = licensed_installations_of(ctx, ids)
    with_token = organizations_with_key(ctx, ids, ApiKeyType.BILLING_SYNC)
    redeemed = count_redeemed(ctx, ids)
    user = find_user_by_email(ctx, email)
    return {
        "people": newest_addresses(ctx, PEOPLE),
        "installations": count_installations(ctx),
        "premium": user is not None and user.premium,
        "organizations": [
            {
                "id": str(each.id),
                "name": display_name(each.name),
                "tier": int(each.tier),
                "seats": each.seats,
                "billingSyncToken": each.id in with_token,
                "licensedInstallations": [str(installation_id) for installation_id in licensed.get(each.id, ())],
                "redeemed": redeemed.get(each.id, 0),
            }
            for each in organizations
        ],
    }
