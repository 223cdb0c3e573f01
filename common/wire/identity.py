"""Bodies of the identity routes: prelogin, registration, the token endpoint's own casing, discovery.

Source: src/Identity/Models, src/Core/Auth/Models/Api/Request/Accounts/RegisterFinishRequestModel.cs;
spec/identity-and-accounts.md 5, 6.4, 6.9.
"""

from typing import Any, Self
from uuid import UUID

from pydantic import field_validator

from common.crypto.account import Kdf
from common.domains.accounts.models import User
from common.enums import KdfType
from common.wire.accounts import AuthenticationData, Hint, KeysRequest, Name, UnlockData
from common.wire.base import Email, RequiredText, WireModel, WireRequest
from common.wire.fields import EncryptedText, Hash, Int32, StrictEmail

PREMIUM = "premium"


class PreloginRequest(WireRequest):
    """Whose settings are asked for."""

    email: Email


class KdfAnswer(WireModel):
    """Derivation settings."""

    kdf_type: KdfType
    iterations: int
    memory: int | None
    parallelism: int | None


class PreloginAnswer(WireModel):
    """Derivation settings twice, flat and nested. salt: null unless the account is unknown."""

    kdf: KdfType
    kdf_iterations: int
    kdf_memory: int | None
    kdf_parallelism: int | None
    kdf_settings: KdfAnswer
    salt: str | None

    @classmethod
    def of(cls, found: tuple[Kdf, str | None]) -> Self:
        """From the settings and the salt."""
        kdf, salt = found
        return cls(
            kdf=kdf.type,
            kdf_iterations=kdf.iterations,
            kdf_memory=kdf.memory,
            kdf_parallelism=kdf.parallelism,
            kdf_settings=KdfAnswer(
                kdf_type=kdf.type, iterations=kdf.iterations, memory=kdf.memory, parallelism=kdf.parallelism
            ),
            salt=salt,
        )


class RegistrationMailRequest(WireRequest):
    """The first step of a registration."""

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


class VerificationClickedRequest(WireRequest):
    """What the link of the registration mail holds."""

    email: StrictEmail
    email_verification_token: RequiredText


class WrappedKeyPair(WireRequest):
    """The key pair as newer clients spell it."""

    public_key: RequiredText
    wrapped_private_key: EncryptedText


class AccountKeysRequest(WireRequest):
    """The key pairs as newer clients nest them."""

    public_key_encryption_key_pair: WrappedKeyPair


class RegisterFinishRequest(WireRequest):
    """The last step of a registration: flat members of older clients, nested halves of newer ones, one token."""

    email: StrictEmail
    master_password_hash: Hash | None = None
    master_password_hint: Hint | None = None
    user_symmetric_key: EncryptedText | None = None
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
    organization_user_id: UUID | None = None
    org_sponsored_free_family_plan_token: str | None = None
    accept_emergency_access_invite_token: str | None = None
    accept_emergency_access_id: UUID | None = None
    provider_invite_token: str | None = None
    provider_user_id: UUID | None = None

    @property
    def key_pair(self) -> tuple[str, str] | None:
        """Public key and wrapped private key, whichever way they came."""
        if self.account_keys is not None:
            pair = self.account_keys.public_key_encryption_key_pair
            return pair.public_key, pair.wrapped_private_key
        if self.user_asymmetric_keys is not None:
            return self.user_asymmetric_keys.public_key, self.user_asymmetric_keys.encrypted_private_key
        return None


def user_token_extras(user: User) -> dict[str, Any]:
    """What the token answer tells about the user beside OAuth's own members: PascalCase, keys only if there are any.

    Source: src/Identity/IdentityServer/RequestValidators/BaseRequestValidator.cs; spec/identity-and-accounts.md 6.4.
    """
    extras: dict[str, Any] = {}
    if user.private_key is not None:
        pair = {"wrappedPrivateKey": user.private_key, "publicKey": user.public_key}
        extras["PrivateKey"] = user.private_key
        extras["AccountKeys"] = {
            "publicKeyEncryptionKeyPair": pair | {"Object": "publicKeyEncryptionKeyPair"},
            "Object": "privateKeys",
        }
    if user.key is not None:
        extras["Key"] = user.key
    extras |= {
        "MasterPasswordPolicy": {"Object": "masterPasswordPolicy"},
        "ForcePasswordReset": False,
        "Kdf": user.kdf,
        "KdfIterations": user.kdf_iterations,
        "KdfMemory": user.kdf_memory,
        "KdfParallelism": user.kdf_parallelism,
        "UserDecryptionOptions": _decryption_options(user),
    }
    return extras


def _decryption_options(user: User) -> dict[str, Any]:
    options: dict[str, Any] = {"HasMasterPassword": user.master_password_hash is not None}
    if user.master_password_hash is not None and user.key is not None:
        kdf = {
            "KdfType": user.kdf,
            "Iterations": user.kdf_iterations,
            "Memory": user.kdf_memory,
            "Parallelism": user.kdf_parallelism,
        }
        options["MasterPasswordUnlock"] = {
            "Kdf": {name: value for name, value in kdf.items() if value is not None},
            "MasterKeyEncryptedUserKey": user.key,
            "Salt": user.email,
        }
    return options | {"Object": "userDecryptionOptions"}


_SIGNING = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]


def discovery(issuer: str, identity: str) -> dict[str, Any]:
    """`/.well-known/openid-configuration`. identity: public base of this service, no final slash.

    Upstream names internal addresses here, which nobody outside reaches; ours can be used. What the library behind
    upstream offers but nobody serves here is listed all the same, as upstream does.
    Source: test/Identity.IntegrationTest/openid-configuration.json; spec/identity-and-accounts.md 6.9.
    """
    return {
        "issuer": issuer,
        "jwks_uri": f"{identity}/.well-known/openid-configuration/jwks",
        "authorization_endpoint": f"{identity}/connect/authorize",
        "token_endpoint": f"{identity}/connect/token",
        "device_authorization_endpoint": f"{identity}/connect/deviceauthorization",
        "backchannel_authentication_endpoint": f"{identity}/connect/ciba",
        "scopes_supported": [
            "api",
            "api.push",
            "api.licensing",
            "api.organization",
            "api.installation",
            "internal",
            "api.secrets",
            "api.send.access",
            "offline_access",
        ],
        "claims_supported": [
            "name",
            "email",
            "email_verified",
            "sstamp",
            "premium",
            "device",
            "devicetype",
            "orgowner",
            "orgadmin",
            "orguser",
            "orgcustom",
            "providerprovideradmin",
            "providerserviceuser",
            "accesssecretsmanager",
            "accesspam",
            "sub",
            "send_id",
            "organization",
        ],
        "grant_types_supported": [
            "authorization_code",
            "client_credentials",
            "refresh_token",
            "implicit",
            "password",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:openid:params:grant-type:ciba",
            "webauthn",
            "send_access",
        ],
        "response_types_supported": [
            "code",
            "token",
            "id_token",
            "id_token token",
            "code id_token",
            "code token",
            "code id_token token",
        ],
        "response_modes_supported": ["form_post", "query", "fragment"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "subject_types_supported": ["public"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": _SIGNING,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "authorization_response_iss_parameter_supported": True,
        "backchannel_token_delivery_modes_supported": ["poll"],
        "backchannel_user_code_parameter_supported": True,
        "dpop_signing_alg_values_supported": _SIGNING,
    }
