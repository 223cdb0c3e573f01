"""Which runs of jobs are worth doing while time is played, and for whom."""

from datetime import UTC, datetime, timedelta
from typing import Any

from common.desk.time.rules import ALL, NONE, Plan, Some, Task
from common.server.jobs.schedules import Every

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
END = BEGIN + 10 * HOUR
Way = list[tuple[float, list[tuple[str, set[str] | None]]]]


def task(job: str, **known: Any) -> Task:
    """One that runs at each full hour."""
    return Task("selfhost", job, Every(HOUR), BEGIN, **known)


def event(hour: float, kind: str, *touches: str) -> dict[str, Any]:
    return {"at": BEGIN + hour * HOUR, "app": "selfhost", "kind": kind, "subject": kind, "touches": list(touches)}


def crossed(plan: Plan, end: datetime = END) -> Way:
    """Hours, jobs and for whom (None = for all) from moment to moment; an event is a moment with no job."""
    way: Way = []
    at = BEGIN
    while at < end:
        runs = plan.next_runs(at, end)
        if runs is None:
            at = plan.next_event(at, end) or end
            plan.events_at(at)
            way.append(((at - BEGIN) / HOUR, []))
        else:
            at = runs[0]
            plan.ran(*runs)
            told = [(job, None if whom.all else set(whom.ids)) for (_, job), whom in sorted(runs[1].items())]
            way.append(((at - BEGIN) / HOUR, told))
    return way


def test_the_first_run_and_the_last_one_are_done() -> None:
    assert crossed(Plan([task("a")], [])) == [(0, [("a", None)]), (10, [("a", None)])]


def test_one_that_changes_nothing_runs_last_only() -> None:
    assert crossed(Plan([task("a", idle=True)], [])) == [(10, [("a", None)])]


def test_what_it_does_not_heed_is_passed_over() -> None:
    plan = Plan([task("a", heeds=frozenset({"end"}))], [event(2.5, "other", "x"), event(4.5, "end", "x")])
    assert crossed(plan) == [(0, [("a", None)]), (2.5, []), (4.5, []), (5, [("a", {"x"})]), (10, [("a", None)])]


def test_before_who_looks_at_it_and_after_what_it_heeds_it_runs_for_those_concerned() -> None:
    kinds = frozenset({"renewal"})
    plan = Plan(
        [task("a", heeds=kinds, precedes=kinds)],
        [event(4.2, "renewal", "cloud-x"), event(4.6, "renewal", "cloud-y"), event(6.5, "renewal", "stranger")],
        {"cloud-x": "x", "cloud-y": "y"},
    )
    way = [each for each in crossed(plan) if each[1]]
    assert way == [(0, [("a", None)]), (4, [("a", {"x", "y"})]), (5, [("a", {"x", "y"})]), (10, [("a", None)])]


def test_a_run_at_the_moment_of_an_event_comes_after_it() -> None:
    kinds = frozenset({"end"})
    plan = Plan([task("a", heeds=kinds, precedes=kinds)], [event(4, "end", "x")], {"cloud-x": "x"})
    assert crossed(plan)[1:4] == [(3, [("a", {"x"})]), (4, []), (4, [("a", {"x"})])]


def test_a_change_is_a_matter_of_those_who_heed_it() -> None:
    purge, sync = task("purge", amounts_to=frozenset({"purged"})), task("sync", heeds=frozenset({"purged"}))
    other = task("other", heeds=frozenset({"end"}))
    plan = Plan([purge, sync, other], [], {"cloud-x": "x"})
    for each in plan.tasks:
        each.waiting = NONE
    plan.changed(purge, ["cloud-x"], [purge])
    assert [each.waiting for each in plan.tasks] == [NONE, Some(frozenset({"x"})), NONE]
    plan.changed(purge, None, [purge])
    assert sync.waiting.all and other.waiting == NONE


def test_nothing_known_means_everybody() -> None:
    assert Plan([], []).known_as(None) == ALL
    assert Plan([], []).known_as([]) == NONE
