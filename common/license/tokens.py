"""The verifying half of the licence token: signature, certificate, lifetime, audience, issuer, in the library's order.

Whatever is wrong with a token is a 400 `Invalid license. IDX...`: clients would log out on a 401.
Source: src/Core/Billing/Services/Implementations/LicensingService.cs (GetClaimsPrincipalFromLicense);
fidelity.md: license.token-verification.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from common.crypto.certificates import Certificates, VerificationCertificate
from common.errors import Refusal, bad_request
from common.license.claims import ISSUER, Claims, audience_of
from common.license.model import License, has_token
from common.license.timestamps import Timestamp

_JWS = jwt.PyJWS()
# Python's Base64 decoder skips foreign characters: without this a token with garbage appended would pass.
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_MALFORMED = (jwt.PyJWTError, ValueError, TypeError, RecursionError)


def read_token(file: License, certificates: Certificates, now_ticks: int, *, token_aware: bool = True) -> Claims | None:
    """The claims of the verified token; None when there is none (or the release ignores it).

    Accepts RS256 only. Errors: Refusal 400 `Invalid license. IDX...`, for whatever is wrong with the token.
    Source: fidelity.md: license.token-verification.
    """
    if not (token_aware and has_token(file)):
        return None
    payload, signer = _verified_payload(file.token or "", certificates)
    _check_certificate_dates(signer, now_ticks)
    _check_lifetime(payload, now_ticks)
    audiences = _words(payload.get("aud"))
    if audience_of(file) not in audiences:
        raise _invalid(
            f"IDX10214: Audience validation failed. Audiences: '{', '.join(audiences)}'. Did not match: "
            f"validationParameters.ValidAudience: '{audience_of(file)}' or validationParameters.ValidAudiences: 'null'."
        )
    issuer = payload.get("iss")
    if issuer != ISSUER:
        raise _invalid(f"IDX10205: Issuer validation failed. Issuer: '{issuer or ''}'.")
    return claims_of(payload)


def read_unverified_token(token: str) -> Mapping[str, object] | None:
    """The payload of a token that nobody has checked, for display; None when it is not readable."""
    try:
        content = _JWS.decode_complete(token.strip(), options={"verify_signature": False})["payload"]
        payload = json.loads(content)
    except _MALFORMED:
        return None
    return payload if isinstance(payload, dict) else None


def claims_of(payload: Mapping[str, object]) -> Claims:
    """The members of a token's payload as claims; of an array the first entry counts."""
    return Claims((name, text) for name, value in payload.items() for text in _words(value))


def _verified_payload(token: str, certificates: Certificates) -> tuple[Mapping[str, object], VerificationCertificate]:
    parts = token.split(".")
    if len(parts) != 3:
        raise _invalid("IDX12741: JWT must have three segments (JWS) or five segments (JWE).")
    if not parts[2]:
        raise _invalid(f"IDX10504: Unable to validate signature, token does not have a signature: '{token[:200]}'.")
    for certificate in certificates if _COMPACT.fullmatch(token) else ():
        known = _genuine if len(token) <= _LONGEST_KEPT else _genuine.__wrapped__
        payload = known(token, _Signer(certificate.pem, certificate.public_key))
        if payload is not None:
            return payload, certificate
    raise _bad_signature(token, certificates)


@dataclass(frozen=True)
class _Signer:
    """A certificate and its key."""

    pem: bytes
    public_key: RSAPublicKey = field(compare=False)


_LONGEST_KEPT = 8192
"""Characters: several times a token of ours. What somebody sends may be as long as a body, and is read and let go."""


@lru_cache(maxsize=1024)
def _genuine(token: str, signer: _Signer) -> Mapping[str, object] | None:
    """The payload of a token that this signer has signed, else None. Remembered: a licence is read many times, and
    whether its signature is good never changes."""
    try:
        content = _JWS.decode_complete(token, signer.public_key, algorithms=["RS256"])["payload"]
        payload = json.loads(content)
    except _MALFORMED:
        return None
    return MappingProxyType(payload) if isinstance(payload, dict) else None


def _bad_signature(token: str, certificates: Certificates) -> Refusal:
    try:
        kid = _JWS.get_unverified_header(token).get("kid")
    except _MALFORMED:
        kid = None
    tried = (
        f"Keys tried: '{', '.join(each.thumbprint for each in certificates)}'."
        f" Number of keys in TokenValidationParameters: '{len(certificates)}'."
    )
    if kid is None:
        return _invalid(f"IDX10517: Signature validation failed. The token's kid is missing. {tried}")
    return _invalid(
        f"IDX10503: Signature validation failed. The token's kid is: '{kid}', but did not match any keys in"
        f" TokenValidationParameters or Configuration. {tried}"
    )


def _check_certificate_dates(certificate: VerificationCertificate, now_ticks: int) -> None:
    start, end = Timestamp.of(certificate.valid_from), Timestamp.of(certificate.valid_to)
    now = Timestamp(now_ticks)
    failed = "X509SecurityKey validation failed. The associated certificate"
    if start > now:
        raise _invalid(
            f"IDX10248: {failed} is not yet valid. ValidFrom (UTC): '{start.claim()}',"
            f" Current time (UTC): '{now.claim()}'."
        )
    if end < now:
        raise _invalid(
            f"IDX10249: {failed} has expired. ValidTo (UTC): '{end.claim()}', Current time (UTC): '{now.claim()}'."
        )


def _check_lifetime(payload: Mapping[str, object], now_ticks: int) -> None:
    """Zero clock skew."""
    not_before, expires = _moment(payload.get("nbf")), _moment(payload.get("exp"))
    now, failed = Timestamp(now_ticks), "Lifetime validation failed. The"
    if expires is None:
        raise _invalid(f"IDX10225: {failed} token is missing an Expiration Time.")
    if not_before is not None and not_before > expires:
        raise _invalid(
            f"IDX10224: {failed} NotBefore (UTC): '{not_before.claim()}' is after Expires (UTC): '{expires.claim()}'."
        )
    if not_before is not None and not_before > now:
        raise _invalid(
            f"IDX10222: {failed} token is not yet valid. ValidFrom (UTC): '{not_before.claim()}',"
            f" Current time (UTC): '{now.claim()}'."
        )
    if expires < now:
        raise _invalid(
            f"IDX10223: {failed} token is expired. ValidTo (UTC): '{expires.claim()}',"
            f" Current time (UTC): '{now.claim()}'."
        )


def _moment(value: object) -> Timestamp | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return Timestamp.of_epoch_seconds(int(value))
    except (ValueError, OverflowError):
        return None


def _words(value: object) -> list[str]:
    """A JSON value as claim texts."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, list):
        return [each if isinstance(each, str) else json.dumps(each) for each in value]
    return [] if value is None else [json.dumps(value)]


EXPIRED = "license.token.IDX10223"
"""The rule that refuses a token that has run out; every other one has its own, by the code of upstream's library."""


def _invalid(text: str) -> Refusal:
    return bad_request(f"Invalid license. {text}", rule=f"license.token.{text.partition(':')[0]}")
