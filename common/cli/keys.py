"""Test keys, kept once per user and machine and copied into each new home: making them takes seconds.

They are keys of simulated servers that hold nothing of anybody; each app of a stack still has its own.
"""

import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from common.files import create_file

FILES = (
    "certificate/license.pem",
    "cloud-us/identity-signing-key.pem",
    "cloud-eu/identity-signing-key.pem",
    "selfhost/identity-signing-key.pem",
)
"""Below a home and below the cache alike: the licence certificate with its key, what each app signs tokens with."""


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where this user's programs keep what can be made again."""
    if environment.get("XDG_CACHE_HOME"):
        return Path(environment["XDG_CACHE_HOME"]) / "wardenloop" / "keys"
    caches = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return Path.home() / caches / "wardenloop" / "keys"


def take(cache: Path, root: Path) -> None:
    """Put into a home what it has not made yet and the cache holds."""
    _copy(cache, root)


def keep(cache: Path, root: Path) -> None:
    """Remember the keys of a home for the next one, unless others are remembered. Without a cache nothing is lost."""
    with suppress(OSError, RuntimeError):
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        _copy(root, cache)


def _copy(source: Path, target: Path) -> None:
    for name in FILES:
        with suppress(FileNotFoundError, PermissionError):
            create_file(target / name, (source / name).read_bytes())
