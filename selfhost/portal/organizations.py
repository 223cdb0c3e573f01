"""What the portal shows of organizations: a list to search in, and everything about one, its connection included.

A read-only report across domains, so it asks their tables directly.
Source: src/Admin/AdminConsole/Controllers/OrganizationsController.cs, Views/Organizations/*.cshtml;
spec/billing-sync-and-sponsorships.md 9.2, 9.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from common.domains.accounts.models import User
from common.domains.organizations import service as shared
from common.domains.organizations.models import Group, Member, Organization, Policy
from common.domains.organizations.service import find_organization as find_organization
from common.enums import ConnectionType, MemberStatus, MemberType
from selfhost.billing_sync import service as billing_sync
from selfhost.context import SelfHostContext
from selfhost.jobs import service as jobs
from selfhost.portal.rules import PAGE
from selfhost.sponsorships import runs
from selfhost.sponsorships.runs import SyncRun


@dataclass(frozen=True)
class Search:
    """Part of a name, part of a member's address, and which page (from 1)."""

    name: str = ""
    user_email: str = ""
    page: int = 1
    count: int = PAGE


@dataclass(frozen=True)
class Found:
    """One page of organizations. more: whether there is a next page."""

    organizations: Sequence[Organization]
    more: bool


def search_organizations(ctx: SelfHostContext, search: Search) -> Found:
    """The organizations that fit, newest first (one statement)."""
    query = sa.select(Organization).order_by(Organization.creation_date.desc(), Organization.id)
    if search.name:
        query = query.where(Organization.name.icontains(search.name, autoescape=True))
    if search.user_email:
        of_user = (
            sa.select(Member.organization_id)
            .join(User, User.id == Member.user_id)
            .where(User.email.icontains(search.user_email, autoescape=True))
        )
        query = query.where(Organization.id.in_(of_user))
    page = query.offset((search.page - 1) * search.count).limit(search.count + 1)
    rows = ctx.session.scalars(page).all()
    return Found(rows[: search.count], len(rows) > search.count)


@dataclass(frozen=True)
class Administrator:
    """An owner or administrator. email: of the account, or of the open invitation."""

    email: str | None
    type: MemberType
    status: MemberStatus


@dataclass(frozen=True)
class Connection:
    """The billing sync connection as the portal shows it. license_advice: what to do about a failed licence sync."""

    enabled: bool
    last_license_sync: datetime | None
    license_advice: str | None


@dataclass(frozen=True)
class OrganizationView:
    """Everything on an organization's page. members: how many in each status. communication: whether connections are
    loaded at all. last_sync: of sponsorships. last_run: with its result. next_daily: None without communication."""

    organization: Organization
    occupied: int
    groups: int
    policies: int
    communication: bool
    connection: Connection | None
    last_sync: datetime | None
    last_run: SyncRun | None
    next_daily: datetime | None
    members: dict[MemberStatus, int] = field(default_factory=dict)
    administrators: Sequence[Administrator] = ()

    @property
    def is_syncing(self) -> bool:
        """Whether a run is under way."""
        return self.last_run is not None and self.last_run.finished_at is None


def view_organization(ctx: SelfHostContext, organization_id: UUID) -> OrganizationView | None:
    """Everything about one organization; None for an unknown one."""
    organization = find_organization(ctx, organization_id)
    if organization is None:
        return None
    communication = ctx.deployment.enable_cloud_communication
    daily = jobs.daily_sync(ctx)
    return OrganizationView(
        organization=organization,
        occupied=shared.occupied_seats(ctx, organization_id).total,
        groups=_count(ctx, Group, Group.organization_id == organization_id),
        policies=_count(ctx, Policy, Policy.organization_id == organization_id),
        communication=communication,
        connection=_connection(ctx, organization_id) if communication else None,
        last_sync=runs.last_sync(ctx, organization_id),
        last_run=runs.last_run(ctx, organization_id),
        next_daily=daily.next_run if daily else None,
        members=_members(ctx, organization_id),
        administrators=_administrators(ctx, organization_id),
    )


def may_sync(ctx: SelfHostContext, organization_id: UUID) -> bool:
    """Whether there is an enabled billing sync connection to use."""
    connection = billing_sync.find_connection(ctx, organization_id, ConnectionType.CLOUD_BILLING_SYNC)
    return connection is not None and connection.enabled


def _connection(ctx: SelfHostContext, organization_id: UUID) -> Connection | None:
    connection = billing_sync.billing_sync_of(ctx, organization_id)
    if connection is None:
        return None
    failure = billing_sync.last_failure(ctx, organization_id, billing_sync.LICENSE_SYNC)
    return Connection(connection.enabled, connection.last_license_sync, failure.advice if failure else None)


def _count(ctx: SelfHostContext, table: type, condition: sa.ColumnExpressionArgument[bool]) -> int:
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(table).where(condition)) or 0


def _members(ctx: SelfHostContext, organization_id: UUID) -> dict[MemberStatus, int]:
    query = (
        sa.select(Member.status, sa.func.count())
        .where(Member.organization_id == organization_id)
        .group_by(Member.status)
    )
    return {MemberStatus(status): number for status, number in ctx.session.execute(query)}


def _administrators(ctx: SelfHostContext, organization_id: UUID) -> list[Administrator]:
    query = (
        sa.select(sa.func.coalesce(User.email, Member.email), Member.type, Member.status)
        .outerjoin(User, User.id == Member.user_id)
        .where(Member.organization_id == organization_id, Member.type.in_((MemberType.OWNER, MemberType.ADMIN)))
        .order_by(Member.type, sa.func.coalesce(User.email, Member.email))
    )
    return [
        Administrator(email, MemberType(kind), MemberStatus(status))
        for email, kind, status in ctx.session.execute(query)
    ]
