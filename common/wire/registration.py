"""What a client sends to open an account, of the keys that it has made.

Source: fidelity.md: identity.registration.
"""

from collections.abc import Mapping
from typing import Any

from common.crypto.account import AccountKeys
from common.enums import KdfType


def finished(email: str, keys: AccountKeys, proof: Mapping[str, str]) -> dict[str, Any]:
    """The body of `register/finish`. proof: the member with the token that admits the address."""
    kdf: dict[str, int | None] = {"kdfType": int(keys.kdf.type), "iterations": keys.kdf.iterations}
    if keys.kdf.type == KdfType.ARGON2ID:
        kdf |= {"memory": keys.kdf.memory, "parallelism": keys.kdf.parallelism}
    return {
        "email": email,
        "masterPasswordHash": keys.master_password_hash,
        "masterPasswordHint": None,
        "userSymmetricKey": keys.protected_user_key,
        "userAsymmetricKeys": {"publicKey": keys.public_key, "encryptedPrivateKey": keys.encrypted_private_key},
        "masterPasswordAuthentication": {
            "salt": keys.salt,
            "kdf": kdf,
            "masterPasswordAuthenticationHash": keys.master_password_hash,
        },
        "masterPasswordUnlock": {"salt": keys.salt, "kdf": kdf, "masterKeyWrappedUserKey": keys.protected_user_key},
        **proof,
    }
