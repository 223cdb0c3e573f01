"""What is known about the request being answered: told by those who know it, read by whoever observes (the journal).

Plain data of one request, or of one run of a job. Telling changes nothing, costs one look where nobody observes, and
may be done from anywhere below the view. Nothing of this is on the wire.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from common.wire.base import WireModel
from common.wire.reading import defaulted_members, unread_members


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


@dataclass(slots=True)
class Observed:
    """checks: in the order in which they were made. rule, message: of the refusal. caller: who holds the access token.

    bodies: the models that a body was read with, each with what it read. fault: what was asked to go wrong.
    """

    checks: list[Check] = field(default_factory=list)
    rule: str | None = None
    message: str | None = None
    caller: str | None = None
    cause: TokenCause | None = None
    bodies: list[tuple[type[WireModel], object]] = field(default_factory=list)
    fault: str | None = None

    @property
    def unread(self) -> list[str]:
        """Members of the body that nobody read: no model of them has such a name. `policies[].kind`."""
        found = [set(unread_members(model, sent)) for model, sent in self.bodies]
        return sorted(set.intersection(*found)) if found else []

    @property
    def defaulted(self) -> list[str]:
        """Members that were not sent, and got a value all the same."""
        return sorted({name for model, sent in self.bodies for name in defaulted_members(model, sent)})


_current: ContextVar[Observed | None] = ContextVar("observed", default=None)


@contextmanager
def observing() -> Iterator[Observed]:
    """Be told what is known while the block lasts. Blocks may lie in one another: the innermost is told."""
    observed = Observed()
    token = _current.set(observed)
    try:
        yield observed
    finally:
        _current.reset(token)


def observed() -> Observed | None:
    """Who is told now; None where nobody observes."""
    return _current.get()


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


def note_body(model: type[WireModel], sent: object) -> None:
    """A body was read. sent: the decoded JSON, or the fields of a form."""
    current = _current.get()
    if current is not None:
        current.bodies.append((model, sent))


def note_fault(fault: str) -> None:
    """A fault that somebody asked for was done to this request."""
    current = _current.get()
    if current is not None:
        current.fault = fault


_RULES = {
    401: "policy.token",
    403: "policy.scope",
    404: "route.unknown",
    405: "route.method",
    413: "body.too-long",
    415: "body.content-type",
}
