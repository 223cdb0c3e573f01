"""The claims of a licence token: what is written, how it is read back, and how it overrides the file.

Source: src/Core/Billing/Licenses/Services/Implementations/*ClaimsFactory.cs, src/Core/Billing/Licenses/Extensions/
LicenseExtensions.cs (GetValue); fidelity.md: license.token.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from common.enums import LicenseType, PlanType
from common.license.dates import LicenseDates, UserLicenseDates
from common.license.model import (
    AnyLicense,
    Field,
    Kind,
    License,
    LicensedOrganization,
    LicensedUser,
    OrganizationLicense,
    UserLicense,
    fields_of,
)
from common.license.timestamps import MIN_TIMESTAMP, Timestamp

ISSUER = "bitwarden"
UNCLAIMED = frozenset({"Version", "Hash", "Signature", "Token"})
"""File fields without a claim."""

_ALWAYS_CLAIMED = [
    "license_type",
    "id",
    "enabled",
    "plan_type",
    "use_policies",
    "use_sso",
    "use_key_connector",
    "use_scim",
    "use_groups",
    "use_events",
    "use_directory",
    "use_totp",
    "use_2fa",
    "use_api",
    "use_reset_password",
    "self_host",
    "users_get_premium",
    "use_custom_permissions",
    "use_password_manager",
    "use_secrets_manager",
    "limit_collection_creation_deletion",
    "allow_admin_access_to_all_collection_items",
    "use_risk_insights",
    "issued",
    "expires",
    "refresh",
    "trial",
    "use_admin_sponsored_families",
    "use_organization_domains",
    "use_automatic_user_confirmation",
    "use_disable_sm_ads_for_users",
    "use_phishing_blocker",
    "use_my_items",
    "use_invite_links",
    "use_pam",
]
_CLAIMED_WHEN_SET = [
    "name",
    "billing_email",
    "plan",
    "business_name",
    "license_key",
    "installation_id",
    "seats",
    "max_collections",
    "max_storage_gb",
    "sm_seats",
    "sm_service_accounts",
    "expiration_without_grace_period",
]
_USER_CLAIMS = [
    "license_type",
    "id",
    "premium",
    "issued",
    "trial",
    "email",
    "name",
    "license_key",
    "max_storage_gb",
    "expires",
    "refresh",
]
_NAMES = {each.attribute: each.name for each in (*fields_of(OrganizationLicense), *fields_of(UserLicense))}


# --- writing


def organization_claims(
    organization: LicensedOrganization, dates: LicenseDates, installation_id: UUID | None, issued: Timestamp
) -> list[tuple[str, str]]:
    """Every claim of an organization licence with its text, in order; what is null is left out.

    Source: fidelity.md: license.token.
    """
    computed: Mapping[str, object] = {
        "license_type": LicenseType.ORGANIZATION,
        "installation_id": installation_id,
        "issued": issued,
        "limit_collection_creation_deletion": limits_collections(organization),
        **_shallow(dates),
    }
    return _texts(organization, computed, (*_ALWAYS_CLAIMED, *_CLAIMED_WHEN_SET))


def user_claims(user: LicensedUser, dates: UserLicenseDates, issued: Timestamp) -> list[tuple[str, str]]:
    """The same for a premium licence. `dates` are those of `user_claim_dates`."""
    computed: Mapping[str, object] = {"license_type": LicenseType.USER, "issued": issued, **_shallow(dates)}
    return _texts(user, computed, _USER_CLAIMS)


def limits_collections(organization: LicensedOrganization) -> bool:
    """The one licence flag that stands for two switches of the organization."""
    return organization.limit_collection_creation or organization.limit_collection_deletion


def audience_of(file: License) -> str:
    """Whom the token of this file must be for: `organization:{id}` or `user:{id}`.

    Source: fidelity.md: license.token.
    """
    return f"{'organization' if isinstance(file, OrganizationLicense) else 'user'}:{file.id}"


def claim_text(value: object) -> str:
    """How a value is spelt in a claim. Source: fidelity.md: license.token."""
    if isinstance(value, Timestamp):
        return value.claim()
    if isinstance(value, LicenseType):
        return value.name.capitalize()
    return str(int(value)) if isinstance(value, PlanType) else str(value)


def plan_name_then(plan: PlanType) -> str:
    """How a plan was spelt in a claim before 2025.11.1: by its name, number 7 by the one that it had by then."""
    name = PlanType.FAMILIES_ANNUALLY.name if plan is PlanType.FAMILIES_ANNUALLY_2025 else plan.name
    return "".join(word.capitalize() for word in name.split("_"))


def _shallow(dates: LicenseDates | UserLicenseDates) -> dict[str, object]:
    return {each.name: getattr(dates, each.name) for each in dataclasses.fields(dates)}


def _texts(subject: object, computed: Mapping[str, object], attributes: Iterable[str]) -> list[tuple[str, str]]:
    values = ((each, computed[each] if each in computed else getattr(subject, each)) for each in attributes)
    return [(_NAMES[each], claim_text(value)) for each, value in values if value is not None]


# --- reading


class UnreadableClaim(Exception):
    """A claim that must parse when it is there does not; upstream answers 500."""


class Claims:
    """The claims of a verified token, read the way upstream reads them: what is missing or odd has a default.

    Of equal names the first counts. Source: fidelity.md: license.token-verification.
    """

    def __init__(self, claims: Iterable[tuple[str, str]]) -> None:
        self._texts: dict[str, str] = {}
        for name, text in claims:
            self._texts.setdefault(name, text)

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    def text(self, name: str) -> str | None:
        return self._texts.get(name)

    def flag(self, name: str) -> bool:
        """`true` in any case, outer blanks ignored; else false."""
        return (self.text(name) or "").strip().lower() == "true"

    def integer(self, name: str) -> int | None:
        """A 32-bit decimal number, or None when missing or anything else."""
        return _decimal(self.text(name), range(-(2**31), 2**31))

    def short(self, name: str) -> int | None:
        """A 16-bit decimal number, or None when missing. Errors: UnreadableClaim."""
        number = _decimal(self.text(name), range(-(2**15), 2**15))
        if number is None and name in self:
            raise UnreadableClaim(f"{name} is no number: {self.text(name)!r}")
        return number

    def uuid(self, name: str) -> UUID:
        """Zeros when missing or unreadable."""
        match = _UUID.fullmatch(self.text(name) or "")
        return UUID(match["uuid"]) if match else UUID(int=0)

    def date(self, name: str) -> Timestamp:
        """0001-01-01 when missing or unreadable."""
        try:
            return Timestamp.read_claim(self.text(name) or "")
        except ValueError:
            return MIN_TIMESTAMP

    def date_or_none(self, name: str) -> Timestamp | None:
        """None when missing. Errors: UnreadableClaim."""
        text = self.text(name)
        try:
            return None if text is None else Timestamp.read_claim(text)
        except ValueError as error:
            raise UnreadableClaim(f"{name} is no date: {text!r}") from error

    def plan_type(self, name: str = "PlanType") -> int:
        """A plan number, given as number (0..255, known or not) or as name in any case; else 0 (Free)."""
        return _enumerated(self.text(name), _PLAN_NUMBERS, range(2**8)) or 0

    def license_type(self, name: str = "LicenseType") -> int:
        """A licence type, as number or as name in any case; else 0 (User)."""
        return self.license_type_or_none(name) or 0

    def license_type_or_none(self, name: str = "LicenseType") -> int | None:
        """The same, None when missing or unreadable."""
        return _enumerated(self.text(name), _LICENSE_TYPES, range(-(2**31), 2**31))

    def value(self, field: Field) -> object:
        """The claim of a licence field as a value that the file's attribute may hold. Errors: UnreadableClaim."""
        if field.kind is Kind.DATE and not field.nullable:
            return self.date(field.name)
        return _READERS[field.kind](self, field.name)


_READERS: Mapping[Kind, Callable[[Claims, str], object]] = {
    Kind.TEXT: Claims.text,
    Kind.FLAG: Claims.flag,
    Kind.INT: Claims.integer,
    Kind.SHORT: Claims.short,
    Kind.PLAN: Claims.plan_type,
    Kind.LICENSE_TYPE: Claims.license_type_or_none,
    Kind.UUID: Claims.uuid,
    Kind.DATE: Claims.date_or_none,
}
_DECIMAL = re.compile(r"\s*[+-]?[0-9]{1,20}\s*")
_UUID = re.compile(
    r"\s*[{(]?(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})[)}]?\s*", re.ASCII | re.IGNORECASE
)
_PLAN_NUMBERS = {each.name.replace("_", "").lower(): each.value for each in PlanType}
_LICENSE_TYPES = {each.name.lower(): each.value for each in LicenseType}


def _decimal(text: str | None, allowed: range) -> int | None:
    if text is None or not _DECIMAL.fullmatch(text):
        return None
    number = int(text)
    return number if number in allowed else None


def _enumerated(text: str | None, names: Mapping[str, int], allowed: range) -> int | None:
    if text is None:
        return None
    return names.get(text.strip().lower(), _decimal(text, allowed))


# --- the file in the light of its token


def with_claims(file: AnyLicense, claims: Claims) -> AnyLicense:
    """The licence that counts when there is a token: the file overwritten by the claims.

    An organization licence keeps only Id, Version, Hash, Signature and Token of the file; a user licence takes
    LicenseKey, Premium, MaxStorageGb and Expires from the claims. A missing claim is null, false or 0.
    Errors: UnreadableClaim. Source: fidelity.md: license.update (5c), 7.7.
    """
    kept = UNCLAIMED | {"Id"}
    if isinstance(file, UserLicense):
        taken = {"LicenseKey", "Premium", "MaxStorageGb", "Expires"}
    else:
        taken = {each.name for each in fields_of(OrganizationLicense)} - kept
    values: dict[str, Any] = {
        each.attribute: claims.value(each) for each in fields_of(type(file)) if each.name in taken
    }
    return dataclasses.replace(file, **values)
