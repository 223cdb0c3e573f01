"""Playing time over all apps: everything that becomes due, on every side, in the order of its moments.

The effect is that of having run all the while. An app that is not heard of for half a minute goes on by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common.clock import Clock, SystemClock
from common.desk.time.apps import App, AppRefused, Transport
from common.desk.time.pending import NOWHERE, Ledger, Pending
from common.desk.time.rules import Gap, Runs
from common.desk.time.stopped import Rest

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
    """The apps whose clocks are linked. now: the time of the first one. frozen: it stands still.

    pending: an advance of theirs whose desk was killed.
    """

    apps: Sequence[App]
    now: datetime
    frozen: bool
    pending: Pending | None = None

    @property
    def stopped(self) -> list[str]:
        """The apps that were stopped on purpose."""
        return [app.name for app in self.apps if app.is_stopped]


def link(
    transports: Mapping[str, Transport], rests: Mapping[str, Rest] | None = None, ledger: Ledger = NOWHERE
) -> Stack:
    """All apps with the differences of their clocks. rests: of those that people may stop.

    Where an advance has not come to its end, the clocks differ by that, too: then they are as far apart as before it,
    and it is as late as it is for who came farthest. Raises OSError when one does not answer.
    """
    rests, pending, clocks = rests or {}, ledger.open(), {}
    for name, each in transports.items():
        rest = rests.get(name)
        clocks[name] = _stopped_clock(rest) if rest and not rest.is_wanted else each.get("/_sim/clock")
    first = next(iter(clocks.values()))
    skews = pending.skews if pending else {}
    apps = [
        App(name, each, skews.get(name, _skew(clocks[name], first)), rests.get(name))
        for name, each in transports.items()
    ]
    if pending is None:
        return Stack(apps, _time(first), first["frozen"])
    return Stack(apps, max(_time(clocks[app.name]) - app.skew for app in apps), pending.frozen, pending)


def _stopped_clock(rest: Rest) -> dict[str, Any]:
    shift = rest.shift()
    return {"now": shift.seen_at(SystemClock().now()).isoformat(), "frozen": shift.frozen_at is not None}


def _time(clock: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(clock["now"])


def _skew(clock: Mapping[str, Any], first: Mapping[str, Any]) -> timedelta:
    """A few milliseconds lie between two questions, so clocks that differ by no more are alike."""
    difference = _time(clock) - _time(first)
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


def advance(stack: Stack, course: Advance, clock: Clock, ledger: Ledger = NOWHERE) -> None:
    """Play time until `course.to`, or until somebody has set `stopped`; the world is consistent after each moment.

    clock: real time. ledger: where it stands that this has begun, in case that it never comes to its end.
    Raises OSError and AppRefused of an app; time goes on from where it came to then, too.
    """
    begun = Pending(course.begin, course.to, stack.frozen, {app.name: app.skew for app in stack.apps})
    ledger.begin(begun)
    try:
        _play(stack, course, course.begin, _unfinished(stack))
        settled: set[tuple[str, str]] = set()
        while course.at < course.to and not course.stopped:
            settled = _cross(stack, course, settled)
    except (OSError, AppRefused):
        _end(stack, course, clock.now())
        ledger.begin(begun._replace(skews={}))  # the clocks agree again; what was under way there is not known
        raise
    _end(stack, course, clock.now())
    ledger.end()


def _unfinished(stack: Stack) -> dict[str, list[str]]:
    """What may be left to do of an advance that was killed: any job, of any app."""
    return {app.name: app.jobs() for app in stack.apps} if stack.pending else {}


def _end(stack: Stack, course: Advance, real: datetime) -> None:
    """Have time go on everywhere, also where another app does not answer. Raises OSError, AppRefused of the first."""
    problems: list[Exception] = []
    for app in stack.apps:
        course.events += app.missed(for_good=True)
        try:
            app.end(course.at, real, frozen=stack.frozen)
        except (OSError, AppRefused) as problem:
            problems.append(problem)
    if problems:
        raise problems[0]


def _cross(stack: Stack, course: Advance, settled: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Go through one gap, or until a run changes something or an app is stopped or back; the jobs that need no first
    run after it."""
    stopped = stack.stopped
    gap = _gap(stack, course.at, course.to, settled)
    while course.at < gap.end and not course.stopped:
        moment = gap.next_moment()
        runs = gap.runs_at(moment)
        jobs = {app.name: [each.job for each in runs if each.app == app.name] for app in stack.apps}
        events = _play(stack, course, moment, jobs)
        if any(each["changed"] for each in events):
            return {each.key for each in runs}
        if stack.stopped != stopped:
            break
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
    course.at = moment  # also if it does not come there everywhere: nobody goes back
    events: list[Event] = []
    for app in stack.apps:
        events += app.play(moment)
    for app in stack.apps:
        if jobs.get(app.name):
            events += app.play(moment, jobs[app.name])
    course.events += events
    return events
