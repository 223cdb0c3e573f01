"""Whether a licence agrees with itself: its hash with its members, its token's claims with its members. Pure.

Source: src/Core/Billing/Organizations/Models/OrganizationLicense.cs, src/Core/Billing/Models/Business/UserLicense.cs,
src/Core/Utilities/CoreHelpers.cs, src/Core/Billing/Licenses; fidelity.md: license.canonical, license.signature,
license.token.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from wardenloop.contract.patterns import Difference, told

_GATES = {
    "usersGetPremium": 2,
    "useEvents": 3,
    "use2fa": 4,
    "useApi": 5,
    "usePolicies": 6,
    "useSso": 7,
    "useResetPassword": 8,
    "useKeyConnector": 9,
    "useScim": 10,
    "useCustomPermissions": 11,
    "expirationWithoutGracePeriod": 12,
    "useSecretsManager": 13,
    "usePasswordManager": 13,
    "smSeats": 13,
    "smServiceAccounts": 13,
    "limitCollectionCreationDeletion": 14,
    "allowAdminAccessToAllCollectionItems": 15,
}
"""Members of an organization's licence that are hashed from a version on."""

_OF_ORGANIZATIONS = """licenseKey installationId id name billingEmail businessName enabled plan planType seats
    maxCollections useGroups useDirectory useTotp maxStorageGb selfHost version expires trial""".split()  # noqa: SIM905 - to be read
_OF_USERS = ("licenseKey", "id", "name", "email", "premium", "maxStorageGb", "version", "expires", "trial")
_OLD_PLANS = (
    "Free",
    "FamiliesAnnually",
    "TeamsMonthly",
    "TeamsAnnually",
    "EnterpriseMonthly",
    "EnterpriseAnnually",
    "Custom",
)
_DATES = {"issued", "refresh", "expires", "expirationWithoutGracePeriod"}
_NOT_IN_TOKENS = {"version", "hash", "signature", "token"}
_FALSE_IN_FILES = {
    "usePhishingBlocker",
    "useAutomaticUserConfirmation",
    "useDisableSmAdsForUsers",
    "useMyItems",
    "useInviteLinks",
    "usePam",
}
"""What a cloud does not write into the file, though the token has it."""


def disagreements(file: Any) -> Iterator[Difference]:
    """Where a licence contradicts itself; nothing of a body that is none (its pattern says so)."""
    try:
        expected = hash_of(file)
        claims = json.loads(base64.urlsafe_b64decode(str(file["token"]).split(".")[1] + "=="))
    except (LookupError, TypeError, ValueError, AttributeError):
        return
    if file["hash"] != expected:
        yield Difference("$.hash", "value", told(expected), told(file["hash"]))
    for name, value in file.items():
        if name in _NOT_IN_TOKENS or name in _FALSE_IN_FILES or (file["licenseType"] == 0 and name == "refresh"):
            continue
        wanted, found = _claim(name, value), claims.get(_pascal(name))
        if wanted != found:
            yield Difference(f"$.token(claims).{_pascal(name)}", "value", told(wanted), told(found))


def hash_of(file: Mapping[str, Any]) -> str:
    """What `hash` has to be. Raises LookupError, TypeError, ValueError for what is no licence."""
    of_user = file["licenseType"] == 0
    gated = [name for name, version in _GATES.items() if file["version"] >= version]
    names = _OF_USERS if of_user else [*_OF_ORGANIZATIONS, *gated]
    pairs = (f"{_pascal(name)}:{_signed(name, file[name])}" for name in sorted(names, key=str.lower))
    text = "|".join([f"license:{'user' if of_user else 'organization'}", *pairs])
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def _signed(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in _DATES:
        return str(round(_moment(value).timestamp()))
    if isinstance(value, bool):
        return str(value).lower()
    return _OLD_PLANS[value] if name == "planType" and value < len(_OLD_PLANS) else str(value)


def _claim(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if name in _DATES:
        return _moment(value).strftime("%m/%d/%Y %H:%M:%S")
    if name == "licenseType":
        return ("User", "Organization")[value]
    return str(value)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
