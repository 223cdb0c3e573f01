"""The numbers that travel on the wire, by their upstream names.

Source: src/Core/Enums, src/Core/Billing/Enums; fidelity.md: license.enums, wire.policies.
"""

from enum import IntEnum


class LicenseType(IntEnum):
    """What a licence file licenses."""

    USER = 0
    ORGANIZATION = 1


class ProductTier(IntEnum):
    """Family of plans."""

    FREE = 0
    FAMILIES = 1
    TEAMS = 2
    ENTERPRISE = 3
    TEAMS_STARTER = 4


class OrganizationStatus(IntEnum):
    """How an organization is billed (MANAGED = through a provider)."""

    PENDING = 0
    CREATED = 1
    MANAGED = 2


class ApiKeyType(IntEnum):
    """Purpose of an organization API key; BILLING_SYNC is the billing sync token."""

    DEFAULT = 0
    BILLING_SYNC = 1
    SCIM = 2


class ConnectionType(IntEnum):
    """Kind of a self-hosted organization's connection."""

    CLOUD_BILLING_SYNC = 1
    SCIM = 2


CONNECTION_TYPE_NAMES = {ConnectionType.CLOUD_BILLING_SYNC: "CloudBillingSync", ConnectionType.SCIM: "Scim"}


class MemberType(IntEnum):
    """Role of an organization member."""

    OWNER = 0
    ADMIN = 1
    USER = 2
    CUSTOM = 4


class MemberStatus(IntEnum):
    """How far a member has come."""

    REVOKED = -1
    INVITED = 0
    ACCEPTED = 1
    CONFIRMED = 2
    STAGED = 3


class PolicyType(IntEnum):
    """Organization policies (those the licence checks and the sponsorships look at are used here).

    Source: src/Core/AdminConsole/Enums/PolicyType.cs.
    """

    TWO_FACTOR_AUTHENTICATION = 0
    MASTER_PASSWORD = 1
    PASSWORD_GENERATOR = 2
    SINGLE_ORG = 3
    REQUIRE_SSO = 4
    ORGANIZATION_DATA_OWNERSHIP = 5
    DISABLE_SEND = 6
    SEND_OPTIONS = 7
    RESET_PASSWORD = 8
    MAXIMUM_VAULT_TIMEOUT = 9
    DISABLE_PERSONAL_VAULT_EXPORT = 10
    ACTIVATE_AUTOFILL = 11
    AUTOMATIC_APP_LOG_IN = 12
    FREE_FAMILIES_SPONSORSHIP = 13
    REMOVE_UNLOCK_WITH_PIN = 14
    RESTRICTED_ITEM_TYPES = 15
    URI_MATCH_DEFAULTS = 16
    AUTOTYPE_DEFAULT_SETTING = 17
    AUTOMATIC_USER_CONFIRMATION = 18
    BLOCK_CLAIMED_DOMAIN_ACCOUNT_CREATION = 19
    ORGANIZATION_USER_NOTIFICATION = 20
    SEND_CONTROLS = 21
    FILL_ASSIST = 22


class KdfType(IntEnum):
    """Key derivation function of an account."""

    PBKDF2_SHA256 = 0
    ARGON2ID = 1


class SubscriptionStatus:
    """Status words of a billing subscription (the payment provider's own)."""

    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    PAUSED = "paused"
    CANCELED = "canceled"
    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"


class PlanType(IntEnum):
    """Every plan that was ever sold. Until 2025-11-10 number 7 was called FamiliesAnnually and 22 did not exist."""

    FREE = 0
    FAMILIES_ANNUALLY_2019 = 1
    TEAMS_MONTHLY_2019 = 2
    TEAMS_ANNUALLY_2019 = 3
    ENTERPRISE_MONTHLY_2019 = 4
    ENTERPRISE_ANNUALLY_2019 = 5
    CUSTOM = 6
    FAMILIES_ANNUALLY_2025 = 7
    TEAMS_MONTHLY_2020 = 8
    TEAMS_ANNUALLY_2020 = 9
    ENTERPRISE_MONTHLY_2020 = 10
    ENTERPRISE_ANNUALLY_2020 = 11
    TEAMS_MONTHLY_2023 = 12
    TEAMS_ANNUALLY_2023 = 13
    ENTERPRISE_MONTHLY_2023 = 14
    ENTERPRISE_ANNUALLY_2023 = 15
    TEAMS_STARTER_2023 = 16
    TEAMS_MONTHLY = 17
    TEAMS_ANNUALLY = 18
    ENTERPRISE_MONTHLY = 19
    ENTERPRISE_ANNUALLY = 20
    TEAMS_STARTER = 21
    FAMILIES_ANNUALLY = 22


DEVICE_TYPES = (
    "Android",
    "iOS",
    "ChromeExtension",
    "FirefoxExtension",
    "OperaExtension",
    "EdgeExtension",
    "WindowsDesktop",
    "MacOsDesktop",
    "LinuxDesktop",
    "ChromeBrowser",
    "FirefoxBrowser",
    "OperaBrowser",
    "EdgeBrowser",
    "IEBrowser",
    "UnknownBrowser",
    "AndroidAmazon",
    "UWP",
    "SafariBrowser",
    "VivaldiBrowser",
    "VivaldiExtension",
    "SafariExtension",
    "SDK",
    "Server",
    "WindowsCLI",
    "MacOsCLI",
    "LinuxCLI",
    "DuckDuckGoBrowser",
)
"""By number. Source: src/Core/Enums/DeviceType.cs."""

_LARGEST_DEVICE_TYPE, _LONGEST_NUMBER = 255, 100


def device_type(text: str) -> int | None:
    """A device type out of its number, which needs no name, or its name. Source: System.Enum.TryParse."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= _LONGEST_NUMBER and int(text) <= _LARGEST_DEVICE_TYPE else None
    return DEVICE_TYPES.index(text) if text in DEVICE_TYPES else None
