"""What an account accepts: master password data that fits together, secrets, limits. Pure.

Source: src/Core/KeyManagement/Models/Data, src/Core/Utilities/KdfSettingsValidator.cs;
fidelity.md: account.kdf, identity.registration, account.api.
"""

from dataclasses import dataclass, field

from common.crypto.account import Kdf, normalised_email
from common.crypto.master_password import MasterPasswordData, PasswordHalf
from common.enums import KdfType

API_KEY_LENGTH = 30

SECRET_FAILED = "User verification failed."
WRONG_PASSWORD = "Incorrect password."
KEYS_EXIST = "User has existing keypair"
ALREADY_VERIFIED = "Email already verified."
KDF_DIFFERS = "AuthenticationData and UnlockData must have the same KDF configuration."
SALT_DIFFERS = "Invalid master password salt."
KDF_CHANGED = "The KDF settings cannot be changed together with the password."


@dataclass(frozen=True)
class NewAccount:
    """What makes an account. public_key: base64; private_key: EncString under the user key."""

    email: str
    name: str | None
    hint: str | None
    password: MasterPasswordData
    public_key: str
    private_key: str = field(repr=False)
    email_verified: bool = False


def half_problem(authentication: PasswordHalf, unlock: PasswordHalf, email: str) -> str | None:
    """Why the two halves cannot belong to one master password of this account, or None.

    We keep no salt of its own for an account, so both salts must be the normalised e-mail.
    """
    if authentication.kdf != unlock.kdf:
        return KDF_DIFFERS
    if {authentication.salt, unlock.salt} != {normalised_email(email)}:
        return SALT_DIFFERS
    return None


def kdf_change_problem(stored: Kdf, sent: Kdf) -> str | None:
    """Why a new password may not come with these settings, or None: they are changed by a call of their own."""
    return None if stored == sent else KDF_CHANGED


def kdf_of(kind: int, iterations: int, memory: int | None, parallelism: int | None) -> Kdf:
    """The stored settings of an account as one value."""
    return Kdf(KdfType(kind), iterations, memory, parallelism)
