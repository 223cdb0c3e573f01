"""Kinds of body members that several domains use: 32-bit numbers, strict addresses, hashes, encrypted strings."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticKnownError

from common.crypto.account import is_encrypted_string
from common.errors import invalid_field
from common.wire.base import MAX_EMAIL, WireDate
from common.wire.spelling import written_date as written_date


def _fits(value: object) -> object:
    """Told before a range of the member's own is looked at; as bounds these would take its place."""
    if isinstance(value, int) and not -(2**31) <= value < 2**31:
        raise PydanticKnownError("int_parsing_size")
    return value


def _numeral(value: object) -> object:
    return int(value) if isinstance(value, str) and _NUMERAL.fullmatch(value) is not None else value


_NUMERAL = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)

EnumNumber = Annotated[int, Field(strict=True), BeforeValidator(_fits)]
"""An enumeration that may hold values that it does not define: a JSON number of 32 bits, never a text."""

Int32 = Annotated[int, Field(strict=True), BeforeValidator(_fits), BeforeValidator(_numeral)]
"""`int`: a number of 32 bits without a fraction, also in quotes.

Source: ASP.NET Core: JsonSerializerDefaults.Web (AllowReadingFromString); fidelity.md: wire.bodies.
"""


def _fits_short(value: object) -> object:
    if isinstance(value, int) and not -(2**15) <= value < 2**15:
        raise PydanticKnownError("int_parsing_size")
    return value


Int16 = Annotated[int, Field(strict=True), BeforeValidator(_fits_short), BeforeValidator(_numeral)]
"""`short`: the same with 16 bits."""


def _hyphenated(value: object) -> object:
    if not isinstance(value, UUID) and not (isinstance(value, str) and HYPHENATED.fullmatch(value)):
        raise PydanticKnownError("uuid_type")
    return value


HYPHENATED = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)

Guid = Annotated[UUID, BeforeValidator(_hyphenated)]
"""`Guid` in a body: 36 characters, no other form. Source: System.Text.Json: Utf8JsonReader.GetGuid."""


def _as_iso_8601(value: object) -> object:
    written = written_date(value) if isinstance(value, str) else value
    if not isinstance(written, str | datetime):
        raise PydanticKnownError("datetime_type")
    return written


SentDate = Annotated[WireDate, BeforeValidator(_as_iso_8601)]
"""`DateTime` in a body: ISO 8601 with `T`, the time zone may be missing."""

Hash = Annotated[str, Field(min_length=1, max_length=300)]
"""A master password hash (what the client derived)."""

Name = Annotated[str, Field(max_length=50)]
"""The display name of an account."""

Hint = Annotated[str, Field(max_length=50)]
"""What reminds of a master password."""

_STRICT_EMAIL = re.compile(r"""[^\s<>()\[\],;:\\"@]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}""")


def is_strict_email(text: str) -> bool:
    """Whether an account may be made for it: no blanks or brackets, and a domain with a dot.

    Source: src/Core/Utilities/StrictEmailAddressAttribute.cs.
    """
    return text.isprintable() and _STRICT_EMAIL.fullmatch(text) is not None


_NOT_STRICT = "The {field} field is not a supported e-mail address format."


def _strict_email(text: str) -> str:
    if not is_strict_email(text.strip()):
        raise ValueError(_NOT_STRICT)
    return text


_strict_email.also_when_missing = _NOT_STRICT  # type: ignore[attr-defined]


NOT_ENCRYPTED = "{field} is not a valid encrypted string."


def _encrypted(text: str) -> str:
    if not is_encrypted_string(text):
        raise ValueError(NOT_ENCRYPTED)
    return text


_encrypted.also_when_empty = NOT_ENCRYPTED  # type: ignore[attr-defined]


ENCRYPTED = AfterValidator(_encrypted)
"""`[EncryptedString]`."""


def sealed(limit: int) -> AfterValidator:
    """`[EncryptedString]` with `[EncryptedStringLength]`.

    Source: src/Core/Utilities/EncryptedStringLengthAttribute.cs; fidelity.md: account.encstring.
    """

    def check(text: str) -> str:
        _encrypted(text)
        if len(text) > limit:
            raise ValueError(f"The field {{field}} exceeds the maximum encrypted value length of {limit} characters.")
        return text

    check.also_when_empty = NOT_ENCRYPTED  # type: ignore[attr-defined]
    return AfterValidator(check)


Sealed1000 = Annotated[str, sealed(1000)]
"""`[EncryptedString] [EncryptedStringLength(1000)]`, which takes null too where it may be missing."""


StrictEmail = Annotated[str, Field(min_length=1, max_length=MAX_EMAIL), AfterValidator(_strict_email)]
"""An address that an account is made for."""

EncryptedText = Annotated[str, Field(min_length=1), ENCRYPTED]
"""An EncString; its structure is checked, nothing else can be."""


def read_enum(text: str, field: str, names: Sequence[str], first: int = 0) -> int:
    """A value in a path by its name in any case, or by its number; raises upstream's model-state 400.

    names: of the values that upstream defines, numbered from `first` on.
    Source: ASP.NET Core: EnumTypeModelBinder; fidelity.md: wire.bodies.
    """
    known = {name.lower(): number for number, name in enumerate(names, first)}
    if text.strip().lower() in known:
        return known[text.strip().lower()]
    if re.fullmatch(r"\s*[+-]?[0-9]{1,9}\s*", text, re.ASCII) is None:
        raise invalid_field(field, f"The value '{text}' is not valid.", rule="model-state")
    if int(text) not in known.values():
        raise invalid_field(field, f"The value '{text}' is invalid.", rule="model-state")
    return int(text)
