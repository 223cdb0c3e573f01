"""The two licence files as values, and the one table of their fields that everything else is driven by."""

# ruff: noqa: RUF009 - `_field` is `dataclasses.field` with a row of the table in its metadata

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol, TypeVar
from uuid import UUID

from common.enums import LicenseType
from common.license.timestamps import MIN_TIMESTAMP, Timestamp

ORGANIZATION_VERSION = 15
"""File version that the cloud writes today. Source: fidelity.md: license.canonical."""
MAX_ORGANIZATION_VERSION = 16
"""Newest file version that today's release accepts."""
USER_VERSION = 1


class Kind(Enum):
    """What a field holds; decides how it is read, written, signed and claimed."""

    TEXT = "text"
    FLAG = "flag"
    INT = "int"
    SHORT = "short"
    PLAN = "plan number"
    LICENSE_TYPE = "license type"
    UUID = "uuid"
    DATE = "date"


_MISSING: Mapping[Kind, object] = {
    Kind.FLAG: False,
    Kind.INT: 0,
    Kind.PLAN: 0,
    Kind.UUID: UUID(int=0),
    Kind.DATE: MIN_TIMESTAMP,
}
_ALWAYS_NULLABLE = {Kind.TEXT, Kind.SHORT, Kind.LICENSE_TYPE}


@dataclass(frozen=True)
class Field:
    """One field of a licence file.

    name: C# property name. default: value when the key is missing. signed_from: first file version whose signed string
    carries it, None = never. hashed: also part of the string under the hash. filled: False where the cloud leaves the
    default in the file although the token carries the real value.
    Source: fidelity.md: license.file.
    """

    attribute: str
    name: str
    kind: Kind
    nullable: bool
    default: object
    signed_from: int | None
    hashed: bool
    filled: bool

    @property
    def wire_name(self) -> str:
        """The camelCase spelling."""
        return self.name[0].lower() + self.name[1:]


def _field(
    kind: Kind,
    *,
    signed_from: int | None = None,
    nullable: bool = False,
    default: object = None,
    hashed: bool = True,
    filled: bool = True,
) -> Any:
    nullable = nullable or kind in _ALWAYS_NULLABLE
    if default is None and not nullable:
        default = _MISSING[kind]
    metadata = {"kind": kind, "nullable": nullable, "signed_from": signed_from, "hashed": hashed, "filled": filled}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class OrganizationLicense:
    """An organization licence file, in the order of the wire.

    Source: src/Core/Billing/Organizations/Models/OrganizationLicense.cs; fidelity.md: license.file.
    """

    license_key: str | None = _field(Kind.TEXT, signed_from=1)
    installation_id: UUID = _field(Kind.UUID, signed_from=1)
    id: UUID = _field(Kind.UUID, signed_from=1)
    name: str | None = _field(Kind.TEXT, signed_from=1)
    billing_email: str | None = _field(Kind.TEXT, signed_from=1)
    business_name: str | None = _field(Kind.TEXT, signed_from=1)
    enabled: bool = _field(Kind.FLAG, signed_from=1)
    plan: str | None = _field(Kind.TEXT, signed_from=1)
    plan_type: int = _field(Kind.PLAN, signed_from=1)
    seats: int | None = _field(Kind.INT, signed_from=1, nullable=True)
    max_collections: int | None = _field(Kind.SHORT, signed_from=1)
    use_policies: bool = _field(Kind.FLAG, signed_from=6)
    use_sso: bool = _field(Kind.FLAG, signed_from=7)
    use_key_connector: bool = _field(Kind.FLAG, signed_from=9)
    use_scim: bool = _field(Kind.FLAG, signed_from=10)
    use_groups: bool = _field(Kind.FLAG, signed_from=1)
    use_events: bool = _field(Kind.FLAG, signed_from=3)
    use_directory: bool = _field(Kind.FLAG, signed_from=1)
    use_totp: bool = _field(Kind.FLAG, signed_from=1)
    use_2fa: bool = _field(Kind.FLAG, signed_from=4)
    use_api: bool = _field(Kind.FLAG, signed_from=5)
    use_reset_password: bool = _field(Kind.FLAG, signed_from=8)
    max_storage_gb: int | None = _field(Kind.SHORT, signed_from=1)
    self_host: bool = _field(Kind.FLAG, signed_from=1)
    users_get_premium: bool = _field(Kind.FLAG, signed_from=2)
    use_custom_permissions: bool = _field(Kind.FLAG, signed_from=11)
    version: int = _field(Kind.INT, signed_from=1)
    issued: Timestamp = _field(Kind.DATE, signed_from=1, hashed=False)
    refresh: Timestamp | None = _field(Kind.DATE, signed_from=1, nullable=True, hashed=False)
    expires: Timestamp | None = _field(Kind.DATE, signed_from=1, nullable=True)
    expiration_without_grace_period: Timestamp | None = _field(Kind.DATE, signed_from=12, nullable=True)
    use_password_manager: bool = _field(Kind.FLAG, signed_from=13)
    use_secrets_manager: bool = _field(Kind.FLAG, signed_from=13)
    sm_seats: int | None = _field(Kind.INT, signed_from=13, nullable=True)
    sm_service_accounts: int | None = _field(Kind.INT, signed_from=13, nullable=True)
    use_risk_insights: bool = _field(Kind.FLAG)
    use_phishing_blocker: bool = _field(Kind.FLAG, filled=False)
    limit_collection_creation_deletion: bool = _field(Kind.FLAG, signed_from=14, default=True)
    allow_admin_access_to_all_collection_items: bool = _field(Kind.FLAG, signed_from=15, default=True)
    trial: bool = _field(Kind.FLAG, signed_from=1)
    license_type: int | None = _field(Kind.LICENSE_TYPE)
    use_organization_domains: bool = _field(Kind.FLAG)
    use_admin_sponsored_families: bool = _field(Kind.FLAG)
    use_automatic_user_confirmation: bool = _field(Kind.FLAG, filled=False)
    use_disable_sm_ads_for_users: bool = _field(Kind.FLAG, filled=False)
    use_my_items: bool = _field(Kind.FLAG, filled=False)
    use_invite_links: bool = _field(Kind.FLAG, filled=False)
    use_pam: bool = _field(Kind.FLAG, filled=False)
    hash: str | None = _field(Kind.TEXT, signed_from=1, hashed=False)
    signature: str | None = _field(Kind.TEXT)
    token: str | None = _field(Kind.TEXT)


@dataclass(frozen=True, kw_only=True)
class UserLicense:
    """A premium licence file of a user, in the order of the wire.

    Source: src/Core/Billing/Models/Business/UserLicense.cs; fidelity.md: license.file.
    """

    license_key: str | None = _field(Kind.TEXT, signed_from=1)
    id: UUID = _field(Kind.UUID, signed_from=1)
    name: str | None = _field(Kind.TEXT, signed_from=1)
    email: str | None = _field(Kind.TEXT, signed_from=1)
    premium: bool = _field(Kind.FLAG, signed_from=1)
    max_storage_gb: int | None = _field(Kind.SHORT, signed_from=1)
    version: int = _field(Kind.INT, signed_from=1)
    issued: Timestamp = _field(Kind.DATE, signed_from=1, hashed=False)
    refresh: Timestamp | None = _field(Kind.DATE, signed_from=1, nullable=True, hashed=False)
    expires: Timestamp | None = _field(Kind.DATE, signed_from=1, nullable=True)
    trial: bool = _field(Kind.FLAG, signed_from=1)
    license_type: int | None = _field(Kind.LICENSE_TYPE)
    hash: str | None = _field(Kind.TEXT, signed_from=1, hashed=False)
    signature: str | None = _field(Kind.TEXT)
    token: str | None = _field(Kind.TEXT)


License = OrganizationLicense | UserLicense
AnyLicense = TypeVar("AnyLicense", OrganizationLicense, UserLicense)
LICENSE_CLASSES: Mapping[LicenseType, type[License]] = {
    LicenseType.USER: UserLicense,
    LicenseType.ORGANIZATION: OrganizationLicense,
}


def _table(license_class: type[License]) -> tuple[Field, ...]:
    return tuple(
        Field(attribute=each.name, name=_property_name(each.name), default=each.default, **each.metadata)
        for each in dataclasses.fields(license_class)
    )


def _property_name(attribute: str) -> str:
    return "".join(word.capitalize() for word in attribute.split("_"))


_FIELDS = {each: _table(each) for each in LICENSE_CLASSES.values()}


def fields_of(license_class: type[License]) -> tuple[Field, ...]:
    """The fields of a licence file in the order of the wire."""
    return _FIELDS[license_class]


def has_token(file: License) -> bool:
    """Whether the file carries a token; a blank one is none."""
    return bool(file.token and file.token.strip())


class LicensedUser(Protocol):
    """What licences ask of a user account."""

    id: UUID
    name: str | None
    email: str
    email_verified: bool
    premium: bool
    license_key: str | None
    max_storage_gb: int | None


class LicensedOrganization(Protocol):
    """What licences ask of an organization; a database row fits as it is."""

    id: UUID
    name: str
    billing_email: str
    business_name: str | None
    plan: str
    plan_type: int
    license_key: str | None
    enabled: bool
    self_host: bool
    seats: int | None
    max_collections: int | None
    max_storage_gb: int | None
    sm_seats: int | None
    sm_service_accounts: int | None
    limit_collection_creation: bool
    limit_collection_deletion: bool
    allow_admin_access_to_all_collection_items: bool
    users_get_premium: bool
    use_2fa: bool
    use_admin_sponsored_families: bool
    use_api: bool
    use_automatic_user_confirmation: bool
    use_custom_permissions: bool
    use_directory: bool
    use_disable_sm_ads_for_users: bool
    use_events: bool
    use_groups: bool
    use_invite_links: bool
    use_key_connector: bool
    use_my_items: bool
    use_organization_domains: bool
    use_pam: bool
    use_password_manager: bool
    use_phishing_blocker: bool
    use_policies: bool
    use_reset_password: bool
    use_risk_insights: bool
    use_scim: bool
    use_secrets_manager: bool
    use_sso: bool
    use_totp: bool
