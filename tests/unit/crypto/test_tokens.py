"""Access tokens (made here by hand with the bare RSA key, not by the signing half) and protected tokens."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from common.crypto.keys import SigningKey, load_or_create_protection_key
from common.crypto.tokens import InvalidToken, TokenProtector, sign_access_token, verify_access_token

NOW = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)  # far from the wall clock, on purpose
ISSUER = "https://identity.bitwarden.com"
HOUR = 3600
MINUTE = timedelta(minutes=1)


def new_key() -> SigningKey:
    return SigningKey(rsa.generate_private_key(public_exponent=65537, key_size=2048))


KEY, OTHER_KEY = new_key(), new_key()


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims(**changes: Any) -> dict[str, Any]:
    now = int(NOW.timestamp())
    content = {"iss": ISSUER, "nbf": now, "iat": now, "exp": now + HOUR, "scope": ["api"], "sub": "u", **changes}
    return {name: value for name, value in content.items() if value is not None}


def compact(header: Any, payload: Any, key: SigningKey = KEY) -> str:
    signed = f"{b64url(json.dumps(header).encode())}.{b64url(json.dumps(payload).encode())}"
    return f"{signed}.{b64url(key.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def header(**changes: Any) -> dict[str, Any]:
    return {"alg": "RS256", "kid": KEY.kid, "typ": "at+jwt", **changes}


def verify(token: str, now: datetime = NOW, keys: tuple[SigningKey, ...] = (KEY,)) -> dict[str, Any]:
    verifiers = {kid: public for key in keys for kid, public in key.verifiers.items()}
    return verify_access_token(token, verifiers, ISSUER, now)


def test_claims_come_back_as_they_were() -> None:
    content = claims(client_sub="3f2b9c1e", premium=True, orgowner=["a", "b"], aud="ignored")
    assert verify(compact(header(), content)) == content


def test_signed_token_has_the_three_header_members_and_verifies_with_the_bare_key() -> None:
    token = sign_access_token(claims(name="Öl 密"), KEY)
    head, payload, signature = (base64.urlsafe_b64decode(part + "==") for part in token.split("."))
    assert json.loads(head) == {"alg": "RS256", "kid": KEY.kid, "typ": "at+jwt"}
    assert json.loads(payload) == claims(name="Öl 密")
    KEY.public.verify(signature, token.rpartition(".")[0].encode(), padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(
    ("now", "accepted"),
    [
        (NOW, True),
        (NOW - 5 * MINUTE, True),
        (NOW - 5 * MINUTE - timedelta(seconds=1), False),
        (NOW + 65 * MINUTE, True),
        (NOW + 65 * MINUTE + timedelta(seconds=1), False),
    ],
)
def test_lifetime_is_read_from_the_given_clock_with_five_minutes_of_skew(now: datetime, accepted: bool) -> None:
    token = compact(header(), claims())
    if accepted:
        assert verify(token, now)["sub"] == "u"
    else:
        with pytest.raises(InvalidToken):
            verify(token, now)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://identity.bitwarden.eu"},
        {"iss": None},
        {"iss": [ISSUER]},
        {"exp": None},
        {"exp": "4000000000"},
        {"exp": True},
        {"exp": float("nan")},
        {"nbf": "0"},
    ],
)
def test_claims_that_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        verify(compact(header(), claims(**changes)))


def test_missing_nbf_is_fine() -> None:
    assert "nbf" not in verify(compact(header(), claims(nbf=None)))


@pytest.mark.parametrize("typ", ["JWT", "AT+JWT", "", None])
def test_only_access_tokens_are_accepted(typ: str | None) -> None:
    with pytest.raises(InvalidToken, match=r"at\+jwt"):
        verify(compact(header(typ=typ), claims()))


def test_unsigned_token_is_refused() -> None:
    head, payload = (b64url(json.dumps(part).encode()) for part in (header(alg="none"), claims()))
    for signature in ("", b64url(b"x" * 256)):
        with pytest.raises(InvalidToken):
            verify(f"{head}.{payload}.{signature}")


def test_public_key_used_as_shared_secret_is_refused() -> None:
    pem = KEY.public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = f"{b64url(json.dumps(header(alg='HS256')).encode())}.{b64url(json.dumps(claims()).encode())}"
    with pytest.raises(InvalidToken):
        verify(f"{signed}.{b64url(hmac.digest(pem, signed.encode(), 'sha256'))}")


@pytest.mark.parametrize("keys", [(KEY,), (KEY, new_key())])
def test_token_of_another_key_is_refused_also_under_our_key_id(keys: tuple[SigningKey, ...]) -> None:
    for kid in (KEY.kid, OTHER_KEY.kid):
        with pytest.raises(InvalidToken):
            verify(compact(header(kid=kid), claims(), OTHER_KEY), keys=keys)


def test_any_of_several_keys_verifies() -> None:
    token = compact(header(kid=OTHER_KEY.kid), claims(), OTHER_KEY)
    assert verify(token, keys=(KEY, OTHER_KEY))["sub"] == "u"


@pytest.mark.parametrize("keys", [(KEY,), (KEY, OTHER_KEY)])
@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "a.b.c.d",
        "ÿ.ÿ.ÿ",
        "\ud800.x.x",
        compact([], claims()),
        compact(header(), ["no", "object"]),
        compact(header(kid=["x"]), claims()),
        compact(header(kid=None), claims(iss=None)),
        compact(header(), claims())[:-4],
        f"{b64url(b'[' * 9000)}.{b64url(b'{}')}.AAAA",
    ],
    ids=range(12),
)
def test_nonsense_is_refused_with_one_error(token: str, keys: tuple[SigningKey, ...]) -> None:
    with pytest.raises(InvalidToken):
        verify(token, keys=keys)


PREFIX = "BwRegistrationEmailVerificationToken"
PAYLOAD = {"Email": "ä@example.com", "Name": None, "n": 3}


@pytest.fixture
def protector(tmp_path: Path) -> TokenProtector:
    return TokenProtector(load_or_create_protection_key(tmp_path))


def test_protected_token_opens_and_hides_its_payload(protector: TokenProtector) -> None:
    token = protector.protect(PREFIX, PAYLOAD, NOW + 15 * MINUTE)
    assert token.startswith("BwRegistrationEmailVerificationToken_")
    sealed = token.removeprefix("BwRegistrationEmailVerificationToken_")
    assert set(sealed) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert b"example.com" not in base64.urlsafe_b64decode(sealed + "==")
    assert protector.unprotect(PREFIX, token, NOW) == PAYLOAD
    assert protector.protect(PREFIX, PAYLOAD, NOW + 15 * MINUTE) != token


def test_protected_token_ends_on_the_given_clock(protector: TokenProtector) -> None:
    token = protector.protect(PREFIX, PAYLOAD, NOW)
    assert protector.unprotect(PREFIX, token, NOW - timedelta(microseconds=1)) == PAYLOAD
    assert protector.unprotect(PREFIX, token, NOW) is None


def test_offer_token_never_ends(protector: TokenProtector) -> None:
    token = protector.protect("BWOrganizationSponsorship", PAYLOAD, None)
    assert protector.unprotect("BWOrganizationSponsorship", token, NOW.replace(year=9000)) == PAYLOAD


def test_token_does_not_open_for_another_purpose_or_key(protector: TokenProtector, tmp_path: Path) -> None:
    token = protector.protect("BWA", PAYLOAD, None)
    sealed = token.removeprefix("BWA_")
    assert protector.unprotect("BWB", token, NOW) is None
    assert protector.unprotect("BWB", f"BWB_{sealed}", NOW) is None
    assert protector.unprotect("", f"_{sealed}", NOW) is None
    stranger = TokenProtector(load_or_create_protection_key(tmp_path / "other"))
    assert stranger.unprotect("BWA", token, NOW) is None


def test_every_change_of_a_token_is_noticed(protector: TokenProtector) -> None:
    token = protector.protect("P", {"a": 1}, None)
    for position in range(2, len(token)):
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        assert protector.unprotect("P", changed, NOW) is None
        assert protector.unprotect("P", token[:position], NOW) is None


@pytest.mark.parametrize("token", ["", "P", "P_", "P_A", "P_AAAA", "P_!!!!", "P_ÿ", "P_" + "A" * 100])
def test_nonsense_opens_as_nothing(protector: TokenProtector, token: str) -> None:
    assert protector.unprotect("P", token, NOW) is None


def test_mistakes_of_the_caller_are_named(protector: TokenProtector) -> None:
    with pytest.raises(ValueError, match="aware"):
        protector.protect("P", {}, datetime(2031, 1, 1))
    with pytest.raises(ValueError, match="32 bytes"):
        TokenProtector(b"short")


@pytest.mark.parametrize(
    ("token", "now", "told"),
    [
        (
            compact(header(), claims()),
            NOW + 70 * MINUTE,
            f"The token expired at '{NOW + 60 * MINUTE:%m/%d/%Y %H:%M:%S}'",
        ),
        (compact(header(), claims()), NOW - 9 * MINUTE, f"The token is not valid before '{NOW:%m/%d/%Y %H:%M:%S}'"),
        (compact(header(), claims(exp=None)), NOW, "The token has no expiration"),
        (compact(header(), claims(iss="https://else.example")), NOW, "The issuer 'https://else.example' is invalid"),
        (compact(header(), claims(), OTHER_KEY), NOW, "The signature is invalid"),
        (compact(header(kid=OTHER_KEY.kid), claims(), OTHER_KEY), NOW, "The signature key was not found"),
        (compact(header(typ="JWT"), claims()), NOW, None),
        ("no.token", NOW, None),
    ],
)
def test_what_the_client_is_told(token: str, now: datetime, told: str | None) -> None:
    """Source: fidelity.md: identity.challenge."""
    with pytest.raises(InvalidToken) as refused:
        verify(token, now)
    assert refused.value.description == told
