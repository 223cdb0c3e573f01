"""Pure rules: who may sponsor, statuses, what survives a renewal. The texts are the contract."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from common.domains.families.rules import check_replaceable, check_sponsor
from common.domains.sponsorships import rules
from common.domains.sponsorships.rules import Flaw, Status
from common.enums import MemberStatus, ProductTier
from common.errors import Refusal

NOW = datetime(2026, 8, 20, 12, tzinfo=UTC)
SOME, OTHER = UUID(int=1), UUID(int=2)


@dataclass
class Row:
    """A redeemed sponsorship in good order."""

    sponsoring_organization_id: UUID | None = SOME
    sponsoring_organization_user_id: UUID = OTHER
    sponsored_organization_id: UUID | None = SOME
    last_sync_date: datetime | None = NOW
    valid_until: datetime | None = NOW
    to_delete: bool = False
    was_sent: bool = False
    is_admin_initiated: bool = False


@dataclass
class Organization:
    """A sponsor in good order."""

    enabled: bool = True
    expiration_date: datetime | None = None
    use_admin_sponsored_families: bool = False
    tier: ProductTier = ProductTier.ENTERPRISE


@pytest.mark.parametrize(
    ("own", "tier", "status", "text"),
    [
        (None, 3, 2, "Cannot offer a Families Organization Sponsorship to yourself. Choose a different email."),
        ("A@b.c ", 0, 0, "Cannot offer a Families Organization Sponsorship to yourself. Choose a different email."),
        ("x@b.c", 2, 0, "Specified Organization cannot sponsor other organizations."),
        ("x@b.c", 3, 1, "Only confirmed users can sponsor other organizations."),
        ("x@b.c", 3, -1, "Only confirmed users can sponsor other organizations."),
    ],
)
def test_sponsor_is_refused_in_order(own: str | None, tier: int, status: int, text: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_sponsor(own, "a@b.c", ProductTier(tier), status)
    assert (refused.value.status, refused.value.message) == (400, text)


def test_confirmed_member_of_an_enterprise_organization_may_sponsor() -> None:
    check_sponsor("x@b.c", "a@b.c", ProductTier.ENTERPRISE, MemberStatus.CONFIRMED)


@pytest.mark.parametrize(
    "own",
    [
        Row(valid_until=None),
        Row(sponsored_organization_id=None),  # an instance knows only the end date
    ],
)
def test_redeemed_sponsorship_is_not_replaced(own: Row) -> None:
    with pytest.raises(Refusal, match=r"^Can only sponsor one organization per Organization User\.$"):
        check_replaceable(own)


def test_open_offer_is_replaced() -> None:
    check_replaceable(Row(sponsored_organization_id=None, valid_until=None, to_delete=True))


@pytest.mark.parametrize(
    ("row", "by_sync", "at_once"),
    [
        (Row(), False, False),
        (Row(sponsored_organization_id=None), False, True),
        (Row(last_sync_date=None), True, True),
        (Row(last_sync_date=None, was_sent=True), True, False),
        (Row(sponsored_organization_id=None), True, False),
    ],
)
def test_what_dies_at_once_when_it_is_revoked(row: Row, by_sync: bool, at_once: bool) -> None:
    assert rules.dies_at_once(row, by_sync=by_sync) is at_once


@pytest.mark.parametrize("by_sync", [True, False])
@pytest.mark.parametrize(
    ("to_delete", "ends", "synced", "on_instance", "on_cloud"),
    [
        (True, True, True, Status.EXPIRES, Status.EXPIRES),
        (True, True, False, Status.EXPIRES, Status.EXPIRES),
        (True, False, True, Status.REMOVED, Status.REMOVED),
        (True, False, False, Status.REMOVED, Status.REMOVED),
        (False, True, True, Status.ACTIVE, Status.ACTIVE),
        (False, True, False, Status.ACTIVE, Status.ACTIVE),
        (False, False, True, Status.SENT, Status.SENT),
        (False, False, False, Status.REQUESTED, Status.SENT),
    ],
)
def test_status(
    to_delete: bool, ends: bool, synced: bool, on_instance: Status, on_cloud: Status, by_sync: bool
) -> None:
    row = Row(to_delete=to_delete, valid_until=NOW if ends else None, last_sync_date=NOW if synced else None)
    assert rules.status_of(row, by_sync=by_sync) is (on_instance if by_sync else on_cloud)


HALF_A_YEAR = timedelta(days=182, hours=12)


@pytest.mark.parametrize(
    ("row", "sponsor", "flaw"),
    [
        ({}, {}, None),
        ({"last_sync_date": None}, {}, None),
        ({}, {"expiration_date": NOW - timedelta(days=1)}, None),
        ({}, {"enabled": False, "expiration_date": NOW - timedelta(days=93)}, None),
        ({"is_admin_initiated": True}, {"use_admin_sponsored_families": True}, None),
        ({"last_sync_date": NOW - HALF_A_YEAR}, {}, None),
        ({"sponsoring_organization_id": None}, {}, Flaw.NO_SPONSORING_ORGANIZATION),
        ({"sponsoring_organization_user_id": UUID(int=0)}, {}, Flaw.NO_MEMBER),
        ({}, {"enabled": False, "expiration_date": NOW - timedelta(days=100)}, Flaw.SPONSOR_DISABLED),
        ({}, {"enabled": False}, Flaw.SPONSOR_DISABLED),
        ({"is_admin_initiated": True}, {}, Flaw.ADMIN_INITIATED),
        ({}, {"tier": ProductTier.TEAMS}, Flaw.SPONSOR_TIER),
        ({"to_delete": True}, {}, Flaw.REVOKED),
        ({"last_sync_date": NOW - HALF_A_YEAR - timedelta(seconds=1)}, {}, Flaw.NOT_SYNCED),
    ],
)
def test_what_survives_a_renewal(row: dict[str, Any], sponsor: dict[str, Any], flaw: Flaw | None) -> None:
    assert rules.flaw_of(replace(Row(), **row), replace(Organization(), **sponsor), NOW) is flaw


def test_missing_rows_are_flaws() -> None:
    assert rules.flaw_of(None, None, NOW) is Flaw.NO_SPONSORSHIP
    assert rules.flaw_of(Row(), None, NOW) is Flaw.NO_SPONSORING_ORGANIZATION
