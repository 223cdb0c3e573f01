"""Licence files as real clouds wrote them, made here from the dates up: nothing of the product computes them."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

ISSUED = datetime(2026, 3, 16, 9, 30, 12, 345678, tzinfo=UTC)
INSTALLATION = "5d0f0f0a-1b2c-4d3e-8f90-b2c40101abcd"
ORGANIZATION = "0c3de2b8-44aa-4b5f-9f10-b2c400f3d111"
TERMS: Mapping[str, Mapping[str, Any]] = {
    "trial": {
        "expires": "2026-03-20T11:00:00Z",
        "refresh": "2026-03-20T11:00:00Z",
        "expirationWithoutGracePeriod": None,
        "trial": True,
    },
    "annual": {
        "expires": "2027-03-16T00:00:00Z",
        "refresh": "2026-04-15T09:30:12.3456789Z",
        "expirationWithoutGracePeriod": None,
        "trial": False,
    },
    "annual-after-trial": {
        "expires": "2027-03-16T00:00:00Z",
        "refresh": "2026-04-15T09:30:12.3456789Z",
        "expirationWithoutGracePeriod": "2027-01-15T00:00:00Z",
        "trial": False,
    },
    "monthly": {
        "expires": "2027-02-28T12:00:00Z",
        "refresh": "2027-02-28T12:00:00Z",
        "expirationWithoutGracePeriod": None,
        "trial": False,
    },
    "elsewhere": {
        "expires": "2026-12-31T00:00:00Z",
        "refresh": "2026-12-31T00:00:00Z",
        "expirationWithoutGracePeriod": None,
        "trial": False,
    },
    "unpaid": {
        "expires": "2026-03-23T09:30:12.3456789Z",
        "refresh": "2026-03-23T09:30:12.3456789Z",
        "expirationWithoutGracePeriod": None,
        "trial": True,
    },
    "lapsed": {
        "expires": "2026-02-01T00:00:00Z",
        "refresh": "2026-02-01T00:00:00Z",
        "expirationWithoutGracePeriod": None,
        "trial": False,
    },
}
"""Dates of a licence issued at `ISSUED` and 9 ticks, reckoned by hand from the table of upstream's source."""
PREMIUM_TERMS: Mapping[str, Mapping[str, Any]] = {
    "paid": {"refresh": "2026-11-02T18:04:05Z", "expires": "2026-11-09T18:04:05Z", "trial": False},
    "cancelled": {"refresh": None, "expires": "2026-08-08T07:06:05Z", "trial": False},
    "without-end": {"refresh": None, "expires": None, "trial": False},
    "trial": {"refresh": "2026-03-20T11:00:00Z", "expires": "2026-03-27T11:00:00Z", "trial": True},
    "odd": {"refresh": "2026-07-01T00:00:00.1234567Z", "expires": "2026-07-03T00:00:00.7654321Z", "trial": False},
}
"""Premium licences of `ISSUED`: paid until `refresh` and 7 days; the last one by no rule."""
_FLAGS = (
    *("usePolicies", "useSso", "useKeyConnector", "useScim", "useGroups", "useEvents", "useDirectory", "useTotp"),
    *("use2fa", "useApi", "useResetPassword", "selfHost", "usersGetPremium", "useCustomPermissions"),
    *("usePasswordManager", "useSecretsManager", "useRiskInsights", "useOrganizationDomains"),
    *("useAdminSponsoredFamilies", "limitCollectionCreationDeletion", "allowAdminAccessToAllCollectionItems"),
)
_UNFILLED = (
    *("usePhishingBlocker", "useAutomaticUserConfirmation", "useDisableSmAdsForUsers", "useMyItems"),
    *("useInviteLinks", "usePam"),
)


def organization_license(term: str = "annual", token: bool = True, **changes: Any) -> dict[str, Any]:
    """A licence of the cloud's answer, camelCase; its token is signed by nobody that anybody knows."""
    file: dict[str, Any] = {
        "licenseKey": "Jk3sD8fQ2pLm9XvT1aZw",
        "installationId": INSTALLATION,
        "id": ORGANIZATION,
        "name": "M&#252;ller &amp; S&#246;hne",
        "billingEmail": "billing@mueller.example",
        "businessName": None,
        "enabled": True,
        "plan": "Enterprise (Annually)",
        "planType": 20,
        "seats": 300,
        "maxCollections": None,
        "maxStorageGb": 1,
        "version": 15,
        "issued": "2026-03-16T09:30:12.3456789Z",
        "smSeats": None,
        "smServiceAccounts": None,
        "licenseType": 1,
        **dict.fromkeys(_FLAGS, True),
        **dict.fromkeys(_UNFILLED, False),
        **TERMS[term],
        "hash": None,
        "signature": base64.b64encode(b"s" * 512).decode(),
        "token": None,
    }
    file |= changes
    return file | {"token": made_up_token(file) if token else None}


def made_up_token(file: Mapping[str, Any], kind: str = "organization") -> str:
    """Claims as upstream spells them, with a signature of nobody."""
    claims = {
        name[0].upper() + name[1:]: _claim(name, value, kind)
        for name, value in file.items()
        if value is not None and name not in ("version", "hash", "signature", "token")
    }
    issued = datetime.fromisoformat(file["issued"][:26] + "+00:00")
    ends = issued.replace(year=issued.year + 1)
    lifetime = {"nbf": int(issued.timestamp()), "exp": int(ends.timestamp()), "iat": int(issued.timestamp())}
    payload = claims | lifetime | {"iss": "bitwarden", "aud": f"{kind}:{file['id']}"}
    payload |= {"UsePam": "True"} if kind == "organization" else {}
    parts = ({"alg": "RS256", "typ": "JWT"}, payload)
    return ".".join([*(_base64url(json.dumps(each).encode()) for each in parts), _base64url(hashlib.sha256().digest())])


def _claim(name: str, value: Any, kind: str) -> str:
    if name == "licenseType":
        return kind.capitalize()
    if isinstance(value, str) and name in ("issued", "refresh", "expires", "expirationWithoutGracePeriod"):
        return f"{datetime.fromisoformat(value[:19]):%m/%d/%Y %H:%M:%S}"
    return str(value)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def pascal(file: Mapping[str, Any]) -> dict[str, Any]:
    """Keys as the internal portal writes them."""
    return {name[0].upper() + name[1:]: value for name, value in file.items()}


def premium_license(term: str = "paid", token: bool = True, **changes: Any) -> dict[str, Any]:
    """A premium licence as the web vault saves it, issued at `ISSUED` and 9 ticks."""
    file: dict[str, Any] = {
        "licenseKey": "Pq4tE9gR3qMn0YwU2bAx",
        "id": "7a1c0f5e-9d3b-4c68-8a55-b2c40102beef",
        "name": "Jana Müller",
        "email": "jana@mueller.example",
        "premium": True,
        "maxStorageGb": 5,
        "version": 1,
        "issued": "2026-03-16T09:30:12.3456789Z",
        **PREMIUM_TERMS[term],
        "licenseType": 0,
        "hash": None,
        "signature": base64.b64encode(b"s" * 512).decode(),
        "token": None,
    }
    file |= changes
    return file | {"token": made_up_token(file, "user") if token else None}
