"""The first page after signing in: which organizations one is in, as what."""

import pytest

from tests.support.harness import Pair, Side, Workshop
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


def test_the_command_line_is_named_only_where_it_works(workshop: Workshop) -> None:
    """`bw` refuses addresses that are not https."""
    plain = workshop.cloud()
    page = Visitor(plain).log_in(plain.sign_up("alone@example.com")).get("/vault")
    assert "bw config server" not in page.text
    assert "wardenloop up --tls" in (shown(page, "x.vaultNeedsTls") or "")
    sealed = workshop.cloud("EU", base_url="https://cloud-eu.test")
    page = Visitor(sealed).log_in(sealed.sign_up("alone@example.com")).get("/vault")
    assert shown(page, "x.vaultCommands") == "bw config server https://cloud-eu.test bw login alone@example.com"


def test_lock_asks_for_the_master_password_and_leads_back(cloud: Side) -> None:
    visitor = Visitor(cloud).log_in(cloud.sign_up("alone@example.com"))
    locked = visitor.submit("/settings/account", {"back": "/settings/account"}, "/lock")
    assert locked.location == "/login?email=alone%40example.com&next=%2Fsettings%2Faccount"
    assert visitor.get("/settings/account").location == "/login?next=%2Fsettings%2Faccount"
    assert "Locked. Enter the master password" in visitor.get(locked.location).text
