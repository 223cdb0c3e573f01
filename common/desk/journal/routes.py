"""The journal of the whole stack over HTTP: `/_sim/journal`, as each app has it."""

from collections.abc import Iterator, Mapping

from flask import Response, current_app, jsonify, request

from common.desk.control import HOME, control_blueprint
from common.desk.faults.service import Transport
from common.desk.journal import service
from common.desk.time.http import transports_of
from common.errors import bad_request, conflict
from common.server import policy
from common.server.body import read_json
from common.server.front.exchange import exchange_of
from common.server.locale.texts import language_of
from common.server.operation import Media, operation
from common.sim.journal.har import ARCHIVE, har_of
from common.sim.journal.stream import PAUSE_SECONDS, event
from common.wire.desk import JournalCleared, StackJournal
from common.wire.journal import JournalEntry, JournalFound, JournalNote, JournalNoted, JournalPattern

bp = control_blueprint("desk_journal")

_FILTERS = ("operation", "status", "caller", "kind", "since")
_NEWEST, _MOST = 100, 100_000


@bp.get("/journal")
@policy.control
@operation(query=[*_FILTERS, "limit", "language"], answer=StackJournal)
def list_entries() -> Response:
    """The newest entries that are meant (100, or `limit`), of all apps in order; and who did not answer."""
    found, told = service.entries(_apps(), _filters("limit", "language"), _limit(_NEWEST), _language())
    return jsonify(data=found, silent=told.silent, off=told.off)


@bp.post("/journal")
@policy.control
@operation(body=JournalNote, answer=JournalNoted)
def add_note() -> Response:
    """Write down, at the first app that keeps a journal, that something was done: to find it again later."""
    wanted = read_json(JournalNote)
    if not service.note(_apps(), wanted.what, wanted.name, wanted.outcome):
        raise conflict("No app keeps a journal.", rule=service.RULE)
    return jsonify(what=wanted.what, name=wanted.name, outcome=wanted.outcome)


@bp.delete("/journal")
@policy.control
@operation(answer=JournalCleared)
def clear_entries() -> Response:
    """Forget all entries of all apps."""
    told = service.clear(_apps())
    return jsonify(silent=told.silent, off=told.off)


@bp.get("/journal/<entry_id>")
@policy.control
@operation(query=["language"], answer=JournalEntry)
def show_entry(entry_id: str) -> Response:
    """One entry, by its id."""
    return jsonify(service.show(_apps(), entry_id, _language()))


@bp.post("/journal/find")
@policy.control
@operation(body=JournalPattern, query=["language"], answer=JournalFound)
def find_entries() -> Response:
    """The entries that a pattern means, and those that it nearly means."""
    pattern = request.get_json(silent=True, force=True)
    if not isinstance(pattern, dict):
        raise bad_request("Send a JSON object.", rule=service.RULE)
    return jsonify(service.find(_apps(), pattern, _language()))


@bp.get("/journal.har")
@policy.control
@operation(query=[*_FILTERS, "limit", "language"], answer=ARCHIVE)
def export_har() -> Response:
    """The exchanges that are meant as an HTTP Archive (1.2)."""
    found, _ = service.entries(_apps(), _filters("limit", "language"), _limit(_MOST), _language())
    return jsonify(har_of(found))


@bp.get("/journal/stream")
@policy.control
@operation(query=["after"], answer=Media("text/event-stream"))
def follow_entries() -> Response:
    """Server-sent events, an entry each, from now on, or after `Last-Event-ID` (or `after`)."""
    apps = _apps()
    numbers = _numbers(request.headers.get("Last-Event-ID") or request.args.get("after", ""))
    exchange = exchange_of(request.environ)
    if exchange is not None:
        exchange.pause = PAUSE_SECONDS
    events = _events(apps, numbers, _language(), goes_on=exchange is not None)
    response = Response(events, mimetype="text/event-stream", direct_passthrough=True)
    response.headers["Cache-Control"] = "no-store"
    return response


def _events(
    apps: Mapping[str, Transport], numbers: Mapping[str, int], language: str, *, goes_on: bool
) -> Iterator[bytes]:
    """What is there, and then, piece by piece, what comes. An app that is silent for a while loses nothing."""
    while True:
        found, known = service.after(apps, numbers, language)
        passed = dict(numbers)
        pieces = []
        for each in found:
            passed[each["app"]] = each["number"]
            pieces.append(event(_number_of(passed), each))
        numbers = known
        yield b"".join(pieces) or b": \n\n"
        if not goes_on:
            return


def _number_of(numbers: Mapping[str, int]) -> str:
    """How far somebody has read: `cloud-us:12,selfhost:7`."""
    return ",".join(f"{name}:{number}" for name, number in sorted(numbers.items()))


def _numbers(text: str) -> dict[str, int]:
    numbers = {}
    for part in filter(None, text.split(",")):
        name, _, number = part.partition(":")
        if not (number.isascii() and number.isdecimal() and len(number) < 10):
            raise bad_request("Last-Event-ID is that of an event, such as cloud-us:12,selfhost:7.", rule=service.RULE)
        numbers[name] = int(number)
    return numbers


def _filters(*more: str) -> dict[str, str]:
    unknown = sorted(set(request.args) - {*_FILTERS, *more})
    if unknown:
        known = ", ".join((*_FILTERS, *more))
        raise bad_request(f"Unknown: {', '.join(unknown)}. Known: {known}.", rule=service.RULE)
    return {name: value for name in _FILTERS if (value := request.args.get(name))}


def _limit(default: int) -> int:
    text = request.args.get("limit", "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10 and 0 < int(text) <= _MOST):
        raise bad_request(f"limit is a whole number up to {_MOST}.", rule=service.RULE)
    return int(text) if text else default


def _language() -> str:
    return language_of([request.args.get("language"), *request.accept_languages.values()])


def _apps() -> dict[str, Transport]:
    home = current_app.config[HOME]
    apps: dict[str, Transport] = dict(transports_of(home)) if home else {}
    if not apps:
        raise bad_request("This desk belongs to no stack.", rule=service.RULE)
    return apps
