"""Key derivation settings and granted tokens as the wire tells them."""

from typing import Any

from common.crypto.account import Kdf
from common.domains.accounts.models import User
from common.domains.identity.grants import Granted
from common.wire.identity import PreloginAnswer, TokenAnswer
from common.wire.master_password import KdfAnswer


def prelogin(kdf: Kdf, salt: str | None) -> PreloginAnswer:
    """How to derive a master key. salt: None unless the account is unknown."""
    return PreloginAnswer(
        kdf=kdf.type,
        kdf_iterations=kdf.iterations,
        kdf_memory=kdf.memory,
        kdf_parallelism=kdf.parallelism,
        kdf_settings=KdfAnswer(
            kdf_type=kdf.type, iterations=kdf.iterations, memory=kdf.memory, parallelism=kdf.parallelism
        ),
        salt=salt,
    )


def token(granted: Granted) -> TokenAnswer:
    """What a token request has earned."""
    told: dict[str, Any] = {} if granted.user is None else _of_user(granted.user)
    if granted.refresh_token is not None:
        told["refresh_token"] = granted.refresh_token
    if granted.remember_token is not None:
        told["two_factor_token"] = granted.remember_token
    return TokenAnswer(
        access_token=granted.access_token, expires_in=granted.lifetime, scope=" ".join(granted.scopes), **told
    )


def _of_user(user: User) -> dict[str, Any]:
    """What the answer tells about the user beside OAuth's own members; keys only if there are any."""
    told: dict[str, Any] = {
        "master_password_policy": {"Object": "masterPasswordPolicy"},
        "force_password_reset": False,
        "kdf": user.kdf,
        "kdf_iterations": user.kdf_iterations,
        "kdf_memory": user.kdf_memory,
        "kdf_parallelism": user.kdf_parallelism,
        "user_decryption_options": _decryption_options(user),
    }
    if user.private_key is not None:
        pair = {"wrappedPrivateKey": user.private_key, "publicKey": user.public_key}
        told["private_key"] = user.private_key
        told["account_keys"] = {
            "publicKeyEncryptionKeyPair": pair | {"Object": "publicKeyEncryptionKeyPair"},
            "Object": "privateKeys",
        }
    if user.key is not None:
        told["key"] = user.key
    return told


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
