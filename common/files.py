"""Files that are seen either whole or not at all, however many processes read and write them."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PRIVATE = 0o600
PUBLIC = 0o644

_BLOCK = 1 << 20


def write_file(path: Path, content: str | bytes, mode: int = PUBLIC, *, durable: bool = False) -> None:
    """Replace `path` in one step; missing parent folders are made. Text is written as UTF-8 without newline changes.

    durable: the new content survives a power failure once this has returned.
    """
    with _draft(path, _whole(content), mode, durable=durable) as draft:
        draft.replace(path)
    if durable:
        sync_folder(path.parent)


def write_blocks(path: Path, blocks: Iterable[bytes], mode: int = PUBLIC) -> None:
    """`write_file` of something that need not fit into memory. What ends the blocks leaves `path` as it was."""
    with _draft(path, blocks, mode, durable=False) as draft:
        draft.replace(path)


def blocks_of(path: Path) -> Iterator[bytes]:
    """What is in a file, a piece at a time."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def create_file(path: Path, content: str | bytes, mode: int = PRIVATE) -> bool:
    """Make `path` unless it is there: of several processes that try at once, one does. Whether it was this one.

    For keys that must never change again, so it survives a power failure.
    """
    # a link appears with its whole content and never replaces what is there
    with _draft(path, _whole(content), mode, durable=True) as draft, suppress(FileExistsError):
        path.hardlink_to(draft)
        return True
    return False


def write_json(path: Path, document: Mapping[str, object], mode: int = PUBLIC) -> None:
    """`write_file` of a JSON object, readable by people."""
    write_file(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n", mode)


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in `path`, or None when the file is not there or holds something else."""
    try:
        document = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power failure: files that were renamed or removed there."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _whole(content: str | bytes) -> tuple[bytes]:
    return (content.encode() if isinstance(content, str) else content,)


@contextmanager
def _draft(path: Path, blocks: Iterable[bytes], mode: int, *, durable: bool) -> Iterator[Path]:
    """A finished file beside `path` under a name of its own; gone afterwards unless it was renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(blocks)
            os.fchmod(file.fileno(), mode)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
