"""What a synced row means, and which of the cloud's rows it is."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_sim.sponsorships import rules
from cloud_sim.sponsorships.rules import Step, Stored

NOW = datetime(2026, 8, 20, 12, tzinfo=UTC)
MEMBER, OTHER, FAMILY = UUID(int=1), UUID(int=2), UUID(int=9)


@dataclass(frozen=True)
class Told:
    """A row of a batch."""

    sponsoring_organization_user_id: UUID = MEMBER
    friendly_name: str | None = "a"
    offered_to_email: str | None = "a@b.c"
    last_sync_date: datetime | None = None
    to_delete: bool = False


def stored(member: UUID = MEMBER, name: str | None = "a", number: int = 1, family: UUID | None = None) -> Stored:
    return Stored(UUID(int=number), member, name, "a@b.c", family, None)


def step(
    told: Told, row: Stored | None, *, accepts_new: bool = True, orphans: bool = False, reoffers: bool = True
) -> Step:
    return rules.step_for(told, row, accepts_new=accepts_new, leaves_orphans=orphans, reoffers=reoffers)


@pytest.mark.parametrize(
    ("told", "row", "expected"),
    [
        (Told(), None, Step.ADD),
        (Told(last_sync_date=NOW), None, Step.ADD),
        (Told(to_delete=True), None, Step.SKIP),
        (Told(to_delete=True, last_sync_date=NOW), None, Step.GONE),
        (Told(), stored(), Step.TOUCH),
        (Told(last_sync_date=NOW), stored(name="b"), Step.TOUCH),
        (Told(), stored(name="b"), Step.REOFFER),
        (Told(), stored(name="b", family=FAMILY), Step.TOUCH),
        (Told(to_delete=True), stored(), Step.DELETE),
        (Told(to_delete=True), stored(family=FAMILY), Step.FLAG),
    ],
)
def test_step(told: Told, row: Stored | None, expected: Step) -> None:
    assert step(told, row) is expected


def test_organization_that_is_gone_keeps_what_it_has() -> None:
    assert step(Told(), None, accepts_new=False) is Step.SKIP
    assert step(Told(to_delete=True, last_sync_date=NOW), None, accepts_new=False) is Step.SKIP
    assert step(Told(), stored(), accepts_new=False) is Step.TOUCH


def test_defects_by_name() -> None:
    assert step(Told(to_delete=True, last_sync_date=NOW), None, orphans=True) is Step.ORPHAN
    assert step(Told(), stored(name="b"), reoffers=False) is Step.TOUCH


def test_single_rows_match_by_the_member_alone() -> None:
    assert rules.match([Told(friendly_name="x")], [stored(), stored(OTHER, "x", 2)]) == [stored()]


def test_shared_members_match_by_the_name_too() -> None:
    a, b = stored(), stored(name="b", number=2)
    assert rules.match([Told(friendly_name="b")], [a, b]) == [b]
    assert rules.match([Told(friendly_name="c")], [a, b]) == [None]
    assert rules.match([Told(), Told(friendly_name="b")], [a]) == [a, None]
    assert rules.match([Told(friendly_name="c"), Told(friendly_name="b")], [a]) == [None, None]


NAMES = st.sampled_from(["a", "b", None])
MEMBERS = st.sampled_from([MEMBER, OTHER])


@given(st.lists(st.tuples(MEMBERS, NAMES), max_size=6, unique=True), st.lists(st.tuples(MEMBERS, NAMES), unique=True))
def test_no_row_of_the_cloud_is_matched_twice(batch: list[tuple[UUID, str]], rows: list[tuple[UUID, str]]) -> None:
    known = [stored(member, name, number) for number, (member, name) in enumerate(rows)]
    found = [row for row in rules.match([Told(*each) for each in batch], known) if row is not None]
    assert len({row.id for row in found}) == len(found)
    assert all(row.member_id in {member for member, _ in batch} for row in found)
