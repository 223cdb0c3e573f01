"""Client-side account cryptography: what a Bitwarden client derives, encrypts and sends when it registers or signs in.

Used by our own clients (command line, seeding, tests). A server only needs `Kdf` and `is_encrypted_string` of it.
Source: fidelity.md: account.crypto; libs/key-management in bitwarden/clients.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.padding import PKCS7

from common.crypto.seeded import Draw, oaep_sha1, rsa_key
from common.enums import KdfType

MASTER_KEY_BYTES = 32
SYMMETRIC_KEY_BYTES = 64
_HALF_KEY_BYTES = 32
_BLOCK_BYTES = 16
_KIB_PER_MIB = 1024

PBKDF2_ITERATIONS = range(600_000, 2_000_001)
ARGON2_ITERATIONS = range(2, 11)
ARGON2_MEMORY_MIB = range(15, 1025)
ARGON2_PARALLELISM = range(1, 17)

# Encryption type -> number of base64 parts behind the dot.
_PARTS_BY_TYPE = {"0": 2, "1": 3, "2": 3, "3": 1, "4": 1, "5": 2, "6": 2, "7": 1}
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)")

# SHA-1 is what every Bitwarden client speaks here; as an OAEP hash it is not broken.
_OAEP = rsa_padding.OAEP(mgf=rsa_padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303


class DecryptionFailed(ValueError):
    """A wrapped value that is malformed, was tampered with, or belongs to another key."""


@dataclass(frozen=True)
class Kdf:
    """Key derivation settings of an account.

    iterations: rounds. memory: MiB, Argon2id only. parallelism: lanes, Argon2id only.
    """

    type: KdfType = KdfType.PBKDF2_SHA256
    iterations: int = 600_000
    memory: int | None = None
    parallelism: int | None = None

    @classmethod
    def argon2id(cls, iterations: int = 6, memory: int = 32, parallelism: int = 4) -> "Kdf":
        """Argon2id, by default with today's client defaults."""
        return cls(KdfType.ARGON2ID, iterations, memory, parallelism)

    def problem(self) -> str | None:
        """Why a server refuses to store these settings (upstream's literal text), or None.

        Signing in is never checked against this: old accounts below the limits keep working.
        Source: src/Core/Utilities/KdfSettingsValidator.cs; fidelity.md: account.kdf.
        """
        if self.type == KdfType.PBKDF2_SHA256:
            return None if self.iterations in PBKDF2_ITERATIONS else _between("KDF iterations", PBKDF2_ITERATIONS)
        if self.iterations not in ARGON2_ITERATIONS:
            return _between("Argon2 iterations", ARGON2_ITERATIONS)
        if self.memory not in ARGON2_MEMORY_MIB:
            return _between("Argon2 memory", ARGON2_MEMORY_MIB, unit="mb")
        if self.parallelism not in ARGON2_PARALLELISM:
            return _between("Argon2 parallelism", ARGON2_PARALLELISM)
        return None


def _between(what: str, allowed: range, unit: str = "") -> str:
    return f"{what} must be between {allowed[0]}{unit} and {allowed[-1]}{unit}."


def normalised_email(email: str) -> str:
    """The form of an address that salts the master key and names the account."""
    return email.strip().lower()


def master_key(password: str, email: str, kdf: Kdf) -> bytes:
    """Derive the 32-byte master key. It never leaves the client.

    Raises ValueError for Argon2id settings without memory or parallelism.
    """
    salt = normalised_email(email).encode()
    if kdf.type == KdfType.PBKDF2_SHA256:
        return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, kdf.iterations, MASTER_KEY_BYTES)
    if kdf.memory is None or kdf.parallelism is None:
        raise ValueError("Argon2id needs memory and parallelism.")
    return hash_secret_raw(
        password.encode(),
        hashlib.sha256(salt).digest(),
        time_cost=kdf.iterations,
        memory_cost=kdf.memory * _KIB_PER_MIB,
        parallelism=kdf.parallelism,
        hash_len=MASTER_KEY_BYTES,
        type=Type.ID,
        version=ARGON2_VERSION,
    )


def server_hash(key: bytes, password: str) -> str:
    """The master password hash that is sent to a server: base64, 44 characters. `key` is the master key."""
    return _b64(hashlib.pbkdf2_hmac("sha256", key, password.encode(), 1, MASTER_KEY_BYTES))


def stretch(key: bytes) -> bytes:
    """Master key (32 bytes) -> stretched key (64 bytes: encryption half, then MAC half)."""
    halves = (HKDFExpand(hashes.SHA256(), _HALF_KEY_BYTES, purpose).derive(key) for purpose in (b"enc", b"mac"))
    return b"".join(halves)


def encrypt(key: bytes, plaintext: bytes, iv: bytes | None = None) -> str:
    """EncString type 2: AES-256-CBC, then HMAC-SHA256. `key` has 64 bytes; iv: by chance when left out."""
    _require_symmetric_key(key)
    iv = secrets.token_bytes(_BLOCK_BYTES) if iv is None else iv
    padder = PKCS7(_BLOCK_BYTES * 8).padder()
    encryptor = Cipher(algorithms.AES(key[:_HALF_KEY_BYTES]), modes.CBC(iv)).encryptor()
    ciphertext = encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()
    return f"2.{_b64(iv)}|{_b64(ciphertext)}|{_b64(_mac(key, iv + ciphertext))}"


def decrypt(key: bytes, text: str) -> bytes:
    """Open an EncString of type 2. Raises DecryptionFailed; the MAC is checked before anything is decrypted."""
    _require_symmetric_key(key)
    iv, ciphertext, mac = _parts(text, encryption_type="2", count=3)
    if not hmac.compare_digest(_mac(key, iv + ciphertext), mac):
        raise DecryptionFailed("The MAC does not match: wrong key or changed text.")
    if len(iv) != _BLOCK_BYTES:
        raise DecryptionFailed("The initialization vector must have 16 bytes.")
    decryptor = Cipher(algorithms.AES(key[:_HALF_KEY_BYTES]), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(_BLOCK_BYTES * 8).unpadder()
    try:
        padded = decryptor.update(ciphertext) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError as error:
        raise DecryptionFailed("The ciphertext is not a padded sequence of blocks.") from error


def wrap_key(public_key: bytes, key: bytes, draw: Draw | None = None) -> str:
    """EncString type 4: RSA-OAEP-SHA1 of `key` for the owner of `public_key` (DER SubjectPublicKeyInfo).

    draw: where the padding comes from in a world with a seed; None = by chance.
    """
    recipient = serialization.load_der_public_key(public_key)
    if not isinstance(recipient, rsa.RSAPublicKey):
        raise ValueError("An RSA public key is needed.")
    return f"4.{_b64(recipient.encrypt(key, _OAEP) if draw is None else oaep_sha1(recipient, key, draw))}"


def unwrap_key(private_key: bytes, text: str) -> bytes:
    """Open an EncString of type 4 with a PKCS#8 DER private key. Raises DecryptionFailed."""
    (ciphertext,) = _parts(text, encryption_type="4", count=1)
    owner = serialization.load_der_private_key(private_key, None)
    if not isinstance(owner, rsa.RSAPrivateKey):
        raise ValueError("An RSA private key is needed.")
    try:
        return owner.decrypt(ciphertext, _OAEP)
    except ValueError as error:
        raise DecryptionFailed("The wrapped key is not for this private key.") from error


def is_encrypted_string(text: str) -> bool:
    """Whether a server stores this text as an encrypted string: known type, right number of base64 parts.

    Nothing is decrypted. Text without a type is the oldest form: three parts mean type 1, anything else type 0.
    Source: src/Core/Utilities/EncryptedStringAttribute.cs; fidelity.md: account.encstring.
    """
    head, dot, rest = text.partition(".")
    if dot:
        expected = _PARTS_BY_TYPE.get(head)
    else:
        rest, expected = head, 3 if head.count("|") == 2 else 2
    parts = rest.split("|")
    return len(parts) == expected and all(_BASE64.fullmatch(part) for part in parts)


@dataclass(frozen=True)
class RsaKeyPair:
    """RSA 2048 bit. public_key: DER SubjectPublicKeyInfo. private_key: DER PKCS#8, unencrypted."""

    public_key: bytes
    private_key: bytes = field(repr=False)


def new_rsa_key_pair() -> RsaKeyPair:
    """A fresh key pair (takes some tenths of a second)."""
    return _pair_of(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def _pair_of(key: rsa.RSAPrivateKey) -> RsaKeyPair:
    return RsaKeyPair(
        key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


@dataclass(frozen=True)
class AccountKeys:
    """Everything a registering client sends, and what it keeps.

    Sent (names in `register/finish`): email; kdf; master_password_hash (`masterPasswordHash`,
    `masterPasswordAuthenticationHash`); protected_user_key (`userSymmetricKey`, `masterKeyWrappedUserKey`);
    public_key and encrypted_private_key (`userAsymmetricKeys`). Kept: user_key (64 bytes), private_key (PKCS#8 DER).
    """

    email: str
    kdf: Kdf
    master_password_hash: str
    protected_user_key: str
    public_key: str
    encrypted_private_key: str
    user_key: bytes = field(repr=False)
    private_key: bytes = field(repr=False)

    @property
    def salt(self) -> str:
        """The master password salt: the normalised e-mail."""
        return self.email


def new_account(
    email: str,
    password: str,
    kdf: Kdf | None = None,
    *,
    pair: RsaKeyPair | None = None,
    draw: Draw | None = None,
) -> AccountKeys:
    """Make the keys of a new account, as a registering client does.

    kdf: the client default when left out; not checked against the server's limits. pair: a ready key pair.
    draw: where everything comes from in a world with a seed; None = by chance.
    """
    kdf, pair, octets = kdf or Kdf(), pair or _drawn_pair(draw), draw or secrets.token_bytes
    key = master_key(password, email, kdf)
    user_key = octets(SYMMETRIC_KEY_BYTES)
    return AccountKeys(
        email=normalised_email(email),
        kdf=kdf,
        master_password_hash=server_hash(key, password),
        protected_user_key=encrypt(stretch(key), user_key, octets(_BLOCK_BYTES)),
        public_key=_b64(pair.public_key),
        encrypted_private_key=encrypt(user_key, pair.private_key, octets(_BLOCK_BYTES)),
        user_key=user_key,
        private_key=pair.private_key,
    )


def unlock(password: str, email: str, kdf: Kdf, protected_user_key: str) -> bytes:
    """The user key (64 bytes) of an existing account. Raises DecryptionFailed for a wrong password."""
    return decrypt(stretch(master_key(password, email, kdf)), protected_user_key)


@dataclass(frozen=True)
class OrganizationKeys:
    """Everything a client sends when it creates an organization, and what it keeps.

    Sent: key (type 4, the creator's copy of the organization key); collection_name (type 2);
    public_key and encrypted_private_key. Kept: organization_key (64 bytes; `wrap_key` it for each further member).
    """

    key: str
    collection_name: str
    public_key: str
    encrypted_private_key: str
    organization_key: bytes = field(repr=False)


def _drawn_pair(draw: Draw | None) -> RsaKeyPair:
    return new_rsa_key_pair() if draw is None else _pair_of(rsa_key(draw))


def new_organization_keys(
    public_key: bytes | str,
    collection_name: str = "Default collection",
    *,
    pair: RsaKeyPair | None = None,
    draw: Draw | None = None,
) -> OrganizationKeys:
    """Make the keys of a new organization for its creator.

    public_key: the creator's, DER or the base64 text of it that servers hand out. pair, draw: as of `new_account`.
    """
    pair, octets = pair or _drawn_pair(draw), draw or secrets.token_bytes
    creator = base64.b64decode(public_key, validate=True) if isinstance(public_key, str) else public_key
    organization_key = octets(SYMMETRIC_KEY_BYTES)
    return OrganizationKeys(
        key=wrap_key(creator, organization_key, draw),
        collection_name=encrypt(organization_key, collection_name.encode(), octets(_BLOCK_BYTES)),
        public_key=_b64(pair.public_key),
        encrypted_private_key=encrypt(organization_key, pair.private_key, octets(_BLOCK_BYTES)),
        organization_key=organization_key,
    )


def _parts(text: str, *, encryption_type: str, count: int) -> list[bytes]:
    head, _, rest = text.partition(".")
    parts = rest.split("|")
    if head != encryption_type or len(parts) != count:
        raise DecryptionFailed(f"Not an encrypted string of type {encryption_type} with {count} part(s).")
    try:
        return [base64.b64decode(part, validate=True) for part in parts]
    except (binascii.Error, ValueError) as error:
        raise DecryptionFailed("A part is not base64.") from error


def _require_symmetric_key(key: bytes) -> None:
    if len(key) != SYMMETRIC_KEY_BYTES:
        raise ValueError(f"A symmetric key has {SYMMETRIC_KEY_BYTES} bytes.")


def _mac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key[_HALF_KEY_BYTES:], data, "sha256")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
