"""The verifying half: the signature of a licence, whether an instance may use it, and whether it still fits.

Never imports the signing half. A licence with a token is judged by the token alone (tokens.py).
Source: src/Core/Billing/Services/Implementations/LicensingService.cs, src/Core/Billing/Organizations/Models/
OrganizationLicense.cs, src/Core/Billing/Models/Business/UserLicense.cs; fidelity.md: license.token-verification,
license.can-use, license.premium, license.validation.
"""

import base64
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from common.crypto.certificates import Certificates, VerificationCertificate
from common.enums import LicenseType, PlanType
from common.errors import Refusal, bad_request
from common.license.canonical import (
    canonical_string,
    is_supported_version,
    require_version,
    unsupported_version_text,
)
from common.license.claims import Claims
from common.license.model import (
    MAX_ORGANIZATION_VERSION,
    License,
    LicensedOrganization,
    LicensedUser,
    OrganizationLicense,
    UserLicense,
    fields_of,
    has_token,
)
from common.license.tokens import read_token as read_token

CLOUD_DISABLED = "Your cloud-hosted organization is currently disabled."
NOT_ISSUED_YET = "The license hasn't been issued yet."
EXPIRED = "The license has expired."
WRONG_INSTALLATION = "The installation ID does not match the current installation."
NO_SELF_HOST = "The license does not allow for on-premise hosting of organizations."
PREMIUM_FOR_ORGANIZATION = (
    "Premium licenses cannot be applied to an organization vault."
    " Upload this license from your personal account Settings page."
)
_PREMIUM_FOR_ORGANIZATION_THEN = (
    "Premium licenses cannot be applied to an organization."
    " Upload this license from your personal account settings page."
)
VERIFICATION_FAILED = "The license verification failed."
EMAIL_NOT_VERIFIED = "The user's email is not verified."
EMAIL_MISMATCH = "The user's email does not match the license email."

_OTHER_KIND = (PREMIUM_FOR_ORGANIZATION, _PREMIUM_FOR_ORGANIZATION_THEN)
_RULES = {
    CLOUD_DISABLED: "license.can-use.disabled",
    NOT_ISSUED_YET: "license.can-use.not-issued-yet",
    EXPIRED: "license.can-use.expired",
    WRONG_INSTALLATION: "license.can-use.installation",
    NO_SELF_HOST: "license.can-use.self-host",
    VERIFICATION_FAILED: "license.not-verified",
    EMAIL_NOT_VERIFIED: "license.can-use.email-not-verified",
    EMAIL_MISMATCH: "license.can-use.email",
}

_log = logging.getLogger(__name__)


def premium_for_organization_text(vault_wording: bool) -> str:
    """The literal text about the other kind of licence, as it is worded since 2026.8, or before."""
    return PREMIUM_FOR_ORGANIZATION if vault_wording else _PREMIUM_FOR_ORGANIZATION_THEN


# --- signature, or token


def verify_signature(file: License, certificates: Certificates, *, max_version: int = MAX_ORGANIZATION_VERSION) -> bool:
    """Whether one of the certificates signed the file's own values; the hash is not recomputed.

    A missing or garbled signature is False (upstream: 500).
    Errors: Refusal 400 `Version N is not supported.` Source: fidelity.md: license.signature.
    """
    text = canonical_string(file, for_hash=False, max_version=max_version).encode()
    try:
        signature = base64.b64decode(file.signature or "", validate=True)
    except ValueError:
        return False
    return any(_signed_by(each, signature, text) for each in certificates)


def verify_license(
    file: License,
    certificates: Certificates,
    now_ticks: int,
    *,
    max_version: int = MAX_ORGANIZATION_VERSION,
    token_aware: bool = True,
) -> bool:
    """Whether the token is good, or without a token the signature.

    token_aware: False = a release that does not know tokens and ignores them.
    Errors: Refusal 400 `Version N is not supported.` when the signature decides. Source: fidelity.md:
    license.token-verification.
    """
    if not (token_aware and has_token(file)):
        return verify_signature(file, certificates, max_version=max_version)
    try:
        read_token(file, certificates, now_ticks)
    except Refusal:
        _log.warning("Invalid token.")
        return False
    return True


def _signed_by(certificate: VerificationCertificate, signature: bytes, text: bytes) -> bool:
    try:
        certificate.public_key.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


# --- may this instance use the licence?


def can_use_organization(
    file: OrganizationLicense,
    claims: Claims | None,
    installation_id: UUID,
    now_ticks: int,
    certificates: Certificates,
    *,
    max_version: int = MAX_ORGANIZATION_VERSION,
    version_checked_with_token: bool = True,
    vault_wording: bool = True,
) -> None:
    """Refuse an organization licence that this instance may not use.

    claims: what `read_token` gave; None = judged by file and signature. max_version: newest file version that the
    simulated release understands. version_checked_with_token: True = the version decides before anything else, token or
    not (design.md section 2); False = upstream from 2025.1 on, which never looks at the version of a file with token.
    Errors: Refusal 400, `Version N is not supported.` alone or `Invalid license. ` with every failing row.
    Source: fidelity.md: license.can-use.
    """
    if claims is None or version_checked_with_token:
        require_version(file, max_version)
    _raise_failures(
        organization_failures(
            file,
            claims,
            installation_id,
            now_ticks,
            signature_verifies=lambda: verify_signature(file, certificates, max_version=max_version),
            max_version=max_version,
            vault_wording=vault_wording,
        )
    )


def organization_failures(
    file: OrganizationLicense,
    claims: Claims | None,
    installation_id: UUID,
    now_ticks: int,
    *,
    signature_verifies: Callable[[], bool],
    max_version: int = MAX_ORGANIZATION_VERSION,
    vault_wording: bool = True,
) -> list[str]:
    """The failing rows in order. `signature_verifies` is asked only when there are no claims."""
    other_kind = premium_for_organization_text(vault_wording)
    if claims is not None:
        rows = (
            (claims.flag("Enabled"), CLOUD_DISABLED),
            (claims.uuid("InstallationId") == installation_id, WRONG_INSTALLATION),
            (claims.flag("SelfHost"), NO_SELF_HOST),
            (claims.license_type() == LicenseType.ORGANIZATION, other_kind),
        )
        return _failing(rows)
    return _failing(
        (
            (file.enabled, CLOUD_DISABLED),
            (file.issued.ticks <= now_ticks, NOT_ISSUED_YET),
            (not _has_expired(file, now_ticks), EXPIRED),
            (is_supported_version(file, max_version), unsupported_version_text(file)),
            (file.installation_id == installation_id, WRONG_INSTALLATION),
            (file.self_host, NO_SELF_HOST),
            (file.license_type in (None, LicenseType.ORGANIZATION), other_kind),
            (signature_verifies(), VERIFICATION_FAILED),
        )
    )


def can_use_user(
    file: UserLicense,
    claims: Claims | None,
    user: LicensedUser,
    now_ticks: int,
    *,
    version_checked_with_token: bool = True,
) -> None:
    """Refuse a premium licence that this account may not use. The signature is the caller's to check first.

    Errors: Refusal 400, `Version N is not supported.` alone or `Invalid license. ` with every failing row.
    Source: fidelity.md: license.premium.
    """
    if claims is None or version_checked_with_token:
        require_version(file)
    licensed_to = file.email if claims is None else claims.text("Email")
    _raise_failures(
        _failing(
            (
                (claims is not None or file.issued.ticks <= now_ticks, NOT_ISSUED_YET),
                (claims is not None or not _has_expired(file, now_ticks), EXPIRED),
                (user.email_verified, EMAIL_NOT_VERIFIED),
                (_same_address(user.email, licensed_to), EMAIL_MISMATCH),
            )
        )
    )


def _failing(rows: Iterable[tuple[bool, str]]) -> list[str]:
    return [text for holds, text in rows if not holds]


def _raise_failures(failures: Sequence[str]) -> None:
    if failures:
        raise bad_request("Invalid license. " + "\n".join(failures), rule=_rule_of(failures))


def _rule_of(failures: Sequence[str]) -> str:
    """What to look at first: a file of the other kind fails every row, else the first row that fails."""
    if any(each in failures for each in _OTHER_KIND):
        return "license.type"
    return _RULES.get(failures[0], "license.can-use")


def _has_expired(file: License, now_ticks: int) -> bool:
    return file.expires is not None and file.expires.ticks < now_ticks


def _same_address(email: str, other: str | None) -> bool:
    return other is not None and email.lower() == other.lower()


# --- does the licence still fit what it licenses?

_COMPARED_WITH_TOKEN = (
    *("license_key", "name", "enabled", "self_host", "seats", "max_collections", "sm_seats", "sm_service_accounts"),
    *("use_groups", "use_directory", "use_totp", "users_get_premium", "use_events", "use_2fa", "use_api"),
    *("use_policies", "use_sso", "use_reset_password", "use_key_connector", "use_scim", "use_custom_permissions"),
    *("use_secrets_manager", "use_password_manager", "use_admin_sponsored_families", "use_organization_domains"),
    *("use_automatic_user_confirmation", "use_disable_sm_ads_for_users"),
)
_COMPARED_WHEN_CLAIMED = ("use_my_items", "use_invite_links", "use_pam")
_COMPARED_FROM_VERSION: Mapping[int, Sequence[str]] = {
    1: (
        *("license_key", "enabled", "plan_type", "seats", "max_collections"),
        *("use_groups", "use_directory", "use_totp", "self_host", "name"),
    ),
    2: ("users_get_premium",),
    3: ("use_events",),
    4: ("use_2fa",),
    5: ("use_api",),
    6: ("use_policies",),
    7: ("use_sso",),
    8: ("use_reset_password",),
    9: ("use_key_connector",),
    10: ("use_scim",),
    11: ("use_custom_permissions",),
    13: ("use_secrets_manager", "use_password_manager", "sm_seats", "sm_service_accounts"),
}
_DOMAINS_REQUIRED_FROM_VERSION = 16
_FIELDS = {each.attribute: each for each in fields_of(OrganizationLicense)}


def verify_organization_data(
    file: OrganizationLicense,
    claims: Claims | None,
    organization: LicensedOrganization,
    installation_id: UUID,
    now_ticks: int,
    *,
    max_version: int = MAX_ORGANIZATION_VERSION,
) -> bool:
    """Whether the licence is in force and still says what the organization is.

    claims: what `read_token` gave; None = judged by the file.
    Errors: Refusal 400 `Version N is not supported.` for a file without token.
    Source: src/Core/Billing/Organizations/Models/OrganizationLicense.cs (VerifyData); fidelity.md: license.validation.
    """
    if claims is None:
        return _file_fits(file, organization, installation_id, now_ticks, max_version)
    return (
        claims.date("Issued").ticks <= now_ticks <= claims.date("Expires").ticks
        and claims.uuid("InstallationId") == installation_id
        and all(_claim_equals(claims, each, organization) for each in _COMPARED_WITH_TOKEN)
        and all(
            _claim_equals(claims, each, organization) for each in _COMPARED_WHEN_CLAIMED if _FIELDS[each].name in claims
        )
        and _same_plan(claims.plan_type(), organization.plan_type)
        and (organization.use_risk_insights or not claims.flag("UseRiskInsights"))
    )


def verify_user_data(file: UserLicense, claims: Claims | None, user: LicensedUser, now_ticks: int) -> bool:
    """Whether a premium licence still says what the account is. With a token no date is looked at.

    Errors: Refusal 400 `Version N is not supported.` for a file without token.
    Source: src/Core/Billing/Models/Business/UserLicense.cs (VerifyData); fidelity.md: license.validation.
    """
    if claims is not None:
        return (
            claims.text("LicenseKey") == user.license_key
            and claims.flag("Premium") == user.premium
            and _same_address(user.email, claims.text("Email"))
        )
    if not _in_force(file, now_ticks):
        return False
    require_version(file)
    return (
        user.license_key is not None
        and user.license_key == file.license_key
        and user.premium == file.premium
        and _same_address(user.email, file.email)
    )


def _file_fits(
    file: OrganizationLicense,
    organization: LicensedOrganization,
    installation_id: UUID,
    now_ticks: int,
    max_version: int,
) -> bool:
    if not _in_force(file, now_ticks):
        return False
    require_version(file, max_version)
    compared = (each for start, some in _COMPARED_FROM_VERSION.items() if file.version >= start for each in some)
    return (
        file.installation_id == installation_id
        and organization.license_key is not None
        and all(getattr(file, each) == getattr(organization, each) for each in compared)
        and (file.version < _DOMAINS_REQUIRED_FROM_VERSION or organization.use_organization_domains)
    )


def _in_force(file: License, now_ticks: int) -> bool:
    return file.issued.ticks <= now_ticks and not _has_expired(file, now_ticks)


def _claim_equals(claims: Claims, attribute: str, organization: LicensedOrganization) -> bool:
    return bool(claims.value(_FIELDS[attribute]) == getattr(organization, attribute))


def _same_plan(claimed: int, plan_type: int) -> bool:
    # Plan 7 was renamed and its old name given to 22 while organizations kept the number.
    renamed = claimed == PlanType.FAMILIES_ANNUALLY and plan_type == PlanType.FAMILIES_ANNUALLY_2025
    return claimed == plan_type or renamed
