"""Recording what an app answers and what it does besides. Nothing here is done for long while somebody waits."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, request

from common.clock import SystemClock
from common.ids import Ids
from common.server.context import Context
from common.server.observed import Observed, observed, observing, part_of, trace_id
from common.server.seeding import ids_apart
from common.settings import CommonSettings
from common.sim.journal import changes as changes
from common.sim.journal.entries import Answered, Place, of_request, of_what_happened, peer_of, unpacked
from common.sim.journal.operations import operation_of
from common.sim.journal.store import Entry, Store, url_beside
from common.sim.journal.writer import Writer

log = logging.getLogger(__name__)

_EXTENSION = "wardenloop journal"
_BEGUN = "wardenloop.begun"
_TRIGGER = "wardenloop.trigger"
_ASSETS = "/assets/"
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")

WsgiApp = Callable[..., Iterable[bytes]]


class Journal:
    """The journal of one app in one process: where it is written, and how much of everything."""

    def __init__(
        self, settings: CommonSettings, app_name: str, peers: Mapping[str, str], ids: Callable[[], Ids]
    ) -> None:
        """ids: those that the app has now, for the journal."""
        limits = settings.journal
        self.store = Store(url_beside(settings.database_url, settings.state_dir), limits.entries, unpacked)
        self.writer = Writer(self.store, settings.state_dir / "journal.pending")
        self.place = Place(app_name, peers, limits.body_bytes, limits.changes)
        self._ids = ids

    def begin(self, traceparent: str = "") -> Observed:
        """Who is told of something that begins now. traceparent: of who asks."""
        group, caller = _read_traceparent(traceparent)
        ids = self._ids()
        number = trace_id(ids) if not (group and caller) else ""
        return Observed(
            id=peer_of(caller) if caller else number[16:],
            group=group or number,
            ids=ids,
            most_changes=self.place.most_changes,
            keeps=self.place.most_bytes,
        )

    def begin_unnumbered(self, traceparent: str = "") -> Observed:
        """The same of something that mostly tells of nothing: a look whether a job is due, a call of control."""
        return _Unnumbered(partial(self.begin, traceparent), self._ids(), self.place)

    def put(self, make: Callable[[], Iterable[Entry]]) -> None:
        """Have entries made and written soon."""
        self.writer.put(make)

    @contextmanager
    def watching(self, ctx: Context, trigger: str) -> Iterator[Observed]:
        """What happens in the block is written down, and nothing when nothing happens."""
        with observing(self.begin_unnumbered()) as told:
            try:
                yield told
            finally:
                if told.happened and told.group:
                    at = ctx.clock.now()
                    self.put(partial(of_what_happened, told, self.place, at, trigger))


class _Unnumbered(Observed):
    """It takes its numbers when somebody wants to know them, so that how often nothing happens moves no numbers."""

    __slots__ = ("_begin", "_begun")

    def __init__(self, begin: Callable[[], Observed], ids: Ids, place: Place) -> None:
        self._begin = begin
        self._begun: Observed | None = None
        super().__init__(ids=ids, most_changes=place.most_changes, keeps=place.most_bytes)

    @property
    def id(self) -> str:
        return self._numbered().id

    @id.setter
    def id(self, _number: str) -> None: ...

    @property
    def group(self) -> str:
        return self._numbered().group

    @group.setter
    def group(self, _number: str) -> None: ...

    def _numbered(self) -> Observed:
        self._begun = self._begun or self._begin()
        return self._begun


@dataclass(slots=True)
class _Begun:
    """A request whose answer is not known yet."""

    moment: datetime
    counter: float
    at: datetime | None = None


def give(app: Flask, peers: Mapping[str, str] | None = None) -> None:
    """Keep a journal of an app, if its settings want one. peers: base URL -> who answers there, for outgoing calls."""
    ctx: Context = app.extensions["wardenloop"]
    if not ctx.settings.journal.entries:
        app.extensions[_EXTENSION] = None
        return
    known = {urlsplit(url).netloc: name for url, name in (peers or {}).items()}
    app.extensions[_EXTENSION] = Journal(ctx.settings, app_name(ctx), known, partial(_ids_of, app))
    app.wsgi_app = partial(_watched, app, app.wsgi_app)  # type: ignore[method-assign]


def _ids_of(app: Flask) -> Ids:
    """Of the state that the app has now: with another one they begin anew."""
    return ids_apart(app.extensions["wardenloop"].ids, "journal")


def app_name(ctx: Context) -> str:
    """`cloud-us`, `cloud-eu`, `selfhost`."""
    return ctx.side.app if ctx.side.region is None else f"cloud-{ctx.side.region.lower()}"


def journal_of(app: Flask) -> Journal | None:
    """The journal of an app; None when it is off."""
    found: Journal | None = app.extensions.get(_EXTENSION)
    return found


@contextmanager
def watching(app: Flask, trigger: str) -> Iterator[None]:
    """What a process does on its own (jobs, mails, pushes) is written down."""
    journal = journal_of(app)
    if journal is None:
        yield
        return
    with journal.watching(app.extensions["wardenloop"], trigger):
        yield


def close(app: Flask) -> None:
    """Write what waits, and let go of the file."""
    journal = journal_of(app)
    if journal is not None:
        journal.writer.close()


# --- around every request


def _watched(app: Flask, wsgi_app: WsgiApp, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer, observed. What is done after the answer (mails that waited for it) belongs to it, too."""
    journal = journal_of(app)
    path = environ.get("PATH_INFO", "")
    if journal is None or path.endswith("/alive") or path.startswith(_ASSETS):
        return wsgi_app(environ, start_response)
    environ[_BEGUN] = _Begun(SystemClock().now(), perf_counter())
    begin = journal.begin_unnumbered if path.startswith("/_sim") else journal.begin
    told = begin(environ.get("HTTP_TRACEPARENT", ""))
    with observing(told):
        answer = wsgi_app(environ, start_response)
        return _Answer(answer, partial(_close, answer, journal, told, environ))


class _Answer:
    """The pieces of an answer, and what is done when it is on its way."""

    __slots__ = ("_pieces", "close")

    def __init__(self, pieces: Iterable[bytes], close: Callable[[], None]) -> None:
        self._pieces = pieces
        self.close = close

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)


def _close(answer: Any, journal: Journal, told: Observed, environ: dict[str, Any]) -> None:
    close = getattr(answer, "close", None)
    if close is None:
        return
    with observing(_Unnumbered(partial(part_of, told), told.ids, journal.place)) as later:
        close()
    if later.happened and later.group:
        begun: _Begun = environ[_BEGUN]
        happened = partial(of_what_happened, later, journal.place, begun.at or begun.moment)
        journal.put(partial(happened, environ.get(_TRIGGER, "client")))


def note_time() -> None:
    """Hook: what time it is when a request has come in whole. A small read that most requests need anyway."""
    begun: _Begun | None = request.environ.get(_BEGUN)
    if begun is not None:
        ctx: Context = current_app.extensions["wardenloop"]
        with suppress(Exception):  # the view will say what is wrong with the database
            begun.at = ctx.clock.now()


def record(response: Response) -> Response:
    """Hook: hand the exchange over to be written."""
    begun: _Begun | None = request.environ.get(_BEGUN)
    told, journal = observed(), current_app.extensions.get(_EXTENSION)
    if begun is not None and told is not None and journal is not None:
        try:
            _hand_over(journal, told, begun, _own(request), response)
        except Exception:
            log.exception("An exchange is missing in the journal")
    return response


def _own(proxy: Any) -> Request:
    """What stands behind Flask's `request`: looking there again and again takes longer than all the rest."""
    behind: Request = proxy._get_current_object()
    return behind


def _hand_over(journal: Journal, told: Observed, begun: _Begun, request: Request, response: Response) -> None:
    environ = request.environ
    policy = getattr(current_app.view_functions.get(request.endpoint or ""), "policy", "")
    trigger = environ[_TRIGGER] = _trigger(policy, environ)
    place, at = journal.place, begun.at or begun.moment
    if policy == "control" or request.path.startswith("/_sim") or _is_polling(policy, environ):
        if told.happened and told.group:
            journal.put(partial(of_what_happened, told, place, at, trigger))
        return
    most = place.most_bytes
    has_body = "wsgi.input_terminated" in environ or environ.get("CONTENT_LENGTH", "0") not in ("", "0")
    body = request.get_data() if has_body else b""
    answer = b"" if response.direct_passthrough else _body_of(response)
    _, caller = _read_traceparent(environ.get("HTTP_TRACEPARENT", ""))
    answered = Answered(
        told=told,
        at=at,
        moment=begun.moment,
        trigger=trigger,
        peer=caller,
        operation=_operation(request),
        method=environ["REQUEST_METHOD"],
        path=environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""),
        query=environ.get("QUERY_STRING", ""),
        headers=[(header, value) for name, value in environ.items() if (header := _header_name(name))],
        body=body[:most],
        size=len(body),
        status=response.status_code,
        answer_headers=list(response.headers),
        answer=answer[:most],
        answer_size=len(answer),
        milliseconds=(perf_counter() - begun.counter) * 1000,
    )
    journal.put(partial(_all_of, answered, place))


def _body_of(response: Response) -> bytes:
    """All of an answer that is made already; nothing of one that is still being made."""
    pieces = response.response
    if isinstance(pieces, list) and len(pieces) == 1 and isinstance(pieces[0], bytes):
        return pieces[0]
    return b"" if response.is_streamed else response.get_data()


@cache
def _header_name(name: str) -> str | None:
    """`HTTP_USER_AGENT` -> `User-Agent`, as WSGI has it; None for what is no header."""
    if not name.startswith(("HTTP_", "CONTENT_")):
        return None
    return name.removeprefix("HTTP_").replace("_", "-").title()


def _all_of(answered: Answered, place: Place) -> Iterator[Entry]:
    """What it caused, and the exchange itself, in the order of their ends."""
    yield from of_what_happened(answered.told, place, answered.at, answered.trigger)
    yield of_request(answered, place)


def _operation(request: Request) -> str:
    rule = request.url_rule
    return operation_of(request.method, rule.rule) if rule is not None else f"{request.method} {request.path}"


def _trigger(policy: str, environ: Mapping[str, Any]) -> str:
    """Who set it off: somebody at a page, the command line, or another client."""
    if policy == "page":
        return "page"
    return {"web": "page", "cli": "command"}.get(environ.get("HTTP_BITWARDEN_CLIENT_NAME", ""), "client")


def _is_polling(policy: str, environ: Mapping[str, Any]) -> bool:
    """Pages that are open look now and then whether they are still right (common/ui/static/refresh.js)."""
    return (
        policy == "page"
        and environ["REQUEST_METHOD"] == "GET"
        and environ.get("HTTP_SEC_FETCH_DEST") == "empty"
        and "HTTP_X_WARDENLOOP_FORM" not in environ
    )


def _read_traceparent(text: str) -> tuple[str | None, str | None]:
    """Group and id of who asks. Source: W3C Trace Context; fidelity.md: cloud.client."""
    found = _TRACEPARENT.fullmatch(text) if text else None
    if found is None or not int(found[1], 16) or not int(found[2], 16):
        return None, None
    return found[1], found[2]
