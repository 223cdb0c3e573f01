"""Policies and single sign-on of an organization, as far as licences and sponsorships look at them.

Source: src/Api/AdminConsole/Controllers/PoliciesController.cs,
src/Core/Auth/Services/Implementations/SsoConfigService.cs.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from common.domains.accounts import service as accounts
from common.domains.events.rules import Kind
from common.domains.organizations import rules, service
from common.domains.organizations.invitations import invite_is_valid
from common.domains.organizations.log import note_members, note_organization, note_policy
from common.domains.organizations.models import Member, Organization, Policy, SsoConfig
from common.domains.organizations.policies import rules as policy_rules
from common.enums import MemberStatus, MemberType, PolicyType
from common.errors import bad_request, not_found
from common.server.context import Context
from common.server.mail import messages
from common.server.outbox.service import queue

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
    """Those policies that were set, and the one for Sends, which follows from older ones until it is set itself."""
    service.require_standing(ctx, organization_id, caller_id, rules.may_manage_policies)
    stored = _stored(ctx, organization_id)
    states = [_state(organization_id, number, policy) for number, policy in stored.items()]
    if PolicyType.SEND_CONTROLS not in stored:
        states.append(_send_controls(organization_id, stored))
    return states


def show_policy(ctx: Context, caller_id: UUID, organization_id: UUID, policy_type: int) -> PolicyState:
    """The state of one policy."""
    service.require_standing(ctx, organization_id, caller_id, rules.may_manage_policies)
    stored = _stored(ctx, organization_id)
    if policy_type == PolicyType.SEND_CONTROLS and policy_type not in stored:
        return _send_controls(organization_id, stored)
    return _state(organization_id, policy_type, stored.get(policy_type))


def _stored(ctx: Context, organization_id: UUID) -> dict[int, Policy]:
    query = sa.select(Policy).where(Policy.organization_id == organization_id).order_by(Policy.creation_date)
    return {policy.type: policy for policy in ctx.session.scalars(query.order_by(Policy.type))}


def _send_controls(organization_id: UUID, stored: dict[int, Policy]) -> PolicyState:
    legacy = {number: (policy.enabled, policy.data) for number, policy in stored.items()}
    return PolicyState(organization_id, PolicyType.SEND_CONTROLS, *policy_rules.send_controls(legacy))


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


def policies_set(ctx: Context, organization_id: UUID) -> list[Policy]:
    """Every policy that was set at least once."""
    return list(_stored(ctx, organization_id).values())


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
    caller_id: UUID | None,
    organization_id: UUID,
    policy_type: int,
    *,
    enabled: bool,
    data: dict[str, Any] | None,
) -> Policy:
    """Set a policy; caller_id: None = the organization itself. Raises 404 without the right, 400 for its data, when the
    plan has no policies, and for a policy that needs another one, that is needed, or that does not fit what there is.

    Source: src/Core/AdminConsole/OrganizationFeatures/Policies/Implementations/SavePolicyCommand.cs; fidelity.md:
    policies.saved.
    """
    wanted = policy_rules.Wanted(policy_type, enabled, data or None)
    policy_rules.check_data(wanted)
    standing = service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_policies)
    return _save(ctx, standing.organization, caller_id, wanted)


def _save(ctx: Context, organization: Organization, caller_id: UUID | None, wanted: policy_rules.Wanted) -> Policy:
    if not organization.use_policies:
        raise bad_request("This organization cannot use policies.", rule="policies.plan")
    stored = _stored(ctx, organization.id)
    enabled = {number for number, policy in stored.items() if policy.enabled}
    config = ctx.session.get(SsoConfig, organization.id)
    policy_rules.check_saving(
        wanted,
        policy_rules.Standing(
            enabled,
            config.member_decryption_type if config is not None and config.enabled else None,
            wanted.type == PolicyType.AUTOMATIC_USER_CONFIRMATION and bool(_elsewhere(ctx, organization.id)),
        ),
    )
    switched_on = wanted.enabled and wanted.type not in enabled
    if switched_on:
        _revoke_unfit(ctx, organization, caller_id, wanted.type)
    policy = _store(ctx, organization.id, stored, wanted)
    note_policy(ctx, organization.id, policy.id)
    _keep_sends_in_step(ctx, organization.id, stored, wanted)
    if switched_on:
        ctx.side.policy_switched_on(ctx, organization.id, wanted.type)
    return policy


def _store(ctx: Context, organization_id: UUID, stored: dict[int, Policy], wanted: policy_rules.Wanted) -> Policy:
    now = ctx.clock.now()
    policy = stored.get(wanted.type)
    if policy is None:
        policy = stored[wanted.type] = Policy(
            id=ctx.ids.uuid(), organization_id=organization_id, type=wanted.type, creation_date=now
        )
        ctx.session.add(policy)
    policy.enabled = wanted.enabled
    policy.data = None if wanted.data is None else dict(wanted.data)
    policy.revision_date = now
    return policy


def _keep_sends_in_step(
    ctx: Context, organization_id: UUID, stored: dict[int, Policy], wanted: policy_rules.Wanted
) -> None:
    """The policy for Sends and the two that were before it say the same, whichever is set."""
    for each in policy_rules.in_step(wanted, {number: (row.enabled, row.data) for number, row in stored.items()}):
        _store(ctx, organization_id, stored, each)


_THERE = (MemberStatus.ACCEPTED, MemberStatus.CONFIRMED)
_WITH_A_PLACE = (*_THERE, MemberStatus.REVOKED)


def _elsewhere(ctx: Context, organization_id: UUID) -> set[UUID]:
    """Accounts with a place here that have one in another organization, too."""
    here = sa.select(Member.user_id).where(
        Member.organization_id == organization_id, Member.user_id.is_not(None), Member.status.in_(_WITH_A_PLACE)
    )
    query = sa.select(Member.user_id).where(
        Member.organization_id != organization_id, Member.user_id.in_(here), Member.status.in_(_WITH_A_PLACE)
    )
    return {each for each in ctx.session.scalars(query) if each is not None}


_BECAUSE = {
    PolicyType.SINGLE_ORG: (
        "its Single organization policy allows nobody to be a member of another organization.",
        "OrganizationUserRevokedForSingleOrgPolicy",
        Kind.MEMBER_REVOKED_FOR_SINGLE_ORGANIZATION,
    ),
    PolicyType.TWO_FACTOR_AUTHENTICATION: (
        "its policy demands two-step login of every member.",
        "OrganizationUserRevokedForTwoFactorPolicy",
        Kind.MEMBER_REVOKED_FOR_TWO_FACTOR,
    ),
}


def _revoke_unfit(ctx: Context, organization: Organization, caller_id: UUID | None, policy_type: int) -> None:
    """Revoke, and mail, members whom a policy that is switched on does not fit: no owners, no administrators, not the
    caller. Raises 400 where one of them could not get into the account any more."""
    if policy_type not in _BECAUSE:
        return
    because, category, kind = _BECAUSE[PolicyType(policy_type)]
    name = rules.display_name(organization.name) or ""
    now = ctx.clock.now()
    unfit = _unfit(ctx, organization.id, caller_id, policy_type)
    note_members(ctx, organization.id, kind, [member for member, _ in unfit])
    for member, user in unfit:
        member.status, member.revision_date = MemberStatus.REVOKED, now
        queue(ctx, messages.organization_revoked(ctx.settings.base_url, user.email, name, because, category))


def _unfit(
    ctx: Context, organization_id: UUID, caller_id: UUID | None, policy_type: int
) -> Sequence[tuple[Member, accounts.User]]:
    account, theirs = accounts.account_of(Member.user_id)
    query = (
        sa.select(Member, account)
        .join(account, theirs)
        .where(
            Member.organization_id == organization_id,
            Member.status.in_(_THERE),
            Member.type.not_in((MemberType.OWNER, MemberType.ADMIN)),
        )
    )
    rows = [(member, user) for member, user in ctx.session.execute(query) if user.id != caller_id]
    if policy_type == PolicyType.SINGLE_ORG:
        elsewhere: Collection[UUID] = _elsewhere(ctx, organization_id)
        return [row for row in rows if row[1].id in elsewhere]
    unfit = [row for row in rows if not row[1].two_factor_enabled]
    if any(user.master_password_hash is None for _, user in unfit):
        raise policy_rules.would_lose_accounts()
    return unfit


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
    """Save single sign-on. Raises 404 without the right, 400 for Key Connector without the ability, without the
    policies that it needs or without SSO; trusted devices switch on the policies that they need.

    Source: src/Core/Auth/Services/Implementations/SsoConfigService.cs; fidelity.md: policies.saved.
    """
    organization = service.lock_standing(ctx, organization_id, caller_id, rules.may_manage_sso).organization
    if member_decryption_type == policy_rules.KEY_CONNECTOR:
        on = {number for number, policy in _stored(ctx, organization_id).items() if policy.enabled}
        policy_rules.check_key_connector(able=organization.use_key_connector, policies=on, enabled=enabled)
    if member_decryption_type == policy_rules.TRUSTED_DEVICES:
        for each in policy_rules.OF_TRUSTED_DEVICES:
            _save(ctx, organization, None, each)
            ctx.session.flush()
    now = ctx.clock.now()
    config = ctx.session.get(SsoConfig, organization_id)
    if config is None:
        config = SsoConfig(organization_id=organization_id, creation_date=now)
        ctx.session.add(config)
    connector = member_decryption_type == policy_rules.KEY_CONNECTOR
    changes = _sso_changes(config, enabled=enabled, connector=connector)
    config.enabled = enabled
    config.identifier = identifier or None
    config.member_decryption_type = member_decryption_type
    config.revision_date = now
    note_organization(ctx, organization_id, *changes)
    return config


def _sso_changes(before: SsoConfig, *, enabled: bool, connector: bool) -> list[Kind]:
    """What the event log says of it; a first configuration says whether it is on, too.

    Source: src/Core/Auth/Services/Implementations/SsoConfigService.cs (LogEventsAsync).
    """
    changes = []
    if before.enabled != enabled:
        changes.append(Kind.ORGANIZATION_ENABLED_SSO if enabled else Kind.ORGANIZATION_DISABLED_SSO)
    if (before.member_decryption_type == policy_rules.KEY_CONNECTOR) != connector:
        on, off = Kind.ORGANIZATION_ENABLED_KEY_CONNECTOR, Kind.ORGANIZATION_DISABLED_KEY_CONNECTOR
        changes.append(on if connector else off)
    return changes
