"""Server releases, and what each changed about licences: the release dial of the clouds and of the instance.

Source: fidelity.md: deployment.releases (every tag v1.9.0 ... v2026.8.0 compared).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import NamedTuple, Self, TypeVar

T = TypeVar("T")


class UnknownRelease(ValueError):
    """Not a server release that the table covers."""


@dataclass(frozen=True, order=True)
class Release:
    """A server release, e.g. 2023.10.0; ordered by age."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "v2023.10", "2023.10.0" or "1.30.1"; UnknownRelease for anything outside the table."""
        found = re.fullmatch(r"[vV]?(\d{1,4})\.(\d{1,3})(?:\.(\d{1,3}))?", text.strip(), re.ASCII)
        if not found:
            raise UnknownRelease(f"'{text}' is not a server release such as v2023.10 or 2026.8.0.")
        release = cls(*(int(part or 0) for part in found.groups()))
        oldest, newest = cls(*_OLDEST), cls(*_NEWEST)
        numbered = release.major == 1 or (release.major >= _FIRST_YEAR and 1 <= release.minor <= 12)
        if not numbered or not oldest <= release <= newest:
            raise UnknownRelease(f"Release {release} is not known: the table goes from {oldest} to {newest}.")
        return release

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


class Judging(Enum):
    """How an instance of a release checks an uploaded licence without token, and what it answers.

    Source: src/Core/Models/Business/OrganizationLicense.cs (CanUse), src/Core/Services/Implementations/
    OrganizationService.cs of the tags.
    """

    SIGNATURE_FIRST = "signature first, then one text for everything else"
    ONE_REASON = "the first thing that is wrong, in the words of its kind"
    EVERY_REASON = "everything that is wrong, a line each"


_OLDEST = (1, 9, 0)
_NEWEST = (2026, 8, 0)
_FIRST_YEAR = 2022  # 1.48 was followed by year.month numbers
_ACCEPTED: Mapping[tuple[int, int, int], int] = {
    (1, 9, 0): 1,
    (1, 14, 0): 2,
    (1, 16, 0): 3,
    (1, 19, 0): 4,
    (1, 30, 0): 5,
    (1, 33, 0): 6,
    (1, 36, 0): 7,
    (1, 41, 4): 8,
    (1, 45, 0): 9,
    (2022, 8, 0): 10,
    (2022, 12, 0): 11,
    (2023, 5, 0): 12,
    (2023, 10, 0): 13,
    (2024, 1, 0): 15,  # 14 and 15 came with the same release
    (2025, 5, 2): 16,
}
"""Newest organization file that an instance understands, from this release on."""
_ISSUED: Mapping[tuple[int, int, int], int] = {
    (1, 9, 0): 1,
    (1, 14, 0): 2,
    (1, 16, 0): 3,
    (1, 19, 0): 4,
    (1, 31, 0): 5,
    (1, 36, 0): 6,
    (1, 41, 4): 7,
    (1, 45, 0): 8,
    (2022, 8, 0): 9,
    (2022, 12, 0): 10,
    (2023, 5, 0): 11,
    (2023, 10, 0): 12,
    (2024, 1, 0): 14,
    (2025, 5, 2): 15,
}
"""The organization file that a cloud makes, from this release on: mostly one behind what is understood."""
_FIELDS: Mapping[tuple[int, int, int], tuple[str, ...]] = {
    (1, 14, 0): ("UsersGetPremium",),
    (1, 16, 0): ("UseEvents",),
    (1, 19, 0): ("Use2fa",),
    (1, 30, 0): ("UseApi",),
    (1, 33, 0): ("UsePolicies",),
    (1, 36, 0): ("UseSso",),
    (1, 41, 4): ("UseResetPassword",),
    (1, 45, 0): ("UseKeyConnector",),
    (1, 47, 0): ("LicenseType",),
    (2022, 8, 0): ("UseScim",),
    (2022, 12, 0): ("UseCustomPermissions",),
    (2023, 5, 0): ("ExpirationWithoutGracePeriod",),
    (2023, 10, 0): ("UsePasswordManager", "UseSecretsManager", "SmSeats", "SmServiceAccounts"),
    (2024, 1, 0): ("LimitCollectionCreationDeletion", "AllowAdminAccessToAllCollectionItems"),
    (2025, 1, 0): ("Token",),
    (2025, 4, 1): ("UseRiskInsights",),
    (2025, 5, 0): ("UseAdminSponsoredFamilies",),
    (2025, 5, 2): ("UseOrganizationDomains",),
    (2025, 11, 0): ("UseAutomaticUserConfirmation",),
    (2025, 12, 1): ("UsePhishingBlocker",),
    (2026, 1, 0): ("UseDisableSmAdsForUsers",),
    (2026, 3, 0): ("UseMyItems",),
    (2026, 5, 0): ("UseInviteLinks",),
    (2026, 6, 2): ("UsePam",),
}
"""Fields that came to the file, and to the claims of the token, with this release."""
_JUDGING: Mapping[tuple[int, int, int], Judging] = {
    (1, 9, 0): Judging.SIGNATURE_FIRST,
    (2023, 3, 0): Judging.ONE_REASON,
    (2024, 8, 1): Judging.EVERY_REASON,
}
_MILESTONES: Mapping[str, tuple[int, int, int]] = {
    "tells-versions": (1, 24, 0),
    "billing-sync": (2022, 5, 0),
    "one-reason": (2023, 3, 0),
    "signed-too-much-2023": (2023, 10, 0),
    "every-reason": (2024, 8, 1),
    "reads-tokens": (2025, 1, 0),
    "writes-tokens": (2025, 3, 3),  # between the two behind a flag, taken here as off
    "signed-too-much-2025": (2025, 5, 0),
    "plan-numbers": (2025, 11, 1),
    "compared-too-much-2026": (2026, 3, 0),
    "asks-subscription": (2026, 5, 0),
    "vault-wording": (2026, 8, 0),
}
"""What else a release changed, by a name whose text is `x.release.{name}` of the catalogue."""
NOT_SIMULATED = frozenset({"billing-sync", "signed-too-much-2023", "signed-too-much-2025", "compared-too-much-2026"})
"""Of these only told: our instance does not repeat the defect of one release, nor lose what an old one lacked."""


class Abilities(NamedTuple):
    """What a server of one release does about licences.

    accepts: newest organization file that an instance understands (user files: always 1). issues: the one that a
    cloud makes. reads_tokens, writes_tokens: whether `Token` counts, and is made. unknown_fields: C# names of what it
    does not know. plan_numbers: the plan in a claim is a number, before it was a name. asks_subscription: a download
    asks how the subscription stands. tells_versions: a version that it does not know is refused in words, before by the
    text of every unhandled error. vault_wording: texts say "organization vault" and "Settings page".
    """

    accepts: int
    issues: int
    reads_tokens: bool
    writes_tokens: bool
    unknown_fields: frozenset[str]
    judging: Judging
    plan_numbers: bool
    asks_subscription: bool
    tells_versions: bool
    vault_wording: bool


class ReleaseChange(NamedTuple):
    """A release that changed something. fields: that came with it. also: names of `x.release.{name}`."""

    release: Release
    abilities: Abilities
    fields: tuple[str, ...]
    also: tuple[str, ...]


NEWEST = Release(*_NEWEST)


@cache
def abilities(release: Release) -> Abilities:
    """What a server of this release does about licences."""
    return Abilities(
        accepts=_latest(_ACCEPTED, release),
        issues=_latest(_ISSUED, release),
        reads_tokens=_has(release, "reads-tokens"),
        writes_tokens=_has(release, "writes-tokens"),
        unknown_fields=frozenset(_fields_after(release)),
        judging=_latest(_JUDGING, release),
        plan_numbers=_has(release, "plan-numbers"),
        asks_subscription=_has(release, "asks-subscription"),
        tells_versions=_has(release, "tells-versions"),
        vault_wording=_has(release, "vault-wording"),
    )


def release_changes() -> list[ReleaseChange]:
    """Every release that changed something here, the oldest first."""
    return [
        ReleaseChange(
            release := Release(*numbers),
            abilities(release),
            _FIELDS.get(numbers, ()),
            tuple(name for name, since in _MILESTONES.items() if since == numbers),
        )
        for numbers in sorted({*_ACCEPTED, *_ISSUED, *_FIELDS, *_MILESTONES.values()})
    ]


def _fields_after(release: Release) -> Iterator[str]:
    return (name for since, names in _FIELDS.items() if Release(*since) > release for name in names)


def _has(release: Release, milestone: str) -> bool:
    return release >= Release(*_MILESTONES[milestone])


def _latest(table: Mapping[tuple[int, int, int], T], release: Release) -> T:
    return table[max(since for since in table if Release(*since) <= release)]
