"""Files that are seen either whole or not at all, however many processes read them."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

PRIVATE = 0o600
PUBLIC = 0o644


def write_file(path: Path, content: str | bytes, mode: int = PUBLIC) -> None:
    """Replace `path` in one step; missing parent folders are made. Text is written as UTF-8 without newline changes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.chmod(name, mode)  # noqa: PTH101 - mkstemp gives a name, not a Path
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, document: Mapping[str, object], mode: int = PUBLIC) -> None:
    """`write_file` of a JSON object, readable by people."""
    write_file(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n", mode)


def read_json(path: Path) -> dict[str, object] | None:
    """The JSON object in `path`, or None when the file is not there or holds something else."""
    try:
        document = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return document if isinstance(document, dict) else None
