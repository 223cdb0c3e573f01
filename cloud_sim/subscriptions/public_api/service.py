"""Seats, storage and Secrets Manager by the organization's own API key: said as they shall be, not as they change.

Source: src/Api/Billing/Public/Models/Request/OrganizationSubscriptionUpdateRequestModel.cs; fidelity.md:
organization.public-api.
"""

from uuid import UUID

from cloud_sim.subscriptions import seats
from cloud_sim.subscriptions.checkout.service import change_storage
from cloud_sim.subscriptions.secrets_manager.rules import Holding
from cloud_sim.subscriptions.secrets_manager.service import adjust
from common.domains.organizations.models import Organization
from common.domains.organizations.service import lock_standing
from common.server.context import Context
from common.wire.public_api import PublicSubscriptionUpdate, SecretsWanted, VaultWanted

UPDATED = "Subscription updated successfully."
NO_SECRETS = "Organization has no access to Secrets Manager."


def update(ctx: Context, organization_id: UUID, wanted: PublicSubscriptionUpdate) -> str:
    """Do it, all or nothing; what is said of it. Raises whatever buying seats or storage does."""
    organization = lock_standing(ctx, organization_id, None).organization
    if wanted.password_manager is not None:
        _update_vault(ctx, organization, wanted.password_manager)
    if wanted.secrets_manager is None:
        return UPDATED
    if not organization.use_secrets_manager:
        return NO_SECRETS
    _update_secrets(ctx, organization, wanted.secrets_manager)
    return UPDATED


def _update_vault(ctx: Context, organization: Organization, wanted: VaultWanted) -> None:
    limit = _limit(wanted.max_auto_scale_seats, organization.max_autoscale_seats)
    seats.update_seats(ctx, organization, _more(wanted.seats, organization.seats), limit)
    if wanted.storage is not None and wanted.storage > 0:
        change_storage(ctx, organization, _more(wanted.storage, organization.max_storage_gb))


def _update_secrets(ctx: Context, organization: Organization, wanted: SecretsWanted) -> None:
    limits = (
        _limit(wanted.max_auto_scale_seats, organization.max_autoscale_sm_seats),
        _limit(wanted.max_auto_scale_service_accounts, organization.max_autoscale_sm_service_accounts),
    )
    more = _more(wanted.seats, organization.sm_seats), _more(wanted.service_accounts, organization.sm_service_accounts)
    adjust(ctx, organization, Holding(*more, *limits))


def _more(wanted: int | None, now: int | None) -> int:
    """How many more; nothing where less than one is wanted."""
    return wanted - (now or 0) if wanted is not None and wanted > 0 else 0


def _limit(wanted: int | None, now: int | None) -> int | None:
    """A limit less than nothing says nothing, as upstream reads it."""
    return now if wanted is None or wanted < 0 else wanted
