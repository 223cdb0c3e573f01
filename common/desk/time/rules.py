"""Which runs of recurring jobs are worth doing while time is played, and for which organizations. Pure.

Between two events a job finds the same at its second run as at its first. So a job runs first where something may have
become another thing since its last run (`waiting`); and last before an event where that event looks at the moment of
its last run (`precedes`); both only for the organizations that are concerned. At the end everything runs that is
due by then. Runs that are left out could change nothing but the books of runs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from common.server.jobs.schedules import Schedule

_TICK = timedelta(microseconds=1)


class Some(NamedTuple):
    """Organizations by their ids, as the instance knows them where it does; or all there are."""

    ids: frozenset[str] = frozenset()
    all: bool = False

    def __bool__(self) -> bool:
        return self.all or bool(self.ids)

    def __or__(self, other: "Some") -> "Some":
        return Some(self.ids | other.ids, self.all or other.all)


NONE, ALL = Some(), Some(all=True)


@dataclass
class Task:
    """A job of an app that runs by schedule. All moments are the stack's; skew: how far the app's clock is ahead.

    idle, in_parts, heeds, precedes, amounts_to: as the app says of its job. waiting: whom it has to be done for,
    because something may be another thing. ran_at: when it ran last.
    """

    app: str
    job: str
    schedule: Schedule
    anchor: datetime
    skew: timedelta = timedelta()
    idle: bool = False
    in_parts: bool = False
    heeds: frozenset[str] | None = None
    precedes: frozenset[str] = frozenset()
    amounts_to: frozenset[str] | None = None
    waiting: Some = ALL
    ran_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Tells the jobs of all apps apart."""
        return self.app, self.job

    def first(self, begin: datetime) -> datetime:
        """The first run from a moment on that was not done yet."""
        since = begin - _TICK if self.ran_at is None else max(begin - _TICK, self.ran_at)
        return self.schedule.next(since + self.skew, self.anchor) - self.skew

    def last(self, begin: datetime, until: datetime) -> datetime | None:
        """The last run by a moment, if it is not before another one and was not done yet."""
        due = self.schedule.latest(until + self.skew, self.anchor)
        if due is None or due - self.skew < begin or (self.ran_at is not None and due - self.skew <= self.ran_at):
            return None
        return due - self.skew

    def heeds_kind(self, kind: str) -> bool:
        """Whether something of this kind may make its result another one."""
        return not self.idle and (self.heeds is None or kind in self.heeds)

    def heeds_change(self, amounts_to: frozenset[str] | None) -> bool:
        """Whether the change that a run amounts to may make its result another one."""
        return not self.idle and (self.heeds is None or amounts_to is None or not self.heeds.isdisjoint(amounts_to))


@dataclass
class Plan:
    """What is left to do. ahead: what happens by itself, in order. twins: id on the cloud -> id on the instance."""

    tasks: Sequence[Task]
    ahead: list[dict[str, Any]]
    twins: Mapping[str, str] = field(default_factory=dict)

    def known_as(self, ids: Iterable[str] | None) -> Some:
        """Organizations as the instance knows them. None: all."""
        return ALL if ids is None else Some(frozenset(self.twins.get(each, each) for each in ids))

    def next_event(self, after: datetime, to: datetime) -> datetime | None:
        """When something happens by itself next."""
        return next((each["at"] for each in self.ahead if after < each["at"] <= to), None)

    def events_at(self, moment: datetime) -> list[dict[str, Any]]:
        """What happens by itself then; whoever heeds it has to run after it."""
        events = [each for each in self.ahead if each["at"] == moment]
        for each in events:
            for task in self.tasks:
                if task.heeds_kind(each["kind"]):
                    task.waiting |= self._concerned(task, each)
        self.ahead = [each for each in self.ahead if each["at"] > moment]
        return events

    def changed(self, by: Task, ids: Iterable[str] | None, ran: Iterable[Task]) -> None:
        """A run changed something of these organizations (None = of any): who heeds it has to run, but for those."""
        keys, concerned = {each.key for each in ran}, self.known_as(ids)
        for task in self.tasks:
            if task.key not in keys and task.heeds_change(by.amounts_to):
                task.waiting |= concerned

    def next_runs(self, now: datetime, to: datetime) -> tuple[datetime, dict[tuple[str, str], Some]] | None:
        """The next moment from now on, before the next event, at which jobs run, and for whom; None = at none."""
        event = self.next_event(now, to)
        limit = to if event is None else event - _TICK
        due = {task.key: each for task in self.tasks if (each := self._due(task, now, limit, to))}
        moment = min((each[0] for each in due.values()), default=None)
        if moment is None:
            return None
        return moment, {key: whom for key, (at, whom) in due.items() if at == moment}

    def ran(self, moment: datetime, runs: Mapping[tuple[str, str], Some]) -> list[Task]:
        """These runs are done then; the tasks."""
        done = [task for task in self.tasks if task.key in runs]
        for task in done:
            task.ran_at, task.waiting = moment, NONE
        return done

    def _due(self, task: Task, now: datetime, limit: datetime, to: datetime) -> tuple[datetime, Some] | None:
        if task.waiting and not task.idle:
            first = task.first(now)
            if first <= limit:
                return first, task.waiting | self._soon(task, first, to)
        last = task.last(now, limit)
        if last is None:
            return None
        soon = self._soon(task, last, to)
        return (last, soon) if soon else None

    def _soon(self, task: Task, run: datetime, to: datetime) -> Some:
        """Whose events look at this run, because it is the last one before them, or the last one of all."""
        after = task.schedule.next(run + task.skew, task.anchor) - task.skew
        if after > to:
            return ALL
        found = NONE
        if task.precedes:
            for each in self.ahead:
                if each["at"] > after:
                    break
                if run < each["at"] and each["kind"] in task.precedes:
                    found |= self._concerned(task, each)
        return found

    def _concerned(self, task: Task, event: Mapping[str, Any]) -> Some:
        """Whom a job is to be done for because of an event: those that it may matter to and that it knows."""
        concerned = self.known_as(event["touches"])
        if concerned.all or not task.precedes:
            return concerned
        return Some(concerned.ids & self._connected)

    @cached_property
    def _connected(self) -> frozenset[str]:
        return frozenset(self.twins.values())
