"""Organizations of an instance: made from a licence, changed by a licence, switched off without one.

Source: src/Core/AdminConsole/OrganizationFeatures/Organizations/SelfHostedOrganizationSignUpCommand.cs,
src/Core/AdminConsole/Services/OrganizationFactory.cs; fidelity.md: license.create, license.update, license.validation.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from common.domains.accounts.service import User, note_changes
from common.domains.organizations import service as organizations
from common.domains.organizations.models import Member, OrganizationApiKey
from common.domains.organizations.models import Organization as Organization
from common.enums import ApiKeyType, OrganizationStatus
from common.errors import not_found
from common.license.model import OrganizationLicense
from selfhost.context import SelfHostContext
from selfhost.organizations.rules import LICENSED, MAX_STORAGE_GB, licensed_values

API_KEY_LENGTH = 30


class NewVault(NamedTuple):
    """What the client made for a new organization.

    key: organization key wrapped for the owner. collection_name: EncString, None = no collection. public_key,
    private_key: the organization's pair, None when the client sends it later.
    """

    key: str
    collection_name: str | None = None
    public_key: str | None = None
    private_key: str | None = None


def require_organization(ctx: SelfHostContext, organization_id: UUID) -> Organization:
    """Errors: 404."""
    organization = organizations.find_organization(ctx, organization_id)
    if organization is None:
        raise not_found("organization.unknown")
    return organization


def require_owned(ctx: SelfHostContext, organization_id: UUID, caller_id: UUID) -> Organization:
    """The organization, if the caller owns it. Errors: 404."""
    return organizations.require_owner(ctx, organization_id, caller_id)


def lock_owned(ctx: SelfHostContext, organization_id: UUID, caller_id: UUID) -> Organization:
    """The same, locked: it is about to change. Errors: 404."""
    return organizations.lock_owned(ctx, organization_id, caller_id)


def lock_organization(ctx: SelfHostContext, organization_id: UUID) -> Organization:
    """The organization, locked: it is about to change. Errors: 404."""
    organization = organizations.lock_organization(ctx, organization_id)
    if organization is None:
        raise not_found("organization.unknown")
    return organization


def is_license_enabled(ctx: SelfHostContext, license_key: str | None) -> bool:
    """Whether some enabled organization has this key; no key equals no key, as upstream."""
    query = sa.select(Organization.id).where(Organization.enabled, Organization.license_key == license_key).limit(1)
    return ctx.session.scalar(query) is not None


def is_license_of_another(ctx: SelfHostContext, license_key: str | None, organization_id: UUID) -> bool:
    """Whether the key belongs to other organizations, disabled ones included, and not to this one."""
    query = sa.select(Organization.id).where(Organization.license_key == license_key)
    holders = set(ctx.session.scalars(query)) if license_key is not None else set()
    return bool(holders) and organization_id not in holders


def create_licensed(
    ctx: SelfHostContext, owner: User, license_file: OrganizationLicense, vault: NewVault
) -> Organization:
    """A new organization as the licence says, with its API key, its confirmed owner and a first collection."""
    now = ctx.clock.now()
    organization = Organization(
        id=ctx.ids.uuid(),
        **licensed_values(license_file),
        max_storage_gb=MAX_STORAGE_GB,
        status=OrganizationStatus.CREATED,
        public_key=vault.public_key,
        private_key=vault.private_key,
        creation_date=now,
        revision_date=now,
    )
    ctx.session.add(organization)
    ctx.session.flush()
    ctx.session.add(
        OrganizationApiKey(
            id=ctx.ids.uuid(),
            organization_id=organization.id,
            type=ApiKeyType.DEFAULT,
            api_key=ctx.ids.secret(API_KEY_LENGTH),
            revision_date=now,
        )
    )
    member = organizations.add_owner(ctx, organization, owner, vault.key)
    if vault.collection_name is not None and vault.collection_name.strip():
        organizations.create_collection(ctx, organization, vault.collection_name, managed_by=member)
    return organization


def licensed_state(organization: Organization) -> Mapping[str, Any]:
    """The columns that `take_over_license` sets, as they are now."""
    return {name: getattr(organization, name) for name in (*LICENSED, "expiration_date")}


def take_over_license(ctx: SelfHostContext, organization: Organization, license_file: OrganizationLicense) -> None:
    """Make an organization what its licence says; keys, storage, status and collection limits stay."""
    for name, value in licensed_values(license_file).items():
        setattr(organization, name, value)
    organization.revision_date = ctx.clock.now()


def remove_organization(ctx: SelfHostContext, organization: Organization) -> None:
    """Delete an organization with everything that hangs on it; its members' clients see that something changed.

    Source: Organization_DeleteById.sql, User_BumpAccountRevisionDateByOrganizationId.sql.
    """
    note_changes(ctx, sa.select(Member.user_id).where(Member.organization_id == organization.id))
    ctx.session.delete(organization)


def enabled_organizations(ctx: SelfHostContext, only: Collection[UUID] | None = None) -> Sequence[Organization]:
    """All of them, or those of these ids, oldest first (one statement)."""
    query = sa.select(Organization).where(Organization.enabled)
    if only is not None:
        query = query.where(Organization.id.in_(only))
    return ctx.session.scalars(query.order_by(Organization.creation_date, Organization.id)).all()


def license_keys(ctx: SelfHostContext) -> Sequence[str | None]:
    """Of every enabled organization (one statement)."""
    return ctx.session.scalars(sa.select(Organization.license_key).where(Organization.enabled)).all()


def switch_off(ctx: SelfHostContext, organization: Organization, expiration_date: datetime | None) -> None:
    """Disable an organization whose licence is not good. expiration_date: of its file, None = now."""
    now = ctx.clock.now()
    organization.enabled = False
    organization.expiration_date = expiration_date or now
    organization.revision_date = now
