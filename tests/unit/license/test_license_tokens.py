"""Token verification, on tokens that were put together by hand: every refusal, in order, and nothing but refusals."""

import base64
import dataclasses
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given
from hypothesis import strategies as st

from common.crypto.certificates import LicenseCertificate, load_certificates
from common.errors import Refusal
from common.license import tokens
from common.license.model import OrganizationLicense, UserLicense
from common.license.timestamps import Timestamp
from common.license.tokens import read_token, read_unverified_token

ID = UUID("8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1")
NOW = Timestamp.parse("2026-08-20T19:16:19.5Z")
SECONDS = NOW.whole_epoch_seconds()
RS256 = {"alg": "RS256", "typ": "JWT"}


def base64url(data: Any) -> Any:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unsigned(header: Any, payload: Any) -> Any:
    return ".".join(base64url(json.dumps(each).encode()) for each in (header, payload))


def payload(**changes: Any) -> Any:
    members = {
        "LicenseType": "Organization",
        "Id": str(ID),
        "Enabled": "True",
        "nbf": SECONDS,
        "exp": SECONDS + 365 * 86_400,
        "iat": SECONDS,
        "iss": "bitwarden",
        "aud": f"organization:{ID}",
    }
    return {name: value for name, value in {**members, **changes}.items() if value is not None}


def signed(certificate: Any, header: Any = RS256, **changes: Any) -> str:
    text = unsigned(header, payload(**changes))
    signature = certificate.private_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{base64url(signature)}"


def read(token: Any, certificate: Any, now: Any = NOW, certificates: Any = None) -> Any:
    trusted = (certificate.public,) if certificates is None else certificates
    return read_token(OrganizationLicense(id=ID, token=token), trusted, now.ticks)


def refused(token: Any, certificate: Any, now: Any = NOW, certificates: Any = None) -> Any:
    with pytest.raises(Refusal) as refusal:
        read(token, certificate, now, certificates)
    assert refusal.value.status == 400
    return refusal.value.message


def test_a_good_token_gives_its_claims(certificate: LicenseCertificate) -> None:
    claims = read(signed(certificate), certificate)
    assert claims.flag("Enabled")
    assert claims.uuid("Id") == ID


@pytest.mark.parametrize("token", [None, "", " ", "\t\r\n"])
def test_a_blank_token_is_none(certificate: LicenseCertificate, token: str | None) -> None:
    assert read(token, certificate) is None


def test_a_release_that_knows_no_tokens_ignores_even_a_broken_one(certificate: LicenseCertificate) -> None:
    file = OrganizationLicense(id=ID, token="x")
    assert read_token(file, (certificate.public,), NOW.ticks, token_aware=False) is None


def test_any_of_several_certificates_may_have_signed(
    certificate: LicenseCertificate, foreign_certificate: LicenseCertificate
) -> None:
    both = (foreign_certificate.public, certificate.public)
    assert read(signed(certificate), certificate, certificates=both) is not None


@pytest.mark.parametrize("token", ["x", "a.b", "a.b.c.d", "a.b.c.d.e", ".", "...."])
def test_not_three_segments(certificate: LicenseCertificate, token: str) -> None:
    assert refused(token, certificate).startswith(
        "Invalid license. IDX12741: JWT must have three segments (JWS) or five segments (JWE)."
    )


@pytest.mark.parametrize("algorithm", ["none", "RS256"])
def test_no_signature_part(certificate: LicenseCertificate, algorithm: str) -> None:
    token = unsigned({"alg": algorithm}, payload()) + "."
    assert refused(token, certificate).startswith(
        "Invalid license. IDX10504: Unable to validate signature, token does not have a signature:"
    )


BAD_SIGNATURE = "Invalid license. IDX10517: Signature validation failed. The token's kid is missing. Keys tried:"


def test_algorithm_none_with_something_in_place_of_the_signature(certificate: LicenseCertificate) -> None:
    token = unsigned({"alg": "none", "typ": "JWT"}, payload()) + ".AAAA"
    assert refused(token, certificate).startswith(BAD_SIGNATURE)


@pytest.mark.parametrize("encoding", ["pem certificate", "pem key", "der key"])
def test_hs256_keyed_with_the_public_half(certificate: LicenseCertificate, encoding: str) -> None:
    public = certificate.public
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    secret = {
        "pem certificate": public.pem,
        "pem key": public.public_key.public_bytes(serialization.Encoding.PEM, form),
        "der key": public.public_key.public_bytes(serialization.Encoding.DER, form),
    }[encoding]
    text = unsigned({"alg": "HS256", "typ": "JWT"}, payload())
    token = f"{text}.{base64url(hmac.digest(secret, text.encode(), hashlib.sha256))}"
    assert refused(token, certificate).startswith(BAD_SIGNATURE)


def test_another_rsa_algorithm(certificate: LicenseCertificate) -> None:
    text = unsigned({"alg": "RS512", "typ": "JWT"}, payload())
    signature = certificate.private_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA512())
    assert refused(f"{text}.{base64url(signature)}", certificate).startswith(BAD_SIGNATURE)


def test_foreign_certificate(certificate: LicenseCertificate, foreign_certificate: LicenseCertificate) -> None:
    assert refused(signed(foreign_certificate), certificate).startswith(BAD_SIGNATURE)


def test_foreign_certificate_that_names_its_key(
    certificate: LicenseCertificate, foreign_certificate: LicenseCertificate
) -> None:
    token = signed(foreign_certificate, {**RS256, "kid": "ABCDEF"})
    assert refused(token, certificate).startswith(
        "Invalid license. IDX10503: Signature validation failed. The token's kid is: 'ABCDEF', but did not match any"
    )


def test_no_certificate_at_all(certificate: LicenseCertificate) -> None:
    assert refused(signed(certificate), certificate, certificates=()).startswith(BAD_SIGNATURE)


@pytest.mark.parametrize("garbage", ["!", "A", "AAAA", "\n", "=", "==", " ", "é"])
def test_garbage_after_or_before_a_good_token(certificate: LicenseCertificate, garbage: str) -> None:
    token = signed(certificate)
    assert refused(token + garbage, certificate).startswith(BAD_SIGNATURE)
    assert refused(garbage + token, certificate).startswith(BAD_SIGNATURE)


def test_a_changed_claim(certificate: LicenseCertificate) -> None:
    header, _, signature = signed(certificate, Enabled="False").split(".")
    other = base64url(json.dumps(payload(Enabled="True")).encode())
    assert refused(f"{header}.{other}.{signature}", certificate).startswith(BAD_SIGNATURE)


@pytest.mark.parametrize("content", [b"[]", b"1", b"null", b"garbage", b"\xff", b"[" * 100_000])
def test_a_signed_payload_that_is_no_object(certificate: LicenseCertificate, content: Any) -> None:
    text = f"{base64url(json.dumps(RS256).encode())}.{base64url(content)}"
    signature = certificate.private_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert refused(f"{text}.{base64url(signature)}", certificate).startswith(BAD_SIGNATURE)


@given(st.lists(st.text(), min_size=3, max_size=3))
def test_three_parts_of_anything_are_refused_and_nothing_else(certificate: LicenseCertificate, parts: Any) -> None:
    token = ".".join(parts)
    if token.strip():
        assert refused(token, certificate).startswith("Invalid license. IDX")


@pytest.mark.parametrize("header", [b"{}", b"[]", b"null", b'{"alg":1}', b'{"alg":["RS256"]}', b"[" * 100_000, b"\xff"])
def test_odd_headers(certificate: LicenseCertificate, header: Any) -> None:
    text = f"{base64url(header)}.{base64url(json.dumps(payload()).encode())}"
    signature = certificate.private_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert refused(f"{text}.{base64url(signature)}", certificate).startswith(BAD_SIGNATURE)


def test_expired(certificate: LicenseCertificate) -> None:
    end = SECONDS + 60
    token = signed(certificate, exp=end)
    assert read(token, certificate, Timestamp.of_epoch_seconds(end)) is not None
    assert refused(token, certificate, Timestamp(Timestamp.of_epoch_seconds(end).ticks + 1)) == (
        "Invalid license. IDX10223: Lifetime validation failed. The token is expired."
        " ValidTo (UTC): '08/20/2026 19:17:19', Current time (UTC): '08/20/2026 19:17:19'."
    )


def test_not_yet_valid(certificate: LicenseCertificate) -> None:
    token = signed(certificate, nbf=SECONDS + 1)
    assert refused(token, certificate).startswith(
        "Invalid license. IDX10222: Lifetime validation failed. The token is not yet valid."
        " ValidFrom (UTC): '08/20/2026 19:16:20', Current time (UTC): '08/20/2026 19:16:19'."
    )
    assert read(signed(certificate, nbf=None), certificate) is not None


@pytest.mark.parametrize("end", [None, True, "soon", float("nan"), float("inf")])
def test_no_expiration(certificate: LicenseCertificate, end: Any) -> None:
    assert refused(signed(certificate, exp=end), certificate).startswith(
        "Invalid license. IDX10225: Lifetime validation failed. The token is missing an Expiration Time."
    )


def test_an_expiration_beyond_the_calendar(certificate: LicenseCertificate) -> None:
    assert read(signed(certificate, exp=10**30), certificate) is not None
    assert refused(signed(certificate, nbf=None, exp=-(10**30)), certificate).startswith("Invalid license. IDX10223")


def test_ends_before_it_begins(certificate: LicenseCertificate) -> None:
    token = signed(certificate, nbf=SECONDS + 9, exp=SECONDS + 5)
    assert refused(token, certificate).startswith("Invalid license. IDX10224: Lifetime validation failed.")


@pytest.mark.parametrize("audience", [None, "", f"user:{ID}", "organization:" + "0" * 36, f"organization:{ID}".upper()])
def test_wrong_audience(certificate: LicenseCertificate, audience: Any) -> None:
    assert refused(signed(certificate, aud=audience), certificate) == (
        f"Invalid license. IDX10214: Audience validation failed. Audiences: '{audience or ''}'. Did not match:"
        f" validationParameters.ValidAudience: 'organization:{ID}' or validationParameters.ValidAudiences: 'null'."
    )


def test_the_audience_is_that_of_the_files_own_id(certificate: LicenseCertificate) -> None:
    file = OrganizationLicense(id=UUID(int=7), token=signed(certificate))
    with pytest.raises(Refusal, match="IDX10214"):
        read_token(file, (certificate.public,), NOW.ticks)
    premium = UserLicense(id=ID, token=signed(certificate, aud=f"user:{ID}"))
    assert read_token(premium, (certificate.public,), NOW.ticks) is not None


@pytest.mark.parametrize("issuer", [None, "Bitwarden", "https://bitwarden"])
def test_wrong_issuer(certificate: LicenseCertificate, issuer: str | None) -> None:
    assert refused(signed(certificate, iss=issuer), certificate).startswith(
        f"Invalid license. IDX10205: Issuer validation failed. Issuer: '{issuer or ''}'."
    )


def test_the_first_failing_check_speaks(
    certificate: LicenseCertificate, foreign_certificate: LicenseCertificate
) -> None:
    wrong = {"exp": SECONDS - 1, "nbf": SECONDS - 9, "aud": "x", "iss": "y"}
    assert "IDX10517" in refused(signed(foreign_certificate, **wrong), certificate)
    assert "IDX10223" in refused(signed(certificate, **wrong), certificate)
    assert "IDX10214" in refused(signed(certificate, aud="x", iss="y"), certificate)


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [(datetime(2027, 1, 1, tzinfo=UTC), datetime(2047, 1, 1, tzinfo=UTC), "IDX10248"),
     (datetime(2017, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), "IDX10249")],
)  # fmt: skip
def test_a_certificate_outside_its_own_validity(
    certificate: LicenseCertificate, start: Any, end: Any, code: str
) -> None:
    name = x509.Name([])
    key = certificate.private_key
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, start, end).sign(key, hashes.SHA256())
    trusted = load_certificates(built.public_bytes(serialization.Encoding.PEM))
    assert refused(signed(certificate), certificate, certificates=trusted).startswith(f"Invalid license. {code}:")


def test_an_unverified_look_at_a_token(certificate: LicenseCertificate) -> None:
    assert read_unverified_token(unsigned({"alg": "none"}, {"Id": "x"}) + ".") == {"Id": "x"}
    for broken in ("", "x", "a.b.c", unsigned(RS256, []) + ".AAAA"):
        assert read_unverified_token(broken) is None


def test_claims_that_are_no_strings(certificate: LicenseCertificate) -> None:
    claims = read(signed(certificate, Seats=5, Trial=True, Plan=["first", "second"]), certificate)
    assert (claims.integer("Seats"), claims.flag("Trial"), claims.text("Plan")) == (5, True, "first")


def test_the_file_does_not_matter_when_there_is_a_token(certificate: LicenseCertificate) -> None:
    file = OrganizationLicense(id=ID, token=signed(certificate))
    other = dataclasses.replace(file, name="changed", signature="!", version=99)
    assert read_token(other, (certificate.public,), NOW.ticks) is not None


def test_what_is_remembered_is_small_however_much_is_sent(certificate: Any) -> None:
    """A token as long as a body is read every time and let go; it is refused, or taken, as any other."""
    before = tokens._genuine.cache_info().currsize
    long = signed(certificate, Odd="x" * 20_000)
    assert read(long, certificate).text("Odd") == "x" * 20_000
    with pytest.raises(Refusal, match="IDX10517"):
        read(f"{long[:-4]}AAAA", certificate)
    assert tokens._genuine.cache_info().currsize == before
