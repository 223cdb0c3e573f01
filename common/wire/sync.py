"""The body of a sync: everything a client keeps. Source: src/Api/Vault/Models/Response/SyncResponseModel.cs."""

from typing import Any, ClassVar

from common.wire.base import WireModel, WireRequest
from common.wire.collections import CollectionDetails
from common.wire.fields import EnumNumber
from common.wire.master_password import MasterPasswordUnlock
from common.wire.policies import PolicyAnswer
from common.wire.profile import Profile
from common.wire.vault import CipherDetails, FolderAnswer


class DomainsUpdate(WireRequest):
    """`PUT /settings/domains`."""

    argument: ClassVar[str] = "model"

    equivalent_domains: list[list[str]] | None = None
    excluded_global_equivalent_domains: list[EnumNumber] | None = None


class Domains(WireModel):
    """Equivalent domains: the user's own; of those that upstream knows for everybody the simulator has none."""

    equivalent_domains: list[list[str]] | None = None
    global_equivalent_domains: list[dict[str, Any]] | None = None
    object: str = "domains"


class UserDecryption(WireModel):
    """How the client opens the vault: by the master password, if there is one."""

    master_password_unlock: MasterPasswordUnlock | None


class Vault(WireModel):
    """Everything a client keeps. policies are those of confirmed memberships, policiesNew also of accepted ones."""

    profile: Profile
    folders: list[FolderAnswer]
    collections: list[CollectionDetails]
    ciphers: list[CipherDetails]
    domains: Domains | None
    policies: list[PolicyAnswer]
    policies_new: list[PolicyAnswer]
    sends: list[dict[str, Any]]
    user_decryption: UserDecryption
    object: str = "sync"
