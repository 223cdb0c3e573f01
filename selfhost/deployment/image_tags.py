"""Versions of the images that the compose file names."""

from dataclasses import dataclass

NEWEST_KEY_CONNECTOR = "2025.11.0"
"""Of a part that is not numbered with the server. Source: bitwarden.sh of 2026-08-20."""


@dataclass(frozen=True)
class ImageTags:
    """Versions of the images: the simulated server release is `core`."""

    core: str
    web: str
    key_connector: str
