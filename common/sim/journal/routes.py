"""The journal of one app: `/_sim/journal`. Reading waits for what was answered before."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import cast

from flask import Blueprint, Flask, Response, current_app, request

from common.clock import moment_of
from common.errors import bad_request
from common.server import policy
from common.server.body import answer, bare, nothing, query_text, read_json
from common.server.front.exchange import exchange_of
from common.server.locale.texts import language_of
from common.server.observed import note_control, observing
from common.server.operation import Media, Query, Rows, operation
from common.server.transaction import reads
from common.sim.journal import service
from common.sim.journal.advice import with_advice
from common.sim.journal.har import ARCHIVE, har_of
from common.sim.journal.rules import Pattern
from common.sim.journal.store import Entry
from common.sim.journal.stream import PAUSE_SECONDS, event
from common.wire.journal import JournalEntry, JournalFound, JournalNote, JournalNoted, JournalPattern

bp = Blueprint("sim_journal", __name__, url_prefix="/_sim/journal")

EVENTS = Media("text/event-stream")
_MOST = 1_000_000
_FILTERS = ("operation", "status", "caller", "kind", "since", "limit", "after", "id", "language")
_LANGUAGE = Query("language")


@bp.get("")
@policy.control
@operation(query=[Query(name) for name in _FILTERS], answer=Rows(JournalEntry, plain=True))
def list_entries() -> Response:
    """The newest entries that are meant (100 of them, or `limit`), in order; or all `after` the one of a number; or
    those of these ids (with commas)."""
    _refuse_unknown(_FILTERS)
    if query_text("id"):
        entries = service.of_ids(_app(), query_text("id").split(","))
    elif query_text("after"):
        entries = service.after(_app(), _number("after", 0), _number("limit", _MOST))
    else:
        entries = service.newest(_app(), _pattern(), _number("limit", service.NEWEST))
    return bare({"data": _told(entries)})


@bp.post("")
@policy.control
@reads  # its file is its own
@operation(body=JournalNote, answer=JournalNoted)
def add_note() -> Response:
    """Write down that something was done: at the desk, which keeps no journal, or by a test that wants to find it."""
    _app()
    note = read_json(JournalNote)
    note_control(note.what, note.name, note.outcome)
    return answer(JournalNoted(what=note.what, name=note.name, outcome=note.outcome))


@bp.delete("")
@policy.control
@reads  # its file is its own
@operation()
def clear_entries() -> Response:
    """Forget all entries."""
    service.clear(_app())
    return nothing()


@bp.get("/<entry_id>")
@policy.control
@operation(query=[_LANGUAGE], answer=JournalEntry)
def show_entry(entry_id: str) -> Response:
    """One entry, by its id or its number."""
    return answer(_told([service.show(_app(), entry_id)])[0])


@bp.post("/find")
@policy.control
@reads
@operation(body=JournalPattern, query=[_LANGUAGE], answer=JournalFound)
def find_entries() -> Response:
    """The entries that a pattern means, and those that it nearly means, with the reasons why it does not."""
    with observing() as told:
        wanted = read_json(JournalPattern)
    if told.unread:
        raise bad_request(_unknown(told.unread, JournalPattern.model_fields), rule="sim.journal-pattern")
    found, near = service.find(
        _app(),
        Pattern(
            wanted.operation,
            wanted.status,
            wanted.caller,
            wanted.body,
            _moment(wanted.since) if wanted.since else None,
            wanted.kind,
        ),
    )
    misses = [{"entry": _told([each.entry])[0], "reasons": list(each.reasons)} for each in near]
    return bare({"matches": _told(found), "nearMisses": misses})


har = Blueprint("sim_journal_har", __name__, url_prefix="/_sim")


@har.get("/journal.har")
@policy.control
@operation(query=[Query(name) for name in _FILTERS], answer=ARCHIVE)
def export_har() -> Response:
    """The exchanges that are meant as an HTTP Archive (1.2)."""
    _refuse_unknown(_FILTERS)
    return answer(har_of(service.newest(_app(), _pattern(), _number("limit", _MOST))))


@bp.get("/stream")
@policy.control
@operation(query=["after"], headers=[], answer=EVENTS)
def follow_entries() -> Response:
    """Server-sent events, an entry each, from now on, or from the one after `Last-Event-ID` (or `after`)."""
    app = _app()
    last = request.headers.get("Last-Event-ID") or query_text("after")
    number = _whole("Last-Event-ID", last) if last else service.newest_number(app)
    exchange = exchange_of(request.environ)
    if exchange is not None:
        exchange.pause = PAUSE_SECONDS
    events = _events(app, number, language_of([query_text("language")]), goes_on=exchange is not None)
    response = Response(events, direct_passthrough=True)  # nobody may ask how long it is
    response.content_type = "text/event-stream; charset=utf-8"
    response.headers["Cache-Control"] = "no-store"
    return response


def _events(app: Flask, number: int, language: str, *, goes_on: bool) -> Iterator[bytes]:
    """What is there, and then, piece by piece, what comes; under another server than ours only what is there."""
    while True:
        entries = service.after(app, number)
        number = max((each["number"] for each in entries), default=number)
        told = with_advice(entries, language)
        yield b"".join(event(str(each["number"]), each) for each in told) or b": \n\n"
        if not goes_on:
            return


def _told(entries: Iterable[Entry]) -> list[Entry]:
    return with_advice(entries, language_of([query_text("language"), *request.accept_languages.values()]))


def _pattern() -> Pattern:
    since = query_text("since")
    status = query_text("status")
    return Pattern(
        operation=query_text("operation") or None,
        status=_number("status", 0) if status else None,
        caller=query_text("caller") or None,
        since=_since(since) if since else None,
        kind=query_text("kind") or None,
    )


def _since(text: str) -> str:
    try:
        return _moment(moment_of(text.replace(" ", "+") if "T" in text else text))
    except ValueError as error:
        raise bad_request("since is no date.", rule="sim.date") from error


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _number(name: str, default: int) -> int:
    text = query_text(name)
    return _whole(name, text) if text else default


def _whole(name: str, text: str) -> int:
    """One that every database can count with. Errors: 400."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise bad_request(f"{name} is a whole number.", rule="sim.journal-number")
    return int(text)


def _refuse_unknown(known: Iterable[str]) -> None:
    unknown = sorted(set(request.args) - set(known))
    if unknown:
        raise bad_request(_unknown(unknown, known), rule="sim.journal-pattern")


def _unknown(unknown: Iterable[str], known: Iterable[str]) -> str:
    return f"Unknown: {', '.join(unknown)}. Known: {', '.join(known)}."


def _app() -> Flask:
    return cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]  # threads have no proxy
