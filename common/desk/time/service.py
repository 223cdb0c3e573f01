"""Playing time over all apps: everything that becomes due, on every side, in the order of its moments.

The effect is that of having run all the while. An app that is not heard of for half a minute goes on by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common.clock import Clock
from common.desk.time.apps import App, Transport
from common.desk.time.rules import Gap, Runs

Event = Mapping[str, Any]

_SAME_TIME = timedelta(seconds=2)
_TICK = timedelta(microseconds=1)


class Unknown(Exception):
    """What was asked for does not exist. The text says what does."""


@dataclass
class Advance:
    """Time on its way. at: where it is now. events: what happened so far. stopped: somebody wants it to end."""

    begin: datetime
    to: datetime
    at: datetime
    events: list[Event] = field(default_factory=list)
    stopped: bool = False


@dataclass(frozen=True)
class Stack:
    """The apps whose clocks are linked. now: the time of the first one. frozen: it stands still."""

    apps: Sequence[App]
    now: datetime
    frozen: bool


def link(transports: Mapping[str, Transport]) -> Stack:
    """All apps with the differences of their clocks. Raises OSError when one does not answer."""
    clocks = {name: each.get("/_sim/clock") for name, each in transports.items()}
    first = next(iter(clocks.values()))
    return Stack(
        [App(name, each, _skew(clocks[name], first)) for name, each in transports.items()],
        datetime.fromisoformat(first["now"]),
        first["frozen"],
    )


def _skew(clock: Mapping[str, Any], first: Mapping[str, Any]) -> timedelta:
    """A few milliseconds lie between two questions, so clocks that differ by no more are alike."""
    difference = datetime.fromisoformat(clock["now"]) - datetime.fromisoformat(first["now"])
    return difference if abs(difference) > _SAME_TIME else timedelta()


def agenda(stack: Stack, until: datetime, organization: str | None = None) -> list[Event]:
    """What will happen by then, everywhere, in order. organization: id or name; jobs are left out then."""
    entries = [entry for app in stack.apps for entry in app.agenda(until)]
    if organization is not None:
        wanted = organization.casefold()
        entries = [each for each in entries if wanted in (str(each["organizationId"]), each["subject"].casefold())]
    return sorted(entries, key=lambda each: (each["at"], each["app"], each["kind"], each["subject"]))


def moment_of(stack: Stack, kind: str, horizon: datetime, organization: str | None = None) -> datetime:
    """When something of a kind happens next; `next` = anything but a job. Raises Unknown."""
    entries = [each for each in agenda(stack, horizon, organization) if each["kind"] != "job"]
    found = [each["at"] for each in entries if kind in ("next", each["kind"])]
    if not found:
        known = ", ".join(dict.fromkeys(each["kind"] for each in entries)) or "nothing at all"
        raise Unknown(f"No {kind} is ahead by {horizon:%Y-%m-%d}. Ahead: {known}.")
    first: datetime = min(found)
    return first


def advance(stack: Stack, course: Advance, clock: Clock) -> None:
    """Play time until `course.to`, or until somebody has set `stopped`; the world is consistent after each moment.

    clock: real time. Raises OSError and AppRefused of an app; time goes on from where it came to then, too.
    """
    try:
        _play(stack, course, course.begin, {})
        settled: set[tuple[str, str]] = set()
        while course.at < course.to and not course.stopped:
            settled = _cross(stack, course, settled)
    finally:
        real = clock.now()
        for app in stack.apps:
            app.end(course.at, real, frozen=stack.frozen)


def _cross(stack: Stack, course: Advance, settled: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Go through one gap, or until a run changes something; the jobs that need no first run after it."""
    gap = _gap(stack, course.at, course.to, settled)
    while course.at < gap.end and not course.stopped:
        moment = gap.next_moment()
        runs = gap.runs_at(moment)
        jobs = {app.name: [each.job for each in runs if each.app == app.name] for app in stack.apps}
        events = _play(stack, course, moment, jobs)
        if any(each["changed"] for each in events):
            return {each.key for each in runs}
    return gap.settled


def _gap(stack: Stack, begin: datetime, to: datetime, settled: set[tuple[str, str]]) -> Gap:
    """From a moment, whose runs are part of it, to where something happens, whose runs come after that."""
    moments = [moment for app in stack.apps if (moment := app.next_moment(begin, to)) is not None]
    event = min(moments, default=None)
    last = to if event is None else event - _TICK
    runs = [
        Runs(app.name, each["job"], each["first"], each["last"], each["idle"])
        for app in stack.apps
        for each in app.runs(begin - _TICK, last)
    ]
    return Gap(runs, event or to, set(settled))


def _play(stack: Stack, course: Advance, moment: datetime, jobs: Mapping[str, Sequence[str]]) -> list[Event]:
    """Take all apps to a moment: first their clocks and what happens by itself, then the jobs, in the apps' order."""
    events: list[Event] = []
    for app in stack.apps:
        events += app.play(moment)
    for app in stack.apps:
        if jobs.get(app.name):
            events += app.play(moment, jobs[app.name])
    course.at = moment
    course.events += events
    return events
