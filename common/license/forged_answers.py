"""What an instance answers to each forged licence: the literal text of each kind of release, as data.

Source: src/Core/Models/Business/OrganizationLicense.cs, src/Core/Billing/Services/Implementations/LicensingService.cs,
src/Api/Utilities/ApiHelpers.cs of the tags; fidelity.md: license.can-use, license.token-verification,
deployment.releases.
"""

from collections.abc import Mapping
from typing import NamedTuple

from common.license.verification import (
    CLOUD_DISABLED,
    EXPIRED,
    NO_SELF_HOST,
    NOT_ISSUED_YET,
    PREMIUM_FOR_ORGANIZATION,
    VERIFICATION_FAILED,
    WRONG_INSTALLATION,
    premium_for_organization_text,
)

UNREADABLE = "Invalid license"
CLOUD_FAILED = "An error has occurred. Check your internet connection and ensure the billing token is correct."
TOKENS, EVERY_REASON, ONE_REASON, SIGNATURE_FIRST = "2026.8.0", "2024.8.1", "2023.3.0", "2022.8.0"
RELEASES = (TOKENS, EVERY_REASON, ONE_REASON, SIGNATURE_FIRST)
"""One of each kind: the newest; every reason told, tokens ignored; the first reason; the signature before all else."""

OPERATIONS = ("create", "update", "sync")
_ACCEPTED = None
_NOT_SIGNED = "Invalid license."
_ELSEWHERE = (
    "Invalid license. Make sure your license allows for on-premise hosting of organizations"
    " and that the installation id matches your current installation."
)
_OFF = "Invalid license. Your organization is disabled or the license has expired."
_SIGNATURE = "Invalid license. IDX10517: Signature validation failed."
_PREMIUM_THEN = premium_for_organization_text(vault_wording=False)


class Texts(NamedTuple):
    """What is answered by a release of each kind; None = accepted, a text that ends in "..." only begins so."""

    tokens: str | None = None
    every_reason: str | None = None
    one_reason: str | None = None
    signature_first: str | None = None


def _reason(text: str, *, tokens: str | None = "", one: str, first: str) -> Texts:
    told = f"Invalid license. {text}"
    return Texts(told if tokens == "" else tokens, told, one, first)


_ALIKE: Mapping[str, Texts] = {
    "expired": _reason(EXPIRED, tokens="Invalid license. IDX10223...", one=_OFF, first=_ELSEWHERE),
    "lapsed": _reason(EXPIRED, tokens=_ACCEPTED, one=_OFF, first=_ELSEWHERE),
    "not-yet-valid": _reason(NOT_ISSUED_YET, tokens="Invalid license. IDX10222...", one=_OFF, first=_ELSEWHERE),
    "expires-today": Texts(),
    "trial": Texts(),
    "wrong-installation": _reason(WRONG_INSTALLATION, one=_ELSEWHERE, first=_ELSEWHERE),
    "other-organization": Texts(),
    "unsupported-version": Texts(*["Version 17 is not supported."] * 4),
    "plan-changed": Texts(),
    "self-host-not-allowed": _reason(NO_SELF_HOST, one=_ELSEWHERE, first=_ELSEWHERE),
    "disabled": _reason(CLOUD_DISABLED, one=_OFF, first=_ELSEWHERE),
    "missing-new-claim": Texts(),
    "unknown-claim": Texts(),
    "no-token": Texts(),
    "foreign-certificate": _reason(VERIFICATION_FAILED, tokens=f"{_SIGNATURE}...", one=_NOT_SIGNED, first=_NOT_SIGNED),
    "token-only": _reason(VERIFICATION_FAILED, tokens=_ACCEPTED, one=_NOT_SIGNED, first=_NOT_SIGNED),
    "bad-signature": _reason(VERIFICATION_FAILED, tokens=f"{_SIGNATURE}...", one=_NOT_SIGNED, first=_NOT_SIGNED),
    "bad-hash": _reason(VERIFICATION_FAILED, tokens=_ACCEPTED, one=_NOT_SIGNED, first=_NOT_SIGNED),
    "token-and-file-differ": _reason(VERIFICATION_FAILED, tokens=_ACCEPTED, one=_NOT_SIGNED, first=_NOT_SIGNED),
    "duplicate-keys": Texts(),
    "crlf": Texts(),
    "leading-bom": Texts(),
    "camel-case-on-disk": Texts(),
}
"""Defects that creating, updating and syncing answer alike."""

SEATS_FILLED = (
    "Your organization currently has {occupied} seats filled. Your new license only has (1) seats. Remove some users."
)
_UNREADABLE_FILES = ("trailing-bytes", "truncated", "not-json", "empty", "utf-16")


def answers_of(defect: str) -> Mapping[str, Mapping[str, str | None]]:
    """Release -> what is done with the file -> the literal text, None = accepted."""
    return {
        release: dict(zip(OPERATIONS, (_text(defect, each, at) for each in OPERATIONS), strict=True))
        for at, release in enumerate(RELEASES)
    }


def _text(defect: str, operation: str, at: int) -> str | None:
    if defect in _ALIKE:
        return _ALIKE[defect][at]
    if defect == "seats-changed":
        return None if operation == "create" else SEATS_FILLED
    if defect == "over-50-kb":
        return None if operation == "sync" else UNREADABLE
    if defect in _UNREADABLE_FILES:
        return CLOUD_FAILED if operation == "sync" else UNREADABLE
    if defect == "other-kind":
        return _other_kind(operation, at)
    raise KeyError(defect)


def _other_kind(operation: str, at: int) -> str | None:
    """A premium licence says nothing of what an organization's must say."""
    if at == 0:
        return PREMIUM_FOR_ORGANIZATION if operation == "create" else "Invalid license. IDX10214..."
    wrong = (CLOUD_DISABLED, WRONG_INSTALLATION, NO_SELF_HOST, _PREMIUM_THEN, VERIFICATION_FAILED)
    return ("Invalid license. " + "\n".join(wrong), _OFF, _PREMIUM_THEN)[at - 1]
