"""What has been reached on the cloud, for the checklist of the start page. Read only; one statement per kind."""

from collections import defaultdict
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from cloud_sim.context import CloudContext
from cloud_sim.installations.models import Installation
from cloud_sim.licensing.models import OrganizationInstallation
from common.domains.accounts.service import find_user_by_email
from common.domains.organizations.memberships import owned_by
from common.domains.organizations.models import OrganizationApiKey
from common.domains.organizations.rules import display_name
from common.domains.sponsorships.models import OrganizationSponsorship
from common.enums import ApiKeyType


def progress_of(ctx: CloudContext, email: str) -> dict[str, Any]:
    """`installations`: how many there are. `premium`: whether the account of this address has it. `organizations`:
    those it owns, newest first, each with `id`, `name`, `tier`, `seats`, `billingSyncToken` (made or not),
    `licensedInstallations` (ids) and `redeemed` (sponsorships that it gave away and that were taken)."""
    organizations = owned_by(ctx, email)
    ids = [each.id for each in organizations]
    installations, tokens, redeemed = _installations(ctx, ids), _tokens(ctx, ids), _redeemed(ctx, ids)
    user = find_user_by_email(ctx, email)
    return {
        "installations": ctx.session.scalar(sa.select(sa.func.count()).select_from(Installation)),
        "premium": user is not None and user.premium,
        "organizations": [
            {
                "id": str(each.id),
                "name": display_name(each.name),
                "tier": int(each.tier),
                "seats": each.seats,
                "billingSyncToken": each.id in tokens,
                "licensedInstallations": installations[each.id],
                "redeemed": redeemed.get(each.id, 0),
            }
            for each in organizations
        ],
    }


def _installations(ctx: CloudContext, ids: list[UUID]) -> dict[UUID, list[str]]:
    query = sa.select(OrganizationInstallation.organization_id, OrganizationInstallation.installation_id)
    found: dict[UUID, list[str]] = defaultdict(list)
    for organization_id, installation_id in ctx.session.execute(
        query.where(OrganizationInstallation.organization_id.in_(ids))
    ):
        found[organization_id].append(str(installation_id))
    return found


def _tokens(ctx: CloudContext, ids: list[UUID]) -> set[UUID]:
    query = sa.select(OrganizationApiKey.organization_id).where(
        OrganizationApiKey.organization_id.in_(ids), OrganizationApiKey.type == ApiKeyType.BILLING_SYNC
    )
    return set(ctx.session.scalars(query))


def _redeemed(ctx: CloudContext, ids: list[UUID]) -> dict[UUID | None, int]:
    sponsor = OrganizationSponsorship.sponsoring_organization_id
    query = (
        sa.select(sponsor, sa.func.count())
        .where(sponsor.in_(ids), OrganizationSponsorship.sponsored_organization_id.is_not(None))
        .group_by(sponsor)
    )
    return {organization_id: int(number) for organization_id, number in ctx.session.execute(query)}
