"""The licence certificate of a simulated cloud: what it says, where it lives, and that a race has one winner."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from common.crypto.certificates import (
    CERTIFICATE_FILE,
    PAIR_FILE,
    LicenseCertificate,
    UnreadableCertificate,
    create_license_certificate,
    load_certificates,
    load_or_create,
)


def test_a_new_certificate_says_that_it_is_worthless_and_signs_with_4096_bits(tmp_path: Path) -> None:
    certificate = load_or_create(tmp_path / "keys")
    public = x509.load_pem_x509_certificate((tmp_path / "keys" / CERTIFICATE_FILE).read_bytes())
    assert public.subject == public.issuer
    subject = public.subject.rfc4514_string()
    assert "wardenloop TEST" in subject
    assert "unlocks nothing real" in subject
    key = public.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 4096
    assert (public.not_valid_after_utc - public.not_valid_before_utc).days // 365 == 30
    assert public.not_valid_before_utc < datetime(2017, 9, 1, tzinfo=UTC)
    public.verify_directly_issued_by(public)
    assert certificate.thumbprint == public.fingerprint(hashes.SHA1()).hex().upper()
    assert certificate.private_key.public_key() == public.public_key()


def test_files_are_private_and_stay(tmp_path: Path) -> None:
    first = create_license_certificate(tmp_path, key_bits=2048)
    assert (tmp_path / PAIR_FILE).stat().st_mode & 0o777 == 0o600
    assert {each.name for each in tmp_path.iterdir()} == {PAIR_FILE, CERTIFICATE_FILE}
    assert b"PRIVATE" not in (tmp_path / CERTIFICATE_FILE).read_bytes()
    assert load_or_create(tmp_path).thumbprint == first.thumbprint
    assert create_license_certificate(tmp_path, key_bits=2048).thumbprint == first.thumbprint


def test_a_lost_public_copy_is_written_again(tmp_path: Path) -> None:
    first = create_license_certificate(tmp_path, key_bits=2048)
    (tmp_path / CERTIFICATE_FILE).unlink()
    load_or_create(tmp_path)
    assert load_certificates((tmp_path / CERTIFICATE_FILE).read_bytes())[0].thumbprint == first.thumbprint


@pytest.mark.processes
def test_processes_that_start_at_once_end_with_one_certificate(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from common.crypto.certificates import create_license_certificate as c;"
        "print(c(Path(sys.argv[1]), key_bits=2048).thumbprint)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    thumbprints = {racer.communicate()[0] for racer in racers}
    assert len(thumbprints) == 1
    assert thumbprints == {load_or_create(tmp_path).thumbprint.encode() + b"\n"}


def test_a_damaged_file_is_reported_not_replaced(tmp_path: Path) -> None:
    (tmp_path / PAIR_FILE).write_bytes(b"garbage")
    with pytest.raises(UnreadableCertificate):
        load_or_create(tmp_path)
    assert (tmp_path / PAIR_FILE).read_bytes() == b"garbage"


def test_certificates_load_from_pem_bundles_and_from_der(
    certificate: LicenseCertificate, foreign_certificate: LicenseCertificate
) -> None:
    bundle = load_certificates(certificate.public.pem + foreign_certificate.public.pem)
    assert [each.thumbprint for each in bundle] == [certificate.thumbprint, foreign_certificate.thumbprint]
    der = certificate.public.certificate.public_bytes(serialization.Encoding.DER)
    assert load_certificates(der)[0].thumbprint == certificate.thumbprint


def elliptic_certificate() -> Any:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    start, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, start, end)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize(
    "data", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", elliptic_certificate()]
)
def test_no_certificate(data: Any) -> None:
    with pytest.raises(UnreadableCertificate):
        load_certificates(data)
