"""Which runs of jobs are worth doing while time is played."""

from datetime import UTC, datetime, timedelta

from common.desk.time.rules import Gap, Runs

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def runs(job: str, first: float, last: float, *, idle: bool = False) -> Runs:
    return Runs("selfhost", job, BEGIN + first * HOUR, BEGIN + last * HOUR, idle)


def crossed(gap: Gap) -> list[tuple[float, list[str]]]:
    """Hours and jobs from moment to moment."""
    way = []
    while True:
        moment = gap.next_moment()
        way.append(((moment - BEGIN) / HOUR, [each.job for each in gap.runs_at(moment)]))
        if moment == gap.end:
            return way


def test_the_first_and_the_last_run_in_the_order_of_their_moments() -> None:
    gap = Gap([runs("a", 1, 9), runs("b", 2, 8)], BEGIN + 10 * HOUR)
    assert crossed(gap) == [(1, ["a"]), (2, ["b"]), (8, ["b"]), (9, ["a"]), (10, [])]
    assert gap.settled == {("selfhost", "a"), ("selfhost", "b")}


def test_one_run_is_first_and_last() -> None:
    assert crossed(Gap([runs("a", 3, 3)], BEGIN + 5 * HOUR)) == [(3, ["a"]), (5, [])]


def test_who_has_run_since_anything_changed_needs_the_last_only() -> None:
    gap = Gap([runs("a", 1, 9), runs("b", 2, 8, idle=True)], BEGIN + 10 * HOUR, {("selfhost", "a")})
    assert crossed(gap) == [(8, ["b"]), (9, ["a"]), (10, [])]


def test_the_same_job_of_another_app_is_another_one() -> None:
    gap = Gap([runs("a", 1, 9), Runs("cloud-us", "a", BEGIN + HOUR, BEGIN + 2 * HOUR)], BEGIN + 9 * HOUR)
    assert crossed(gap) == [(1, ["a", "a"]), (2, ["a"]), (9, ["a"])]


def test_a_gap_without_runs() -> None:
    assert crossed(Gap([], BEGIN + HOUR)) == [(1, [])]
