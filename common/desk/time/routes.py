"""Time of the whole stack over HTTP: `/_sim/agenda`, `/_sim/advance`. JSON, camelCase, refusals as `{"message"}`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from common.clock import duration_of, moment_of
from common.desk.control import HOME, control_blueprint, refusal
from common.desk.time import service
from common.desk.time.apps import AppRefused
from common.desk.time.courses import Busy, Course, Courses
from common.desk.time.http import NotThere, transports_of
from common.desk.time.pending import FOLDER, Ledger
from common.desk.time.service import Unknown
from common.desk.time.stack import Event, Stack
from common.desk.time.stopped import Rest, rest_of
from common.errors import Refusal
from common.server import policy
from common.server.operation import operation
from common.wire.desk import AdvanceOrder, AdvanceReport, StackAgenda

bp = control_blueprint("desk_time")

COURSES = "wardenloop courses"
HORIZON = timedelta(days=500)
"""How far is looked for the next of a kind, and the agenda's length unless another is asked for."""

LONGEST = timedelta(days=200 * 366)


_MEMBERS = frozenset({"by", "to", "until", "continue", "organization", "dryRun"})
_AIMS = ("by", "to", "until", "continue")


class _Bad(Exception):
    """What was asked for makes no sense. The text says why."""


_STATUS: dict[type[Exception], int] = {_Bad: 400, Unknown: 400, Busy: 409, AppRefused: 502, NotThere: 503}


def _told(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Refusals as JSON."""

    @wraps(view)
    def told(*arguments: Any, **values: Any) -> ResponseReturnValue:
        try:
            return view(*arguments, **values)
        except tuple(_STATUS) as problem:
            return refusal(str(problem), _status_of(problem))

    return told


@bp.get("/agenda")
@policy.control
@operation(query=("until", "organization"), answer=StackAgenda)
@_told
def show_agenda() -> ResponseReturnValue:
    """What will happen on every side. `until` (ISO 8601; 500 days ahead), `organization` (id or name).

    stopped: apps that were stopped on purpose, of which nothing is known.
    """
    stack = stack_now()
    until = _date(request.args["until"], "until") if request.args.get("until") else stack.now + HORIZON
    ahead = service.agenda(stack, until, request.args.get("organization") or None)
    return jsonify(data=_shown(ahead), stopped=stack.stopped)


@bp.post("/advance")
@policy.control
@operation(body=AdvanceOrder, query=("wait",), answer=AdvanceReport, answers={202: AdvanceReport})
@_told
def begin_advance() -> ResponseReturnValue:
    """Play time: `by` ("370d"), `to` (a date), `until` (a kind of the agenda, `next`; with `organization`), or
    `continue` (true): as far as an advance wanted to go that was cut off.

    `dryRun`: the agenda up to there, and nothing is done. `?wait=true`: answers at the end, otherwise 202 and an id.
    """
    wanted = request.get_json(silent=True)
    if not isinstance(wanted, dict):
        raise _Bad("Send a JSON object with one of by, to, until, continue.")
    for name in sorted(wanted.keys() - _MEMBERS):
        raise _Bad(f"Unknown member: {name}. Known: {', '.join(sorted(_MEMBERS))}.")
    if not isinstance(wanted.get("dryRun", False), bool):
        raise _Bad("dryRun is true or false.")
    stack = stack_now()
    to = _aim(stack, wanted)
    if wanted.get("dryRun"):
        ahead = [each for each in service.agenda(stack, to) if each["at"] <= to]
        return jsonify({"from": _iso(stack.now), "to": _iso(to), "events": _shown(ahead)})
    course = _courses().begin(stack, to, _ledger())
    if request.args.get("wait") != "true":
        return _course(course), 202
    course.ended.wait()
    return _course(course)


@bp.get("/advance/<uuid:course_id>")
@policy.control
@operation(answer=AdvanceReport)
def show_advance(course_id: UUID) -> ResponseReturnValue:
    """How far an advance has come, and what happened on its way."""
    course = _courses().find(course_id)
    return _course(course) if course else refusal("No such advance.", 404)


@bp.delete("/advance/<uuid:course_id>")
@policy.control
@operation(answer=AdvanceReport)
def stop_advance(course_id: UUID) -> ResponseReturnValue:
    """Stop an advance after the moment that it is at."""
    course = _courses().find(course_id)
    if course is None:
        return refusal("No such advance.", 404)
    course.advance.stopped = True
    course.ended.wait()
    return _course(course)


def _aim(stack: Stack, wanted: dict[str, Any]) -> datetime:
    given = [name for name in _AIMS if wanted.get(name) is not None]
    if len(given) != 1:
        raise _Bad("Give exactly one of by, to, until, continue.")
    text = str(wanted[given[0]])
    if given == ["continue"]:
        to = _left_off(stack, wanted["continue"])
    elif given == ["by"]:
        to = stack.now + _duration(text)
    elif given == ["to"]:
        to = _date(text, "to")
    else:
        organization = wanted.get("organization")
        to = service.moment_of(stack, text, stack.now + HORIZON, str(organization) if organization else None)
    if to - stack.now > LONGEST:
        raise _Bad(f"{text} is too far away.")
    if to < stack.now:
        raise _Bad(f"It is {stack.now:%Y-%m-%d %H:%M} already. `wardenloop clock reset` goes back to real time.")
    return to


def _left_off(stack: Stack, wanted: object) -> datetime:
    if wanted is not True:
        raise _Bad("continue is true, or left out.")
    if stack.pending is None:
        raise _Bad("No advance was cut off.")
    return stack.pending.to


def _duration(text: str) -> timedelta:
    try:
        length = duration_of(text)
    except ValueError as error:
        raise _Bad(str(error)) from error
    if length > LONGEST:
        raise _Bad(f"{text} is too long.")
    return length


def _date(text: str, name: str) -> datetime:
    try:
        return moment_of(text.replace(" ", "+") if "T" in text else text)
    except ValueError as error:
        raise _Bad(f"{name}: {text} is no ISO 8601 date.") from error


def play_to(moment: datetime) -> None:
    """Play time to a moment, and wait. Raises Refusal."""
    try:
        stack = stack_now()
        course = _courses().begin(stack, _aim(stack, {"to": moment.isoformat()}), _ledger())
    except tuple(_STATUS) as problem:
        raise Refusal(_status_of(problem), str(problem), rule="sim.clock") from problem
    course.ended.wait()
    if course.error is not None:
        raise Refusal(502, f"Time came as far as {_iso(course.advance.at)}. {course.error}", rule="sim.clock")


def _status_of(problem: Exception) -> int:
    return next(status for kind, status in _STATUS.items() if isinstance(problem, kind))


def stack_now() -> Stack:
    """The apps of this desk's stack with their clocks."""
    home = current_app.config[HOME]
    transports = transports_of(home) if home else {}
    if not transports:
        raise _Bad("This desk belongs to no stack.")
    return service.link(transports, rests_of(home), _ledger())


def rests_of(home: Path | None) -> dict[str, Rest]:
    """Of the apps of a stack that people may stop."""
    return {"selfhost": rest_of(home)} if home else {}


def _ledger() -> Ledger:
    home = current_app.config[HOME]
    return Ledger(home / FOLDER if home else None)


def _courses() -> Courses:
    courses: Courses = current_app.extensions[COURSES]
    return courses


def _course(course: Course) -> Response:
    """`{"id", "from", "to", "at", "ended", "error", "events"}`."""
    way = course.advance
    return jsonify(
        {
            "id": str(course.id),
            "from": _iso(way.begin),
            "to": _iso(way.to),
            "at": _iso(way.at),
            "ended": course.ended.is_set(),
            "error": course.error,
            "events": _shown(list(way.events)),
        }
    )


def _shown(events: list[Event]) -> list[dict[str, Any]]:
    """Without what only the player asks."""
    hidden = ("changed", "touches")
    return [
        {key: value for key, value in each.items() if key not in hidden} | {"at": _iso(each["at"])} for each in events
    ]


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
