"""Licence files as people's tools leave them: with a byte order mark, as UTF-16, with other line ends. Pure."""

from enum import StrEnum


class Spelling(StrEnum):
    """Something about the bytes that a server may not forgive."""

    BOM = "bom"
    UTF_16 = "utf-16"
    CRLF = "crlf"


_UTF_16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UTF_8_MARK = b"\xef\xbb\xbf"


def respelt(data: bytes) -> tuple[bytes, tuple[Spelling, ...]]:
    """The same text as UTF-8 with line feeds and no mark, and what was otherwise. Bytes of no encoding stay."""
    found: list[Spelling] = []
    encoding = _UTF_16_MARKS.get(data[:2]) or _bare_utf_16(data)
    if encoding is not None:
        try:
            data = data.decode(encoding).removeprefix("\ufeff").encode()
            found.append(Spelling.UTF_16)
        except UnicodeError:
            return data, ()
    elif data.startswith(_UTF_8_MARK):
        data = data.removeprefix(_UTF_8_MARK)
        found.append(Spelling.BOM)
    if b"\r\n" in data:
        data = data.replace(b"\r\n", b"\n")
        found.append(Spelling.CRLF)
    return data, tuple(found)


def _bare_utf_16(data: bytes) -> str | None:
    """JSON begins with two signs of ASCII, so its zeros tell."""
    if len(data) < 4 or len(data) % 2:
        return None
    return {(False, True): "utf-16-le", (True, False): "utf-16-be"}.get((data[0] == 0, data[1] == 0))
