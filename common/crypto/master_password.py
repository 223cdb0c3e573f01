"""What a client derives from a master password and sends to change it or to prove who it is.

Values only, as bodies hold them and services take them; what fits together is judged by the accounts' rules.
Source: src/Core/KeyManagement/Models/Data.
"""

from dataclasses import dataclass, field

from common.crypto.account import Kdf


@dataclass(frozen=True)
class SecretProof:
    """How a user proves to be the user: the master password hash, or a mailed one-time code."""

    master_password_hash: str | None = field(default=None, repr=False)
    otp: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class PasswordHalf:
    """One half of what a client derives from a master password.

    secret: the authentication hash, or the user key wrapped by the stretched key (EncString).
    """

    kdf: Kdf
    salt: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class MasterPasswordData:
    """Everything that a new master password changes on the server."""

    kdf: Kdf
    hash: str = field(repr=False)
    wrapped_key: str = field(repr=False)


@dataclass(frozen=True)
class NewPassword:
    """A changed master password: hash and wrapped key alone (older clients), or both halves with all they rest on."""

    hash: str = field(repr=False)
    wrapped_key: str = field(repr=False)
    halves: tuple[PasswordHalf, PasswordHalf] | None = None
