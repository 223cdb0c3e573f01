"""What policies answer to who is let in, by what binds them. fidelity.md: policies.kept."""

from collections.abc import Callable

import pytest

from common.domains.organizations.compliance import (
    Bonds,
    against_accepting,
    against_confirming,
    against_restoring,
)
from common.errors import Refusal

LEAVE = "b@a.example cannot be {} until they leave all other organization vaults."
FORBIDDEN = "b@a.example cannot be {} because they are a member of another organization which forbids it."
Rule = Callable[[Bonds, str], Refusal | None]


@pytest.mark.parametrize(
    ("rule", "bonds", "told"),
    [
        (against_confirming, Bonds(), None),
        (against_confirming, Bonds(elsewhere=True), None),
        (against_confirming, Bonds(single=True), None),
        (against_confirming, Bonds(True, two_step=True, single=True), "User does not have two-step login enabled."),
        (against_confirming, Bonds(True, single=True, automatic=True), "Cannot confirm b@a.example until they leave"),
        (against_confirming, Bonds(True, single=True, forbidden_by_single=True), LEAVE.format("confirmed")),
        (against_confirming, Bonds(True, forbidden_by_single=True), FORBIDDEN.format("confirmed")),
        (against_confirming, Bonds(True, forbidden_by_automatic=True), "Cannot confirm b@a.example because they are"),
        (against_restoring, Bonds(True, automatic=True), LEAVE.format("restored")),
        (against_restoring, Bonds(True, forbidden_by_automatic=True), FORBIDDEN.format("restored")),
        (against_restoring, Bonds(two_step=True, automatic=True), "b@a.example is not compliant with the two-step"),
        (
            against_accepting,
            Bonds(True, two_step=True, forbidden_by_single=True),
            "You cannot accept this invite because",
        ),
        (against_accepting, Bonds(True), None),
    ],
)
def test_the_first_reason_is_told(rule: Rule, bonds: Bonds, told: str | None) -> None:
    refusal = rule(bonds, "b@a.example")
    assert (refusal is None) == (told is None)
    assert refusal is None or refusal.message.startswith(told or "-")
