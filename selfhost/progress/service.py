"""What has been reached on the instance, for the checklist of the start page. Read only; one statement per kind,
beside the licence file of each organization told of."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from common.domains.accounts.service import find_user_by_email, newest_addresses
from common.domains.organizations.memberships import owned_by
from common.domains.organizations.rules import display_name
from common.domains.sponsorships.service import Numbers, numbers_of
from common.errors import Refusal
from common.license.files import UnreadableLicense
from common.license.model import OrganizationLicense
from common.license.timestamps import Timestamp
from selfhost.billing_sync.service import license_syncs
from selfhost.context import SelfHostContext
from selfhost.license_files.stored import organization_license
from selfhost.organizations.service import Organization
from selfhost.sponsorships.runs import organizations_synced

PEOPLE = 30
"""Told, at most: a page with more is read by nobody."""


def progress_of(ctx: SelfHostContext, email: str) -> dict[str, Any]:
    """`cloudCommunication`, `region`, `installationId`, `portalAdministrators`: of the configuration in effect.

    `people`: addresses of accounts, the newest.

    `account`: `verified` and `premium` of this address, None when it has none. `organizations`: those it owns, newest
    first, see `_organization`.
    """
    deployment, user = ctx.deployment, find_user_by_email(ctx, email)
    organizations = owned_by(ctx, email)
    ids = [each.id for each in organizations]
    connections, synced, sponsorships = license_syncs(ctx, ids), organizations_synced(ctx, ids), numbers_of(ctx, ids)
    return {
        "cloudCommunication": deployment.enable_cloud_communication,
        "region": deployment.cloud_region or "US",
        "installationId": str(deployment.installation_id),
        "portalAdministrators": [admin.email for admin in deployment.admins],
        "people": newest_addresses(ctx, PEOPLE),
        "account": {"verified": user.email_verified, "premium": user.premium} if user else None,
        "organizations": [
            _organization(ctx, each)
            | {
                "connected": each.id in connections,
                "lastLicenseSync": connections.get(each.id),
                "sponsorshipsSynced": each.id in synced,
                "sponsorships": asdict(sponsorships.get(each.id, Numbers())),
            }
            for each in organizations
        ],
    }


def _organization(ctx: SelfHostContext, organization: Organization) -> dict[str, Any]:
    """`cloudOrganizationId` and `updated` (whether the licence in force is newer than the organization) are of the
    licence file; None and False when it cannot be read."""
    stored = _license(ctx, organization.id)
    return {
        "id": str(organization.id),
        "name": display_name(organization.name),
        "tier": int(organization.tier),
        "seats": organization.seats,
        "cloudOrganizationId": str(stored.id) if stored else None,
        "updated": stored is not None and stored.issued > Timestamp.of(organization.creation_date),
    }


def _license(ctx: SelfHostContext, organization_id: UUID) -> OrganizationLicense | None:
    try:
        return organization_license(ctx, organization_id)
    except (UnreadableLicense, Refusal, OSError):
        return None
