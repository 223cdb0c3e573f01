"""A certificate authority of one process, for the official host names: its key is nowhere but in memory.

It can vouch for names below `bitwarden.com` and `bitwarden.eu` only, for a day, and nobody trusts it unless told to.
"""

import contextlib
import os
import ssl
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from common.crypto.x509 import certificate_builder, certificate_pem, key_usage, private_key_pem

SUBJECT = "wardenloop TEST authority of one session - trust in tests only"
DOMAINS = ("bitwarden.com", "bitwarden.eu")
LIFETIME = timedelta(days=1)
_BACKDATED = timedelta(hours=1)


class SessionAuthority(NamedTuple):
    """certificate: PEM, to be trusted by clients under test. context: what the official names are spoken for with."""

    certificate: bytes
    context: ssl.SSLContext


def make_session_authority(now: datetime) -> SessionAuthority:
    """A new one. now: real time."""
    key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _authority(key, now)
    leaf = _leaf(own.public_key(), key, authority, now)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with _read_once(private_key_pem(own) + certificate_pem(leaf)) as path:
        context.load_cert_chain(path)
    context.set_alpn_protocols(["http/1.1"])
    return SessionAuthority(certificate_pem(authority), context)


@contextlib.contextmanager
def _read_once(content: bytes) -> Iterator[str]:
    """A path for a library that wants one: in memory on Linux, elsewhere a file that is gone at once."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("wardenloop")
        try:
            os.write(descriptor, content)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(content)
        yield file.name


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    public = key.public_key()
    return (
        certificate_builder(public, SUBJECT, now - _BACKDATED, now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.NameConstraints([x509.DNSName(domain) for domain in DOMAINS], None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    public: ec.EllipticCurvePublicKey, key: ec.EllipticCurvePrivateKey, authority: x509.Certificate, now: datetime
) -> x509.Certificate:
    names = [x509.DNSName(name) for domain in DOMAINS for name in (domain, f"*.{domain}")]
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return (
        certificate_builder(public, "wardenloop TEST", now - _BACKDATED, now + LIFETIME, authority.subject)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(issuer, critical=False)
        .sign(key, hashes.SHA256())
    )
