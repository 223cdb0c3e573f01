"""Bodies of the account routes: address, codes, keys. Source: src/Api/Auth/Models/{Request,Response}/Accounts."""

from uuid import UUID

from common.wire.base import Email, RequiredText, WireModel, WireRequest
from common.wire.fields import Hash, StrictEmail
from common.wire.master_password import PasswordRequest, SecretVerification


class VerifyDevices(SecretVerification):
    """Whether new devices of this account are verified."""

    verify_devices: bool = False


class EmailCodeRequest(WireRequest):
    """The address an account is to have."""

    new_email: StrictEmail
    master_password_hash: Hash


class EmailChangeRequest(PasswordRequest):
    """The new address, the code it got, and the master password's data, which the address salts."""

    new_email: StrictEmail
    token: RequiredText


class PasswordHintRequest(WireRequest):
    """Whose hint is to be mailed."""

    email: Email


class KeysRequest(WireRequest):
    """An RSA key pair. Source: src/Core/Auth/Models/Api/Request/Accounts/KeysRequestModel.cs."""

    public_key: RequiredText
    encrypted_private_key: RequiredText


class CodeRequest(WireRequest):
    """A one-time code."""

    otp: RequiredText


class EmailTokenRequest(WireRequest):
    """What the link of the verification mail holds."""

    user_id: RequiredText
    token: RequiredText


class MasterPasswordPolicy(WireModel):
    """The policy for master passwords in force; nothing is enforced here."""

    min_complexity: int | None = None
    min_length: int | None = None
    require_lower: bool | None = None
    require_upper: bool | None = None
    require_numbers: bool | None = None
    require_special: bool | None = None
    enforce_on_login: bool | None = None
    object: str = "masterPasswordPolicy"


class AccountKeyPair(WireModel):
    """The RSA key pair of an account."""

    wrapped_private_key: str
    public_key: str | None
    signed_public_key: str | None = None
    object: str = "publicKeyEncryptionKeyPair"


class AccountKeys(WireModel):
    """All key pairs of an account; only "V1" accounts exist here, so there is never a signature key pair."""

    signature_key_pair: None = None
    public_key_encryption_key_pair: AccountKeyPair
    security_state: None = None
    object: str = "privateKeys"


class KeysAnswer(WireModel):
    """All keys of an account."""

    key: str | None
    public_key: str | None
    private_key: str | None
    account_keys: AccountKeys | None
    object: str = "keys"


class PublicKeyOfUser(WireModel):
    """A user's public key. Source: src/Api/Models/Response/UserKeyResponseModel.cs."""

    user_id: UUID
    public_key: str
    object: str = "userKey"


class PublicKeysOfUser(WireModel):
    """All public keys of a user; nobody has a signature key pair here.

    Source: src/Core/KeyManagement/Models/Api/Response/PublicKeysResponseModel.cs.
    """

    verifying_key: None = None
    signed_public_key: None = None
    public_key: str
    object: str = "publicKeys"
