"""Keys on disk: made once, private, the same for everybody."""

import base64
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from common.crypto.keys import (
    PROTECTION_KEY_FILE,
    SIGNING_KEY_FILE,
    SigningKey,
    UnusableKeyFile,
    jwk_set,
    load_or_create_protection_key,
    load_or_create_signing_key,
)
from tests.support.waiting import PATIENCE

# RFC 7638, section 3.1: the thumbprint of this key is NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs.
RFC7638_N = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs"
    "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajr"
    "n1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
)


def number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def test_signing_key_is_made_once_and_private(tmp_path: Path) -> None:
    directory = tmp_path / "state" / "keys"
    first, second = load_or_create_signing_key(directory), load_or_create_signing_key(directory)
    assert first.kid == second.kid
    assert first.private.key_size == 2048
    assert stat.S_IMODE((directory / SIGNING_KEY_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert [path.name for path in directory.iterdir()] == [SIGNING_KEY_FILE]


def test_protection_key_is_made_once_and_private(tmp_path: Path) -> None:
    key = load_or_create_protection_key(tmp_path)
    assert load_or_create_protection_key(tmp_path) == key
    assert len(key) == 32
    assert stat.S_IMODE((tmp_path / PROTECTION_KEY_FILE).stat().st_mode) == 0o600
    assert load_or_create_protection_key(tmp_path / "other") != key


@pytest.mark.processes
def test_processes_starting_together_end_with_one_key(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from common.crypto.keys import *; d = pathlib.Path(sys.argv[1]); sys.stdin.read(1);"
        "print(load_or_create_signing_key(d).kid, load_or_create_protection_key(d).hex())"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("g")
        process.stdin.flush()
    answers = {process.communicate(timeout=PATIENCE)[0] for process in processes}
    assert [process.returncode for process in processes] == [0] * 4
    assert answers == {f"{load_or_create_signing_key(tmp_path).kid} {load_or_create_protection_key(tmp_path).hex()}\n"}
    assert {path.name for path in tmp_path.iterdir()} == {SIGNING_KEY_FILE, PROTECTION_KEY_FILE}


@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_broken_signing_key_is_named_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / SIGNING_KEY_FILE
    path.write_bytes(content)
    with pytest.raises(UnusableKeyFile, match=str(path)):
        load_or_create_signing_key(tmp_path)
    assert path.read_bytes() == content


def test_key_of_another_kind_or_length_is_refused(tmp_path: Path) -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / SIGNING_KEY_FILE).write_bytes(pem)
    (tmp_path / PROTECTION_KEY_FILE).write_bytes(b"too short")
    with pytest.raises(UnusableKeyFile, match="an RSA private key"):
        load_or_create_signing_key(tmp_path)
    with pytest.raises(UnusableKeyFile, match="32 bytes"):
        load_or_create_protection_key(tmp_path)


def test_published_key_verifies_what_the_private_key_signed(tmp_path: Path) -> None:
    key = load_or_create_signing_key(tmp_path)
    (jwk,) = jwk_set(key)["keys"]
    assert {name: jwk[name] for name in ("kty", "use", "alg", "e", "kid")} == {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "e": "AQAB",
        "kid": key.kid,
    }
    published = rsa.RSAPublicNumbers(number(jwk["e"]), number(jwk["n"])).public_key()
    signature = key.private.sign(b"data", padding.PKCS1v15(), hashes.SHA256())
    published.verify(signature, b"data", padding.PKCS1v15(), hashes.SHA256())


def test_kid_is_the_front_of_the_rfc_7638_thumbprint() -> None:
    class PublicOnly(SigningKey):
        public = rsa.RSAPublicNumbers(number("AQAB"), number(RFC7638_N)).public_key()

    key = PublicOnly(private=None)  # type: ignore[arg-type]
    thumbprint = base64.urlsafe_b64decode("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs=")
    assert key.kid == thumbprint[:16].hex().upper()
    assert key.jwk["n"] == RFC7638_N
