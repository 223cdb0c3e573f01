"""What members may do with an organization's item, and which revisions may be changed."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from common.domains.vault.rules import CollectionGrant, Rights, check_bulk, check_revision, rights
from common.errors import Refusal

NOW = datetime(2026, 8, 20, tzinfo=UTC)


def _grant(*, read_only: bool = False, hide: bool = False, manage: bool = False) -> CollectionGrant:
    return CollectionGrant(uuid4(), read_only, hide, manage)


@pytest.mark.parametrize(
    ("grants", "limited", "expected"),
    [
        ([_grant()], False, Rights(edit=True, view_password=True, delete=True)),
        ([_grant()], True, Rights(edit=True, view_password=True, delete=False)),
        ([_grant(manage=True)], True, Rights(edit=True, view_password=True, delete=True)),
        ([_grant(read_only=True)], False, Rights(edit=False, view_password=True, delete=False)),
        ([_grant(read_only=True, hide=True)], False, Rights(edit=False, view_password=False, delete=False)),
        ([_grant(read_only=True), _grant(hide=True)], False, Rights(edit=True, view_password=True, delete=True)),
    ],
)
def test_the_best_way_counts(grants: list[CollectionGrant], limited: bool, expected: Rights) -> None:
    assert rights(grants, limit_item_deletion=limited) == expected


@pytest.mark.parametrize("known", [None, NOW, NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)])
def test_a_second_of_difference_is_forgiven(known: datetime | None) -> None:
    check_revision(NOW, known)


@pytest.mark.parametrize("seconds", [1.001, -1.001])
def test_a_stale_revision_is_refused(seconds: float) -> None:
    with pytest.raises(Refusal, match="is out of date"):
        check_revision(NOW, NOW + timedelta(seconds=seconds))


def test_the_cloud_takes_500_items_at_once() -> None:
    check_bulk(500, "move", most=500)
    check_bulk(501, "move", most=None)
    with pytest.raises(Refusal, match=r"^You can only move up to 500 items at a time\.$"):
        check_bulk(501, "move", most=500)
