"""Bodies of the two-step login routes.

Source: src/Api/Auth/Models/Request/TwoFactorRequestModels.cs, src/Api/Auth/Models/Response/TwoFactor.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from common.accounts.rules import SecretProof
from common.wire.accounts import SecretVerification
from common.wire.base import Email, WireModel, WireRequest
from common.wire.fields import Hash, Int32

NO_PROOF = "MasterPasswordHash, OTP, AccessCode, or SsoEmail2faSessionToken must be supplied."

Code = Annotated[str, Field(min_length=1, max_length=50)]


class AuthenticatorRequest(WireRequest):
    """An authenticator and the code it shows, with the secret or the token that stands for it."""

    key: Code
    token: Code
    master_password_hash: Annotated[str, Field(max_length=300)] | None = None
    otp: str | None = None
    user_verification_token: str | None = None

    @property
    def proof(self) -> SecretProof:
        """As the services take it."""
        return SecretProof(self.master_password_hash, self.otp)


class AuthenticatorDisableRequest(WireRequest):
    """An authenticator that is given up."""

    key: Code
    user_verification_token: str | None = None
    master_password_hash: Annotated[str, Field(max_length=300)] | None = None
    otp: str | None = None

    @property
    def proof(self) -> SecretProof:
        """As the services take it."""
        return SecretProof(self.master_password_hash, self.otp)


class EmailCodeRequest(WireRequest):
    """Where a code is to be mailed, and who says so."""

    email: Email
    master_password_hash: Annotated[str, Field(max_length=300)] | None = None
    otp: str | None = None
    auth_request_access_code: str | None = None
    sso_email2_fa_session_token: str | None = None

    @model_validator(mode="after")
    def _one_is_given(self) -> Self:
        given = (self.master_password_hash, self.otp, self.auth_request_access_code, self.sso_email2_fa_session_token)
        if not any(given):
            raise ValueError(NO_PROOF)
        return self

    @property
    def proof(self) -> SecretProof:
        """As the services take it."""
        return SecretProof(self.master_password_hash, self.otp)


class EmailRequest(EmailCodeRequest):
    """An address and the code it got."""

    token: Code


class ProviderRequest(SecretVerification):
    """One provider."""

    type: Int32


class RecoveryRequest(WireRequest):
    """The recovery code of somebody who is signed out."""

    email: Email
    master_password_hash: Hash
    recovery_code: Annotated[str, Field(min_length=1, max_length=64)]


class ProviderAnswer(WireModel):
    """Whether a provider is in use."""

    enabled: bool
    type: int
    object: str = "twoFactorProvider"


class AuthenticatorAnswer(WireModel):
    """An authenticator. key: base32."""

    enabled: bool
    key: str
    user_verification_token: str
    object: str = "twoFactorAuthenticator"


class EmailAnswer(WireModel):
    """Where codes are mailed."""

    enabled: bool
    email: str
    object: str = "twoFactorEmail"


class RecoveryAnswer(WireModel):
    """The recovery code, null before two-step login was ever on."""

    code: str | None
    object: str = "twoFactorRecover"
