"""Bodies of `/_sim/imports`: organizations made from a licence file."""

from typing import Any
from uuid import UUID

from pydantic import Field

from common.wire.base import Email, RequiredText, WireModel, WireRequest
from common.wire.organizations import KeyPair


class OrganizationImport(WireRequest):
    """The organization of a licence. license: the file's members without its proofs; lacks: C# names of those that it
    has not. key, keys, collectionName: as for a new organization.
    """

    owner: Email
    license: dict[str, Any]
    token: bool = False
    lacks: list[str] = Field(default_factory=list, max_length=60)
    key: RequiredText
    keys: KeyPair
    collection_name: str | None = None


class ImportedOrganization(WireModel):
    """term: how it is paid for, as far as its dates tell. exact: a cloud in this state gives precisely these dates."""

    id: UUID
    term: str
    exact: bool


class PremiumImport(WireRequest):
    """The premium of an account. license: the members of a premium licence without its proofs; lacks: C# names of those
    that it has not.
    """

    email: Email
    license: dict[str, Any]
    token: bool = True
    lacks: list[str] = Field(default_factory=list, max_length=60)


class ImportedPremium(WireModel):
    """id: of the account."""

    id: UUID
