"""Licence certificates: the one a simulated cloud signs with, and the ones a licence is verified against.

Ours says in its subject that it is for tests: no real server can ever accept what it signs.
Source: fidelity.md: license.certificates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from common.crypto.x509 import certificate_builder, certificate_pem, private_key_pem
from common.files import create_file, write_file

TEST_SUBJECT = "wardenloop TEST license certificate - unlocks nothing real"
KEY_BITS = 4096
PAIR_FILE = "license.pem"
"""Private key and certificate together; the source of truth, mode 0600."""
CERTIFICATE_FILE = "license.crt.pem"
"""The certificate alone, to be handed to instances."""
# Fixed, not "from now": the simulated clock may stand anywhere, and production's certificate covers the same years.
_VALID_FROM = datetime(2017, 1, 1, tzinfo=UTC)
_VALID_TO = datetime(2047, 1, 1, tzinfo=UTC)


class UnreadableCertificate(Exception):
    """The bytes hold no licence certificate; the text says why."""


@dataclass(frozen=True)
class VerificationCertificate:
    """A certificate that licences may be signed with, public half."""

    certificate: x509.Certificate
    public_key: rsa.RSAPublicKey

    @cached_property
    def thumbprint(self) -> str:
        """SHA-1 of the certificate, upper-case hex."""
        return self.certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - a name, no protection

    @property
    def subject(self) -> str:
        return self.certificate.subject.rfc4514_string()

    @property
    def valid_from(self) -> datetime:
        return self.certificate.not_valid_before_utc

    @property
    def valid_to(self) -> datetime:
        return self.certificate.not_valid_after_utc

    @cached_property
    def pem(self) -> bytes:
        return certificate_pem(self.certificate)


Certificates = Sequence[VerificationCertificate]


@dataclass(frozen=True)
class LicenseCertificate:
    """The certificate of a simulated cloud with its private key, loaded once as an object."""

    private_key: rsa.RSAPrivateKey
    public: VerificationCertificate

    @property
    def thumbprint(self) -> str:
        return self.public.thumbprint


def load_certificates(data: bytes) -> tuple[VerificationCertificate, ...]:
    """Every certificate in a PEM file, or the one in a DER file (upstream's `licensing.cer` is DER).

    Errors: UnreadableCertificate.
    """
    try:
        if b"-----BEGIN" in data:
            certificates = x509.load_pem_x509_certificates(data)
        else:
            certificates = [x509.load_der_x509_certificate(data)]
    except ValueError as error:
        raise UnreadableCertificate("no certificate") from error
    return tuple(_verification(each) for each in certificates)


def load_or_create(directory: Path) -> LicenseCertificate:
    """The licence certificate kept in a directory; made at the first start.

    Safe when several processes start at once: all end with the same certificate.
    Errors: UnreadableCertificate for a damaged file, which is never replaced.
    """
    pair = directory / PAIR_FILE
    if not pair.exists():
        return create_license_certificate(directory)
    certificate = _load(pair)
    if not (directory / CERTIFICATE_FILE).exists():
        _write_certificate(directory, certificate)
    return certificate


def create_license_certificate(directory: Path, *, key_bits: int = KEY_BITS) -> LicenseCertificate:
    """Make a self-signed licence certificate in a directory, unless another process was faster: then take that one."""
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=key_bits)
    made = _verification(_self_signed(private_key))
    pair = directory / PAIR_FILE
    create_file(pair, private_key_pem(private_key) + made.pem)
    certificate = _load(pair)
    _write_certificate(directory, certificate)
    return certificate


def unknown_certificate() -> LicenseCertificate:
    """A licence certificate that is kept nowhere, so that no instance trusts it."""
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    return LicenseCertificate(private_key, _verification(_self_signed(private_key)))


def _self_signed(private_key: rsa.RSAPrivateKey) -> x509.Certificate:
    public_key = private_key.public_key()
    key_identifier = x509.SubjectKeyIdentifier.from_public_key(public_key)
    return (
        certificate_builder(public_key, TEST_SUBJECT, _VALID_FROM, _VALID_TO)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=False)
        .add_extension(key_identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_identifier), critical=False)
        .sign(private_key, hashes.SHA256())
    )


def _load(pair: Path) -> LicenseCertificate:
    data = pair.read_bytes()
    public = load_certificates(data)[0]
    try:
        # our own file: proving that its numbers are prime would cost half a second at every start
        private_key = serialization.load_pem_private_key(data, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError) as error:
        raise UnreadableCertificate(f"no private key in {pair}: {error}") from error
    if not isinstance(private_key, rsa.RSAPrivateKey) or private_key.public_key() != public.public_key:
        raise UnreadableCertificate(f"the private key in {pair} does not belong to its certificate")
    return LicenseCertificate(private_key, public)


def _verification(certificate: x509.Certificate) -> VerificationCertificate:
    public_key = certificate.public_key()
    if not isinstance(public_key, rsa.RSAPublicKey):
        raise UnreadableCertificate("no RSA certificate")
    return VerificationCertificate(certificate, public_key)


def _write_certificate(directory: Path, certificate: LicenseCertificate) -> None:
    write_file(directory / CERTIFICATE_FILE, certificate.public.pem, durable=True)
