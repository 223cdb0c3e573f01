"""The issuing half: what only a cloud does. Builds the file from the live organization or user, signs it, adds a token.

Source: src/Core/Billing/Services/Implementations/LicensingService.cs; fidelity.md: license.signature, license.token.
"""

import base64
import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from common.crypto.certificates import LicenseCertificate
from common.enums import LicenseType, PlanType
from common.license.canonical import canonical_string, license_hash, require_version
from common.license.claims import (
    ISSUER,
    audience_of,
    limits_collections,
    organization_claims,
    plan_name_then,
    user_claims,
)
from common.license.dates import (
    BillingView,
    LicenseDates,
    UserLicenseDates,
    organization_dates,
    user_claim_dates,
    user_dates,
)
from common.license.model import (
    USER_VERSION,
    AnyLicense,
    LicensedOrganization,
    LicensedUser,
    OrganizationLicense,
    UserLicense,
    fields_of,
)
from common.license.timestamps import Timestamp
from common.releases import NEWEST, Abilities, abilities

_JWS = jwt.PyJWS()
_COMPUTED = {
    *("installation_id", "version", "license_type", "limit_collection_creation_deletion"),
    *("issued", "refresh", "expires", "expiration_without_grace_period", "trial", "hash", "signature", "token"),
}
_COPIED = [each.attribute for each in fields_of(OrganizationLicense) if each.filled and each.attribute not in _COMPUTED]
"""Fields that the cloud takes from the organization as they are; fidelity.md: license.file."""


def issue_organization_license(
    organization: LicensedOrganization,
    billing: BillingView,
    installation_id: UUID,
    *,
    now_ticks: int,
    jti: UUID,
    certificate: LicenseCertificate,
    release: Abilities = abilities(NEWEST),  # noqa: B008 - a constant
    version: int | None = None,
    dates: LicenseDates | None = None,
) -> OrganizationLicense:
    """A complete organization licence: file values, hash, signature and token, as a cloud of this release makes it.

    version: of the file, None = the one that the release issues. dates: None = those that billing gives.
    Errors: Refusal 400 `Version N is not supported.`
    """
    now = Timestamp(now_ticks)
    dates = dates or organization_dates(billing, now_ticks)
    copied: dict[str, Any] = {each: getattr(organization, each) for each in _COPIED}
    file = OrganizationLicense(
        **copied,
        installation_id=installation_id,
        version=release.issues if version is None else version,
        issued=now,
        refresh=dates.refresh,
        expires=dates.expires,
        expiration_without_grace_period=dates.expiration_without_grace_period,
        limit_collection_creation_deletion=limits_collections(organization),
        trial=dates.trial,
        license_type=LicenseType.ORGANIZATION,
    )
    claims = organization_claims(organization, dates, installation_id, now)
    return _signed(file, _claims_of(release, claims), now, jti, certificate)


def issue_user_license(
    user: LicensedUser,
    billing: BillingView,
    *,
    now_ticks: int,
    jti: UUID,
    certificate: LicenseCertificate,
    release: Abilities = abilities(NEWEST),  # noqa: B008 - a constant
    dates: UserLicenseDates | None = None,
) -> UserLicense:
    """A complete premium licence: file values, hash, signature and token, as a cloud of this release makes it.

    dates: None = those that billing gives.
    """
    now = Timestamp(now_ticks)
    claimed, dates = dates or user_claim_dates(billing, now_ticks), dates or user_dates(billing, now_ticks)
    file = UserLicense(
        license_key=user.license_key,
        id=user.id,
        name=user.name,
        email=user.email,
        premium=user.premium,
        max_storage_gb=user.max_storage_gb,
        version=USER_VERSION,
        issued=now,
        refresh=dates.refresh,
        expires=dates.expires,
        trial=dates.trial,
        license_type=LicenseType.USER,
    )
    claims = user_claims(user, claimed, now)
    return _signed(file, _claims_of(release, claims), now, jti, certificate)


def _claims_of(release: Abilities, claims: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those that a release writes; none where it makes no tokens."""
    if not release.writes_tokens:
        return []
    return [(name, _claim_then(release, name, text)) for name, text in claims if name not in release.unknown_fields]


def _claim_then(release: Abilities, name: str, text: str) -> str:
    if name != "PlanType" or release.plan_numbers:
        return text
    return plan_name_then(PlanType(int(text)))


def _signed(
    file: AnyLicense, claims: Sequence[tuple[str, str]], now: Timestamp, jti: UUID, certificate: LicenseCertificate
) -> AnyLicense:
    payload = {
        **dict(claims),
        "jti": str(jti),
        "nbf": now.whole_epoch_seconds(),
        "exp": now.plus_years(1).whole_epoch_seconds(),
        "iat": now.whole_epoch_seconds(),
        "iss": ISSUER,
        "aud": audience_of(file),
    }
    require_version(file)
    token = sign_token(payload, certificate) if claims else None
    return dataclasses.replace(sign_file(file, certificate), token=token)


def sign_file(file: AnyLicense, certificate: LicenseCertificate) -> AnyLicense:
    """The file with its hash and signature, of whatever version it says it is."""
    newest = max(file.version, 1)
    hashed = dataclasses.replace(file, hash=license_hash(canonical_string(file, for_hash=True, max_version=newest)))
    text = canonical_string(hashed, for_hash=False, max_version=newest)
    signature = certificate.private_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return dataclasses.replace(hashed, signature=base64.b64encode(signature).decode())


def sign_token(payload: Mapping[str, object], certificate: LicenseCertificate) -> str:
    """The token with these members."""
    # Below PyJWT's `encode`, which would escape what is not ASCII.
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return _JWS.encode(text.encode(), certificate.private_key, algorithm="RS256")
