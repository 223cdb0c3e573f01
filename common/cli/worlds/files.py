"""Where world files are: by name among those that come along, or anywhere. What is in them reads `reading`."""

import sys
from pathlib import Path

_SHIPPED = Path(__file__).parent / "shipped"
LARGEST = 1024 * 1024
"""Bytes of a world file."""


class WorldError(Exception):
    """A world file that makes no world. The text names line and key."""


def shipped() -> dict[str, Path]:
    """The worlds that come along, by name."""
    return {path.stem: path for path in sorted(_SHIPPED.glob("*.yaml"))}


def find(name_or_file: str) -> tuple[str, str]:
    """Text and name of a world: one that comes along, a file, or `-`. Raises WorldError, OSError."""
    if name_or_file == "-":
        return sys.stdin.read(LARGEST), "standard input"
    path = shipped().get(name_or_file) or Path(name_or_file)
    if not path.is_file():
        raise WorldError(f"There is no world {name_or_file} and no such file. Worlds: {', '.join(shipped())}.")
    if path.stat().st_size > LARGEST:
        raise WorldError(f"{path.name} is longer than {LARGEST // 1024} KB.")
    try:
        return path.read_text("utf-8"), path.name
    except UnicodeDecodeError as error:
        raise WorldError(f"{path.name} is not UTF-8 text.") from error
