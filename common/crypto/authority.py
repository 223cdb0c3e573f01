"""The local certificate authority that makes https possible on one machine, and the server certificate it signs.

Real clients (`bw`) refuse plain http. The authority can vouch for this machine's loopback names and for nothing else.
"""

from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from common.crypto.server_files import CA_CERTIFICATE_FILE, ServerFiles
from common.crypto.x509 import certificate_builder, certificate_pem, key_usage, private_key_pem
from common.files import PRIVATE, create_file, write_file

CA_SUBJECT = "wardenloop TEST CA - trust only on this machine"
SERVER_SUBJECT = "wardenloop TEST server on this machine"
CA_PAIR_FILE = "ca.pem"
"""Private key and certificate of the authority together; the source of truth, mode 0600."""
SERVER_CERTIFICATE_FILE = "server.crt.pem"
SERVER_KEY_FILE = "server.key.pem"
DNS_NAMES = ("localhost",)
ADDRESSES = ("127.0.0.1", "::1")
_CA_LIFETIME = timedelta(days=3650)
_SERVER_LIFETIME = timedelta(days=397)  # Apple and Chromium refuse server certificates that last longer
_BACKDATED = timedelta(days=1)  # for a client whose clock is a little behind

_Pair = tuple[ec.EllipticCurvePrivateKey, x509.Certificate]


class UnreadableAuthority(Exception):
    """The files of the authority are damaged; they are never replaced, because somebody may trust them already."""


def ensure_authority(directory: Path, now: datetime) -> Path:
    """The authority's certificate file in a directory; the authority is made at first use.

    now: real time (certificates are judged by the clock of the machine, never by simulated time).
    Errors: UnreadableAuthority.
    """
    return _publish(directory, _authority(directory, now))


def renew_server_certificate(directory: Path, now: datetime) -> ServerFiles:
    """A fresh certificate of this machine's loopback names, signed by the authority of the directory.

    Made anew at each start of a stack, so that it never ends while one runs. Errors: UnreadableAuthority.
    """
    authority = _authority(directory, now)
    files = ServerFiles(
        _publish(directory, authority), directory / SERVER_CERTIFICATE_FILE, directory / SERVER_KEY_FILE
    )
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _server_certificate(key.public_key(), authority, now)
    write_file(files.key, private_key_pem(key), PRIVATE)
    write_file(files.certificate, certificate_pem(certificate))
    return files


def _authority(directory: Path, now: datetime) -> _Pair:
    """Load the authority, or make it; of two processes that make one at once, both use the one that was first."""
    pair = directory / CA_PAIR_FILE
    if not pair.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        create_file(pair, private_key_pem(key) + certificate_pem(_ca(key, now)))
    return _load(pair)


def _load(pair: Path) -> _Pair:
    data = pair.read_bytes()
    try:
        key = serialization.load_pem_private_key(data, password=None)
        certificate = x509.load_pem_x509_certificate(data)
    except (ValueError, TypeError) as error:
        raise UnreadableAuthority(f"{pair} holds no key and certificate: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise UnreadableAuthority(f"The private key in {pair} does not belong to its certificate.")
    return key, certificate


def _publish(directory: Path, authority: _Pair) -> Path:
    path, pem = directory / CA_CERTIFICATE_FILE, certificate_pem(authority[1])
    if not path.exists() or path.read_bytes() != pem:
        write_file(path, pem)
    return path


def _ca(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    names = [x509.DNSName(name) for name in DNS_NAMES]
    networks = [x509.IPAddress(ip_network(address)) for address in ADDRESSES]
    public_key = key.public_key()
    return (
        certificate_builder(public_key, CA_SUBJECT, *_lifetime(now, _CA_LIFETIME))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.NameConstraints([*names, *networks], None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _server_certificate(public_key: ec.EllipticCurvePublicKey, authority: _Pair, now: datetime) -> x509.Certificate:
    ca_key, ca = authority
    names = [x509.DNSName(name) for name in DNS_NAMES]
    addresses = [x509.IPAddress(ip_address(address)) for address in ADDRESSES]
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    return (
        certificate_builder(public_key, SERVER_SUBJECT, *_lifetime(now, _SERVER_LIFETIME), ca.subject)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([*names, *addresses]), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _lifetime(now: datetime, length: timedelta) -> tuple[datetime, datetime]:
    return now - _BACKDATED, now - _BACKDATED + length
