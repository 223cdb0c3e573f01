"""Playing time over all apps: everything that becomes due, on every side, in the order of its moments.

The effect is that of having run all the while. An app that is not heard of for half a minute goes on by itself.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from common.clock import Clock, SystemClock
from common.desk.time.apps import App, AppRefused, Transport
from common.desk.time.pending import NOWHERE, Ledger, Pending
from common.desk.time.player import Player
from common.desk.time.stack import Advance, Event, Stack
from common.desk.time.stopped import Rest

_TOGETHER = timedelta(hours=1)
_SAME_TIME = timedelta(seconds=2)


class Unknown(Exception):
    """What was asked for does not exist. The text says what does."""


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
    """When something of a kind happens next; `next` = anything but a job. Raises Unknown.

    What of that kind follows within an hour is taken along: who renews an organization does not mean the account that
    was made a minute before it.
    """
    entries = [each for each in agenda(stack, horizon, organization) if each["kind"] != "job"]
    found = [each["at"] for each in entries if kind in ("next", each["kind"])]
    if organization is not None and not entries:
        raise Unknown(_nobody(stack, organization, horizon))
    if not found:
        known = ", ".join(dict.fromkeys(each["kind"] for each in entries)) or "nothing at all"
        raise Unknown(f"No {kind} is ahead by {horizon:%Y-%m-%d}. Ahead: {known}.")
    first: datetime = min(found)
    return first if kind == "next" else max(each for each in found if each - first <= _TOGETHER)


def _nobody(stack: Stack, organization: str, horizon: datetime) -> str:
    subjects = (each["subject"] for each in agenda(stack, horizon) if each["organizationId"])
    known = ", ".join(dict.fromkeys(subjects)) or "none"
    return (
        f"Nothing is ahead of an organization {organization} by {horizon:%Y-%m-%d}: is its name or id right? "
        f"There is something ahead of: {known}."
    )


def advance(stack: Stack, course: Advance, clock: Clock, ledger: Ledger = NOWHERE) -> None:
    """Play time until `course.to`, or until somebody has set `stopped`; the world is consistent after each moment.

    clock: real time. ledger: where it stands that this has begun, in case that it never comes to its end.
    Raises OSError and AppRefused of an app; time goes on from where it came to then, too.
    """
    begun = Pending(course.begin, course.to, stack.frozen, {app.name: app.skew for app in stack.apps})
    ledger.begin(begun)
    try:
        player = Player(stack, course)
        player.begin()
        while player.goes_on():
            player.step()
        player.arrive()
    except (OSError, AppRefused):
        _end(stack, course, clock.now())
        ledger.begin(begun._replace(skews={}))  # the clocks agree again; what was under way there is not known
        raise
    _end(stack, course, clock.now())
    ledger.end()


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
