"""What every program at a terminal does: cope with its encoding, and tell trouble of the system in one sentence."""

import errno
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})


def accept_any_character() -> None:
    """A terminal that knows no Chinese shows question marks in its place; nothing ends for that."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):  # replaced by something that is no text stream
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def open_standard_files() -> None:
    """Give this process the standard descriptors that it was started without (`<&-`, some schedulers).

    Otherwise the next file or socket gets their numbers, and loses them to whatever is started with its own.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
            os.set_inheritable(number, True)


@contextmanager
def unwritable_output_told() -> Iterator[None]:
    """Output that cannot be written ends the process with a sentence; a reader that has had enough needs none."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.stderr.write(f"Error: {told(error)}\n")
        raise SystemExit(1) from error


def json_text(document: object) -> str:
    """JSON for standard output: what its encoding does not know is written as JSON escapes, so that nothing is lost."""
    unicode = (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")
    return json.dumps(document, indent=2, ensure_ascii=not unicode)


def printable(text: str) -> str:
    """Whatever stands in somebody's file, without what a terminal would obey, or what turns its words around."""
    return "".join(each if each.isprintable() or each == "\n" else "?" for each in text)


def told(error: OSError) -> str:
    """What failed and what a person can do about it."""
    where = f" ({error.filename})" if error.filename else ""
    what = error.strerror or str(error)
    if error.errno in _FULL:
        return f"There is no space left to write{where}: {what}. Make room, then repeat the command."
    if error.errno == errno.EROFS:
        return f"Nothing can be written here{where}: {what}. Choose a folder that can be written, with --home."
    if error.errno in _FORBIDDEN:
        return f"This user may not do that{where}: {what}. Choose another folder with --home, or ask for permission."
    return f"{what}{where}."
