"""Server releases, and which licence files each understands: the release dial.

Source: fidelity.md: deployment.releases (every tag v1.9.0 ... v2026.8.0 compared).
"""

import re
from dataclasses import dataclass
from typing import Self


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
        oldest, newest = cls(*_ACCEPTED_SINCE[0][:3]), cls(*_NEWEST)
        numbered = release.major == 1 or (release.major >= _FIRST_YEAR and 1 <= release.minor <= 12)
        if not numbered or not oldest <= release <= newest:
            raise UnknownRelease(f"Release {release} is not known: the table goes from {oldest} to {newest}.")
        return release

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


_NEWEST = (2026, 8, 0)
_FIRST_YEAR = 2022  # 1.48 was followed by year.month numbers
# first release that accepts the licence version in the last column
_ACCEPTED_SINCE = (
    (1, 9, 0, 1),
    (1, 14, 0, 2),
    (1, 16, 0, 3),
    (1, 19, 0, 4),
    (1, 30, 0, 5),
    (1, 33, 0, 6),
    (1, 36, 0, 7),
    (1, 41, 4, 8),
    (1, 45, 0, 9),
    (2022, 8, 0, 10),
    (2022, 12, 0, 11),
    (2023, 5, 0, 12),
    (2023, 10, 0, 13),
    (2024, 1, 0, 15),  # 14 and 15 came with the same release
    (2025, 5, 2, 16),
)

NEWEST = Release(*_NEWEST)
FIRST_TOKEN_RELEASE = Release(2025, 1, 0)
# versions of the parts that are not numbered with the server (bitwarden.sh of 2026-08-20)
NEWEST_KEY_CONNECTOR = "2025.11.0"


def max_license_version(release: Release) -> int:
    """The highest organization licence `Version` that this release accepts (user licences: always 1)."""
    return max(version for *since, version in _ACCEPTED_SINCE if Release(*since) <= release)


def token_aware(release: Release) -> bool:
    """Whether this release reads the `Token` of a licence file; older ones ignore it."""
    return release >= FIRST_TOKEN_RELEASE


@dataclass(frozen=True)
class ImageTags:
    """Versions of the images: the simulated server release is `core`."""

    core: str
    web: str
    key_connector: str
