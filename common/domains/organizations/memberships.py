"""What a user's memberships mean to the rest: roles in the access token, profile rows, premium, deletion.

Read-only questions asked by identity and accounts; changing members is service.py's.
Source: src/Sql/dbo/Views/OrganizationUserOrganizationDetailsView.sql, src/Core/Context/CurrentContext.cs;
fidelity.md: identity.access-token, account.api, account.sync.
"""

from collections.abc import Collection as Sized
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from common.domains.accounts.service import find_user_by_email
from common.domains.organizations.models import (
    Collection,
    Member,
    Organization,
    OrganizationApiKey,
    Policy,
    SsoConfig,
)
from common.domains.organizations.roles import ConfirmedRole, granted_permissions
from common.domains.organizations.ways import best_ways
from common.domains.sponsorships.service import OrganizationSponsorship
from common.domains.sponsorships.standing import shown_sponsorship
from common.enums import MemberStatus, MemberType, PolicyType
from common.server.context import Context, Manager
from common.server.foresight import as_seen


def roles_of(ctx: Context, user_id: UUID) -> list[ConfirmedRole]:
    """The confirmed memberships of a user (one statement)."""
    query = (
        sa.select(
            Member.organization_id,
            Member.type,
            Member.permissions,
            sa.and_(Member.access_secrets_manager, Organization.use_secrets_manager, _enabled(ctx)),
        )
        .join(Organization, Organization.id == Member.organization_id)
        .where(Member.user_id == user_id, Member.status == MemberStatus.CONFIRMED)
        .order_by(Organization.creation_date, Organization.id)
    )
    return [
        ConfirmedRole(organization_id, MemberType(kind), granted_permissions(permissions), bool(secrets))
        for organization_id, kind, permissions, secrets in ctx.session.execute(query)
    ]


def _enabled(ctx: Context) -> sa.SQLColumnExpression[bool]:
    return as_seen(ctx.session, Organization.enabled)


class Membership(NamedTuple):
    """A member with the organization behind it, what the member gave away through it, and its provider."""

    member: Member
    organization: Organization
    sso: SsoConfig | None
    sponsorship: OrganizationSponsorship | None = None
    manager: Manager | None = None

    @property
    def confirmed(self) -> bool:
        """Whether an administrator has let the member in."""
        return self.member.status == MemberStatus.CONFIRMED

    @property
    def accepted(self) -> bool:
        """Whether the user has accepted the invitation (confirmed or not)."""
        return self.member.status in (MemberStatus.ACCEPTED, MemberStatus.CONFIRMED)


def memberships_of(ctx: Context, user_id: UUID) -> list[Membership]:
    """Every membership of a user, whatever its status, oldest organization first (one statement)."""
    sponsorship, shown = shown_sponsorship(Member.organization_id, Member.id)
    query = (
        sa.select(Member, Organization, SsoConfig, sponsorship)
        .join(Organization, Organization.id == Member.organization_id)
        .outerjoin(SsoConfig, SsoConfig.organization_id == Organization.id)
        .outerjoin(sponsorship, shown)
        .where(Member.user_id == user_id)
        .order_by(Organization.creation_date, Organization.id)
    )
    return [Membership(*row) for row in ctx.session.execute(query)]


def gives_premium(memberships: Sequence[Membership]) -> bool:
    """Whether an enabled organization gives its members premium; the member's status is not looked at.

    Source: src/Sql/dbo/Views/UserPremiumAccessView.sql.
    """
    return any(each.organization.enabled and each.organization.users_get_premium for each in memberships)


def policies_of(ctx: Context, organization_ids: Sized[UUID]) -> list[Policy]:
    """The policies that these organizations have set."""
    if not organization_ids:
        return []
    query = sa.select(Policy).where(Policy.organization_id.in_(organization_ids))
    return list(ctx.session.scalars(query.order_by(Policy.organization_id, Policy.type)))


class OwnCollection(NamedTuple):
    """A collection and what the user may do with it, in person or through groups."""

    collection: Collection
    read_only: bool
    hide_passwords: bool
    manage: bool


def collections_of(ctx: Context, user_id: UUID) -> list[OwnCollection]:
    """The collections that a confirmed member may use, of enabled organizations (one statement)."""
    own = best_ways()
    query = (
        sa.select(Collection, own.c.read_only, own.c.hide_passwords, own.c.manage)
        .join(own, own.c.collection_id == Collection.id)
        .join(Member, Member.id == own.c.member_id)
        .join(Organization, Organization.id == Collection.organization_id)
        .where(Member.user_id == user_id, Member.status == MemberStatus.CONFIRMED, _enabled(ctx))
        .order_by(Collection.creation_date, Collection.id)
    )
    return [OwnCollection(*row) for row in ctx.session.execute(query)]


def confirmed_users(ctx: Context, organization_ids: Sized[UUID]) -> set[UUID]:
    """The accounts that are confirmed members of any of these organizations."""
    if not organization_ids:
        return set()
    query = sa.select(Member.user_id).where(
        Member.organization_id.in_(organization_ids), Member.status == MemberStatus.CONFIRMED
    )
    return {user_id for user_id in ctx.session.scalars(query) if user_id is not None}


def is_sole_owner(ctx: Context, user_id: UUID) -> bool:
    """Whether the user is the only confirmed owner of some organization."""
    own = sa.select(Member.organization_id).where(
        Member.user_id == user_id, Member.type == MemberType.OWNER, Member.status == MemberStatus.CONFIRMED
    )
    alone = (
        sa.select(Member.organization_id)
        .where(
            Member.organization_id.in_(own),
            Member.type == MemberType.OWNER,
            Member.status == MemberStatus.CONFIRMED,
        )
        .group_by(Member.organization_id)
        .having(sa.func.count() == 1)
        .limit(1)
    )
    return ctx.session.scalar(alone) is not None


def organizations_requiring_sso(ctx: Context, user_id: UUID) -> list[str | None]:
    """The single sign-on identifiers of the enabled organizations whose policy forbids the master password login.

    Owners and administrators are exempt. Source: src/Core/AdminConsole (RequireSsoPolicyRequirement).
    """
    query = (
        sa.select(SsoConfig.identifier)
        .select_from(Member)
        .join(Organization, Organization.id == Member.organization_id)
        .join(Policy, Policy.organization_id == Organization.id)
        .outerjoin(SsoConfig, SsoConfig.organization_id == Organization.id)
        .where(
            Member.user_id == user_id,
            Member.status == MemberStatus.CONFIRMED,
            Member.type.not_in((MemberType.OWNER, MemberType.ADMIN)),
            _enabled(ctx),
            Organization.use_policies,
            Policy.type == PolicyType.REQUIRE_SSO,
            Policy.enabled,
        )
    )
    return list(ctx.session.scalars(query))


def keepers_of_log(ctx: Context, user_id: UUID) -> Sequence[UUID]:
    """The organizations whose event logs tell what a user does: enabled, with events, and the user is confirmed (one
    statement).

    Source: src/Core/Dirt/Services/Implementations/EventService.cs (LogUserEventAsync); fidelity.md: events.log.
    """
    query = (
        sa.select(Organization.id)
        .join(Member, Member.organization_id == Organization.id)
        .where(
            Member.user_id == user_id,
            Member.status == MemberStatus.CONFIRMED,
            _enabled(ctx),
            Organization.use_events,
        )
        .order_by(Organization.creation_date, Organization.id)
    )
    return list(ctx.session.scalars(query))


def public_api_key(ctx: Context, organization_id: UUID, key_type: int) -> str | None:
    """The secret of an organization's API client; None unless it is enabled, may use the API and has a key."""
    query = (
        sa.select(OrganizationApiKey.api_key)
        .join(Organization, Organization.id == OrganizationApiKey.organization_id)
        .where(
            Organization.id == organization_id,
            _enabled(ctx),
            Organization.use_api,
            OrganizationApiKey.type == key_type,
        )
    )
    return ctx.session.scalar(query)


def confirmed_in(ctx: Context, user_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """user -> the organizations that confirmed them, disabled ones included (one statement)."""
    query = sa.select(Member.user_id, Member.organization_id).where(
        Member.user_id.in_(list(user_ids)), Member.status == MemberStatus.CONFIRMED
    )
    found: dict[UUID, list[UUID]] = {}
    for user_id, organization_id in ctx.session.execute(query):
        if user_id is not None:
            found.setdefault(user_id, []).append(organization_id)
    return found


def owned_by(ctx: Context, email: str) -> list[Organization]:
    """The organizations that the account of this address owns, newest first."""
    owner = find_user_by_email(ctx, email)
    if owner is None:
        return []
    query = (
        sa.select(Organization)
        .join(Member, Member.organization_id == Organization.id)
        .where(
            Member.user_id == owner.id,
            Member.type == MemberType.OWNER,
            Member.status == MemberStatus.CONFIRMED,
        )
        .order_by(Organization.creation_date.desc(), Organization.id)
    )
    return list(ctx.session.scalars(query))
