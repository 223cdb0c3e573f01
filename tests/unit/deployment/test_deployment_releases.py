"""The release dial: which licence versions a server release understands."""

import pytest

from common.releases import NEWEST, Release, UnknownRelease, abilities


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ("v1.9.0", 1),
        ("v1.41.3", 7),
        ("v1.41.4", 8),
        ("v1.45.0", 9),
        ("v2022.7.0", 9),
        ("v2022.8.0", 10),
        ("v2022.12.0", 11),
        ("v2023.5.0", 12),
        ("v2023.9.0", 12),
        ("v2023.10", 13),
        ("v2023.12.0", 13),
        ("v2024.1", 15),
        ("v2025.5.1", 15),
        ("v2025.5.2", 16),
        ("2026.8.0", 16),
    ],
)
def test_versions_accepted_since(release: str, version: int) -> None:
    assert abilities(Release.parse(release)).accepts == version


def test_tokens_are_read_from_2025_1_on() -> None:
    releases = [Release.parse(name) for name in ("v2024.12.1", "v2025.1.0", "v2026.8")]
    assert [abilities(each).reads_tokens for each in releases] == [False, True, True]


def test_spellings_of_one_release() -> None:
    assert {str(Release.parse(name)) for name in ("v2023.10", "2023.10.0", " V2023.10.0 ")} == {"2023.10.0"}
    assert Release.parse("2026.8") == NEWEST


@pytest.mark.parametrize(
    "text",
    ["", "latest", "v2023", "2023.10.0.1", "1.8.9", "2.0.0", "1900.1", "2023.13", "2026.9.0", "2023.-1", "２０２３.10"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UnknownRelease):
        Release.parse(text)
