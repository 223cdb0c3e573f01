"""Who may do what in an organization, and the names, seats and states of its members. Pure.

Source: src/Core/Context/CurrentContext.cs, src/Core/AdminConsole/OrganizationFeatures/OrganizationUsers/**;
fidelity.md: wire.policies, identity.access-token, organization.reads.
"""

import html
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from common.enums import ApiKeyType, MemberStatus, MemberType, ProductTier
from common.errors import Refusal, bad_request

BILLING_SYNC_TIERS = frozenset({ProductTier.ENTERPRISE, ProductTier.TEAMS})
OCCUPYING = (MemberStatus.INVITED, MemberStatus.ACCEPTED, MemberStatus.CONFIRMED)
"""States of a member that take a seat."""

LEADING = (MemberType.OWNER, MemberType.ADMIN)
"""Those who run an organization; of a Free one nobody may run two."""

KEY_CONNECTOR = 1
"""MemberDecryptionType. Source: src/Core/Auth/Enums/MemberDecryptionType.cs."""


class Role(Protocol):
    """A member as far as rights go."""

    type: int
    status: int
    permissions: dict[str, Any] | None


def is_confirmed(member: Role) -> bool:
    """Whether the member takes part at all; nobody else has any right."""
    return member.status == MemberStatus.CONFIRMED


def has_a_place(member: Role) -> bool:
    """Whether the member has one at all, in any state: an account that was invited and has not accepted has none."""
    return member.status in frozenset(MemberStatus)


def is_owner(member: Role) -> bool:
    """Confirmed owner."""
    return is_confirmed(member) and member.type == MemberType.OWNER


def is_admin(member: Role) -> bool:
    """Confirmed owner or administrator."""
    return is_confirmed(member) and member.type in (MemberType.OWNER, MemberType.ADMIN)


def is_granted(member: Role, permission: str) -> bool:
    """Whether an administrator, or a Custom member with this permission (`manageUsers`)."""
    custom = is_confirmed(member) and member.type == MemberType.CUSTOM
    return is_admin(member) or (custom and bool((member.permissions or {}).get(permission)))


def may_open_console(member: Role, *, enabled: bool) -> bool:
    """Whether the member gets into the Admin Console: into that of a suspended organization only its owners do.

    Source: canAccessOrgAdmin; fidelity.md: pages.shell.
    """
    if not enabled:
        return is_owner(member)
    return is_admin(member) or (is_confirmed(member) and member.type == MemberType.CUSTOM)


def may_manage_users(member: Role) -> bool:
    """Invite, confirm, change and remove members."""
    return is_granted(member, "manageUsers")


def may_manage_groups(member: Role) -> bool:
    """Make and delete groups."""
    return is_granted(member, "manageGroups")


def may_see_groups(member: Role) -> bool:
    """See groups and which collections they may use."""
    return may_manage_groups(member) or may_manage_users(member)


def may_adopt_collections(member: Role) -> bool:
    """Say who uses a collection that nobody manages.

    Source: src/Api/AdminConsole/Authorization/Collections/BulkCollectionAuthorizationHandler.cs.
    """
    return is_granted(member, "editAnyCollection")


def may_manage_policies(member: Role) -> bool:
    """Read and save policies."""
    return is_granted(member, "managePolicies")


def may_read_events(member: Role) -> bool:
    """Read the event log."""
    return is_granted(member, "accessEventLogs")


def may_manage_sso(member: Role) -> bool:
    """Read and save single sign-on."""
    return is_granted(member, "manageSso")


def may_manage_account_recovery(member: Role) -> bool:
    """Make the organization's key pair."""
    return is_granted(member, "manageResetPassword")


def may_use_api_key(member: Role, key_type: int | None) -> bool:
    """See or rotate an API key of this purpose (None = all of them): the owner; SCIM also its managers."""
    return is_granted(member, "manageScim") if key_type == ApiKeyType.SCIM else is_owner(member)


def offers_api_key(tier: ProductTier, key_type: int) -> bool:
    """Whether organizations of this tier have a key of this purpose.

    Source: src/Api/AdminConsole/Controllers/OrganizationsController.cs; fidelity.md: billing-sync.api-keys.
    """
    return key_type == ApiKeyType.DEFAULT or tier in BILLING_SYNC_TIERS


class CollectionSettings(Protocol):
    """Who may make and delete collections."""

    limit_collection_creation: bool
    limit_collection_deletion: bool
    allow_admin_access_to_all_collection_items: bool


def may_create_collections(organization: CollectionSettings, member: Role) -> bool:
    """Every member, or with the limit on only those who manage the organization."""
    limited = organization.limit_collection_creation
    return is_confirmed(member) and (not limited or is_granted(member, "createNewCollections"))


def may_list_groups(organization: CollectionSettings, member: Role) -> bool:
    """List the names of groups, for whoever assigns collections; beside these, who manages a collection may, too.

    Source: src/Api/AdminConsole/Authorization/Requirements/OrganizationCollectionManagementAccessRequirement.cs.
    """
    return may_create_collections(organization, member) or may_see_groups(member) or is_granted(member, "accessReports")


def may_hand_out_collections(organization: CollectionSettings, member: Role) -> bool:
    """Say which groups use any collection; beside these, who manages a collection says it of that one.

    Source: src/Api/AdminConsole/Authorization/Collections/BulkCollectionAuthorizationHandler.cs.
    """
    if organization.allow_admin_access_to_all_collection_items and may_manage_groups(member):
        return True
    return not is_admin(member) and is_granted(member, "editAnyCollection")


class Somebody(Role, Protocol):
    """A member who can be told from others."""

    id: UUID


def keeps_own_groups(organization: CollectionSettings, caller: Somebody, member: Somebody) -> bool:
    """Whether a member who saves their own place stays in the groups they are in, whatever was sent.

    Source: src/Api/AdminConsole/Controllers/OrganizationUsersController.cs (Put).
    """
    return caller.id == member.id and not organization.allow_admin_access_to_all_collection_items


def may_delete_collections(organization: CollectionSettings, member: Role, *, manages: bool) -> bool:
    """Administrators and permitted Custom members; others those collections that they manage, unless limited."""
    if is_granted(member, "deleteAnyCollection"):
        return True
    return is_confirmed(member) and manages and not organization.limit_collection_deletion


def may_edit_collection(member: Role, *, manages: bool) -> bool:
    """Administrators and permitted Custom members; others those collections that they manage."""
    return is_granted(member, "editAnyCollection") or (is_confirmed(member) and manages)


def may_see_all_collections(member: Role) -> bool:
    """List every collection, not only one's own."""
    return any(
        is_granted(member, permission)
        for permission in ("editAnyCollection", "deleteAnyCollection", "manageUsers", "manageGroups")
    )


def check_role_change(
    caller: Role,
    *,
    old_type: int | None,
    new_type: int,
    new_permissions: Mapping[str, Any] | None,
    custom_allowed: bool,
) -> None:
    """Whether a member may get this role from this caller. old_type: None for a new member. Raises Refusal.

    Source: src/Core/AdminConsole/Services/Implementations/OrganizationService.cs
    (ValidateOrganizationUserUpdatePermissions).
    """
    if not is_owner(caller):
        if MemberType.OWNER in (old_type, new_type):
            raise bad_request("Only an Owner can configure another Owner's account.", rule="members.owner-only")
        if not is_admin(caller):
            _check_custom_caller(caller, old_type, new_type, new_permissions or {})
    if new_type == MemberType.CUSTOM and not custom_allowed:
        raise bad_request(
            "To enable custom permissions the organization must be on an Enterprise plan.",
            rule="members.custom-permissions",
        )


def _check_custom_caller(caller: Role, old_type: int | None, new_type: int, wanted: Mapping[str, Any]) -> None:
    if MemberType.ADMIN in (old_type, new_type):
        raise bad_request("Custom users can not manage Admins or Owners.", rule="members.custom-limits")
    if new_type == MemberType.CUSTOM and not all(
        is_granted(caller, permission) for permission, granted in wanted.items() if granted
    ):
        raise bad_request(
            "Custom users can only grant the same custom permissions that they have.", rule="members.custom-limits"
        )


def last_owner() -> Refusal:
    """400: nobody would be left to own the organization."""
    return bad_request("Organization must have at least one confirmed owner.", rule="members.last-owner")


def cannot_grow_self_hosted() -> Refusal:
    """400: an instance cannot buy seats; they come with a licence."""
    return bad_request("Cannot autoscale on self-hosted instance.", rule="seats.self-hosted")


def status_before_revocation(*, has_user: bool, has_key: bool) -> MemberStatus:
    """The state that a restored member returns to.

    Source: src/Core/AdminConsole/Entities/OrganizationUser.cs (GetPriorActiveOrganizationUserStatusType).
    """
    if not has_user:
        return MemberStatus.INVITED
    return MemberStatus.CONFIRMED if has_key else MemberStatus.ACCEPTED


class SeatCounts(NamedTuple):
    """Occupied seats. users: members invited, accepted or confirmed. sponsored: admin-initiated sponsorships."""

    users: int
    sponsored: int = 0

    @property
    def total(self) -> int:
        """What counts against the seats of the organization."""
        return self.users + self.sponsored


def seats_missing(seats: int | None, occupied: int, wanted: int) -> int:
    """How many seats are short for `wanted` more members; 0 = enough. seats: None = no limit."""
    return 0 if seats is None else max(0, occupied + wanted - seats)


def stored_name(name: str) -> str:
    """A name as upstream stores it: HTML-encoded as .NET's WebUtility does.

    Source: src/Core/Utilities/JsonHelpers.cs (HtmlEncodingStringConverter); fidelity.md: license.file.
    """
    escaped = html.escape(name, quote=True).replace("&#x27;", "&#39;")
    return "".join(f"&#{ord(sign)};" if 160 <= ord(sign) < 256 or ord(sign) > 0xFFFF else sign for sign in escaped)


def display_name(stored: str | None) -> str | None:
    """A stored name for people; an empty one is shown as none."""
    return html.unescape(stored) or None if stored else None
