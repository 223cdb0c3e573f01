"""What a signed-in client reads about its user: profile, organizations, policies, collections, folders, items.

Source: src/Api/Vault/Controllers/SyncController.cs; spec/identity-and-accounts.md 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.domains.accounts.models import User
from common.domains.accounts.service import require_user
from common.domains.organizations.memberships import Membership, collections_of, memberships_of, policies_of
from common.domains.organizations.models import Collection, CollectionMember, Policy
from common.domains.vault.models import Folder
from common.domains.vault.service import Item, list_folders, list_items
from common.server.context import Context


@dataclass(frozen=True)
class Vault:
    """A user with all memberships; policies of the organizations the user has accepted; assigned collections; own
    folders; every item the user can see."""

    user: User
    memberships: Sequence[Membership]
    policies: Sequence[Policy] = ()
    collections: Sequence[tuple[Collection, CollectionMember]] = ()
    folders: Sequence[Folder] = ()
    items: Sequence[Item] = ()


def profile_of(ctx: Context, user_id: UUID) -> Vault:
    """The user and the memberships (two statements)."""
    return Vault(require_user(ctx, user_id), memberships_of(ctx, user_id))


def vault_of(ctx: Context, user_id: UUID) -> Vault:
    """Everything a sync answers with (seven statements, however much there is)."""
    profile = profile_of(ctx, user_id)
    accepted = [each.organization.id for each in profile.memberships if each.accepted]
    return Vault(
        profile.user,
        profile.memberships,
        policies_of(ctx, accepted),
        collections_of(ctx, user_id),
        list_folders(ctx, user_id),
        list_items(ctx, user_id),
    )


def revision_date(ctx: Context, user_id: UUID) -> int:
    """When anything of the account changed last: milliseconds since 1970."""
    return int(require_user(ctx, user_id).account_revision_date.timestamp() * 1000)
