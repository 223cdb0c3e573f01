"""Handing out licences: to an owner who downloads one, to an installation that synchronizes, to a premium user."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from cloud_sim.billing_sync.service import require_billing_sync_key
from cloud_sim.context import CloudContext
from cloud_sim.imported.service import as_imported, premium_as_imported
from cloud_sim.installations.service import find_enabled_installation
from cloud_sim.licensing import rules
from cloud_sim.licensing.models import OrganizationInstallation
from cloud_sim.releases.service import simulated_release, unknown_fields
from cloud_sim.subscriptions import service as subscriptions
from cloud_sim.subscriptions import views
from common.crypto.comparison import same_secret
from common.domains.accounts import service as accounts
from common.domains.accounts.service import User
from common.domains.organizations import service as organizations
from common.domains.organizations.models import Organization
from common.errors import Refusal, not_found, unauthorized
from common.license.dates import BillingView
from common.license.model import License, OrganizationLicense, UserLicense
from common.license.signing import issue_organization_license, issue_user_license
from common.releases import Abilities, abilities
from common.server.database import inserting
from common.server.transaction import own_transaction


def download_organization_license(
    ctx: CloudContext, organization_id: UUID, caller_id: UUID, installation_id: UUID
) -> OrganizationLicense:
    """The licence of an organization for one installation, asked for by an owner.

    Errors: 404 not an owner; 400 installation or subscription.
    Source: src/Core/Billing/Organizations/Queries/GetCloudOrganizationLicenseQuery.cs; fidelity.md: license.download.
    """
    organization = organizations.require_owner(ctx, organization_id, caller_id)
    license_file = license_for(ctx, organization, installation_id)
    with own_transaction(ctx.session):  # upstream's route is a GET
        _remember_installation(ctx, organization_id, license_file.installation_id)
    return license_file


def sync_organization_license(
    ctx: CloudContext,
    organization_id: UUID,
    license_key: str | None,
    sync_key: str | None,
    installation_id: UUID | None,
) -> OrganizationLicense:
    """The licence for the installation behind an access token, which must know the licence key and the sync token.

    Errors: 404 organization; 400 keys, installation, subscription, in this order.
    Source: src/Api/Billing/Controllers/LicensesController.cs; fidelity.md: license.cloud-sync.
    """
    organization = organizations.find_organization(ctx, organization_id)
    if organization is None:
        raise not_found("licensing.unknown-organization")
    if not same_secret(organization.license_key, license_key):
        raise rules.invalid_license_key()
    require_billing_sync_key(ctx, organization.id, sync_key)
    license_file = license_for(ctx, organization, installation_id)
    with own_transaction(ctx.session):  # upstream's route is a GET
        _remember_installation(ctx, organization_id, license_file.installation_id)
    return license_file


def download_own_license(ctx: CloudContext, user_id: UUID) -> UserLicense:
    """The caller's premium licence. Errors: 401 account gone; 400 subscription.

    Source: fidelity.md: license.download.
    """
    user = accounts.find_user(ctx, user_id)
    if user is None:
        raise unauthorized("licensing.unknown-user")
    subscription = subscriptions.subscription_of_user(ctx, user)
    rules.check_user_subscription(subscription.status if subscription else None)
    return license_of_user(ctx, user)


def sync_user_license(ctx: CloudContext, user_id: UUID, license_key: str) -> UserLicense | None:
    """A user's licence for whoever knows its key; None for an unknown user. Source: fidelity.md: license.cloud-sync."""
    user = accounts.find_user(ctx, user_id)
    if user is None:
        return None
    if not same_secret(user.license_key, license_key):
        raise rules.invalid_license_key()
    return license_of_user(ctx, user)


def license_for(ctx: CloudContext, organization: Organization, installation_id: UUID | None) -> OrganizationLicense:
    """The organization's licence for an installation as it is issued now. Errors: 400 installation, subscription."""
    installation = find_enabled_installation(ctx, installation_id)
    if installation is None:
        raise rules.invalid_installation_id()
    billing = views.billing_view(ctx, organization)
    status = billing.subscription.status if billing.subscription else None
    release, kept = abilities(simulated_release(ctx)), as_imported(ctx, organization.id, organization)
    if release.asks_subscription and (status is not None or kept is None):
        rules.check_subscription(status, organization.expiration_date, ctx.clock.now())
    return issue_organization_license(
        organization,
        billing,
        installation.id,
        now_ticks=ctx.clock.ticks(),
        jti=ctx.ids.uuid(),
        certificate=ctx.certificate,
        release=kept.of(release) if kept else release,
        version=kept.version if kept else None,
        dates=kept.dates if kept else None,
    )


def unknown_to(ctx: CloudContext, file: License) -> frozenset[str]:
    """C# names of the fields that this licence is handed out without."""
    if isinstance(file, OrganizationLicense):
        kept = as_imported(ctx, file.id)
        return unknown_fields(ctx) if kept is None else kept.lacks
    user = accounts.find_user(ctx, file.id)
    premium = premium_as_imported(ctx, user) if user else None
    return unknown_fields(ctx) if premium is None else premium.lacks


def license_of_user(ctx: CloudContext, user: User) -> UserLicense:
    """A user's licence as it is issued now."""
    release, kept = abilities(simulated_release(ctx)), premium_as_imported(ctx, user)
    return issue_user_license(
        user,
        views.user_billing_view(ctx, user),
        now_ticks=ctx.clock.ticks(),
        jti=ctx.ids.uuid(),
        certificate=ctx.certificate,
        release=kept.of(release) if kept else release,
        dates=kept.dates if kept else None,
    )


def licensed_installations(ctx: CloudContext, organization_id: UUID) -> list[OrganizationInstallation]:
    """The installations that the organization's licence was downloaded for, the first one first (one statement)."""
    row = OrganizationInstallation
    found = sa.select(row).where(row.organization_id == organization_id)
    return list(ctx.session.scalars(found.order_by(row.creation_date, row.installation_id)))


def downloads_of(ctx: CloudContext, organization_ids: Sequence[UUID]) -> dict[UUID, list[OrganizationInstallation]]:
    """The same of several, by organization (one statement)."""
    row, found = OrganizationInstallation, dict[UUID, list[OrganizationInstallation]]()
    query = sa.select(row).where(row.organization_id.in_(organization_ids))
    for each in ctx.session.scalars(query.order_by(row.creation_date, row.installation_id)):
        found.setdefault(each.organization_id, []).append(each)
    return found


def refused_download(
    ctx: CloudContext, organization: Organization, billing: BillingView, release: Abilities
) -> Refusal | None:
    """Why no licence would be handed out now, whatever the installation; None = one would."""
    if not release.asks_subscription:
        return None
    try:
        status = billing.subscription.status if billing.subscription else None
        rules.check_subscription(status, organization.expiration_date, ctx.clock.now())
    except Refusal as refusal:
        return refusal
    return None


def licensed_installations_of(ctx: CloudContext, organization_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Ids of the same, by organization; the organizations without any are missing (one statement)."""
    row = OrganizationInstallation
    query = sa.select(row.organization_id, row.installation_id).where(row.organization_id.in_(organization_ids))
    found: dict[UUID, list[UUID]] = {}
    for organization_id, installation_id in ctx.session.execute(query):
        found.setdefault(organization_id, []).append(installation_id)
    return found


def _remember_installation(ctx: CloudContext, organization_id: UUID, installation_id: UUID) -> None:
    row, now = OrganizationInstallation, ctx.clock.now()
    first = inserting(ctx.session, row).values(
        installation_id=installation_id, organization_id=organization_id, creation_date=now
    )
    again = first.on_conflict_do_update(
        index_elements=["installation_id"],
        set_={"revision_date": now},
        where=row.__table__.c.organization_id == organization_id,
    )
    ctx.session.execute(again)
