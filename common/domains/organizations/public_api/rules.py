"""What an import of a directory may do, and what follows from it. Pure.

Source: src/Core/AdminConsole/OrganizationFeatures/Import/ImportOrganizationUsersAndGroupsCommand.cs,
src/Api/AdminConsole/Public/Controllers/OrganizationController.cs; fidelity.md: organization.public-api.
"""

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

from common.errors import Refusal, bad_request

MOST_AT_ONCE = 2000
"""Members, or groups, of an import on the cloud that does not say it is a large one."""


class GroupOf(NamedTuple):
    """A group as the directory has it. members: by their external ids."""

    name: str
    external_id: str
    members: Sequence[str]


class Import(NamedTuple):
    """What a directory tells. members: external id -> address. deleted: external ids. overwrite: whom it does not
    tell of has to go."""

    members: Mapping[str, str]
    deleted: Set[str]
    groups: Sequence[GroupOf]
    overwrite: bool


class Known(NamedTuple):
    """A member as far as an import asks."""

    external_id: str | None
    email: str
    owner: bool
    has_password: bool


def check_size(wanted: Import, *, large: bool, unlimited: bool) -> None:
    """Refuse an import that is too large. unlimited: an instance takes any."""
    if not (unlimited or large) and max(len(wanted.groups), len(wanted.members)) > MOST_AT_ONCE:
        raise bad_request("You cannot import this much data at once.", rule="import.size")


def check_addresses(wanted: Import) -> None:
    """Refuse an address that two members have, which upstream answers with an unhandled error."""
    if len(set(wanted.members.values())) < len(wanted.members):
        raise bad_request("The import names an address twice.", rule="import.twice")


def leaves(member: Known, wanted: Import) -> bool:
    """Whether a member goes. Owners never do."""
    if member.external_id is None or member.owner or member.external_id in wanted.members:
        return False
    return wanted.overwrite or member.external_id in wanted.deleted


def check_overwriting(leaving: Sequence[Known], wanted: Import) -> None:
    """Nobody without a master password is removed by overwriting: their account could not be used any more."""
    if wanted.overwrite and not all(each.has_password for each in leaving if each.external_id not in wanted.deleted):
        raise bad_request(
            "Sync failed. To proceed, disable the 'Remove and re-add users during next sync' setting and try again.",
            rule="import.overwrite",
        )


def no_directory() -> Refusal:
    """400 where the plan has none."""
    return bad_request("Organization cannot use directory syncing.", rule="import.plan")


def no_groups() -> Refusal:
    """400 where the plan has none."""
    return bad_request("Organization cannot use groups.", rule="import.groups")


def invited_already() -> Refusal:
    """400 to a new member who is one."""
    return bad_request("This user has already been invited.", rule="public-api.twice")
