"""What is known about the request being answered: told by those who know it, read by whoever observes (the journal).

Plain data of one request, or of one run of a job. Telling changes nothing, costs one look where nobody observes, and
may be done from anywhere below the view. Nothing of this is on the wire.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from common.clock import SystemClock
from common.ids import Ids, SystemIds

if TYPE_CHECKING:
    from common.wire.base import WireModel


class TokenCause(StrEnum):
    """Why a token was refused to a machine, although the wire says `invalid_client` to all.

    UNKNOWN_ID: nobody here has it. OTHER_REGION: the other region has it. WRONG_KEY: known, another secret. DISABLED:
    known and switched off. MALFORMED_ID: no `kind.id` at all. SWAPPED: id and key stand in each other's place.
    """

    UNKNOWN_ID = "unknown-id"
    OTHER_REGION = "other-region"
    WRONG_KEY = "wrong-key"
    DISABLED = "disabled"
    MALFORMED_ID = "malformed-id"
    SWAPPED = "swapped"


class Check(NamedTuple):
    """Something that was looked at before the view did its work, and whether it was as it should be."""

    rule: str
    passed: bool


class Change(NamedTuple):
    """A row that was changed and saved. before, after: its columns that differ, by name; None = it was not there."""

    table: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None


class Egress(NamedTuple):
    """A rule of the simulated network that was done to a connection. host: what it was said of."""

    host: str
    rule: str


@dataclass(slots=True)
class Call:
    """A request to somebody else, and what came back. id: as the other end is told in `traceparent`.

    error, cause: why nothing came back, in words and as a word. reached: whether there can be another end that knows
    of it. body, answer: no more than the first bytes that anybody keeps, size and answer_size
    say how many there were. moment, milliseconds: of real time.
    """

    id: str
    method: str
    url: str
    moment: datetime
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    size: int = 0
    status: int | None = None
    answer_headers: Sequence[tuple[str, str]] = ()
    answer: bytes = b""
    answer_size: int = 0
    milliseconds: float = 0.0
    error: str | None = None
    cause: str | None = None
    egress: Egress | None = None
    reached: bool = True


class Event(NamedTuple):
    """Something that happened beside the request itself. kind: `mail`, `clock`, `control`. at: simulated, None = now.

    subject: what it happened to (who gets the mail). outcome: how it went, in words. facts: what else is known.
    egress: the rule of the simulated network that the mail met. id: of its entry in the journal.
    """

    kind: str
    subject: str
    outcome: str
    moment: datetime
    at: datetime | None
    facts: Mapping[str, object]
    egress: Egress | None = None
    id: str = ""


@dataclass(slots=True)
class Run:
    """A run of a job. at: simulated time of its start. part: what was told while it ran. error: None = well."""

    job: str
    at: datetime
    moment: datetime
    part: "Observed"
    milliseconds: float = 0.0
    error: str | None = None


@dataclass(slots=True)
class Observed:
    """checks: in the order in which they were made. rule, message: of the refusal. caller: who holds the access token.

    id, group: of this request, and of all that one action of a person causes, on whichever server (a W3C trace id).
    bodies: the models that a body was read with, each with what it read. fault: what was asked to go wrong.
    silent: so that nothing of an answer was on the wire.
    changes: rows that were saved, counted by table and kind of change beyond the first `most_changes`. sql: statements.
    happened: calls, events and runs, in order. keeps: bytes of a body of a call that are wanted.
    cause: why it was refused, as a word (of `TokenCause`, or of what a call came to). because: the call that came to
    nothing. why: the same as a sentence in English. egress: the rule of the simulated network that did it.
    """

    id: str = ""
    group: str = ""
    ids: Ids = field(default_factory=SystemIds)
    most_changes: int = 0
    keeps: int = 0
    sql: int = 0
    changes: list[Change] = field(default_factory=list)
    changed: dict[tuple[str, str], int] = field(default_factory=dict)
    happened: list[Call | Event | Run] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    rule: str | None = None
    message: str | None = None
    caller: str | None = None
    cause: str | None = None
    because: str | None = None
    why: str | None = None
    egress: Egress | None = None
    bodies: "list[tuple[type[WireModel], object]]" = field(default_factory=list)
    fault: str | None = None
    silent: bool = False

    @property
    def unread(self) -> list[str]:
        """Members of the body that nobody read: no model of them has such a name. `policies[].kind`."""
        if not self.bodies:
            return []
        from common.wire.reading import unread_members  # noqa: PLC0415 - a body was read: its models are there

        found = [set(unread_members(model, sent)) for model, sent in self.bodies]
        return sorted(set.intersection(*found))

    @property
    def defaulted(self) -> list[str]:
        """Members that were not sent, and got a value all the same."""
        if not self.bodies:
            return []
        from common.wire.reading import defaulted_members  # noqa: PLC0415 - as above

        return sorted({name for model, sent in self.bodies for name in defaulted_members(model, sent)})


_current: ContextVar[Observed | None] = ContextVar("observed", default=None)


@contextmanager
def observing(told: Observed | None = None) -> Iterator[Observed]:
    """Be told what is known while the block lasts. Blocks may lie in one another: the innermost is told."""
    told = told or Observed()
    token = _current.set(told)
    try:
        yield told
    finally:
        _current.reset(token)


def part_of(whole: Observed) -> Observed:
    """An empty one for a part of the same action, which is told by itself; it has no id yet."""
    return Observed(
        group=whole.group,
        ids=whole.ids,
        most_changes=whole.most_changes,
        keeps=whole.keeps,
    )


@contextmanager
def told_apart(job: str, at: datetime) -> Iterator[Run]:
    """The block is a run of a job: what it tells belongs to that. at: simulated time. Its `error` is for the caller."""
    whole = _current.get()
    run = Run(job, at, SystemClock().now(), part_of(whole) if whole is not None else Observed())
    if whole is None:
        yield run
        return
    run.part.id = span_id(whole.ids)
    began = perf_counter()
    try:
        with observing(run.part):
            yield run
    finally:
        run.milliseconds = (perf_counter() - began) * 1000
        whole.happened.append(run)


def span_id(ids: Ids) -> str:
    """A number for a request, as `traceparent` has it: 16 hexadecimal digits."""
    return trace_id(ids)[16:]


def trace_id(ids: Ids) -> str:
    """A number for an action, as `traceparent` has it: 32 hexadecimal digits."""
    return ids.uuids(1)[0]  # as a `UUID` it took five times as long, once in each request


def observed() -> Observed | None:
    """Who is told now; None where nobody observes."""
    return _current.get()


def ids_of(happened: Iterable[Call | Event | Run]) -> Iterator[str]:
    """By what ids it is found in the journal, what a run caused before the run; nothing where nobody keeps one."""
    for each in happened:
        if isinstance(each, Run):
            yield from ids_of(each.part.happened)
        found = each.part.id if isinstance(each, Run) else each.id
        if found:
            yield found


def note_check(rule: str, *, passed: bool = True) -> None:
    """Something was looked at, and was as it should be, or not. What a request fails at is its rule."""
    current = _current.get()
    if current is not None:
        current.checks.append(Check(rule, passed))
        if not passed:
            current.rule = rule


def note_refusal(rule: str, message: str | None = None) -> None:
    """The request is refused by this rule. message: the text of the wire."""
    current = _current.get()
    if current is not None:
        if not (current.checks and current.checks[-1] == Check(rule, False)):
            current.checks.append(Check(rule, False))
        current.rule, current.message = rule, message


def note_status(status: int) -> None:
    """The framework refuses with a status alone: by the check that failed, if one did."""
    current = _current.get()
    if current is not None and not (current.checks and not current.checks[-1].passed):
        note_refusal(_RULES.get(status, f"status.{status}"))


def note_caller(caller: str) -> None:
    """Who asks, as the access token has it: `user ID`, `installation.ID`."""
    current = _current.get()
    if current is not None:
        current.caller = caller


def note_cause(cause: TokenCause) -> None:
    """Why no token is given. The first one who says so knows best."""
    current = _current.get()
    if current is not None and current.cause is None:
        current.cause = cause


def note_call(call: Call) -> None:
    """A call was made, or came to nothing on its way."""
    current = _current.get()
    if current is not None:
        current.happened.append(call)


def note_outcome(error: str | None, cause: str | None, egress: Egress | None, *, reached: bool) -> None:
    """What is known of the call that was told last, once it is over: see `Call`."""
    current = _current.get()
    call = current.happened[-1] if current is not None and current.happened else None
    if isinstance(call, Call):
        call.error, call.cause, call.egress, call.reached = error or call.error, cause, egress, reached


def note_trouble(cause: str, why: str, egress: Egress | None = None, *, called: bool = False) -> None:
    """What was needed is not to be had. called: the call that was told last says what came back.

    The first trouble of a run counts, as the first cause does.
    """
    current = _current.get()
    if current is not None and current.cause is None:
        calls = [each for each in current.happened if called and isinstance(each, Call)]
        current.cause, current.why, current.egress = cause, why, egress
        current.because = calls[-1].id if calls else None


def note_egress(egress: Egress) -> None:
    """The simulated network did something to a connection that is no call (to the mail server)."""
    current = _current.get()
    if current is not None:
        current.egress = egress


def note_body(model: "type[WireModel]", sent: object) -> None:
    """A body was read. sent: the decoded JSON, or the fields of a form."""
    current = _current.get()
    if current is not None:
        current.bodies.append((model, sent))


def note_event(
    kind: str, name: str, outcome: str, moment: datetime, at: datetime | None = None, **facts: object
) -> None:
    """Something happened: a mail left, somebody moved time, a fault was asked for. name: whom it happened to."""
    current = _current.get()
    if current is not None:
        egress = current.egress if kind == "mail" and outcome != SENT else None
        current.happened.append(Event(kind, name, outcome, moment, at, facts, egress, span_id(current.ids)))


def note_control(what: str, name: str, outcome: str, **facts: object) -> None:
    """A tester has changed what is on. what: `fault`, `egress`, `release`, `start`. name: whom it concerns."""
    note_event("control", name, outcome, SystemClock().now(), None, what=what, **facts)


def note_fault(fault: str, *, silent: bool = False) -> None:
    """A fault that somebody asked for was done to this request. silent: nothing of an answer reaches the client."""
    current = _current.get()
    if current is not None:
        current.fault = fault
        current.silent = current.silent or silent


SENT = "sent"
"""Outcome of a mail that the mail server took."""

_RULES = {
    401: "policy.token",
    403: "policy.scope",
    404: "route.unknown",
    405: "route.method",
    413: "body.too-long",
    415: "body.content-type",
}
