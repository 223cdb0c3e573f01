"""The certificates that `install` generates: of the local identity server, and of the site. Both vouch for nothing."""

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from common.crypto.x509 import certificate_builder, certificate_pem, private_key_pem
from common.files import PRIVATE, write_file

IDENTITY_KEY_BITS = 4096
SITE_KEY_BITS = 2048


def create_identity_certificate(path: Path, password: str, now: datetime) -> None:
    """The signing certificate of the local identity server: RSA 4096, 100 years, in a password-protected PFX."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=IDENTITY_KEY_BITS)
    certificate = _self_signed(key, "Bitwarden IdentityServer (wardenloop simulation)", now, years=100)
    encryption = BestAvailableEncryption(password.encode())
    content = pkcs12.serialize_key_and_certificates(b"identity", key, certificate, None, encryption)
    write_file(path, content, PRIVATE)


def create_site_certificate(folder: Path, domain: str, now: datetime, names: tuple[str, str]) -> None:
    """A self-signed TLS certificate for one domain. names: file names of certificate and key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=SITE_KEY_BITS)
    certificate = _self_signed(key, domain, now, years=10, host=domain)
    write_file(folder / names[0], certificate_pem(certificate))
    write_file(folder / names[1], private_key_pem(key), PRIVATE)


def _self_signed(
    key: rsa.RSAPrivateKey, common_name: str, now: datetime, years: int, host: str | None = None
) -> x509.Certificate:
    lifetime = now - timedelta(minutes=5), now + timedelta(days=365 * years)
    builder = certificate_builder(key.public_key(), common_name[:64], *lifetime)
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(key, hashes.SHA256())
