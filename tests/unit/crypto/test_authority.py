"""The local certificate authority: whom it can vouch for, and that real verifiers agree."""

import shutil
import socket
import ssl
import stat
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from common.crypto.authority import (
    CA_PAIR_FILE,
    CA_SUBJECT,
    UnreadableAuthority,
    ensure_authority,
    renew_server_certificate,
)
from common.crypto.server_files import ServerFiles

LOOPBACK_NAMES = [
    x509.DNSName("localhost"),
    x509.IPAddress(ip_address("127.0.0.1")),
    x509.IPAddress(ip_address("::1")),
]
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def files(tmp_path: Path) -> ServerFiles:
    return renew_server_certificate(tmp_path / "tls", NOW)


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _ca_key(directory: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key((directory / CA_PAIR_FILE).read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def test_private_keys_are_readable_by_their_owner_only(files: ServerFiles) -> None:
    for path in (files.key, files.ca.with_name(CA_PAIR_FILE)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"PRIVATE" not in files.ca.read_bytes()


def test_the_subject_cannot_be_mistaken(files: ServerFiles) -> None:
    (name,) = _certificate(files.ca).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == CA_SUBJECT == "wardenloop TEST CA - trust only on this machine"


def test_the_authority_is_made_once_and_the_server_certificate_anew(files: ServerFiles) -> None:
    ca, server = files.ca.read_bytes(), files.certificate.read_bytes()
    again = renew_server_certificate(files.ca.parent, NOW)
    assert (again.ca.read_bytes(), ensure_authority(files.ca.parent, NOW)) == (ca, files.ca)
    assert again.certificate.read_bytes() != server


def test_a_lost_public_half_is_written_again(files: ServerFiles) -> None:
    ca = files.ca.read_bytes()
    files.ca.unlink()
    assert ensure_authority(files.ca.parent, NOW).read_bytes() == ca


def test_a_damaged_authority_is_never_replaced(files: ServerFiles) -> None:
    pair = files.ca.with_name(CA_PAIR_FILE)
    pair.write_bytes(b"damaged")
    with pytest.raises(UnreadableAuthority):
        renew_server_certificate(files.ca.parent, NOW)
    assert pair.read_bytes() == b"damaged"


@pytest.mark.parametrize("name", LOOPBACK_NAMES)
def test_an_independent_verifier_accepts_each_loopback_name(files: ServerFiles, name: x509.GeneralName) -> None:
    verifier = PolicyBuilder().store(Store([_certificate(files.ca)])).time(NOW).build_server_verifier(name)  # type: ignore[arg-type]
    assert len(verifier.verify(_certificate(files.certificate), [])) == 2


def test_the_server_certificate_lasts_a_year_but_not_longer_than_browsers_accept(files: ServerFiles) -> None:
    certificate = _certificate(files.certificate)
    assert NOW + timedelta(days=365) < certificate.not_valid_after_utc
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc <= timedelta(days=398)


@pytest.mark.parametrize(
    "name", [x509.DNSName("vault.bitwarden.com"), x509.IPAddress(ip_address("10.0.0.1"))], ids=["dns", "ip"]
)
def test_nothing_the_authority_signs_for_another_name_is_accepted(files: ServerFiles, name: x509.GeneralName) -> None:
    """Whoever steals the key cannot impersonate anybody: the constraint is in the authority itself."""
    ca = _certificate(files.ca)
    key = ec.generate_private_key(ec.SECP256R1())
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(hours=1))
        .not_valid_after(NOW + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(_ca_key(files.ca.parent).public_key()), critical=False
        )
        .sign(_ca_key(files.ca.parent), hashes.SHA256())
    )
    verifier = PolicyBuilder().store(Store([ca])).time(NOW).build_server_verifier(name)  # type: ignore[arg-type]
    with pytest.raises(VerificationError, match="constraint"):
        verifier.verify(forged, [])


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_verifies_the_chain_strictly(files: ServerFiles) -> None:
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_ip", "127.0.0.1"]
    done = subprocess.run([*command, "-CAfile", files.ca, files.certificate], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_a_tls_client_that_trusts_the_authority_connects(files: ServerFiles, name: str) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.certificate, files.key)
    here, there = socket.socketpair()

    def serve() -> None:
        with server.wrap_socket(there, server_side=True) as connection:
            connection.sendall(b"hello")

    thread = threading.Thread(target=serve)
    thread.start()
    with ssl.create_default_context(cafile=str(files.ca)).wrap_socket(here, server_hostname=name) as connection:
        assert connection.recv(5) == b"hello"
    thread.join()
