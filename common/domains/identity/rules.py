"""What the token endpoint and the registration decide: clients, scopes, devices, claims, which token registers. Pure.

Source: src/Identity/IdentityServer, src/Core/Auth/Models/Api/Request/Accounts/RegisterFinishRequestModel.cs;
fidelity.md: identity.registration, identity.token.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, NamedTuple
from uuid import UUID

from common.crypto.account import Kdf
from common.crypto.master_password import MasterPasswordData
from common.domains.accounts.rules import half_problem
from common.domains.organizations.roles import ConfirmedRole
from common.enums import DEVICE_TYPES, MemberType, device_type
from common.errors import OAuthRefusal
from common.wire.identity import RegisterFinishRequest
from common.wire.older import OlderRegistration

HOUR = 3600
DAY = 24 * HOUR

DEFAULT_TRIAL_DAYS = 7
"""Source: src/Core/Billing/Constants/TrialInitiationConstants.cs."""

TRIAL_OF_NOTHING = "Payment cannot be optional when trial length is zero."
NO_TOKEN = "No valid registration token provided"
EXPIRED_LINK = "Expired link. Please restart registration or try logging in. You may already have an account"
REGISTRATION_CLOSED = "Open registration has been disabled by the system administrator."

WRONG_PASSWORD = "Username or password is incorrect. Try again."
LEGACY_KEY = (
    "Legacy encryption without a userkey is no longer supported. To recover your account, please contact support"
)
NO_VERSION = (
    "No client version header found, required to prevent encryption errors. "
    'Please confirm your client is supplying the header: "Bitwarden-Client-Version"'
)
SSO_REQUIRED = "Sso authentication is required."
BAD_CREDENTIALS = "invalid_username_or_password"
NEW_DEVICE = "New device verification required"


class StaticClient(NamedTuple):
    """A client without a secret, used by people. lifetimes: seconds of access token and (sliding) refresh token."""

    access_lifetime: int
    refresh_lifetime: int
    scopes: frozenset[str] = frozenset({"api", "offline_access"})


STATIC_CLIENTS: Mapping[str, StaticClient] = {
    "web": StaticClient(HOUR, 7 * DAY),
    "browser": StaticClient(HOUR, 30 * DAY),
    "desktop": StaticClient(HOUR, 30 * DAY),
    "cli": StaticClient(HOUR, 30 * DAY),
    "mobile": StaticClient(HOUR, 60 * DAY),
    "connector": StaticClient(DAY, 30 * DAY),
}
"""Source: src/Identity/IdentityServer/StaticClientStore.cs, ApiClient.cs."""

_LIMITS = {
    "client_secret": (100, "invalid_client"),
    "grant_type": (100, "unsupported_grant_type"),
    "scope": (300, "invalid_scope"),
    "username": (256, "invalid_grant"),
    "password": (100, "invalid_grant"),
    "refresh_token": (100, "invalid_grant"),
}
"""Field of a token request -> the most characters, and what a longer one is refused with.

Source: Duende.IdentityServer 7.4: InputLengthRestrictions, TokenRequestValidator;
src/Identity/Utilities/ServiceCollectionExtensions.cs; fidelity.md: identity.token.
"""


def require_short(client_id: str, fields: Mapping[str, str]) -> None:
    """Refuse what is longer than upstream looks at. Raises OAuthRefusal."""
    if len(client_id) > _LONGEST_CLIENT_ID:
        raise OAuthRefusal("invalid_client")
    for name, (limit, error) in _LIMITS.items():
        if len(fields.get(name, "")) > limit:
            raise OAuthRefusal(error)


_LONGEST_CLIENT_ID = 100


class DeviceForm(NamedTuple):
    """The device a token request names. type: index into DEVICE_TYPES, or a number that upstream has no name for."""

    type: int
    identifier: str
    name: str
    push_token: str | None


def device_of(fields: Mapping[str, str]) -> DeviceForm | None:
    """The device out of a token request's form (lower-case names); None when type, identifier or name is unusable.

    Source: src/Identity/IdentityServer/RequestValidators/DeviceValidator.cs; fidelity.md: identity.token.
    """
    kind = device_type(fields.get("devicetype", ""))
    identifier, name = fields.get("deviceidentifier", "").strip(), fields.get("devicename", "").strip()
    if kind is None or not 0 < len(identifier) <= 50 or not name:
        return None
    push_token = fields.get("devicepushtoken", "")
    return DeviceForm(kind, identifier, name[:50], push_token if 0 < len(push_token) <= 255 else None)


def grant_scopes(asked: str | None, allowed: frozenset[str]) -> tuple[str, ...] | None:
    """The scopes to grant, in order of the alphabet; all that are allowed when none is asked; None = invalid_scope."""
    wanted = tuple(sorted({each for each in (asked or "").strip().split(" ") if each}))
    if not wanted:
        return tuple(sorted(allowed))
    return wanted if set(wanted) <= allowed else None


_ROLE_CLAIMS = {
    MemberType.OWNER: "orgowner",
    MemberType.ADMIN: "orgadmin",
    MemberType.USER: "orguser",
    MemberType.CUSTOM: "orgcustom",
}


def role_claims(roles: Iterable[ConfirmedRole]) -> dict[str, str | list[str]]:
    """Claims about organizations: one id is a string, several are an array.

    Source: src/Core/Utilities/CoreHelpers.cs (BuildIdentityClaims); fidelity.md: identity.access-token.
    """
    found: dict[str, list[str]] = {}
    for role in roles:
        names = [_ROLE_CLAIMS[role.type]]
        if role.type == MemberType.CUSTOM:
            names += sorted(name.lower() for name in role.permissions)
        if role.uses_secrets_manager:
            names.append("accesssecretsmanager")
        for name in names:
            found.setdefault(name, []).append(str(role.organization_id))
    return {name: ids[0] if len(ids) == 1 else ids for name, ids in found.items()}


class Subject(NamedTuple):
    """The user as an access token tells it."""

    id: UUID
    email: str
    email_verified: bool
    name: str | None
    premium: bool
    security_stamp: str
    device: str | None
    device_type: int | None


def lifetime_claims(issuer: str, now: datetime, lifetime: int, jti: str) -> dict[str, Any]:
    """Claims of every access token. now: aware; lifetime: seconds."""
    issued = int(now.timestamp())
    return {"iss": issuer, "nbf": issued, "iat": issued, "exp": issued + lifetime, "jti": jti}


def user_claims(
    subject: Subject, client_id: str, scopes: Sequence[str], auth_time: datetime | None, roles: Iterable[ConfirmedRole]
) -> dict[str, Any]:
    """Claims of a user's token; auth_time None = signed in with the personal API key.

    Source: src/Identity/IdentityServer/ProfileService.cs, ClientProviders/UserClientProvider.cs;
    fidelity.md: identity.access-token.
    """
    claims: dict[str, Any] = {
        "scope": list(scopes),
        "amr": ["Application"],
        "client_id": client_id,
        "sub": str(subject.id),
    }
    if auth_time is None:
        claims["type"] = "User"
    else:
        claims |= {"auth_time": int(auth_time.timestamp()), "idp": "bitwarden"}
    claims |= {
        "premium": subject.premium,
        "email": subject.email,
        "email_verified": subject.email_verified,
        "sstamp": subject.security_stamp,
    }
    if subject.name:
        claims["name"] = subject.name
    claims |= role_claims(roles)
    if subject.device is not None and subject.device_type is not None:
        claims |= {"device": subject.device, "devicetype": _device_name(subject.device_type)}
    return claims


def _device_name(number: int) -> str:
    return DEVICE_TYPES[number] if number < len(DEVICE_TYPES) else str(number)


NEW_ACCOUNT_AGE = timedelta(hours=24)


def must_verify_device(wanted: bool, account_age: timedelta, has_devices: bool) -> bool:
    """Whether an unknown device must show a mailed code. wanted: the user has not opted out.

    Source: src/Identity/IdentityServer/RequestValidators/DeviceValidator.cs; fidelity.md: identity.devices.
    """
    return wanted and has_devices and account_age >= NEW_ACCOUNT_AGE


class RegistrationToken(Enum):
    """What entitles somebody to register, in order of precedence."""

    EMAIL = auto()
    ORGANIZATION_INVITE = auto()
    SPONSORSHIP = auto()
    EMERGENCY_ACCESS = auto()
    PROVIDER_INVITE = auto()


def registration_token(body: RegisterFinishRequest) -> RegistrationToken | None:
    """The one token that counts. Source: RegisterFinishRequestModel.cs."""
    offered = (
        (RegistrationToken.EMAIL, body.email_verification_token, True),
        (RegistrationToken.ORGANIZATION_INVITE, body.org_invite_token, body.organization_user_id),
        (RegistrationToken.SPONSORSHIP, body.org_sponsored_free_family_plan_token, True),
        (
            RegistrationToken.EMERGENCY_ACCESS,
            body.accept_emergency_access_invite_token,
            body.accept_emergency_access_id,
        ),
        (RegistrationToken.PROVIDER_INVITE, body.provider_invite_token, body.provider_user_id),
    )
    for kind, token, companion in offered:
        if token and token.strip() and companion:
            return kind
    return None


def registration_problems(body: RegisterFinishRequest) -> dict[str, list[str]]:
    """Everything wrong with a finished registration, by C# property name; empty = fine.

    Source: RegisterFinishRequestModel.cs (Validate).
    """
    problems: dict[str, list[str]] = {}
    _check_hashes(body, problems)
    _check_halves(body, problems)
    if body.key_pair is None:
        text = "PublicKey and WrappedPrivateKey not found in RequestModel"
        problems |= {"PublicKey": [text], "WrappedPrivateKey": [text]}
    if registration_token(body) is None:
        problems.setdefault("", []).append(NO_TOKEN)
    return problems


def _check_hashes(body: RegisterFinishRequest, problems: dict[str, list[str]]) -> None:
    nested = body.master_password_authentication
    text = None
    if nested is None and body.master_password_hash is None:
        text = "MasterPasswordAuthenticationHash and MasterPasswordHash not found on request, one needs to be defined."
    elif nested is not None and body.master_password_hash not in (None, nested.master_password_authentication_hash):
        text = (
            "MasterPasswordAuthenticationHash and root level MasterPasswordHash provided and are not equal. "
            "Only provide one."
        )
    if text is not None:
        problems |= {"MasterPasswordAuthenticationHash": [text], "MasterPasswordHash": [text]}


def _check_halves(body: RegisterFinishRequest, problems: dict[str, list[str]]) -> None:
    authentication, unlock = body.master_password_authentication, body.master_password_unlock
    if authentication is not None and unlock is not None:
        problem = (
            authentication.half.kdf.problem()
            or unlock.half.kdf.problem()
            or half_problem(authentication.half, unlock.half, body.email)
        )
        if problem is not None:
            problems.setdefault("", []).append(problem)
    elif authentication is not None:
        problems["MasterPasswordUnlock"] = ["MasterPasswordUnlock not found on RequestModel"]
    elif unlock is not None:
        problems["MasterPasswordAuthentication"] = ["MasterPasswordAuthentication not found on RequestModel"]
    else:
        _check_flat(body, problems)


def _check_flat(body: RegisterFinishRequest, problems: dict[str, list[str]]) -> None:
    if body.user_symmetric_key is None:
        problems["UserSymmetricKey"] = ["UserSymmetricKey not found on RequestModel"]
    if body.kdf is None:
        problems["Kdf"] = ["Kdf not found on RequestModel"]
    if body.kdf_iterations is None:
        problems["KdfIterations"] = ["KdfIterations not found on RequestModel"]
    if body.kdf is not None and body.kdf_iterations is not None:
        problem = Kdf(body.kdf, body.kdf_iterations, body.kdf_memory, body.kdf_parallelism).problem()
        if problem is not None:
            problems.setdefault("", []).append(problem)


def registered_password(body: RegisterFinishRequest) -> MasterPasswordData:
    """The master password data of a body without problems; the nested halves win over the flat members."""
    authentication, unlock = body.master_password_authentication, body.master_password_unlock
    if authentication is not None and unlock is not None:
        return MasterPasswordData(authentication.half.kdf, authentication.half.secret, unlock.half.secret)
    if None in (body.kdf, body.kdf_iterations, body.master_password_hash, body.user_symmetric_key):
        raise ValueError("the body has problems")
    kdf = Kdf(body.kdf or Kdf().type, body.kdf_iterations or 0, body.kdf_memory, body.kdf_parallelism)
    return MasterPasswordData(kdf, body.master_password_hash or "", body.user_symmetric_key or "")


def password_as_of_old(body: OlderRegistration) -> MasterPasswordData:
    """The master password data of a registration in one step; whoever says no key derivation has the default one."""
    default = Kdf()
    kind = default.type if body.kdf is None else body.kdf
    kdf = Kdf(kind, body.kdf_iterations or default.iterations, body.kdf_memory, body.kdf_parallelism)
    return MasterPasswordData(kdf, body.master_password_hash, body.key)


class WrongCredentials(OAuthRefusal):
    """No such user, or another password."""

    def __init__(self) -> None:
        super().__init__("invalid_grant", BAD_CREDENTIALS, error_model=WRONG_PASSWORD, slow=True)


def version_missing() -> OAuthRefusal:
    """No `Bitwarden-Client-Version` (strict mode only)."""
    return OAuthRefusal("version_header_missing", NO_VERSION, error_model=NO_VERSION, slow=True)


def sso_required(identifiers: Sequence[str | None]) -> OAuthRefusal:
    """A policy forbids signing in with the master password; the organization is named if it is exactly one."""
    extra = {"SsoOrganizationIdentifier": identifiers[0]} if len(identifiers) == 1 and identifiers[0] else {}
    return OAuthRefusal("invalid_grant", SSO_REQUIRED, error_model=SSO_REQUIRED, extra=extra)


class NewDevice(OAuthRefusal):
    """The device is not known; its code has been mailed. Clients compare the text literally."""

    def __init__(self) -> None:
        text = "new device verification required"
        super().__init__("device_error", NEW_DEVICE, error_model=text, slow=True)


def device_refused(description: str, text: str) -> OAuthRefusal:
    """A device that is missing, unknown, or gave a wrong code; clients compare the text literally."""
    return OAuthRefusal("device_error", description, error_model=text, slow=True)


def legacy_key() -> OAuthRefusal:
    """An account without a user key."""
    return OAuthRefusal("invalid_grant", BAD_CREDENTIALS, error_model=LEGACY_KEY)
