"""The signed text of a licence file: one line of sorted `Name:value` pairs, and the hash over it."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache

from common.errors import bad_request
from common.license.model import (
    MAX_ORGANIZATION_VERSION,
    USER_VERSION,
    Field,
    Kind,
    License,
    OrganizationLicense,
    UserLicense,
    fields_of,
)
from common.license.timestamps import Timestamp

SIGNED_PLAN_NAMES = (
    "Free",
    "FamiliesAnnually",
    "TeamsMonthly",
    "TeamsAnnually",
    "EnterpriseMonthly",
    "EnterpriseAnnually",
    "Custom",
)
"""How the first plan numbers are signed; later ones as decimal numbers. Source: src/Core/Utilities/CoreHelpers.cs."""


_CLASSES: Mapping[str, type[License]] = {"organization": OrganizationLicense, "user": UserLicense}


def organization_string(
    file: OrganizationLicense, *, for_hash: bool, max_version: int = MAX_ORGANIZATION_VERSION
) -> str:
    """The text under the hash (`for_hash`) or under the signature, which has the hash, issue and refresh dates too.

    max_version: newest file version that the simulated release understands.
    Errors: Refusal 400 `Version N is not supported.` outside 1..max_version.
    Source: src/Core/Billing/Organizations/Models/OrganizationLicense.cs (GetDataBytes); fidelity.md: license.canonical.
    """
    require_version(file, max_version)
    return _joined("organization", file, for_hash=for_hash)


def user_string(file: UserLicense, *, for_hash: bool) -> str:
    """The same for a premium licence, whose only version is 1.

    Source: src/Core/Billing/Models/Business/UserLicense.cs (GetDataBytes); fidelity.md: license.canonical.
    """
    require_version(file)
    return _joined("user", file, for_hash=for_hash)


def canonical_string(file: License, *, for_hash: bool, max_version: int = MAX_ORGANIZATION_VERSION) -> str:
    """`organization_string` or `user_string`, whichever fits."""
    if isinstance(file, OrganizationLicense):
        return organization_string(file, for_hash=for_hash, max_version=max_version)
    return user_string(file, for_hash=for_hash)


def is_supported_version(file: License, max_version: int = MAX_ORGANIZATION_VERSION) -> bool:
    """Whether a release that understands organization files up to `max_version` understands this file."""
    newest = max_version if isinstance(file, OrganizationLicense) else USER_VERSION
    return 1 <= file.version <= newest


UNSUPPORTED_VERSION = "license.version"
"""The rule that refuses such a licence."""


def unsupported_version_text(file: License) -> str:
    """The literal text about a version out of range."""
    return f"Version {file.version} is not supported."


def require_version(file: License, max_version: int = MAX_ORGANIZATION_VERSION) -> None:
    """Errors: Refusal 400 `Version N is not supported.`"""
    if not is_supported_version(file, max_version):
        raise bad_request(unsupported_version_text(file), rule=UNSUPPORTED_VERSION)


def license_hash(text: str) -> str:
    """Base64 of the SHA-256 of the text for the hash. Source: fidelity.md: license.signature."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _joined(what: str, file: License, *, for_hash: bool) -> str:
    fields = _signed_fields(what, file.version, for_hash)
    pairs = (f"{each.name}:{_signed_value(each, getattr(file, each.attribute))}" for each in fields)
    return f"license:{what}|" + "|".join(pairs)


@cache
def _signed_fields(what: str, version: int, for_hash: bool) -> tuple[Field, ...]:
    signed = (each for each in fields_of(_CLASSES[what]) if each.signed_from and each.signed_from <= version)
    chosen = (each for each in signed if each.hashed or not for_hash)
    # Upstream sorts linguistically: UseResetPassword, UsersGetPremium, UseScim.
    return tuple(sorted(chosen, key=lambda each: each.name.lower()))


def _signed_value(field: Field, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Timestamp):
        return str(value.epoch_seconds())
    if isinstance(value, bool):
        return "true" if value else "false"
    if field.kind is Kind.PLAN and isinstance(value, int) and value < len(SIGNED_PLAN_NAMES):
        return SIGNED_PLAN_NAMES[value]
    return str(value)
