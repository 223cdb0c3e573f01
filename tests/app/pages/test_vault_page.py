"""The first page after signing in: which organizations one is in, as what."""

import pytest

from tests.support.harness import Pair, Side
from tests.support.scenarios import license_loop
from tests.support.screen import shown, tag
from tests.support.visitor import Visitor


def test_organizations_are_shown_with_role_and_state(pair: Pair) -> None:
    license_loop(pair)
    page = Visitor(pair.selfhost).log_in(pair.owner).get("/vault")
    assert shown(page, "x.vaultOrganization") == "Acme Owner Member"
    assert 'href="/organizations/' in page.text


@pytest.mark.parametrize("name", ["cloud", "selfhost"])
def test_who_is_in_none_sees_no_table(pair: Pair, name: str) -> None:
    side: Side = getattr(pair, name)
    page = Visitor(side).log_in(side.sign_up("alone@example.com")).get("/vault")
    with pytest.raises(AssertionError):
        tag(page, "x.vaultOrganization")
