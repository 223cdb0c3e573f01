"""What the second step of a login is: providers, what a token request says about it, literal texts. Pure.

Source: src/Core/Auth/Enums/TwoFactorProviderType.cs, src/Identity/IdentityServer/RequestValidators;
fidelity.md: identity.token, identity.token-refusals.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from typing import Any

from common.crypto.master_password import SecretProof
from common.errors import OAuthRefusal, Refusal, bad_request, invalid_field

BAD_CREDENTIALS = "invalid_username_or_password"
INVALID_CODE = "Two-step token is invalid. Try again."
CANNOT_SEND = "Cannot send two-factor email."
SESSION_NEEDED = (
    "Cannot send two-factor email: a valid, non-expired SSO Email 2FA Session token is required to send 2FA emails."
)
RECOVERY_FAILED = "Invalid information. Try again."

EMAIL_CODE_LENGTH = 6
RECOVERY_CODE_LENGTH = 32
REMEMBERED_FOR = timedelta(days=30)
SESSION_LIFETIME = timedelta(minutes=2)
SETUP_LIFETIME = timedelta(minutes=30)


class Provider(IntEnum):
    """Ways to take the second step that exist here. REMEMBER and RECOVERY_CODE work at login only."""

    AUTHENTICATOR = 0
    EMAIL = 1
    REMEMBER = 5
    RECOVERY_CODE = 8


CONFIGURABLE = (Provider.AUTHENTICATOR, Provider.EMAIL)


@dataclass(frozen=True)
class SecondStep:
    """What a token request brings. provider: a number, -1 for what is none. remember: spare it next time."""

    provider: int
    code: str = field(repr=False)
    remember: bool = False

    @property
    def recovers(self) -> bool:
        """Whether the recovery code is used."""
        return self.provider == Provider.RECOVERY_CODE


@dataclass(frozen=True)
class SetupProof:
    """Who changes a provider. token: came with the provider's settings and stands for the secret."""

    token: str | None = field(repr=False)
    secret: SecretProof = field(repr=False)


def second_step_of(fields: Mapping[str, str]) -> SecondStep | None:
    """The second step out of a token request's form (lower-case names); None when nothing is tried."""
    code, provider = fields.get("twofactortoken", "").strip(), fields.get("twofactorprovider", "").strip()
    if not code or not provider:
        return None
    known = provider.isascii() and provider.isdigit() and len(provider) <= 3
    return SecondStep(int(provider) if known else -1, code, fields.get("twofactorremember", "").strip() == "1")


def masked(email: str) -> str:
    """An address that its owner recognizes: `owner@example.com` -> `ow***@example.com`.

    Source: src/Core/Utilities/CoreHelpers.cs (RedactEmailAddress).
    """
    name, _, domain = email.partition("@")
    shown = 2 if len(name) > 4 else 1 if len(name) > 2 else 0
    return f"{name[:shown]}{'*' * (len(name) - shown)}@{domain}"


def same_recovery_code(stored: str | None, given: str) -> bool:
    """Whether this is the recovery code, blanks and case ignored."""
    return bool(stored) and "".join(given.split()).lower() == stored


class CodeNeeded(OAuthRefusal):
    """The second step is missing. providers: what it can be taken with."""

    def __init__(self, told: Mapping[Provider, Mapping[str, Any] | None], extra: Mapping[str, Any]) -> None:
        """told: provider -> what the client is to know of it."""
        numbered = {str(provider.value): facts for provider, facts in told.items()}
        more = {"TwoFactorProviders": list(numbered), "TwoFactorProviders2": numbered} | dict(extra)
        more["MasterPasswordPolicy"] = {"Object": "masterPasswordPolicy"}
        super().__init__("invalid_grant", "Two factor required.", extra=more)
        self.providers = frozenset(told)


def wrong_code() -> OAuthRefusal:
    """The second step failed."""
    return OAuthRefusal("invalid_grant", BAD_CREDENTIALS, error_model=INVALID_CODE, slow=True)


def wrong_setup_code() -> Refusal:
    """The code that would have switched a provider on."""
    return invalid_field("Token", "Invalid token.", rule="two-step.setup-code", slow=True)


def cannot_send(text: str = CANNOT_SEND) -> Refusal:
    """A code is mailed to nobody who could not have signed in."""
    return bad_request(text, rule="two-step.send", slow=True)
