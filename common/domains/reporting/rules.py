"""What kinds of events and clients are called, by keys of the catalogue. Pure.

Source: bitwarden/clients, apps/web/src/app/core/event.service.ts; fidelity.md: events.page.
"""

from typing import NamedTuple
from uuid import UUID

from common.domains.events.rules import Kind


class Word(NamedTuple):
    """A text, and the column of the event that it names, None = none."""

    key: str
    column: str | None = None


def _of(column: str, **keys: str) -> dict[int, Word]:
    return {Kind[name]: Word(key, column) for name, key in keys.items()}


WORDS: dict[int, Word] = {
    Kind.USER_LOGGED_IN: Word("loggedIn"),
    Kind.USER_CHANGED_PASSWORD: Word("changedPassword"),
    Kind.USER_UPDATED_2FA: Word("enabledUpdated2fa"),
    Kind.USER_DISABLED_2FA: Word("disabled2fa"),
    Kind.USER_RECOVERED_2FA: Word("recovered2fa"),
    Kind.USER_FAILED_LOG_IN: Word("failedLogin"),
    Kind.USER_FAILED_LOG_IN_2FA: Word("failedLogin2fa"),
    Kind.ORGANIZATION_UPDATED: Word("editedOrgSettings"),
    Kind.ORGANIZATION_PURGED_VAULT: Word("purgedOrganizationVault"),
    Kind.ORGANIZATION_ENABLED_SSO: Word("enabledSso"),
    Kind.ORGANIZATION_DISABLED_SSO: Word("disabledSso"),
    Kind.ORGANIZATION_ENABLED_KEY_CONNECTOR: Word("enabledKeyConnector"),
    Kind.ORGANIZATION_DISABLED_KEY_CONNECTOR: Word("disabledKeyConnector"),
    Kind.SPONSORSHIPS_SYNCED: Word("sponsorshipsSynced"),
    Kind.POLICY_UPDATED: Word("modifiedPolicyId", "policy_id"),
    **_of(
        "cipher_id",
        CIPHER_CREATED="createdItemId",
        CIPHER_UPDATED="editedItemId",
        CIPHER_DELETED="permanentlyDeletedItemId",
        CIPHER_SHARED="movedItemIdToOrg",
        CIPHER_UPDATED_COLLECTIONS="editedCollectionsForItem",
        CIPHER_SOFT_DELETED="deletedItemId",
        CIPHER_RESTORED="restoredItemId",
    ),
    **_of(
        "collection_id",
        COLLECTION_CREATED="createdCollectionId",
        COLLECTION_UPDATED="editedCollectionId",
        COLLECTION_DELETED="deletedCollectionId",
    ),
    **_of("group_id", GROUP_CREATED="createdGroupId", GROUP_UPDATED="editedGroupId", GROUP_DELETED="deletedGroupId"),
    **_of(
        "member_id",
        MEMBER_INVITED="invitedUserId",
        MEMBER_CONFIRMED="confirmedUserId",
        MEMBER_UPDATED="editedUserId",
        MEMBER_REMOVED="removedUserId",
        MEMBER_UPDATED_GROUPS="editedGroupsForUser",
        MEMBER_REVOKED="revokedUserId",
        MEMBER_RESTORED="restoredUserId",
        MEMBER_LEFT="userLeftOrganization",
        MEMBER_REVOKED_FOR_TWO_FACTOR="x.revokedForTwoFactor",
        MEMBER_REVOKED_FOR_SINGLE_ORGANIZATION="x.revokedForSingleOrganization",
    ),
    **_of(
        "organization_id",
        LIMIT_COLLECTION_CREATION_ENABLED="limitCollectionCreationEnabled",
        LIMIT_COLLECTION_CREATION_DISABLED="limitCollectionCreationDisabled",
        LIMIT_COLLECTION_DELETION_ENABLED="limitCollectionDeletionEnabled",
        LIMIT_COLLECTION_DELETION_DISABLED="limitCollectionDeletionDisabled",
        LIMIT_ITEM_DELETION_ENABLED="limitItemDeletionEnabled",
        LIMIT_ITEM_DELETION_DISABLED="limitItemDeletionDisabled",
        ADMIN_ACCESS_TO_ALL_ITEMS_ENABLED="allowAdminAccessToAllCollectionItemsEnabled",
        ADMIN_ACCESS_TO_ALL_ITEMS_DISABLED="allowAdminAccessToAllCollectionItemsDisabled",
    ),
}

_CLIENTS: dict[str, dict[int, str]] = {
    "mobile": {0: "Android", 1: "iOS", 16: "Windows"},
    "extension": {2: "Chrome", 3: "Firefox", 4: "Opera", 5: "Edge", 19: "Vivaldi", 20: "Safari"},
    "desktop": {6: "Windows", 7: "macOS", 8: "Linux"},
    "webVault": {9: "Chrome", 10: "Firefox", 11: "Opera", 12: "Edge", 13: "IE", 17: "Safari", 18: "Vivaldi"},
    "cli": {23: "Windows", 24: "macOS", 25: "Linux"},
}
_SERVER, _UNKNOWN_BROWSER = 22, 14


def client_word(device_type: int | None) -> tuple[str, str]:
    """What a client is called: a text and a name, "" = none."""
    if device_type == _SERVER:
        return "server", ""
    if device_type == _UNKNOWN_BROWSER:
        return "webVault", "?"
    for key, names in _CLIENTS.items():
        if device_type in names:
            return key, names[device_type]
    return "unknown", ""


def short(identifier: UUID | None) -> str:
    """The beginning of an id, as people are shown it."""
    return str(identifier)[:8] if identifier is not None else ""


def cell(text: str) -> str:
    """What a spreadsheet takes for text: a formula gets an apostrophe."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
