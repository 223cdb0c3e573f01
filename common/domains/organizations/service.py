"""Organizations: finding them, the caller's standing in them, seats and usage, names and keys, owners, API.

Source: src/Api/AdminConsole/Controllers/OrganizationsController.cs, src/Core/AdminConsole/OrganizationFeatures/**;
fidelity.md: organization.keys, organization.reads, license.create, license.in-use.
"""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from common.crypto.master_password import SecretProof
from common.domains.accounts import service as accounts
from common.domains.accounts.rules import SECRET_FAILED
from common.domains.events.rules import Kind
from common.domains.organizations import rules
from common.domains.organizations.invitations import invite_is_valid as invite_is_valid
from common.domains.organizations.log import note_organization, switches
from common.domains.organizations.models import (
    Collection,
    CollectionMember,
    Group,
    Member,
    Organization,
    OrganizationApiKey,
    Policy,
    SsoConfig,
)
from common.domains.organizations.rules import Role, SeatCounts
from common.domains.sponsorships.standing import seats_taken
from common.enums import MemberStatus, MemberType, PlanType, PolicyType
from common.errors import Refusal, bad_request, invalid_field, not_found, unauthorized
from common.server.context import Context
from common.server.locks import lock_row, lock_rows

if TYPE_CHECKING:
    from common.domains.accounts.service import User

LICENSE_KEY_LENGTH = 20


class Standing(NamedTuple):
    """A caller inside an organization: both rows."""

    organization: Organization
    member: Member


class Usage(NamedTuple):
    """What an organization uses, as far as the checks of a smaller licence or plan look at it.

    SCIM is not in here: its connections belong to the apps. Source: fidelity.md: license.in-use.
    """

    seats: SeatCounts
    collections: int
    groups: int
    enabled_policies: int
    sso_enabled: bool
    key_connector: bool
    custom_members: int
    reset_password_policy: bool


def find_organization(ctx: Context, organization_id: UUID) -> Organization | None:
    """The organization of this id, or None."""
    return ctx.session.get(Organization, organization_id)


def find_by_id_or_name(ctx: Context, text: str | None) -> list[Organization]:
    """The organizations that people mean by this id or name; None = all (one statement, at most ten)."""
    query = sa.select(Organization).order_by(Organization.creation_date, Organization.id).limit(10)
    if text is not None:
        query = query.where(_is_id_or_name(text))
    return list(ctx.session.scalars(query))


def list_organizations(ctx: Context, text: str | None) -> list[Organization]:
    """Those of this id or name, or all, the oldest first (one statement)."""
    query = sa.select(Organization).order_by(Organization.creation_date, Organization.id)
    return list(ctx.session.scalars(query if text is None else query.where(_is_id_or_name(text))))


def _is_id_or_name(text: str) -> sa.ColumnElement[bool]:
    try:
        return Organization.id == UUID(text)
    except ValueError:
        return Organization.name.in_((text, escape(text)))


def known_organization(ctx: Context, organization_id: UUID) -> Organization:
    """The organization of an id that something else refers to. Raises LookupError."""
    organization = find_organization(ctx, organization_id)
    if organization is None:
        raise LookupError(f"no organization {organization_id}")
    return organization


def lock_organization(ctx: Context, organization_id: UUID) -> Organization | None:
    """The organization of this id as it is now, or None; nobody else changes it before this transaction is over.

    Nor what belongs to it: whoever changes members, keys, policies, collections, its subscription or what it gave away
    locks the organization first (common/server/locks.py).
    """
    return lock_row(ctx.session, Organization, organization_id)


def lock_organizations(ctx: Context, ids: Iterable[UUID]) -> dict[UUID, Organization]:
    """The same for several, by id (one statement at most)."""
    return lock_rows(ctx.session, Organization, ids)


def find_organizations(ctx: Context, ids: Iterable[UUID]) -> dict[UUID, Organization]:
    """The organizations of these ids, by id (one statement at most)."""
    wanted = list(ids)
    if not wanted:
        return {}
    return {each.id: each for each in ctx.session.scalars(sa.select(Organization).where(Organization.id.in_(wanted)))}


def membership(ctx: Context, organization_id: UUID, user_id: UUID) -> Member | None:
    """The user's place in the organization, whatever its state, or None."""
    query = sa.select(Member).where(Member.organization_id == organization_id, Member.user_id == user_id)
    return ctx.session.scalar(query)


def find_member(ctx: Context, organization_id: UUID, member_id: UUID) -> Member | None:
    """The member of this id, if it is one of the organization's, or None."""
    member = ctx.session.get(Member, member_id)
    return member if member is not None and member.organization_id == organization_id else None


def require_standing(
    ctx: Context, organization_id: UUID, user_id: UUID | None, allowed: Callable[[Role], bool] = rules.is_confirmed
) -> Standing:
    """The caller's standing, if `allowed` says so of the membership (one statement).

    user_id: None = the organization itself, by its API key, which may what owners may. Raises 404 otherwise, also for
    an unknown organization: upstream tells nobody the difference.
    """
    return _standing(ctx, organization_id, user_id, allowed)


def lock_standing(
    ctx: Context, organization_id: UUID, user_id: UUID | None, allowed: Callable[[Role], bool] = rules.is_confirmed
) -> Standing:
    """`require_standing` of somebody who is about to change the organization or what belongs to it: locks it first."""
    lock_organization(ctx, organization_id)
    return _standing(ctx, organization_id, user_id, allowed, populate_existing=True)


def _standing(
    ctx: Context, organization_id: UUID, user_id: UUID | None, allowed: Callable[[Role], bool], **options: bool
) -> Standing:
    if user_id is None:
        return Standing(*_itself(ctx, organization_id))
    query = (
        sa.select(Organization, Member)
        .join(Member, Member.organization_id == Organization.id)
        .where(Organization.id == organization_id, Member.user_id == user_id)
        .execution_options(**options)
    )
    row = ctx.session.execute(query).one_or_none()
    if row is None or not allowed(row[1]):
        raise not_found("organization.standing")
    return Standing(*row)


def require_console(
    ctx: Context, organization_id: UUID, user_id: UUID, allowed: Callable[[Role], bool] = rules.is_confirmed
) -> Standing:
    """The standing of somebody who may open the Admin Console and what `allowed` guards in it. Raises 404."""
    standing = require_standing(ctx, organization_id, user_id, allowed)
    if not rules.may_open_console(standing.member, enabled=standing.organization.enabled):
        raise not_found("organization.console")
    return standing


def _itself(ctx: Context, organization_id: UUID) -> tuple[Organization, Member]:
    """An organization that acts for itself, and a member that is in no table."""
    organization = find_organization(ctx, organization_id)
    if organization is None:
        raise not_found("organization.standing")
    return organization, Member(organization_id=organization_id, type=MemberType.OWNER, status=MemberStatus.CONFIRMED)


def require_owner(ctx: Context, organization_id: UUID, user_id: UUID) -> Organization:
    """The organization, if the user is a confirmed owner of it. Raises 404 otherwise."""
    return require_standing(ctx, organization_id, user_id, rules.is_owner).organization


def lock_owned(ctx: Context, organization_id: UUID, user_id: UUID) -> Organization:
    """`require_owner` of somebody who is about to change the organization or what belongs to it: locks it first."""
    return lock_standing(ctx, organization_id, user_id, rules.is_owner).organization


def prove_owner(ctx: Context, caller_id: UUID, organization_id: UUID, proof: SecretProof) -> None:
    """Check an owner's secret before the organization is deleted: 404 for others, the slow 400 for a wrong secret."""
    require_owner(ctx, organization_id, caller_id)
    user = accounts.require_user(ctx, caller_id)
    if not accounts.verify_secret(ctx, user, proof.master_password_hash, proof.otp):
        raise invalid_field("", SECRET_FAILED, rule="organization.delete", slow=True)


def lock_deletable(ctx: Context, caller_id: UUID, organization_id: UUID) -> Organization:
    """The organization, if the caller may delete it. Raises 404 for others than owners, 400 with Key Connector.

    Source: src/Api/AdminConsole/Controllers/OrganizationsController.cs (Delete).
    """
    organization = lock_owned(ctx, organization_id, caller_id)
    if usage(ctx, organization.id).key_connector:
        raise bad_request(
            "You cannot delete an organization vault that is using Key Connector.", rule="organization.key-connector"
        )
    return organization


def occupied_seats(ctx: Context, organization_id: UUID) -> SeatCounts:
    """How many seats are taken, by members and by sponsorships (one statement).

    Source: Organization_ReadOccupiedSeatCountByOrganizationId.sql; fidelity.md: license.in-use.
    """
    counts = (_occupying_members(organization_id), seats_taken(organization_id, ctx.clock.now()))
    users, sponsored = ctx.session.execute(sa.select(*(count.scalar_subquery() for count in counts))).one()
    return SeatCounts(users=users, sponsored=sponsored)


def make_room(ctx: Context, organization: Organization, newcomers: int) -> None:
    """See to it that so many more find a seat, or refuse with the reason that the side has."""
    if newcomers == 0 or organization.seats is None:
        return
    occupied = occupied_seats(ctx, organization.id).total
    missing = rules.seats_missing(organization.seats, occupied, newcomers)
    if missing:
        ctx.side.grow_seats(ctx, organization.id, missing)


def _occupying_members(organization_id: UUID) -> sa.Select[int]:
    return _count(Member, Member.organization_id == organization_id, Member.status.in_(rules.OCCUPYING))


def _count(table: type, *conditions: sa.ColumnExpressionArgument[bool]) -> sa.Select[int]:
    return sa.select(sa.func.count()).select_from(table).where(*conditions)


def usage(ctx: Context, organization_id: UUID) -> Usage:
    """Everything the in-use checks look at (one statement)."""
    enabled_policy = (Policy.organization_id == organization_id, Policy.enabled)
    sso = SsoConfig.organization_id == organization_id
    key_connector = SsoConfig.member_decryption_type == rules.KEY_CONNECTOR
    custom = Member.type == MemberType.CUSTOM
    counts = (
        _occupying_members(organization_id),
        seats_taken(organization_id, ctx.clock.now()),
        _count(Collection, Collection.organization_id == organization_id),
        _count(Group, Group.organization_id == organization_id),
        _count(Policy, *enabled_policy),
        _count(SsoConfig, sso, SsoConfig.enabled),
        _count(SsoConfig, sso, key_connector),
        _count(Member, Member.organization_id == organization_id, custom),
        _count(Policy, *enabled_policy, Policy.type == PolicyType.RESET_PASSWORD),
    )
    row = ctx.session.execute(sa.select(*(count.scalar_subquery() for count in counts))).one()
    users, sponsored, collections, groups, policies, sso_count, connector_count, custom_members, reset_policies = row
    return Usage(
        seats=SeatCounts(users=users, sponsored=sponsored),
        collections=collections,
        groups=groups,
        enabled_policies=policies,
        sso_enabled=sso_count > 0,
        key_connector=connector_count > 0,
        custom_members=custom_members,
        reset_password_policy=reset_policies > 0,
    )


def has_owner_besides(ctx: Context, organization_id: UUID, member_ids: Iterable[UUID] = ()) -> bool:
    """Whether a confirmed owner remains when these members are gone."""
    remaining = _count(
        Member,
        Member.organization_id == organization_id,
        Member.type == MemberType.OWNER,
        Member.status == MemberStatus.CONFIRMED,
        Member.id.not_in(list(member_ids)),
    )
    return bool(ctx.session.scalar(remaining))


def owner_addresses(ctx: Context, organization_id: UUID) -> list[str]:
    """E-mail addresses of the confirmed owners (two statements)."""
    owners = sa.select(Member.user_id).where(
        Member.organization_id == organization_id,
        Member.type == MemberType.OWNER,
        Member.status == MemberStatus.CONFIRMED,
    )
    ids = [each for each in ctx.session.scalars(owners) if each]
    return [each.email for each in accounts.find_users(ctx, ids).values()]


def administers_free_organization(ctx: Context, user_id: UUID, besides: UUID | None = None) -> bool:
    """Whether the user is a confirmed owner or administrator of a Free organization (other than `besides`)."""
    return bool(run_free_organizations(ctx, [user_id], besides))


def run_free_organizations(ctx: Context, user_ids: Iterable[UUID], besides: UUID | None = None) -> set[UUID]:
    """Those of these users who are that (one statement)."""
    query = (
        sa.select(Member.user_id)
        .join(Organization, Organization.id == Member.organization_id)
        .where(
            Member.user_id.in_(list(user_ids)),
            Member.status == MemberStatus.CONFIRMED,
            Member.type.in_(rules.LEADING),
            Organization.plan_type == PlanType.FREE,
        )
    )
    if besides is not None:
        query = query.where(Organization.id != besides)
    return {user_id for user_id in ctx.session.scalars(query) if user_id is not None}


def add_owner(ctx: Context, organization: Organization, owner: "User", key: str) -> Member:
    """Make the user a confirmed owner. key: the organization key wrapped for them (EncString type 4)."""
    now = ctx.clock.now()
    member = Member(
        id=ctx.ids.uuid(),
        organization_id=organization.id,
        user_id=owner.id,
        key=key,
        status=MemberStatus.CONFIRMED,
        type=MemberType.OWNER,
        access_secrets_manager=organization.use_secrets_manager,
        creation_date=now,
        revision_date=now,
    )
    ctx.session.add(member)
    ctx.session.flush()
    return member


def create_collection(
    ctx: Context,
    organization: Organization,
    name: str,
    *,
    managed_by: Member | None = None,
    external_id: str | None = None,
) -> Collection:
    """Store a collection. name: EncString under the organization key."""
    now = ctx.clock.now()
    collection = Collection(
        id=ctx.ids.uuid(),
        organization_id=organization.id,
        name=name,
        external_id=external_id,
        creation_date=now,
        revision_date=now,
    )
    ctx.session.add(collection)
    ctx.session.flush()
    if managed_by is not None:
        ctx.session.add(CollectionMember(collection_id=collection.id, member_id=managed_by.id, manage=True))
    return collection


def find_api_key(ctx: Context, organization_id: UUID, key_type: int) -> OrganizationApiKey | None:
    """The organization's key of this purpose, or None."""
    query = sa.select(OrganizationApiKey).where(
        OrganizationApiKey.organization_id == organization_id, OrganizationApiKey.type == key_type
    )
    return ctx.session.scalar(query)


def public_key(ctx: Context, organization_id: UUID) -> str | None:
    """The organization's public key, for any signed-in user. Raises 404 for an unknown organization."""
    organization = find_organization(ctx, organization_id)
    if organization is None:
        raise not_found("organization.unknown")
    return organization.public_key


def _lock_or_refuse(
    ctx: Context, organization_id: UUID, caller_id: UUID, allowed: Callable[[Role], bool]
) -> Organization:
    """`lock_standing` where upstream says 401 to others, whether there is such an organization or not."""
    try:
        return lock_standing(ctx, organization_id, caller_id, allowed).organization
    except Refusal as refusal:
        raise unauthorized(refusal.rule) from refusal


def set_keys(ctx: Context, caller_id: UUID, organization_id: UUID, public: str, private: str) -> Organization:
    """Store the key pair of an organization that has none. private: EncString under the organization key."""
    organization = _lock_or_refuse(ctx, organization_id, caller_id, rules.may_manage_account_recovery)
    if organization.public_key is not None and organization.private_key is not None:
        raise bad_request("Organization Keys already exist.", rule="organization.keys-exist")
    organization.public_key, organization.private_key = public, private
    organization.revision_date = ctx.clock.now()
    return organization


class OrganizationChange(NamedTuple):
    """What an owner changes; None = left as it is. keys: (public, wrapped private)."""

    name: str | None = None
    billing_email: str | None = None
    keys: tuple[str, str] | None = None


def secrets_seats_taken(ctx: Context, organization_id: UUID) -> int:
    """How many members may use the Secrets Manager, those who are revoked left out (one statement).

    Source: src/Sql/dbo/Stored Procedures/OrganizationUser_ReadOccupiedSmSeatCountByOrganizationId.sql.
    """
    counted = sa.select(sa.func.count()).select_from(Member)
    query = counted.where(
        Member.organization_id == organization_id, Member.access_secrets_manager, Member.status >= MemberStatus.INVITED
    )
    return ctx.session.scalar(query) or 0


def manage_collections(
    ctx: Context, caller_id: UUID, organization_id: UUID, rights: Mapping[str, bool]
) -> Organization:
    """Say what members may do with collections and items; also on an instance. rights: by column.

    Source: src/Core/AdminConsole/OrganizationFeatures/Organizations/OrganizationUpdateCollectionManagementCommand.cs;
    fidelity.md: organization.reads.
    """
    organization = lock_owned(ctx, organization_id, caller_id)
    changes = switches(organization, rights)
    for name, value in rights.items():
        setattr(organization, name, value)
    organization.revision_date = ctx.clock.now()
    note_organization(ctx, organization_id, *changes)
    return organization


def update_organization(
    ctx: Context, caller_id: UUID, organization_id: UUID, change: OrganizationChange
) -> Organization:
    """Change name and billing address, and fill missing keys.

    On an instance both come from the licence: only keys are filled.
    Source: src/Core/AdminConsole/OrganizationFeatures/Organizations/Update/OrganizationUpdateCommand.cs.
    """
    organization = _lock_or_refuse(ctx, organization_id, caller_id, rules.is_owner)
    if not ctx.side.licensed:
        if change.name is not None:
            organization.name = rules.stored_name(change.name)
        if change.billing_email is not None:
            organization.billing_email = change.billing_email.strip().lower()
    if change.keys and (organization.public_key is None or organization.private_key is None):
        organization.public_key, organization.private_key = change.keys
    organization.revision_date = ctx.clock.now()
    note_organization(ctx, organization_id, Kind.ORGANIZATION_UPDATED)
    return organization
