"""What the administrator of a whole server sees of organizations: a list to search in, and how each is made up.

Read-only questions; who may ask them is asked elsewhere. Source: src/Admin/AdminConsole/Controllers/
OrganizationsController.cs, Models/OrganizationViewModel.cs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from common.domains.accounts.service import account_of
from common.domains.organizations.models import Group, Member, Organization, Policy
from common.enums import MemberStatus, MemberType
from common.server.context import Context


@dataclass(frozen=True)
class Search:
    """Part of a name, part of a member's address, and which page (from 1)."""

    name: str = ""
    user_email: str = ""
    page: int = 1
    count: int = 25


class Found(NamedTuple):
    """One page of organizations. more: whether there is a next page."""

    organizations: Sequence[Organization]
    more: bool


def search_organizations(ctx: Context, search: Search) -> Found:
    """The organizations that fit, newest first (one statement)."""
    query = sa.select(Organization).order_by(Organization.creation_date.desc(), Organization.id)
    if search.name:
        query = query.where(Organization.name.icontains(search.name, autoescape=True))
    if search.user_email:
        account, theirs = account_of(Member.user_id)
        of_user = (
            sa.select(Member.organization_id)
            .join(account, theirs)
            .where(account.email.icontains(search.user_email, autoescape=True))
        )
        query = query.where(Organization.id.in_(of_user))
    page = query.offset((search.page - 1) * search.count).limit(search.count + 1)
    rows = ctx.session.scalars(page).all()
    return Found(rows[: search.count], len(rows) > search.count)


class Administrator(NamedTuple):
    """An owner or administrator. email: of the account, or of the open invitation."""

    email: str | None
    type: MemberType
    status: MemberStatus


class Overview(NamedTuple):
    """How an organization is made up. members: how many in each status."""

    groups: int
    policies: int
    members: dict[MemberStatus, int]
    administrators: Sequence[Administrator]


def overview_of(ctx: Context, organization_id: UUID) -> Overview:
    """Everything that is counted or listed of one organization."""
    return Overview(
        groups=_count(ctx, Group, Group.organization_id == organization_id),
        policies=_count(ctx, Policy, Policy.organization_id == organization_id),
        members=_members(ctx, organization_id),
        administrators=_administrators(ctx, organization_id),
    )


def _count(ctx: Context, table: type, condition: sa.ColumnExpressionArgument[bool]) -> int:
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(table).where(condition)) or 0


def _members(ctx: Context, organization_id: UUID) -> dict[MemberStatus, int]:
    query = (
        sa.select(Member.status, sa.func.count())
        .where(Member.organization_id == organization_id)
        .group_by(Member.status)
    )
    return {MemberStatus(status): number for status, number in ctx.session.execute(query)}


def _administrators(ctx: Context, organization_id: UUID) -> list[Administrator]:
    account, theirs = account_of(Member.user_id)
    email = sa.func.coalesce(account.email, Member.email)
    query = (
        sa.select(email, Member.type, Member.status)
        .outerjoin(account, theirs)
        .where(Member.organization_id == organization_id, Member.type.in_((MemberType.OWNER, MemberType.ADMIN)))
        .order_by(Member.type, email)
    )
    return [
        Administrator(email, MemberType(kind), MemberStatus(status))
        for email, kind, status in ctx.session.execute(query)
    ]
