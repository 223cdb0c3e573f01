"""What an exchange, a call, a mail, a run of a job looks like in the journal, with nothing secret left. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from common.server.observed import Call, Change, Event, Observed, Run, span_id
from common.sim.journal.masking import (
    masked_form,
    masked_headers,
    masked_multipart,
    masked_text,
    masked_values,
    token_read,
)
from common.sim.journal.operations import operation_of_call
from common.sim.journal.store import Entry

FORM = "application/x-www-form-urlencoded"
_NOT_KEPT = ("text/html", "text/css", "image/", "font/", "application/javascript", "text/javascript")
"""Pages show to whom they are made for what nobody else may see, and the wire has none."""

Headers = Sequence[tuple[str, str]]


@dataclass(slots=True)
class Place:
    """Whose journal it is. app: `cloud-us`. peers: host and port of a URL -> who that is."""

    app: str
    peers: Mapping[str, str]
    most_bytes: int
    most_changes: int


@dataclass(slots=True)
class Answered:
    """A request and its answer, as they were. Bodies: no more than the first bytes, and how many there were.

    peer: id of the other end's entry, if it has one. at: simulated time. moment: real time.
    """

    told: Observed
    at: datetime
    moment: datetime
    trigger: str
    peer: str | None
    operation: str
    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    size: int
    status: int
    answer_headers: Headers
    answer: bytes
    answer_size: int
    milliseconds: float


def of_request(answered: Answered, place: Place) -> Entry:
    """The entry of what a server answered."""
    told = answered.told
    request, tokens = _message(answered.headers, answered.body, answered.size), _tokens(answered.headers)
    caller = told.caller or _client_of(request["body"]) or (_holder(tokens) if told.fault else None)
    return _entry(
        told,
        place,
        kind="request",
        at=answered.at,
        moment=answered.moment,
        trigger=answered.trigger,
        source=_source(caller, answered.trigger),
        target=place.app,
        operation=answered.operation,
        method=answered.method,
        path=masked_text(answered.path),
        query=masked_form(answered.query),
        caller=caller,
        request=request,
        response=None
        if told.silent
        else _answer(answered.status, answered.answer_headers, answered.answer, answered.answer_size),
        status=None if told.silent else answered.status,
        outcome=told.fault if told.silent else None,
        milliseconds=round(answered.milliseconds, 1),
        peer=answered.peer,
        tokens=tokens,
        unread=told.unread,
        defaulted=told.defaulted,
    )


def of_what_happened(told: Observed, place: Place, at: datetime, trigger: str) -> Iterator[Entry]:
    """The entries of all that happened besides: in the order of its ends."""
    for each in told.happened:
        if isinstance(each, Call):
            yield _of_call(each, told, place, at, trigger)
        elif isinstance(each, Event):
            yield _of_event(each, told, place, at, trigger)
        else:
            yield from of_what_happened(each.part, place, each.at, "job")
            yield _of_run(each, place)


def _of_call(call: Call, told: Observed, place: Place, at: datetime, trigger: str) -> Entry:
    url = urlsplit(call.url)
    request = _message(call.headers, call.body, call.size)
    response = None
    if call.status is not None:
        response = _answer(call.status, call.answer_headers, call.answer, call.answer_size)
    return _entry(
        Observed(id=call.id, group=told.group, cause=call.cause, egress=call.egress),
        place,
        kind="call",
        at=at,
        moment=call.moment,
        trigger=trigger,
        source=place.app,
        target=place.peers.get(url.netloc, url.netloc),
        operation=operation_of_call(call.method, url.path),
        method=call.method,
        path=masked_text(url.path),
        query=masked_form(url.query),
        caller=_client_of(request["body"]) or place.app,
        request=request,
        response=response,
        status=call.status,
        milliseconds=round(call.milliseconds, 1),
        peer=peer_of(call.id) if call.reached else None,
        tokens=_tokens(call.headers),
        outcome=None if call.error is None else masked_text(call.error),
    )


def _of_event(event: Event, told: Observed, place: Place, at: datetime, trigger: str) -> Entry:
    return _entry(
        Observed(id=event.id or span_id(told.ids), group=told.group, egress=event.egress),
        place,
        kind=event.kind,
        at=event.at or at,
        moment=event.moment,
        trigger=trigger,
        source=place.app,
        operation=f"control {event.facts['what']}" if event.kind == "control" else event.kind,
        subject=event.subject,
        outcome=masked_text(event.outcome),
        facts=masked_values(event.facts),
    )


def _of_run(run: Run, place: Place) -> Entry:
    return _entry(
        run.part,
        place,
        kind="job",
        at=run.at,
        moment=run.moment,
        trigger="job",
        source=place.app,
        operation=f"job {run.job}",
        subject=run.job,
        outcome=masked_text(run.error or run.part.message or "done"),
        milliseconds=round(run.milliseconds, 1),
    )


def peer_of(entry_id: str) -> str:
    """The id of the entry at the other end of a call, and back again: so both ends know both without asking."""
    return f"{int(entry_id, 16) ^ 0xFFFF_FFFF_FFFF_FFFF:016x}"


def _entry(
    told: Observed,
    place: Place,
    *,
    kind: str,
    at: datetime,
    moment: datetime,
    trigger: str,
    source: str,
    operation: str,
    **more: Any,
) -> Entry:
    """All members, those that do not apply null."""
    return {
        "id": told.id,
        "kind": kind,
        "app": place.app,
        "at": _iso(at),
        "realAt": _iso(moment),
        "from": source,
        "to": more.get("target"),
        "trigger": trigger,
        "group": told.group,
        "operation": operation,
        "method": more.get("method"),
        "path": more.get("path"),
        "query": more.get("query"),
        "caller": more.get("caller"),
        "subject": more.get("subject"),
        "outcome": more.get("outcome"),
        "facts": more.get("facts"),
        "request": more.get("request"),
        "response": more.get("response"),
        "status": more.get("status"),
        "tokens": more.get("tokens", []),
        "milliseconds": more.get("milliseconds"),
        "sql": told.sql,
        "checks": [{"rule": each.rule, "passed": each.passed} for each in told.checks],
        "rule": told.rule,
        "message": None if told.message is None else masked_text(told.message),
        "cause": told.cause,
        "why": told.why,
        "because": because(place.app, told.because, cause=told.cause) if told.because else None,
        "egress": told.egress._asdict() if told.egress else None,
        "unread": more.get("unread", []),
        "defaulted": more.get("defaulted", []),
        "fault": told.fault,
        "changes": _changes(told, place.most_changes),
        "peer": more.get("peer"),
    }


def because(app: str, entry: str, *, rule: str | None = None, **more: str | None) -> Entry:
    """Which entry tells why something was refused, and what it tells."""
    return {"entry": entry, "app": app, "rule": rule, "cause": more.get("cause"), "fault": more.get("fault")}


def _changes(told: Observed, most: int) -> list[dict[str, Any]]:
    """The first rows, each as it was and as it is, and of the others how many there are."""
    shown = told.changes[:most]
    rows: list[dict[str, Any]] = [
        {"table": each.table, "before": _row(each.before), "after": _row(each.after)} for each in shown
    ]
    for (table, kind), count in told.changed.items():
        more = count - sum(each.table == table and _kind(each) == kind for each in shown)
        if more > 0:
            rows.append({"table": table, "change": kind, "rows": more})
    return rows


def _kind(change: Change) -> str:
    return "insert" if change.before is None else "delete" if change.after is None else "update"


def _row(values: Mapping[str, object] | None) -> dict[str, Any] | None:
    return None if values is None else {name: _plain(value) for name, value in masked_values(values).items()}


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, UUID | date | bytes):
        return str(value)
    return value


def _message(headers: Headers, body: bytes, size: int) -> dict[str, Any]:
    """Headers and body of one direction. The body: JSON as it is, other text as text, null when there is none."""
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    found: dict[str, Any] = {"headers": masked_headers(headers), "body": None, "size": size}
    if not body:
        return found
    if kind.startswith(_NOT_KEPT):
        return found | {"notKept": "page"}
    text = _text(body, kind)
    if text is None:
        return found | {"notKept": "binary"}
    masked = _masked(text, kind)
    found["body"] = masked
    if len(body) < size:
        found["cutAt"] = len(body)
    return found


def unpacked(entry: Entry) -> Entry:
    """The entry as it is answered: whole bodies that are JSON as JSON. Written as they came, they cost less."""
    for message in (entry["request"], entry["response"]):
        if message is not None and isinstance(message["body"], str) and "cutAt" not in message:
            with suppress(ValueError, RecursionError):
                message["body"] = json.loads(message["body"])
    return entry


def _answer(status: int, headers: Headers, body: bytes, size: int) -> dict[str, Any]:
    return {"status": status, **_message(headers, body, size)}


def _masked(text: str, kind: str) -> str:
    if kind.startswith(FORM):
        return masked_form(text)
    if kind.startswith("multipart/") and "boundary=" in kind:
        return masked_multipart(text, kind.partition("boundary=")[2].partition(";")[0].strip('"'))
    return masked_text(text)


def _text(body: bytes, kind: str) -> str | None:
    """What a person would read; None for what is no text."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff") or "utf-16" in kind.lower():
        return body.decode("utf-16", "replace")
    if b"\0" in body:
        return None
    return body.decode("utf-8", "replace")


def _client_of(body: object) -> str | None:
    """Who asks for a token, as the form has it."""
    if isinstance(body, str) and "client_id=" in body:
        found = body.partition("client_id=")[2].partition("&")[0]
        return found if "." in found else None
    return None


def _holder(tokens: list[dict[str, Any]]) -> str | None:
    """Whom a token says that it was given to: a fault comes before anybody has looked at it."""
    claims = tokens[0]["claims"] if tokens else {}
    client, user = str(claims.get("client_id", "")), claims.get("sub")
    return client if "." in client else f"user {user}" if user else None


def _source(caller: str | None, trigger: str) -> str:
    if caller is not None and caller.startswith("installation."):
        return "selfhost"
    return "browser" if trigger == "page" else "client"


def _tokens(headers: Headers) -> list[dict[str, Any]]:
    """What the token in `Authorization` says."""
    for name, value in headers:
        if name.lower() == "authorization" and value[:7].lower() == "bearer ":
            read = _read_token(value[7:].strip())
            return [read] if read else []
    return []


@lru_cache(64)
def _read_token(token: str) -> dict[str, Any] | None:
    return token_read(token)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def phrase(status: int) -> str:
    """What a status is called."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
