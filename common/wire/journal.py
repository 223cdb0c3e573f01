"""The journal over HTTP, below `/_sim/journal`."""

from typing import Any

from pydantic import Field

from common.wire.base import WireDate, WireModel, WireRequest


class JournalNote(WireRequest):
    """Something to write down as an entry of kind `control`. what: in a word. name: whom it concerns. outcome: what
    was done."""

    what: str = Field(min_length=1, max_length=100)
    name: str = Field(max_length=1000)
    outcome: str = Field(max_length=1000)


class JournalNoted(WireModel):
    """What was written down."""

    what: str
    name: str
    outcome: str


class JournalRow(WireModel):
    """A row as it was and as it is, null = it was not there. Or how many more of a table: `change`, `rows`."""

    table: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    change: str | None = None
    rows: int | None = None


class JournalCheck(WireModel):
    """Something that was looked at."""

    rule: str
    passed: bool


class JournalCause(WireModel):
    """The entry that tells why something was refused: its rule and cause, or the fault that hit it."""

    entry: str
    app: str
    rule: str | None
    cause: str | None
    fault: str | None


class JournalEgress(WireModel):
    """A rule of the simulated network, and what it was said of."""

    host: str
    rule: str


class JournalEntry(WireModel):
    """One end of an exchange, or something else that happened. Secrets are masked: the same ones look the same.

    kind: `request` (answered here), `call` (asked from here), `mail`, `job`, `clock`, `control`. cause: why it was
    refused, as a word; why: as a sentence. because: the entry that tells more (of a call that came to nothing). egress:
    the rule of the simulated network that a connection met. group: all that one
    action of a person has caused. trigger: `page`, `command`, `client`, `job`. peer: id of the other end's entry.
    """

    id: str
    number: int
    kind: str
    app: str
    at: WireDate
    real_at: WireDate
    source: str = Field(alias="from")
    to: str | None
    trigger: str
    group: str
    operation: str
    method: str | None
    path: str | None
    query: str | None
    caller: str | None
    subject: str | None
    outcome: str | None
    facts: dict[str, Any] | None
    request: dict[str, Any] | None
    response: dict[str, Any] | None
    status: int | None
    tokens: list[dict[str, Any]]
    milliseconds: float | None
    sql: int
    checks: list[JournalCheck]
    rule: str | None
    message: str | None
    cause: str | None
    why: str | None
    because: JournalCause | None
    egress: JournalEgress | None
    advice: str | None
    unread: list[str]
    defaulted: list[str]
    fault: str | None
    changes: list[dict[str, Any]]
    peer: str | None


class JournalPattern(WireRequest):
    """What is looked for. body: a part of the request's. since: real time. kind: of entry."""

    operation: str | None = None
    status: int | None = None
    caller: str | None = None
    body: Any = None
    since: WireDate | None = None
    kind: str | None = None


class JournalNearMiss(WireModel):
    """An entry that is nearly meant, and why it is not."""

    entry: JournalEntry
    reasons: list[str]


class JournalFound(WireModel):
    """What a pattern means."""

    matches: list[JournalEntry]
    near_misses: list[JournalNearMiss]
