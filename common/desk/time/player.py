"""Going from moment to moment: what happens by itself, and the runs of jobs that are worth doing.

Who has nothing to do at a moment is not asked: an app whose clock is behind is taken along with the next run of a job,
and once a second in any case, so that it is never without news for long.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from common.desk.time.apps import App
from common.desk.time.rules import Plan, Some, Task
from common.desk.time.stack import Advance, Event, Stack

_LOOKS_AHEAD = timedelta(days=60)
_SETTLED = frozenset({"trial-end", "renewal", "cancellation"})
"""What an app has to do something about at its moment. The rest is there by itself, for whoever looks."""

_NEWS_EVERY = 1.0


class Player:
    """One advance over one stack."""

    def __init__(self, stack: Stack, course: Advance) -> None:
        self._stack, self._course = stack, course
        self._plan = Plan([], [])
        self._seen_until = course.begin
        self._stopped: list[str] = []
        self._told_at = 0.0

    def begin(self) -> None:
        """Take everybody to the beginning, and find out what there is to do."""
        at = self._course.begin
        cut_off = {app.name: app.jobs() for app in self._stack.apps} if self._stack.pending else {}
        self._take_along(at)
        for app in self._stack.apps:
            if cut_off.get(app.name):
                self._course.events += app.play(at, cut_off[app.name]).events
        self._look_around()

    def goes_on(self) -> bool:
        """Whether there is some way left, and nobody has stopped it."""
        return self._course.at < self._course.to and not self._course.stopped

    def step(self) -> None:
        """Go to the next moment: what happens by itself at once, or else jobs."""
        at, to = self._course.at, self._course.to
        self._look_ahead(at)
        if time.monotonic() - self._told_at > _NEWS_EVERY:
            self._take_along(at)
        runs = self._plan.next_runs(at, to)
        if runs is not None:
            self._run(*runs)
        else:
            self._pass(self._plan.next_event(at, to) or to)
        if self._stack.stopped != self._stopped:
            self._look_around()

    def arrive(self) -> None:
        """Do the runs of the last moment where something else happens at it, too: they come after that."""
        to = self._course.to
        runs = None if self._course.stopped else self._plan.next_runs(to, to)
        if runs is not None:
            self._run(*runs)

    # --- what there is to do

    def _look_around(self) -> None:
        """Learn anew of all jobs, and of what is ahead: at the beginning, and when an app was stopped or is back."""
        tasks: list[Task] = []
        twins: dict[str, str] = {}
        for app in self._stack.apps:
            its_tasks, its_twins = app.tasks()
            tasks += its_tasks
            twins |= {on_cloud: own for own, on_cloud in its_twins.items()}
        self._stopped = self._stack.stopped
        self._plan = Plan(tasks, [], twins)
        self._seen_until = self._course.at
        self._look_ahead(self._course.at)

    def _look_ahead(self, at: datetime) -> None:
        """Know the next event, and all that comes until well after it: the run before it may serve others, too."""
        to = self._course.to
        while self._seen_until < to and self._seen_until < (self._plan.next_event(at, to) or to) + _LOOKS_AHEAD / 2:
            until = min(self._seen_until + _LOOKS_AHEAD, to)
            found = [each for app in self._stack.apps for each in app.ahead(self._seen_until, until)]
            self._expect(found)
            self._seen_until = until

    def _look_again(self, ids: Collection[str] | None, apps: Collection[App]) -> None:
        """Something changed there of these organizations (None = of any): look anew at what is ahead of them."""
        names, named = {app.name for app in apps}, frozenset(ids or ())
        known = named | {cloud for cloud, own in self._plan.twins.items() if own in named}
        kept = [
            each
            for each in self._plan.ahead
            if each["app"] not in names or (ids is not None and known.isdisjoint(each["touches"] or ()))
        ]
        self._plan.ahead = kept
        at = self._course.at
        for app in apps:
            self._expect(app.ahead(at, self._seen_until, None if ids is None else known))

    def _expect(self, found: list[dict[str, Any]]) -> None:
        """Put what was found among what is ahead; what is there twice happens once."""
        known = {_key(each): each for each in (*self._plan.ahead, *found)}
        self._plan.ahead = [known[key] for key in sorted(known)]

    # --- doing it

    def _pass(self, moment: datetime) -> None:
        """Go to a moment at which things happen by themselves, or nothing does."""
        self._course.at = moment
        events, told = self._plan.events_at(moment), dict[str, list[str]]()
        for app in self._stack.apps:
            settled = [each for each in events if each["app"] == app.name and each["kind"] in _SETTLED]
            if settled:
                played = app.play(moment)
                self._course.events += played.events
                told[app.name] = played.journal
                changed = {one for each in settled for one in each["touches"] or ()}
                if changed:
                    self._look_again(changed, [app])
        self._course.events += [_told(each, told) for each in events]
        if moment == self._course.to:
            self._take_along(moment)

    def _run(self, moment: datetime, runs: Mapping[tuple[str, str], Some]) -> None:
        """Do jobs, in the apps' order. Where one asks the other apps, it is as late for them before it begins."""
        self._course.at = moment
        done = self._plan.ran(moment, runs)
        busy = {task.app for task in done}
        if any(task.precedes for task in done):
            self._take_along(moment, [app for app in self._stack.apps if app.name not in busy])
        for app in self._stack.apps:
            jobs = [task for task in done if task.app == app.name]
            if not jobs:
                continue
            only = {each.job: runs[each.key].ids for each in jobs if each.in_parts and not runs[each.key].all}
            events = app.play(moment, [each.job for each in jobs], only).events
            self._course.events += events
            by_name = {task.job: task for task in jobs}
            for each in events:
                if each["changed"]:
                    task = by_name[each["subject"]]
                    self._plan.changed(task, each["touches"], done)
                    self._look_again(each["touches"], self._stack.apps if task.precedes else [app])

    def _take_along(self, moment: datetime, apps: Sequence[App] | None = None) -> None:
        for app in self._stack.apps if apps is None else apps:
            self._course.events += app.play(moment).events
        if apps is None:
            self._told_at = time.monotonic()


def _key(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """Tells what is ahead apart: also organizations of one name, to which the same happens at the same moment."""
    return (*(entry[name] for name in ("at", "app", "kind", "subject")), entry["organizationId"] or "")


def _told(entry: Event, journal: Mapping[str, list[str]]) -> Event:
    """Something that happened by itself, for the report. journal: what tells of what the apps did about it."""
    names = ("at", "app", "kind", "subject")
    entries = journal.get(entry["app"], []) if entry["kind"] in _SETTLED else []
    return {name: entry[name] for name in names} | {"outcome": "done", "changed": False, "journal": entries}
