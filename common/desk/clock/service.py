"""Moving the clocks of all apps alike, or one of them. Going forward with all that it brings is playing time
(common/desk/time)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from common.clock import Clock
from common.desk.faults.service import Transport
from common.desk.time.apps import AppRefused
from common.desk.time.http import NotThere
from common.desk.time.stopped import Rest
from common.errors import Refusal, bad_request
from common.wire.clock import ClockOfApp, ClockOrder, ClocksOfStack

Play = Callable[[datetime], None]
"""Has everything happen that becomes due by a moment. Raises Refusal."""

PATH, RULE = "/_sim/clock", "sim.clock"
ALONE = (
    "This clock goes with those of the stack: POST /_sim/advance plays time for all of them, skewSeconds puts one app "
    "ahead. With jump it moves alone, and nothing is done of what becomes due on the way."
)
JUMPED = "The clocks jumped: nothing was done of what became due on the way."
_SAME_TIME = timedelta(seconds=2)
_STOPPED_TOO = frozenset({"freeze", "now", "advanceSeconds"})
"""What the clock of an app that is stopped takes part in, unless it is a jump."""
_NONE: Mapping[str, Rest] = MappingProxyType({})


def clocks_of(apps: Mapping[str, Transport]) -> ClocksOfStack:
    """What time it is for each app, and how far it is ahead of the first one that answers."""
    told, silent = _ask(apps, lambda app: app.get(PATH))
    first = next(iter(told.values()), None)
    return ClocksOfStack(
        data=[
            ClockOfApp.model_validate(each | {"app": name, "skewSeconds": _skew(each, first).total_seconds()})
            for name, each in told.items()
        ],
        silent=silent,
    )


def move(
    apps: Mapping[str, Transport], order: ClockOrder, clock: Clock, play: Play, rests: Mapping[str, Rest] = _NONE
) -> ClocksOfStack:
    """Do one thing to the clocks, or to that of one app. play: of all of them. rests: of those that people may stop.

    Errors: 400 unknown app, not one thing, no such time; 409 one app forward without a jump, or back without force;
    503 an app does not answer that is needed for it; whatever an app refuses.
    """
    try:
        warning = _done(apps, order, clock, play, rests)
    except AppRefused as refused:
        raise Refusal(refused.status, str(refused), rule=RULE) from refused
    except NotThere as silent:
        raise Refusal(503, str(silent), rule=RULE) from silent
    except OverflowError as error:
        raise bad_request(f"{order.what} is out of range.", rule=RULE) from error
    told = clocks_of(apps)
    went_along = warning is None and order.what in _STOPPED_TOO
    unmoved = [each for each in told.silent if not (went_along and each in rests and not rests[each].is_wanted)]
    return told.model_copy(update={"warning": warning, "silent": unmoved})


def _done(
    apps: Mapping[str, Transport], order: ClockOrder, clock: Clock, play: Play, rests: Mapping[str, Rest]
) -> str | None:
    """What is to be said of it."""
    chosen = _chosen(apps, order.app)
    match order.what:
        case "skewSeconds":
            _skew_one(apps, chosen, timedelta(seconds=order.skew_seconds or 0.0))
        case "freeze":
            _freeze(chosen, rests, frozen=bool(order.freeze), real=clock.now())
        case "reset":
            _ask(chosen, lambda app: app.post(PATH, {"reset": True}))
        case "now" | "advanceSeconds":
            return _move(chosen, order, clock, play, rests)
    return None


def _chosen(apps: Mapping[str, Transport], name: str | None) -> Mapping[str, Transport]:
    if name is None:
        return apps
    if name not in apps:
        raise bad_request(f"There is no app {name!r}. There are: {', '.join(apps)}.", rule="sim.app")
    return {name: apps[name]}


def _skew_one(apps: Mapping[str, Transport], chosen: Mapping[str, Transport], wanted: timedelta) -> None:
    if len(chosen) != 1:
        raise bad_request("A skew is that of one app.", rule=RULE)
    ((name, app),) = chosen.items()
    first, own = next(iter(apps.values())).get(PATH), app.get(PATH)
    if name == next(iter(apps)):
        raise bad_request(f"{name} has the time of the stack; skew another app.", rule=RULE)
    step = wanted - (_now(own) - _now(first))
    app.post(PATH, {"advanceSeconds": step.total_seconds(), "jump": True})


def _freeze(chosen: Mapping[str, Transport], rests: Mapping[str, Rest], *, frozen: bool, real: datetime) -> None:
    """All at the same moment of real time, each in its own time, also one that is stopped."""

    def stand(app: Transport) -> None:
        own = app.get(PATH)
        moment = _now(own) if own["frozen"] else real + timedelta(seconds=own["offsetSeconds"])
        app.post(PATH, {"now": moment.isoformat(), "realAt": real.isoformat(), "freeze": frozen, "jump": True})

    _, silent = _ask(chosen, stand)
    for name in silent:
        rest = rests.get(name)
        if rest is not None and not rest.is_wanted:
            rest.end(rest.shift().seen_at(real), real, frozen=frozen)


def _move(
    chosen: Mapping[str, Transport], order: ClockOrder, clock: Clock, play: Play, rests: Mapping[str, Rest]
) -> str | None:
    """To a moment, or by so many seconds; what is to be said of it. The first app's time is the stack's."""
    now = _now(next(iter(chosen.values())).get(PATH))
    to = order.now.astimezone(UTC) if order.now is not None else now + timedelta(seconds=order.advance_seconds or 0)
    if to < now - _SAME_TIME and not order.force:
        raise Refusal(409, f"It is {now:%Y-%m-%d %H:%M} already. With force time goes back.", rule=RULE)
    jumps = order.jump or to < now
    if not jumps and order.app is not None:
        raise Refusal(409, ALONE, rule=RULE)
    if jumps:
        _jump(chosen, order)
        return JUMPED
    play(to)
    if order.freeze:
        _freeze(chosen, rests, frozen=True, real=clock.now())
    return None


def _jump(chosen: Mapping[str, Transport], order: ClockOrder) -> None:
    wanted = order.model_dump(mode="json", by_alias=True, include={"now", "advance_seconds"}, exclude_none=True)
    wanted |= {"freeze": order.freeze} if order.freeze is not None else {}
    _ask(chosen, lambda app: app.post(PATH, wanted | {"jump": True}))


def _ask(apps: Mapping[str, Transport], question: Callable[[Transport], Any]) -> tuple[dict[str, Any], list[str]]:
    told: dict[str, Any] = {}
    silent: list[str] = []
    for name, app in apps.items():
        try:
            told[name] = question(app)
        except NotThere:
            silent.append(name)
        except AppRefused as refused:
            raise Refusal(refused.status, str(refused), rule=RULE) from refused
    return told, silent


def _skew(clock: Mapping[str, Any], first: Mapping[str, Any] | None) -> timedelta:
    """A few milliseconds lie between two questions."""
    difference = _now(clock) - _now(first) if first else timedelta()
    return difference if abs(difference) > _SAME_TIME else timedelta()


def _now(clock: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(clock["now"])
