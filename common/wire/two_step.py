"""Bodies of the two-step login routes.

Source: src/Api/Auth/Models/Request/TwoFactorRequestModels.cs, src/Api/Auth/Models/Response/TwoFactor.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from common.crypto.master_password import SecretProof
from common.wire.base import Email, WireModel, WireRequest
from common.wire.fields import EnumNumber, Hash
from common.wire.master_password import SecretVerification

NO_PROOF = "MasterPasswordHash, OTP, AccessCode, or SsoEmail2faSessionToken must be supplied."

Code = Annotated[str, Field(min_length=1, max_length=50)]


class SetupRequest(WireRequest):
    """Who changes a provider: the token that came with its settings, or, as older web vaults have it, the secret."""

    user_verification_token: str | None = None
    master_password_hash: Annotated[str, Field(max_length=300)] | None = None
    otp: str | None = None

    @property
    def secret(self) -> SecretProof:
        """What the token stands for."""
        return SecretProof(self.master_password_hash, self.otp)


class AuthenticatorRequest(SetupRequest):
    """An authenticator and the code it shows."""

    key: Code
    token: Code


class AuthenticatorDisableRequest(SetupRequest):
    """An authenticator that is given up."""

    key: Code


class EmailSetupRequest(SetupRequest):
    """Where codes are to be mailed."""

    email: Email


class EmailRequest(EmailSetupRequest):
    """An address and the code it got."""

    token: Code


class EmailCodeRequest(WireRequest):
    """Whose code is to be mailed, and who says so."""

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


class ProviderRequest(SecretVerification):
    """One provider."""

    type: EnumNumber


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


class AuthenticatorDetails(WireModel):
    """An authenticator, in use or offered. key: base32."""

    enabled: bool
    key: str


class AuthenticatorAnswer(WireModel):
    """An authenticator and the token that lets the caller change it."""

    authenticator: AuthenticatorDetails
    user_verification_token: str
    object: str = "twoFactorAuthenticator"


class AuthenticatorChanged(WireModel):
    """The authenticator that is used from now on."""

    authenticator: AuthenticatorDetails
    object: str = "twoFactorAuthenticatorUpdate"


class EmailDetails(WireModel):
    """Where codes are mailed; null when they are not."""

    enabled: bool
    email: str | None


class EmailAnswer(WireModel):
    """Where codes are mailed and the token that lets the caller change it."""

    email: EmailDetails
    user_verification_token: str
    object: str = "twoFactorEmail"


class EmailChanged(WireModel):
    """Where codes are mailed from now on."""

    email: EmailDetails
    object: str = "twoFactorEmailUpdate"


class RecoveryAnswer(WireModel):
    """The recovery code, null before two-step login was ever on."""

    code: str | None
    object: str = "twoFactorRecover"
