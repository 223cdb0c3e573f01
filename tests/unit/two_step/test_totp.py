"""Codes of authenticator apps against the vectors of RFC 6238, appendix B (SHA-1; the last six of eight digits)."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from common.crypto import totp

KEY = b"12345678901234567890"
VECTORS = {
    59: "287082",
    1_111_111_109: "081804",
    1_111_111_111: "050471",
    1_234_567_890: "005924",
    2_000_000_000: "279037",
    20_000_000_000: "353130",
}


@pytest.mark.parametrize(("second", "code"), VECTORS.items())
def test_codes_of_the_rfc(second: int, code: str) -> None:
    assert totp.code_at(KEY, totp.step_of(datetime.fromtimestamp(second, UTC))) == code


@pytest.mark.parametrize(("seconds", "accepted"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_one_step_of_difference_is_forgiven(seconds: int, accepted: bool) -> None:
    now = datetime(2026, 8, 20, 12, 0, 0, tzinfo=UTC)
    code = totp.code_at(KEY, totp.step_of(now + timedelta(seconds=seconds)))
    assert (totp.matching_step(KEY, code, now) is not None) is accepted


def test_a_used_step_and_those_before_are_gone() -> None:
    now = datetime(2026, 8, 20, 12, 0, 0, tzinfo=UTC)
    step = totp.step_of(now)
    assert totp.matching_step(KEY, totp.code_at(KEY, step), now, after=step) is None
    assert totp.matching_step(KEY, totp.code_at(KEY, step - 1), now, after=step) is None
    assert totp.matching_step(KEY, totp.code_at(KEY, step + 1), now, after=step) == step + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "\u0661\u0662\u0663\u0664\u0665\u0666", "abcdef"])
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert totp.matching_step(KEY, code, datetime(2026, 8, 20, tzinfo=UTC)) is None


def test_keys_are_read_however_they_are_spelled() -> None:
    secret = base64.b32encode(KEY).decode()
    assert totp.key_of(secret) == totp.key_of(secret.lower()) == totp.key_of(f" {secret[:4]} {secret[4:]}==") == KEY
    assert [totp.key_of(text) for text in ("", "1", "!!!!", "\u00e9")] == [None] * 4


def test_new_keys_have_twenty_bytes() -> None:
    first, second = totp.new_key("a"), totp.new_key("b")
    assert len(totp.key_of(first) or b"") == 20
    assert first != second
