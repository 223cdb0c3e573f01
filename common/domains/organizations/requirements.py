"""What a route may require of its caller in the organization of its path, for `policy.organization(...)`.

Upstream reads it from the caller's access token; here it is the stored membership (docs/fidelity.md says so).
Source: src/Libraries/OrganizationAuthorization/Organizations/Requirements, src/Api/AdminConsole/Authorization,
src/Api/Billing/Models/Requirements; fidelity.md: wire.requirements.
"""

from collections.abc import Callable
from uuid import UUID

import sqlalchemy as sa

from common.domains.organizations import rules
from common.domains.organizations.models import Member, Organization
from common.domains.organizations.rules import Role
from common.domains.organizations.ways import ways
from common.server.context import Context
from common.server.policy import Requirement


def _of_member(name: str, allowed: Callable[[Role], bool]) -> Requirement:
    """Met by a membership of which `allowed` says so (one statement)."""

    def holds(ctx: Context, organization_id: UUID, user_id: UUID) -> bool:
        member = ctx.session.execute(_membership(organization_id, user_id)).one_or_none()
        return member is not None and allowed(member)

    return Requirement(name, holds)


def _membership(organization_id: UUID, user_id: UUID) -> sa.Select[int, int, dict[str, object] | None]:
    return sa.select(Member.type, Member.status, Member.permissions).where(
        Member.organization_id == organization_id, Member.user_id == user_id
    )


def _hands_out_collections(ctx: Context, organization_id: UUID, user_id: UUID) -> bool:
    """May make collections, manages one, or needs the names of groups for other work (one statement)."""
    way = ways()
    manages_one = sa.exists().where(way.c.member_id == Member.id, way.c.manage)
    query = (
        sa.select(Member, Organization, manages_one)
        .join(Organization, Organization.id == Member.organization_id)
        .where(Organization.id == organization_id, Member.user_id == user_id)
    )
    row = ctx.session.execute(query).one_or_none()
    if row is None:
        return False
    member, organization, manages = row
    return rules.is_confirmed(member) and (manages or rules.may_list_groups(organization, member))


MEMBER = _of_member("Member", rules.is_confirmed)
MEMBER_OR_PROVIDER = _of_member("MemberOrProvider", rules.is_confirmed)
KNOWN_MEMBER = _of_member("OrgUserLinkedToUserId", lambda _member: True)
MANAGE_BILLING = _of_member("ManageOrganizationBilling", rules.is_owner)
MANAGE_USERS = _of_member("ManageUsers", rules.may_manage_users)
MANAGE_GROUPS = _of_member("ManageGroups", rules.may_manage_groups)
MANAGE_USERS_OR_GROUPS = _of_member("ManageUsersOrGroups", rules.may_see_groups)
MANAGE_POLICIES = _of_member("ManagePolicies", rules.may_manage_policies)
MANAGE_ACCOUNT_RECOVERY = _of_member("ManageAccountRecovery", rules.may_manage_account_recovery)
COLLECTION_MANAGEMENT_ACCESS = Requirement("OrganizationCollectionManagementAccess", _hands_out_collections)
