"""Rights of members, names and seats."""

from dataclasses import dataclass
from typing import Any

import pytest

from common.domains.organizations import rules
from common.enums import ApiKeyType, MemberStatus, MemberType, ProductTier
from common.errors import Refusal


@dataclass
class Role:
    type: int
    status: int = MemberStatus.CONFIRMED
    permissions: dict[str, Any] | None = None


OWNER, ADMIN, USER = Role(MemberType.OWNER), Role(MemberType.ADMIN), Role(MemberType.USER)
MANAGER = Role(MemberType.CUSTOM, permissions={"manageUsers": True})


def test_who_may_manage_users() -> None:
    assert [rules.may_manage_users(role) for role in (OWNER, ADMIN, MANAGER, USER)] == [True, True, True, False]


@pytest.mark.parametrize("status", [MemberStatus.REVOKED, MemberStatus.INVITED, MemberStatus.ACCEPTED])
def test_nobody_has_rights_before_being_confirmed(status: MemberStatus) -> None:
    for member_type in MemberType:
        role = Role(member_type, status, {"manageUsers": True, "managePolicies": True, "deleteAnyCollection": True})
        assert not rules.may_manage_users(role)
        assert not rules.is_owner(role)
        assert not rules.may_use_api_key(role, ApiKeyType.BILLING_SYNC)


def test_api_keys_are_the_owners_and_scim_also_the_managers() -> None:
    scim = Role(MemberType.CUSTOM, permissions={"manageScim": True})
    assert [rules.may_use_api_key(role, ApiKeyType.BILLING_SYNC) for role in (OWNER, ADMIN, scim)] == [
        True,
        False,
        False,
    ]
    assert [rules.may_use_api_key(role, ApiKeyType.SCIM) for role in (OWNER, ADMIN, scim, USER)] == [
        True,
        True,
        True,
        False,
    ]


def test_billing_sync_tiers() -> None:
    offered = {tier for tier in ProductTier if rules.offers_api_key(tier, ApiKeyType.BILLING_SYNC)}
    assert offered == {ProductTier.TEAMS, ProductTier.ENTERPRISE}
    assert all(rules.offers_api_key(tier, ApiKeyType.DEFAULT) for tier in ProductTier)


@pytest.mark.parametrize(
    ("caller", "old", "new", "permissions", "text"),
    [
        (ADMIN, None, MemberType.OWNER, None, "Only an Owner can configure another Owner's account."),
        (ADMIN, MemberType.OWNER, MemberType.USER, None, "Only an Owner can configure another Owner's account."),
        (MANAGER, None, MemberType.ADMIN, None, "Custom users can not manage Admins or Owners."),
        (
            MANAGER,
            None,
            MemberType.CUSTOM,
            {"manageSso": True},
            "Custom users can only grant the same custom permissions that they have.",
        ),
    ],
)
def test_role_that_the_caller_may_not_give(
    caller: Role, old: int | None, new: int, permissions: dict[str, bool] | None, text: str
) -> None:
    with pytest.raises(Refusal, match=text.replace(".", r"\.")):
        rules.check_role_change(caller, old_type=old, new_type=new, new_permissions=permissions, custom_allowed=True)


def test_custom_member_may_pass_on_own_permissions() -> None:
    wanted = {"manageUsers": True, "manageSso": False}
    rules.check_role_change(
        MANAGER, old_type=None, new_type=MemberType.CUSTOM, new_permissions=wanted, custom_allowed=True
    )


def test_custom_role_needs_an_enterprise_plan() -> None:
    with pytest.raises(Refusal, match="must be on an Enterprise plan"):
        rules.check_role_change(
            OWNER, old_type=None, new_type=MemberType.CUSTOM, new_permissions=None, custom_allowed=False
        )


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("Contoso & Sons", "Contoso &amp; Sons"),
        ('<b>"it\'s"</b>', "&lt;b&gt;&quot;it&#39;s&quot;&lt;/b&gt;"),
        ("Müller", "M&#252;ller"),
        ("百威", "百威"),
        ("🔐", "&#128272;"),
    ],
)
def test_names_are_stored_as_dotnet_encodes_them(name: str, stored: str) -> None:
    assert rules.stored_name(name) == stored
    assert rules.display_name(stored) == name


def test_empty_name_is_shown_as_none() -> None:
    assert (rules.display_name(""), rules.display_name(None)) == (None, None)


@pytest.mark.parametrize(
    ("seats", "occupied", "wanted", "missing"), [(None, 99, 5, 0), (10, 8, 2, 0), (10, 8, 3, 1), (10, 12, 1, 3)]
)
def test_missing_seats(seats: int | None, occupied: int, wanted: int, missing: int) -> None:
    assert rules.seats_missing(seats, occupied, wanted) == missing


@pytest.mark.parametrize(
    ("has_user", "has_key", "status"),
    [
        (False, False, MemberStatus.INVITED),
        (True, False, MemberStatus.ACCEPTED),
        (True, True, MemberStatus.CONFIRMED),
    ],
)
def test_restored_member_returns_to_the_state_before(has_user: bool, has_key: bool, status: MemberStatus) -> None:
    assert rules.status_before_revocation(has_user=has_user, has_key=has_key) == status
