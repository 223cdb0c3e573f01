"""Bodies of the identity routes: prelogin, registration, the token endpoint with its own casing.

Source: src/Identity/Models, src/Core/Auth/Models/Api/Request/Accounts/RegisterFinishRequestModel.cs,
src/Identity/IdentityServer/RequestValidators/BaseRequestValidator.cs.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, field_validator

from common.enums import KdfType, ProductTier
from common.wire.accounts import KeysRequest
from common.wire.base import Email, RequiredText, SparseModel, WireModel, WireRequest
from common.wire.fields import EncryptedText, Guid, Hash, Hint, Int32, Name, StrictEmail
from common.wire.master_password import AuthenticationData, KdfAnswer, UnlockData

PREMIUM = "premium"


class PreloginRequest(WireRequest):
    """Whose settings are asked for."""

    argument: ClassVar[str] = "model"

    email: Email


class PreloginAnswer(WireModel):
    """Derivation settings twice, flat and nested. salt: null unless the account is unknown."""

    kdf: KdfType
    kdf_iterations: int
    kdf_memory: int | None
    kdf_parallelism: int | None
    kdf_settings: KdfAnswer
    salt: str | None


class RegistrationMailRequest(WireRequest):
    """The first step of a registration."""

    demanded: ClassVar[tuple[str, ...]] = ("email",)
    type_name: ClassVar[str] = "Bit.Core.Auth.Models.Api.Request.Accounts.RegisterSendVerificationEmailRequestModel"
    argument: ClassVar[str] = "model"

    email: StrictEmail
    name: Name | None = None
    receive_marketing_emails: bool = False
    from_marketing: str | None = None

    @field_validator("from_marketing")
    @classmethod
    def _known_origin(cls, origin: str | None) -> str | None:
        if origin not in (None, PREMIUM):
            raise ValueError("Invalid marketing initiative path.")
        return origin


class TrialMailRequest(RegistrationMailRequest):
    """The first step of a registration that begins with an organization's trial.

    Source: src/Core/Billing/Models/Api/Requests/Accounts/TrialSendVerificationEmailRequestModel.cs.
    """

    type_name: ClassVar[str] = "Bit.Core.Billing.Models.Api.Requests.Accounts.TrialSendVerificationEmailRequestModel"

    product_tier: ProductTier = ProductTier.FREE
    products: list[Literal[0, 1]]
    trial_length: Int32 | None = Field(default=None, ge=0, le=30)
    payment_optional: bool = False

    @field_validator("products")
    @classmethod
    def _some(cls, products: list[int]) -> list[int]:
        if not products:
            raise ValueError("The field {field} must be a string or array type with a minimum length of '1'.")
        return products


class VerificationClickedRequest(WireRequest):
    """What the link of the registration mail holds."""

    demanded: ClassVar[tuple[str, ...]] = ("email", "email_verification_token")
    type_name: ClassVar[str] = "Bit.Core.Auth.Models.Api.Request.Accounts.RegisterVerificationEmailClickedRequestModel"
    argument: ClassVar[str] = "model"

    email: StrictEmail
    email_verification_token: RequiredText


class WrappedKeyPair(WireRequest):
    """The key pair as newer clients spell it."""

    demanded: ClassVar[tuple[str, ...]] = ("wrapped_private_key", "public_key")
    type_name: ClassVar[str] = "Bit.Core.KeyManagement.Models.Api.Request.PublicKeyEncryptionKeyPairRequestModel"

    public_key: RequiredText
    wrapped_private_key: EncryptedText


class AccountKeysRequest(WireRequest):
    """The key pairs as newer clients nest them."""

    public_key_encryption_key_pair: WrappedKeyPair


class RegisterFinishRequest(WireRequest):
    """The last step of a registration: flat members of older clients, nested halves of newer ones, one token."""

    demanded: ClassVar[tuple[str, ...]] = ("email",)
    type_name: ClassVar[str] = "Bit.Core.Auth.Models.Api.Request.Accounts.RegisterFinishRequestModel"
    argument: ClassVar[str] = "model"

    email: StrictEmail
    master_password_hash: Hash | None = None
    master_password_hint: Hint | None = None
    user_symmetric_key: RequiredText | None = None
    user_asymmetric_keys: KeysRequest | None = None
    account_keys: AccountKeysRequest | None = None
    master_password_authentication: AuthenticationData | None = None
    master_password_unlock: UnlockData | None = None
    kdf: KdfType | None = None
    kdf_iterations: Int32 | None = None
    kdf_memory: Int32 | None = None
    kdf_parallelism: Int32 | None = None
    email_verification_token: str | None = None
    org_invite_token: str | None = None
    organization_user_id: Guid | None = None
    org_sponsored_free_family_plan_token: str | None = None
    accept_emergency_access_invite_token: str | None = None
    accept_emergency_access_id: Guid | None = None
    provider_invite_token: str | None = None
    provider_user_id: Guid | None = None

    @property
    def key_pair(self) -> tuple[str, str] | None:
        """Public key and wrapped private key, whichever way they came."""
        if self.account_keys is not None:
            pair = self.account_keys.public_key_encryption_key_pair
            return pair.public_key, pair.wrapped_private_key
        if self.user_asymmetric_keys is not None:
            return self.user_asymmetric_keys.public_key, self.user_asymmetric_keys.encrypted_private_key
        return None


class NewDeviceCodeRequest(WireRequest):
    """Asks for another new-device code."""

    email: Annotated[str, Field(min_length=1, max_length=256)]
    master_password_hash: Hash | None = None
    otp: str | None = None


class RegisterFinished(WireModel):
    """The account is made."""

    object: str = "registerFinish"


_OAUTH = frozenset({"access_token", "expires_in", "token_type", "scope", "refresh_token"})


def _token_member(name: str) -> str:
    """OAuth's own members as they are, the user's in upstream's PascalCase."""
    return name if name in _OAUTH else "".join(word.title() for word in name.split("_"))


class TokenAnswer(SparseModel):
    """What the token endpoint grants: OAuth's own members, and of a user those that clients need to open the vault."""

    model_config = ConfigDict(alias_generator=_token_member)
    sparse = frozenset(
        {
            "refresh_token",
            "private_key",
            "account_keys",
            "key",
            "master_password_policy",
            "force_password_reset",
            "kdf",
            "kdf_iterations",
            "kdf_memory",
            "kdf_parallelism",
            "user_decryption_options",
            "two_factor_token",
        }
    )

    access_token: str
    expires_in: int
    token_type: str = "Bearer"
    refresh_token: str = ""
    scope: str
    private_key: str = ""
    account_keys: dict[str, Any] = Field(default_factory=dict)
    key: str = ""
    master_password_policy: dict[str, Any] = Field(default_factory=dict)
    force_password_reset: bool = False
    kdf: int = 0
    kdf_iterations: int = 0
    kdf_memory: int | None = None
    kdf_parallelism: int | None = None
    user_decryption_options: dict[str, Any] = Field(default_factory=dict)
    two_factor_token: str = ""


TOKEN_REFUSAL: dict[str, Any] = {
    "type": "object",
    "description": "OAuth's own refusal, with more members where the client is asked for a second step.",
    "properties": {
        "error": {"type": "string"},
        "error_description": {"type": "string"},
        "ErrorModel": {
            "type": "object",
            "properties": {"Object": {"const": "error"}, "Message": {"type": "string"}},
            "required": ["Object", "Message"],
        },
    },
    "required": ["error"],
    "additionalProperties": True,
}

_KEY = ("kty", "kid", "n", "e")
KEY_SET: dict[str, Any] = {
    "type": "object",
    "properties": {
        "keys": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in _KEY},
                "required": list(_KEY),
            },
        }
    },
    "required": ["keys"],
}
