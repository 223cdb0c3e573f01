"""The profile of a user and everything a client keeps, as the wire tells them."""

from typing import Any

from common.domains.accounts.answers import account_keys
from common.domains.accounts.models import User
from common.domains.organizations.collections.answers import collection_details
from common.domains.organizations.memberships import Membership, gives_premium
from common.domains.organizations.models import Organization
from common.domains.organizations.policies.answers import policy
from common.domains.organizations.roles import CUSTOM_PERMISSIONS, granted_permissions
from common.domains.organizations.rules import KEY_CONNECTOR, display_name
from common.domains.profile.service import Vault
from common.domains.vault.answers import folder, item_details
from common.enums import KdfType, MemberStatus, MemberType, ProductTier
from common.wire import sync as wire
from common.wire.master_password import KdfAnswer, MasterPasswordUnlock
from common.wire.profile import Profile, ProfileOrganization

_OF_USER = (
    "id",
    "name",
    "email",
    "email_verified",
    "premium",
    "culture",
    "key",
    "private_key",
    "security_stamp",
    "avatar_color",
    "creation_date",
    "verify_devices",
    "two_factor_enabled",
)
_OF_ORGANIZATION = tuple(
    name
    for name in ProfileOrganization.model_fields
    # The member's status is meant, not the organization's; names are stored encoded.
    if name in Organization.__table__.columns and name not in ("name", "status")
)


def profile(found: Vault, *, with_organizations: bool = True) -> Profile:
    """The signed-in user; the answer to a changed profile leaves the lists out (null)."""
    lists: dict[str, Any] = dict.fromkeys(("organizations", "organizations_new", "providers", "provider_organizations"))
    if with_organizations:
        lists = {
            "organizations": confirmed_organizations(found),
            "organizations_new": [organization(each) for each in found.memberships if each.accepted],
            "providers": [],
            "provider_organizations": [],
        }
    return Profile(
        **{name: getattr(found.user, name) for name in _OF_USER},
        premium_from_organization=gives_premium(found.memberships),
        account_keys=account_keys(found.user),
        **lists,
    )


def confirmed_organizations(found: Vault) -> list[ProfileOrganization]:
    """The organizations that have let the user in."""
    return [organization(each) for each in found.memberships if each.confirmed]


def organization(membership: Membership) -> ProfileOrganization:
    """An organization as this member of it sees it."""
    member, row, sso = membership.member, membership.organization, membership.sso
    granted = granted_permissions(member.permissions)
    return ProfileOrganization(
        **{name: getattr(row, name) for name in _OF_ORGANIZATION},
        **_sponsorship(membership),
        **_manager(membership),
        name=display_name(row.name) or "",
        identifier=sso.identifier if sso else None,
        product_tier_type=row.tier,
        use_activate_autofill_policy=row.tier == ProductTier.ENTERPRISE,
        has_public_and_private_keys=bool(row.public_key and row.private_key),
        sso_enabled=bool(sso and sso.enabled),
        key_connector_enabled=bool(sso and sso.enabled and sso.member_decryption_type == KEY_CONNECTOR),
        sso_member_decryption_type=sso.member_decryption_type if sso else None,
        key=member.key,
        access_secrets_manager=member.access_secrets_manager,
        user_id=member.user_id,
        status=MemberStatus(member.status),
        type=MemberType(member.type),
        permissions={name: name in granted for name in CUSTOM_PERMISSIONS},
        organization_user_id=member.id,
    )


def _sponsorship(membership: Membership) -> dict[str, Any]:
    """What the member gave away; one that an administrator gave away leaves the member's own free."""
    given = membership.sponsorship
    enterprise = membership.organization.tier == ProductTier.ENTERPRISE
    if given is None:
        return {"family_sponsorship_available": enterprise}
    return {
        "family_sponsorship_friendly_name": given.friendly_name,
        "family_sponsorship_available": enterprise and (given.friendly_name is None or given.is_admin_initiated),
        "family_sponsorship_last_sync_date": given.last_sync_date,
        "family_sponsorship_valid_until": given.valid_until,
        "family_sponsorship_to_delete": given.to_delete,
        "is_admin_initiated": given.is_admin_initiated,
    }


def _manager(membership: Membership) -> dict[str, Any]:
    """Who manages or resells it. Source: src/Sql/dbo/Views/OrganizationUserOrganizationDetailsView.sql."""
    told = membership.manager
    return {"provider_id": told.id, "provider_name": told.name, "provider_type": told.type} if told else {}


def domains(user: User) -> wire.Domains:
    """Domains that the user takes for the same."""
    return wire.Domains(equivalent_domains=user.equivalent_domains)


def vault(found: Vault, *, with_domains: bool) -> wire.Vault:
    """Everything a client keeps. Sends are not simulated."""
    confirmed = {each.organization.id for each in found.memberships if each.confirmed}
    policies = [policy(row) for row in found.policies]
    return wire.Vault(
        profile=profile(found),
        folders=[folder(row) for row in found.folders],
        collections=[collection_details(each) for each in found.collections],
        ciphers=[item_details(item) for item in found.items],
        domains=domains(found.user) if with_domains else None,
        policies=[each for each in policies if each.organization_id in confirmed],
        policies_new=policies,
        sends=[],
        user_decryption=wire.UserDecryption(master_password_unlock=_unlock(found.user)),
    )


def _unlock(user: User) -> MasterPasswordUnlock | None:
    if user.master_password_hash is None or user.key is None:
        return None
    kdf = KdfAnswer(
        kdf_type=KdfType(user.kdf),
        iterations=user.kdf_iterations,
        memory=user.kdf_memory,
        parallelism=user.kdf_parallelism,
    )
    return MasterPasswordUnlock(kdf=kdf, master_key_encrypted_user_key=user.key, salt=user.email)
