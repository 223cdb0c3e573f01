"""Bodies of what is derived from a master password: proofs, both halves, a changed one.

Source: src/Api/Auth/Models/Request/Accounts, src/Api/KeyManagement/Models/Requests.
"""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from common.crypto.account import Kdf
from common.crypto.master_password import NewPassword, PasswordHalf, SecretProof
from common.enums import KdfType
from common.wire.base import WireModel, WireRequest
from common.wire.fields import EncryptedText, Hash, Hint, Int32

MISSING_SECRET = "MasterPasswordHash, OTP, or AccessCode must be supplied."
DATA_MISSING = "AuthenticationData and UnlockData must be provided."

Salt = Annotated[str, Field(min_length=1, max_length=256)]


class SecretVerification(WireRequest):
    """The master password hash or a one-time code. Source: src/Api/Auth/Models/Request/Accounts."""

    master_password_hash: Annotated[str, Field(max_length=300)] | None = None
    otp: str | None = None

    @model_validator(mode="after")
    def _one_is_given(self) -> Self:
        if not (self.master_password_hash or self.otp):
            raise ValueError(MISSING_SECRET)
        return self

    @property
    def proof(self) -> SecretProof:
        """As the services take it."""
        return SecretProof(self.master_password_hash, self.otp)


class KdfSettings(WireRequest):
    """How a master key is derived. iterations; memory: MiB and parallelism: lanes, Argon2id only."""

    demanded: ClassVar[tuple[str, ...]] = ("kdf_type", "iterations")
    type_name: ClassVar[str] = "Bit.Core.KeyManagement.Models.Api.Request.KdfRequestModel"

    kdf_type: KdfType
    iterations: Int32
    memory: Int32 | None = None
    parallelism: Int32 | None = None

    @property
    def kdf(self) -> Kdf:
        """As the services take it."""
        return Kdf(self.kdf_type, self.iterations, self.memory, self.parallelism)


class KdfAnswer(WireModel):
    """Derivation settings."""

    kdf_type: KdfType
    iterations: int
    memory: int | None
    parallelism: int | None


class AuthenticationData(WireRequest):
    """The half of a master password that signs in."""

    demanded: ClassVar[tuple[str, ...]] = ("kdf", "master_password_authentication_hash", "salt")
    type_name: ClassVar[str] = "Bit.Core.KeyManagement.Models.Api.Request.MasterPasswordAuthenticationDataRequestModel"

    kdf: KdfSettings
    master_password_authentication_hash: Hash
    salt: Salt

    @property
    def half(self) -> PasswordHalf:
        """As the services take it."""
        return PasswordHalf(self.kdf.kdf, self.salt, self.master_password_authentication_hash)


class UnlockData(WireRequest):
    """The half of a master password that opens the vault. Requests say Wrapped where answers say Encrypted."""

    demanded: ClassVar[tuple[str, ...]] = ("kdf", "master_key_wrapped_user_key", "salt")
    type_name: ClassVar[str] = "Bit.Core.KeyManagement.Models.Api.Request.MasterPasswordUnlockDataRequestModel"

    kdf: KdfSettings
    master_key_wrapped_user_key: EncryptedText
    salt: Salt

    @property
    def half(self) -> PasswordHalf:
        """As the services take it."""
        return PasswordHalf(self.kdf.kdf, self.salt, self.master_key_wrapped_user_key)


class PasswordRequest(WireRequest):
    """A changed master password; clients send both halves, the flat pair, or both."""

    demanded: ClassVar[tuple[str, ...]] = ("master_password_hash",)
    type_name: ClassVar[str] = "Bit.Api.Auth.Models.Request.Accounts.PasswordRequestModel"

    master_password_hash: Hash
    new_master_password_hash: Hash | None = None
    key: str | None = None
    master_password_hint: Hint | None = None
    authentication_data: AuthenticationData | None = None
    unlock_data: UnlockData | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        halves = [self.authentication_data, self.unlock_data].count(None)
        if halves == 1 or (halves == 2 and not (self.new_master_password_hash and self.key)):
            raise ValueError(DATA_MISSING)
        return self

    @property
    def new_password(self) -> NewPassword:
        """As the services take it; the halves win over the flat pair."""
        if self.authentication_data is None or self.unlock_data is None:
            return NewPassword(self.new_master_password_hash or "", self.key or "")
        halves = (self.authentication_data.half, self.unlock_data.half)
        return NewPassword(halves[0].secret, halves[1].secret, halves)


class KdfRequest(WireRequest):
    """Changed derivation settings."""

    demanded: ClassVar[tuple[str, ...]] = ("master_password_hash", "authentication_data", "unlock_data")
    type_name: ClassVar[str] = "Bit.Api.Auth.Models.Request.Accounts.ChangeKdfRequestModel"

    master_password_hash: Hash
    authentication_data: AuthenticationData
    unlock_data: UnlockData


class MasterPasswordUnlock(WireModel):
    """How the master password opens the vault. contained_key_id: of newer accounts, which are not made here."""

    kdf: KdfAnswer
    master_key_encrypted_user_key: str
    salt: str
    contained_key_id: None = None
