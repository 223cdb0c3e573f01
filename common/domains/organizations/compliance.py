"""What policies mean for who wants a place: single organization, two-step login, automatic confirmation.

The first two spare owners and administrators, the last one nobody.
Source: src/Core/AdminConsole/OrganizationFeatures/Policies/{PolicyRequirements,Enforcement};
fidelity.md: policies.kept.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from common.domains.organizations import rules
from common.domains.organizations.models import Member, Organization, Policy
from common.enums import MemberStatus, PolicyType
from common.errors import Refusal, bad_request
from common.server.context import Context

_KEPT = (PolicyType.SINGLE_ORG, PolicyType.TWO_FACTOR_AUTHENTICATION, PolicyType.AUTOMATIC_USER_CONFIRMATION)
_THERE = (MemberStatus.ACCEPTED, MemberStatus.CONFIRMED)


class Bond(NamedTuple):
    """A policy of an organization in which somebody has a place."""

    organization_id: UUID
    policy: int
    status: int
    spared: bool


class Bonds(NamedTuple):
    """What keeps somebody from a place. elsewhere: has one in another organization. two_step: has to log in so, and
    does not. single, automatic: policies of this organization that allow no other one; forbidden_...: of another."""

    elsewhere: bool = False
    two_step: bool = False
    single: bool = False
    automatic: bool = False
    forbidden_by_single: bool = False
    forbidden_by_automatic: bool = False

    @property
    def leave_others(self) -> bool:
        """Whether the single organization here asks to leave the others."""
        return self.single and self.elsewhere


def bonds_of(ctx: Context, organization: Organization, members: Iterable[Member]) -> dict[UUID, Bonds]:
    """By account: what policies say to these members of a locked organization (three statements however many)."""
    kept = {each.user_id: each for each in members if each.user_id is not None}
    return _bonds(ctx, organization, {user_id: each.type for user_id, each in kept.items() if user_id is not None})


def bonds_of_one(ctx: Context, organization: Organization, user_id: UUID, member_type: int, *, two_step: bool) -> Bonds:
    """What they say to one account that shall have a place. two_step: whether it logs in so."""
    found = _bonds(ctx, organization, {user_id: member_type})[user_id]
    return found._replace(two_step=found.two_step and not two_step)


def _bonds(ctx: Context, organization: Organization, types: Mapping[UUID, int]) -> dict[UUID, Bonds]:
    here = _policies_of(ctx, organization)
    others = _places_elsewhere(ctx, organization.id, list(types))
    found = {}
    for user_id, member_type in types.items():
        theirs, spared = others.get(user_id, []), member_type in rules.LEADING
        found[user_id] = Bonds(
            elsewhere=bool(theirs),
            two_step=PolicyType.TWO_FACTOR_AUTHENTICATION in here and not spared,
            single=PolicyType.SINGLE_ORG in here and not spared,
            automatic=PolicyType.AUTOMATIC_USER_CONFIRMATION in here,
            forbidden_by_single=any(
                each.policy == PolicyType.SINGLE_ORG and not each.spared and each.status in _THERE for each in theirs
            ),
            forbidden_by_automatic=any(each.policy == PolicyType.AUTOMATIC_USER_CONFIRMATION for each in theirs),
        )
    return found


def _policies_of(ctx: Context, organization: Organization) -> set[int]:
    if not (organization.enabled and organization.use_policies):
        return set()
    query = sa.select(Policy.type).where(
        Policy.organization_id == organization.id, Policy.enabled, Policy.type.in_(_KEPT)
    )
    return set(ctx.session.scalars(query))


_NONE = -1
"""In place of a policy where somebody has a place and no policy counts."""


def _places_elsewhere(ctx: Context, organization_id: UUID | None, user_ids: list[UUID]) -> dict[UUID, list[Bond]]:
    """By account: its places in other organizations, each with every policy that counts there, or none; one query."""
    counts = sa.and_(
        Policy.organization_id == Organization.id,
        Policy.enabled,
        Policy.type.in_(_KEPT),
        Organization.enabled,
        Organization.use_policies,
    )
    query = (
        sa.select(Member.user_id, Member.organization_id, Policy.type, Member.status, Member.type)
        .join(Organization, Organization.id == Member.organization_id)
        .outerjoin(Policy, counts)
        .where(Member.user_id.in_(user_ids))
    )
    if organization_id is not None:
        query = query.where(Member.organization_id != organization_id)
    found: dict[UUID, list[Bond]] = {}
    for user_id, elsewhere, policy, status, member_type in ctx.session.execute(query):
        if user_id is not None:
            bond = Bond(elsewhere, _NONE if policy is None else policy, status, member_type in rules.LEADING)
            found.setdefault(user_id, []).append(bond)
    return found


def check_may_found(ctx: Context, user_id: UUID) -> None:
    """Refuse a new organization to somebody whom a policy keeps in another one.

    Source: src/Core/AdminConsole/OrganizationFeatures/Organizations/{Cloud,SelfHosted}OrganizationSignUpCommand.cs.
    """
    for each in _places_elsewhere(ctx, None, [user_id]).get(user_id, []):
        single = each.policy == PolicyType.SINGLE_ORG and not each.spared and each.status in _THERE
        if single or each.policy == PolicyType.AUTOMATIC_USER_CONFIRMATION:
            raise bad_request(
                "You cannot create a new organization vault because your current membership "
                "doesn't allow you to join or create additional organization vaults.",
                rule="license.single-organization",
            )


def against_accepting(bonds: Bonds, email: str) -> Refusal | None:
    """Why an invitation cannot be taken; None = it can.

    Source: .../OrganizationUsers/AcceptOrgUserCommand.cs, AcceptOrganizationMembershipValidator.
    """
    if problem := _automatic(bonds, email):
        return problem
    if bonds.leave_others:
        return _refusal("You cannot accept this invite until you leave all other organization vaults.")
    if bonds.forbidden_by_single:
        return _refusal(
            "You cannot accept this invite because you are a member of another organization vault which forbids it."
        )
    if bonds.two_step:
        return _refusal("You cannot join this organization vault until you enable two-step login on your user account.")
    return None


def against_confirming(bonds: Bonds, email: str) -> Refusal | None:
    """Why a member is not let in. Source: .../OrganizationUsers/ConfirmOrganizationUserCommand.cs."""
    if bonds.two_step:
        return _refusal("User does not have two-step login enabled.")
    return _automatic(bonds, email) or _single(bonds, email, "confirmed")


def against_restoring(bonds: Bonds, email: str) -> Refusal | None:
    """Why a suspension is not ended. Source: .../OrganizationUsers/RestoreUser/v1/RestoreOrganizationUserCommand.cs."""
    if bonds.two_step and (bonds.leave_others or bonds.forbidden_by_single):
        return _refusal(f"{email} is not compliant with the single organization membership and two-step login policy.")
    if problem := _single(bonds, email, "restored"):
        return problem
    if bonds.two_step:
        return _refusal(f"{email} is not compliant with the two-step login policy.")
    as_single = Bonds(bonds.elsewhere, single=bonds.automatic, forbidden_by_single=bonds.forbidden_by_automatic)
    return _single(as_single, email, "restored")


def _automatic(bonds: Bonds, email: str) -> Refusal | None:
    if bonds.automatic and bonds.elsewhere:
        return _refusal(f"Cannot confirm {email} until they leave all other organization vaults.")
    if bonds.forbidden_by_automatic:
        return _refusal(f"Cannot confirm {email} because they are a member of another organization which forbids it.")
    return None


def _single(bonds: Bonds, email: str, done: str) -> Refusal | None:
    if bonds.leave_others:
        return _refusal(f"{email} cannot be {done} until they leave all other organization vaults.")
    if bonds.forbidden_by_single:
        return _refusal(f"{email} cannot be {done} because they are a member of another organization which forbids it.")
    return None


def _refusal(text: str) -> Refusal:
    return bad_request(text, rule="policies.kept")
