"""Policies and single sign-on of an organization, as far as licences and sponsorships look at them.

Source: src/Api/AdminConsole/Controllers/PoliciesController.cs,
src/Core/Auth/Services/Implementations/SsoConfigService.cs.
"""

from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from common.domains.organizations import rules, service
from common.domains.organizations.invitations import invite_is_valid
from common.domains.organizations.models import Member, Policy, SsoConfig
from common.enums import PolicyType
from common.errors import bad_request, not_found
from common.server.context import Context

POLICY_NAMES = (
    "TwoFactorAuthentication",
    "MasterPassword",
    "PasswordGenerator",
    "SingleOrg",
    "RequireSso",
    "OrganizationDataOwnership",
    "DisableSend",
    "SendOptions",
    "ResetPassword",
    "MaximumVaultTimeout",
    "DisablePersonalVaultExport",
    "ActivateAutofill",
    "AutomaticAppLogIn",
    "FreeFamiliesSponsorshipPolicy",
    "RemoveUnlockWithPin",
    "RestrictedItemTypesPolicy",
    "UriMatchDefaults",
    "AutotypeDefaultSetting",
    "AutomaticUserConfirmation",
    "BlockClaimedDomainAccountCreation",
    "OrganizationUserNotification",
    "SendControls",
    "FillAssist",
)
"""Source: src/Core/AdminConsole/Enums/PolicyType.cs."""

POLICY_TYPES = range(len(POLICY_NAMES))
"""Numbers of the policies there are. Source: src/Core/AdminConsole/Enums/PolicyType.cs."""


class PolicyState(NamedTuple):
    """A policy of an organization; one that was never set is off."""

    organization_id: UUID
    type: int
    enabled: bool = False
    data: dict[str, Any] | None = None


def list_policies(ctx: Context, caller_id: UUID, organization_id: UUID) -> list[PolicyState]:
    """The state of every policy, set or not."""
    service.require_standing(ctx, organization_id, caller_id, rules.may_manage_policies)
    query = sa.select(Policy).where(Policy.organization_id == organization_id)
    stored = {policy.type: policy for policy in ctx.session.scalars(query)}
    return [_state(organization_id, number, stored.get(number)) for number in POLICY_TYPES]


def show_policy(ctx: Context, caller_id: UUID, organization_id: UUID, policy_type: int) -> PolicyState:
    """The state of one policy."""
    service.require_standing(ctx, organization_id, caller_id, rules.may_manage_policies)
    return _state(organization_id, policy_type, find_policy(ctx, organization_id, policy_type))


def policies_for_invited(ctx: Context, organization_id: UUID, member_id: UUID, email: str, token: str) -> list[Policy]:
    """The enabled policies that somebody with this invitation will have to keep. Raises 404 for anybody else.

    Source: src/Api/AdminConsole/Controllers/PoliciesController.cs (GetByToken); fidelity.md: policies.invited.
    """
    organization = service.find_organization(ctx, organization_id)
    if organization is None or not organization.use_policies or not invite_is_valid(ctx, token, member_id, email):
        raise not_found("policies.invited")
    member = ctx.session.get(Member, member_id)
    if member is None or member.organization_id != organization_id:
        raise not_found("policies.invited")
    query = sa.select(Policy).where(Policy.organization_id == organization_id, Policy.enabled)
    return list(ctx.session.scalars(query.order_by(Policy.type)))


def master_password_policy(ctx: Context, caller_id: UUID, organization_id: UUID) -> Policy:
    """What the organization asks of master passwords, for whoever has a place in it, whatever its state. Raises 404."""
    standing = service.require_standing(ctx, organization_id, caller_id, rules.has_a_place)
    policy = find_policy(ctx, organization_id, PolicyType.MASTER_PASSWORD)
    if not standing.organization.use_policies or policy is None or not policy.enabled:
        raise not_found("policies.master-password")
    return policy


def enrolls_by_itself(ctx: Context, caller_id: UUID, identifier: str) -> tuple[UUID, bool]:
    """The organization of an SSO identifier, and whether who joins it is enrolled in account recovery.

    For whoever has a membership, whatever its state. Raises 404.
    """
    query = (
        sa.select(SsoConfig.organization_id)
        .join(Member, Member.organization_id == SsoConfig.organization_id)
        .where(SsoConfig.identifier == identifier, Member.user_id == caller_id)
    )
    organization_id = ctx.session.scalar(query)
    if organization_id is None:
        raise not_found("policies.auto-enroll")
    policy = find_policy(ctx, organization_id, PolicyType.RESET_PASSWORD)
    data = {name.lower(): value for name, value in ((policy and policy.data) or {}).items()}
    return organization_id, bool(policy and policy.enabled and data.get("autoenrollenabled"))


def find_policy(ctx: Context, organization_id: UUID, policy_type: int) -> Policy | None:
    """A policy that was set at least once, or None."""
    query = sa.select(Policy).where(Policy.organization_id == organization_id, Policy.type == policy_type)
    return ctx.session.scalar(query)


def is_enabled(ctx: Context, organization_id: UUID, policy_type: int) -> bool:
    """Whether a policy is on."""
    policy = find_policy(ctx, organization_id, policy_type)
    return policy is not None and policy.enabled


def _state(organization_id: UUID, number: int, policy: Policy | None) -> PolicyState:
    if policy is None:
        return PolicyState(organization_id, number)
    return PolicyState(organization_id, number, policy.enabled, policy.data)


def save_policy(
    ctx: Context,
    caller_id: UUID,
    organization_id: UUID,
    policy_type: int,
    *,
    enabled: bool,
    data: dict[str, Any] | None,
) -> Policy:
    """Set a policy. Raises 404 without the right, 400 when the plan has no policies."""
    standing = service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_policies)
    if not standing.organization.use_policies:
        raise bad_request("This organization cannot use policies.", rule="policies.plan")
    now = ctx.clock.now()
    policy = find_policy(ctx, organization_id, policy_type)
    switched_on = enabled and not (policy is not None and policy.enabled)
    if policy is None:
        policy = Policy(id=ctx.ids.uuid(), organization_id=organization_id, type=policy_type, creation_date=now)
        ctx.session.add(policy)
    policy.enabled = enabled
    policy.data = data
    policy.revision_date = now
    if switched_on:
        ctx.side.policy_switched_on(ctx, organization_id, policy_type)
    return policy


def find_sso(ctx: Context, caller_id: UUID, organization_id: UUID) -> SsoConfig | None:
    """The configuration of single sign-on, None until it was saved once."""
    service.require_standing(ctx, organization_id, caller_id, rules.may_manage_sso)
    return ctx.session.get(SsoConfig, organization_id)


def save_sso(
    ctx: Context,
    caller_id: UUID,
    organization_id: UUID,
    *,
    enabled: bool,
    identifier: str | None,
    member_decryption_type: int,
) -> SsoConfig:
    """Save single sign-on. Raises 404 without the right, 400 for Key Connector without the ability or without SSO."""
    standing = service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_sso)
    organization = standing.organization
    if not organization.use_sso:
        raise bad_request("This organization cannot use single sign-on.", rule="sso.plan")
    if member_decryption_type == rules.KEY_CONNECTOR:
        if not organization.use_key_connector:
            raise bad_request("Organization cannot use Key Connector.", rule="sso.key-connector")
        if not enabled:
            raise bad_request("You must enable SSO to use Key Connector.", rule="sso.key-connector")
    now = ctx.clock.now()
    config = ctx.session.get(SsoConfig, organization_id)
    if config is None:
        config = SsoConfig(organization_id=organization_id, creation_date=now)
        ctx.session.add(config)
    config.enabled = enabled
    config.identifier = identifier or None
    config.member_decryption_type = member_decryption_type
    config.revision_date = now
    return config
