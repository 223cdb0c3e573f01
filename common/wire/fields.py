"""Kinds of body members that several domains use: 32-bit numbers, strict addresses, hashes, encrypted strings."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from common.crypto.account import is_encrypted_string
from common.wire.base import MAX_EMAIL

Int32 = Annotated[int, Field(strict=True, ge=-(2**31), lt=2**31)]
"""`int`: a JSON number, never a text."""

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


def _strict_email(text: str) -> str:
    if not is_strict_email(text.strip()):
        raise ValueError("The {field} field is not a supported e-mail address format.")
    return text


def _encrypted(text: str) -> str:
    if not is_encrypted_string(text):
        raise ValueError("{field} is not a valid encrypted string.")
    return text


StrictEmail = Annotated[str, Field(min_length=1, max_length=MAX_EMAIL), AfterValidator(_strict_email)]
"""An address that an account is made for."""

EncryptedText = Annotated[str, Field(min_length=1), AfterValidator(_encrypted)]
"""An EncString; its structure is checked, nothing else can be."""
