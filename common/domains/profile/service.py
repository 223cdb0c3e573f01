"""What a signed-in client reads about its user: profile, organizations, policies, collections, folders, items; and the
end of an account, which all of these have a say in.

Source: src/Api/Vault/Controllers/SyncController.cs; fidelity.md: account.sync.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple
from uuid import UUID

from common.crypto.master_password import SecretProof
from common.domains.accounts.models import User
from common.domains.accounts.service import lock_proven, require_user
from common.domains.organizations.memberships import (
    Membership,
    OwnCollection,
    collections_of,
    is_sole_owner,
    memberships_of,
    policies_of,
)
from common.domains.organizations.models import Policy
from common.domains.organizations.service import lock_organizations
from common.domains.profile import rules
from common.domains.vault.models import Folder
from common.domains.vault.service import Item, list_folders, list_items
from common.server.context import Context


class Vault(NamedTuple):
    """A user with all memberships; policies of the organizations the user has accepted; assigned collections; own
    folders; every item the user can see."""

    user: User
    memberships: Sequence[Membership]
    policies: Sequence[Policy] = ()
    collections: Sequence[OwnCollection] = ()
    folders: Sequence[Folder] = ()
    items: Sequence[Item] = ()


def profile_of(ctx: Context, user_id: UUID) -> Vault:
    """The user and the memberships (two statements, on a cloud a third one for providers)."""
    user, found = require_user(ctx, user_id), memberships_of(ctx, user_id)
    managers = ctx.side.managers_of(ctx, [each.organization.id for each in found])
    return Vault(user, [each._replace(manager=managers.get(each.organization.id)) for each in found])


def vault_of(ctx: Context, user_id: UUID) -> Vault:
    """Everything a sync answers with (eight statements, however much there is)."""
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


def delete_account(ctx: Context, user_id: UUID, proof: SecretProof) -> None:
    """Delete an account and what hangs on it; refused to the only owner of an organization."""
    user = lock_proven(ctx, user_id, proof, before=partial(_lock_memberships, ctx, user_id))
    if is_sole_owner(ctx, user.id):
        raise rules.sole_owner()
    ctx.session.delete(user)


def _lock_memberships(ctx: Context, user_id: UUID) -> None:
    """Nobody else leaves an organization of the user, who would be its last owner then."""
    lock_organizations(ctx, [each.organization.id for each in memberships_of(ctx, user_id)])
