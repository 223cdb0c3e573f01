"""What a token request says about the second step, and how addresses are masked."""

import pytest

from common.domains.accounts.two_step.rules import SecondStep, masked, same_recovery_code, second_step_of


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("owner@example.com", "ow***@example.com"),
        ("anna@example.com", "a***@example.com"),
        ("bob@example.com", "b**@example.com"),
        ("me@example.com", "**@example.com"),
        ("x@example.com", "*@example.com"),
    ],
)
def test_masked_addresses(email: str, shown: str) -> None:
    assert masked(email) == shown


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        ({}, None),
        ({"twofactortoken": "123456"}, None),
        ({"twofactorprovider": "0"}, None),
        ({"twofactortoken": " ", "twofactorprovider": "0"}, None),
        ({"twofactortoken": "1", "twofactorprovider": "0", "twofactorremember": "1"}, SecondStep(0, "1", True)),
        ({"twofactortoken": "1", "twofactorprovider": "1", "twofactorremember": "0"}, SecondStep(1, "1")),
        ({"twofactortoken": "1", "twofactorprovider": "\u0661"}, SecondStep(-1, "1")),
        ({"twofactortoken": "1", "twofactorprovider": "9" * 5000}, SecondStep(-1, "1")),
    ],
)
def test_second_step_of_a_form(fields: dict[str, str], step: SecondStep | None) -> None:
    assert second_step_of(fields) == step


def test_recovery_codes_are_compared_without_blanks_and_case() -> None:
    assert same_recovery_code("abcd1234", "ABCD 1234")
    assert not same_recovery_code("abcd1234", "abcd1235")
    assert not same_recovery_code(None, "")
