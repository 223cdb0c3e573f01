"""Licence files as JSON: the three readers of an instance (upload, disk, sync answer) and the two spellings written.

Source: src/Api/Utilities/ApiHelpers.cs, src/Core/Utilities/JsonHelpers.cs; fidelity.md: license.file.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn
from uuid import UUID

from common.license.model import LICENSE_CLASSES, AnyLicense, Field, Kind, License, fields_of
from common.license.timestamps import Timestamp

MAX_UPLOAD_BYTES = 51_200
"""An upload request longer than this counts as unreadable."""
_MAX_DEPTH = 64
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,10})")
_RANGES: Mapping[Kind, range] = {
    Kind.INT: range(-(2**31), 2**31),
    Kind.LICENSE_TYPE: range(-(2**31), 2**31),
    Kind.SHORT: range(-(2**15), 2**15),
    Kind.PLAN: range(2**8),
}
_BOM = b"\xef\xbb\xbf"


class UnreadableLicense(Exception):
    """The bytes are no licence file; the text says why, in our words."""


@dataclass(frozen=True)
class _Dialect:
    any_casing: bool
    numbers_in_strings: bool = False


_UPLOAD = _Dialect(any_casing=True)
_DISK = _Dialect(any_casing=False)
_ANSWER = _Dialect(any_casing=True, numbers_in_strings=True)


def read_upload(data: bytes, license_class: type[AnyLicense]) -> AnyLicense:
    """An uploaded file: keys in any casing, otherwise strict JSON; missing keys read as their defaults.

    Errors: UnreadableLicense, also for JSON `null` and for more than 51200 bytes.
    """
    if len(data) > MAX_UPLOAD_BYTES:
        raise UnreadableLicense(f"longer than {MAX_UPLOAD_BYTES} bytes")
    return _read(data, license_class, _UPLOAD)


def read_disk(data: bytes, license_class: type[AnyLicense]) -> AnyLicense:
    """A file on an instance's disk: only PascalCase keys count, so a downloaded file copied there is all defaults.

    Errors: UnreadableLicense.
    """
    return _read(data, license_class, _DISK)


def read_answer(data: bytes, license_class: type[AnyLicense]) -> AnyLicense:
    """The answer to a licence sync: any casing, numbers may stand in strings.

    Errors: UnreadableLicense.
    """
    return _read(data, license_class, _ANSWER)


def read_any(data: bytes, license_class: type[AnyLicense]) -> AnyLicense:
    """A licence object from anywhere, as an upload but of any length. Errors: UnreadableLicense."""
    return _read(data, license_class, _UPLOAD)


def read_object(data: bytes) -> Mapping[str, object]:
    """The members of the one JSON object in the bytes, unjudged; of equal keys the last counts.

    Errors: UnreadableLicense.
    """
    return dict(_members(data))


def to_wire(file: License, *, without: Collection[str] = ()) -> dict[str, object]:
    """The licence as the cloud's answer: camelCase keys in order, values ready for JSON.

    without: C# names of fields that the cloud's release does not know.
    """
    fields = (each for each in fields_of(type(file)) if each.name not in without)
    return {each.wire_name: _plain(getattr(file, each.attribute)) for each in fields}


def to_download_text(file: License, *, without: Collection[str] = ()) -> str:
    """The licence as the web vault saves it: the cloud's answer with two spaces.

    Source: fidelity.md: pages.premium, pages.organization-billing.
    """
    return json.dumps(to_wire(file, without=without), indent=2, ensure_ascii=False)


def to_disk_text(file: License) -> str:
    """The licence as an instance stores it: PascalCase, two spaces, line feeds, no final newline, .NET escaping."""
    lines = (f'  "{each.name}": {_literal(_plain(getattr(file, each.attribute)))}' for each in fields_of(type(file)))
    return "{\n" + ",\n".join(lines) + "\n}"


# --- reading


def _read(data: bytes, license_class: type[AnyLicense], dialect: _Dialect) -> AnyLicense:
    spelt = _folded if dialect.any_casing else str
    fields = (_BY_FOLDED_NAME if dialect.any_casing else _BY_NAME)[license_class]
    values: dict[str, Any] = {}
    for key, value in _members(data):
        field = fields.get(spelt(key))
        if field is not None:
            values[field.attribute] = _value(field, value, dialect)
    return license_class(**values)


def _folded(key: str) -> str:
    # Ordinal as in .NET: no letter outside ASCII may pass for one of a field name ("ſ", "K").
    return key.upper() if key.isascii() else key


_BY_NAME = {each: {field.name: field for field in fields_of(each)} for each in LICENSE_CLASSES.values()}
_BY_FOLDED_NAME = {each: {_folded(name): field for name, field in names.items()} for each, names in _BY_NAME.items()}


@dataclass(frozen=True)
class _Members:
    """A JSON object with every member, repeated keys too: a bad value counts even when a later one replaces it."""

    pairs: list[tuple[str, object]]

    def __iter__(self) -> Iterator[object]:
        return (value for _, value in self.pairs)


def _members(data: bytes) -> list[tuple[str, object]]:
    try:
        document = json.loads(
            data.removeprefix(_BOM).decode(), object_pairs_hook=_Members, parse_constant=_refuse, parse_int=_number
        )
    except (ValueError, RecursionError) as error:
        raise UnreadableLicense(_no_json(error)) from error
    if not isinstance(document, _Members):
        raise UnreadableLicense("no JSON object")
    if _depth(document) > _MAX_DEPTH:
        raise UnreadableLicense("nested too deeply")
    return document.pairs


def _no_json(error: Exception) -> str:
    """With where it stops to be JSON, where that is known."""
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON from line {error.lineno}, column {error.colno} on"
    return "no JSON"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _number(digits: str) -> int | float:
    # Python refuses to convert very long integers; no field can hold one, so any stand-in out of range will do.
    return int(digits) if len(digits) < 20 else float("inf")


def _depth(document: object) -> int:
    depth, level = 0, [document]
    while level := [each for each in level if isinstance(each, (_Members, list))]:
        depth += 1
        level = [child for parent in level if isinstance(parent, (_Members, list)) for child in parent]
    return depth


def _value(field: Field, value: object, dialect: _Dialect) -> object:
    if value is None:
        if not field.nullable:
            raise UnreadableLicense(f"{field.name} is null")
        return None
    if dialect.numbers_in_strings and field.kind in _RANGES and isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    try:
        return _READERS[field.kind](value)
    except ValueError as error:
        raise UnreadableLicense(f"{field.name} is no {field.kind.value}{_said(field, value)}") from error


def _said(field: Field, value: object) -> str:
    """What stands there instead, where it can be no key and no token."""
    if field.kind is Kind.TEXT or not isinstance(value, str | int | float):
        return ""
    return f": {str(value)[:60]!r}"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("no string")
    value.encode()  # a lone surrogate raises a ValueError
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def _integer(kind: Kind, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value not in _RANGES[kind]:
        raise ValueError("no integer in range")
    return value


def _uuid(value: object) -> UUID:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise ValueError("no uuid")
    return UUID(value)


def _date(value: object) -> Timestamp:
    return Timestamp.parse(_text(value))


_READERS: Mapping[Kind, Callable[[object], object]] = {
    Kind.TEXT: _text,
    Kind.FLAG: _flag,
    Kind.UUID: _uuid,
    Kind.DATE: _date,
    **{kind: partial(_integer, kind) for kind in _RANGES},
}


# --- writing


def _plain(value: object) -> object:
    if isinstance(value, Timestamp):
        return value.wire()
    return str(value) if isinstance(value, UUID) else value


_SHORT_ESCAPES = {"\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_ESCAPED = re.compile(r"""[^ -~]|["&'+<>\\`]""")


def _literal(value: object) -> str:
    if isinstance(value, str):
        return '"' + _ESCAPED.sub(_escape, value) + '"'
    return json.dumps(value)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if "\ud800" <= character <= "\udfff":
        character = "\ufffd"
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02X}{units[at + 1]:02X}" for at in range(0, len(units), 2))
