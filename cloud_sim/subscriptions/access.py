"""Who may see and change the billing of an organization: its owners, unless a provider has it.

Upstream lets the provider's people in instead; here nobody is one, and `/_sim` does what they would.
Source: src/Core/Context/CurrentContext.cs (ViewSubscription, EditSubscription, ViewBillingHistory);
fidelity.md: organization.providers.
"""

from uuid import UUID

from cloud_sim.providers import rules
from cloud_sim.providers.service import provider_of
from common.domains.organizations.models import Organization
from common.domains.organizations.rules import is_owner
from common.domains.organizations.service import Standing, lock_standing, require_owner, require_standing
from common.server.context import Context


def require_viewed(ctx: Context, organization_id: UUID, user_id: UUID) -> tuple[Organization, bool]:
    """The organization, and whether prices are shown: not to the owners of one that is resold.

    Raises 404 for others than owners, and for these too where a provider pays.
    """
    organization = require_owner(ctx, organization_id, user_id)
    provider = provider_of(ctx, organization_id)
    if provider is not None and rules.pays_for_clients(provider.type):
        raise rules.not_yours()
    return organization, provider is None


def lock_editor(ctx: Context, organization_id: UUID, user_id: UUID) -> Standing:
    """The standing of an owner about to change the subscription. Raises 404 as above, also where it is resold."""
    standing = lock_standing(ctx, organization_id, user_id, is_owner)
    if provider_of(ctx, organization_id) is not None:
        raise rules.not_yours()
    return standing


def require_editor(ctx: Context, organization_id: UUID, user_id: UUID) -> Standing:
    """The same of somebody who only looks."""
    standing = require_standing(ctx, organization_id, user_id, is_owner)
    if provider_of(ctx, organization_id) is not None:
        raise rules.not_yours()
    return standing


def lock_edited(ctx: Context, organization_id: UUID, user_id: UUID) -> Organization:
    """The organization of `lock_editor`."""
    return lock_editor(ctx, organization_id, user_id).organization
