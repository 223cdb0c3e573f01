"""Where calls go wrong: before anybody looks at who asks. What is done on the wire is left to the front.

A server that has no such front (a test client) gets what comes nearest: see `_without_front`.
"""

import errno
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, NamedTuple, NoReturn
from urllib.parse import quote

from flask import Flask, Response, after_this_request, current_app, request

from common.errors import bad_request
from common.server import policy
from common.server.app import context, gate_of
from common.server.front.exchange import Exchange, exchange_of
from common.server.observed import note_fault, observing
from common.server.routing import template_of
from common.sim.faults import service
from common.sim.faults.rules import SLASH, Asked, Fault, Kind, Who
from common.sim.faults.shapes import TOKEN_PATH, Answer, Place, answer_of, strange_answer
from common.sim.generation import Cached

FAULTED = "wardenloop.fault"
"""Where the ids of the faults that a request met lie in its WSGI environment: such a request is evidence of nothing."""

OWN_PATHS = ("/_sim", "/openapi")
"""Control of the simulator, which no fault reaches."""

_SERVICES = ("identity", "api", "push")
_EXTENSION = "wardenloop faults"


def _no_licences(defect: str) -> None:
    raise bad_request(f"This app hands out no licenses, so none is {defect}.", rule="sim.faults")


class Licences(NamedTuple):
    """How the licences that an app hands out go wrong.

    check: refuses a defect that there is not. spoil: the body of an answer with that defect; as it is without licence.
    """

    check: Callable[[str], None] = _no_licences
    spoil: Callable[[Any, str, bytes], bytes] = lambda _ctx, _defect, body: body


@dataclass(frozen=True)
class _Faults:
    on: Cached[list[Fault]]
    licences: Licences


def give(app: Flask, licences: Licences | None = None) -> None:
    """Have an app look for faults. licences: None = it hands out none."""
    app.extensions[_EXTENSION] = _Faults(Cached(service.read_faults), licences or Licences())


def check_defect(defect: str) -> None:
    """Refuse a defect that no licence of the current app can have. Raises 400."""
    _given().licences.check(defect)


def consult() -> Response | None:
    """See whether the call is one that goes wrong. An answer is given instead of the view."""
    if request.method == "OPTIONS" or request.path.startswith(OWN_PATHS):
        return None
    session = context().session
    on = _given().on.now(session)
    if not on:
        return None
    asked, who = _asked(), cache(_who)
    fitting = [fault for fault in on if fault.fits(asked, who)]
    hits = service.count_call(session, fitting) if fitting else []
    return _do(hits) if hits else None


def _do(hits: list[Fault]) -> Response | None:
    exchange = exchange_of(request.environ)
    if exchange is None:
        exchange = Exchange()
        after_this_request(partial(_without_front, exchange))
    request.environ[FAULTED] = [fault.id for fault in hits]
    for fault in hits:
        note_fault(fault.told, silent=fault.kind in (Kind.RESET, Kind.HANG))
        _tell_exchange(exchange, fault)
        change = _CHANGES.get(fault.kind)
        if change is not None:
            after_this_request(partial(change, fault))
    return _answer(hits[-1]) if hits[-1].answers else None


def _tell_exchange(exchange: Exchange, fault: Fault) -> None:
    value = fault.do[fault.kind]
    gate = gate_of(_app())
    exchange.hurried = lambda: gate.is_rung
    match fault.kind:
        case Kind.DELAY:
            exchange.delay += value
        case Kind.TRUNCATE:
            exchange.cut = value
        case Kind.TRICKLE:
            exchange.rate = value
        case Kind.RESET:
            exchange.fate = "reset"
        case Kind.HANG:
            exchange.fate = "hang"
            exchange.hangs = partial(_still_on, _app(), fault)


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def _still_on(app: Flask, fault: Fault) -> bool:
    gate = gate_of(app)
    if gate.is_rung:
        return False
    if not gate.enter():
        return True  # somebody takes a picture: ask again
    try:
        with app.app_context():
            return service.is_on(context().session, fault.id)
    finally:
        gate.leave()


def _answer(fault: Fault) -> Response:
    if fault.kind is Kind.STATUS:
        given = answer_of(_located(fault.do), _place(), request.form.get("grant_type", ""))
    elif fault.kind is Kind.BODY:
        given = strange_answer(fault.do)
    else:  # nobody sees it
        given = Answer(200, {}, b"")
    response = Response(given.body, given.status)
    response.headers.pop("Content-Type", None)
    response.headers.update(given.headers)
    return response


def _located(do: Mapping[str, Any]) -> Mapping[str, Any]:
    if do.get("location") != SLASH:
        return do
    path = quote(request.script_root + request.path)
    query = request.query_string.decode("latin-1")
    moved = path.rstrip("/") if path.endswith("/") else f"{path}/"
    return {**do, "location": moved + (f"?{query}" if query else "")}


def _place() -> Place:
    if request.path == TOKEN_PATH:
        return Place.TOKEN
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "policy", None) == "page":
        return Place.PAGE
    return Place.WIRE if _group() in _SERVICES else Place.OTHER


def _group() -> str:
    return request.path.partition("/")[2].partition("/")[0].lower()


def _asked() -> Asked:
    method = "GET" if request.method == "HEAD" else request.method
    rule = request.url_rule
    return Asked(f"{method} {template_of(rule.rule)}" if rule is not None else None, _group())


def _who() -> Who:
    """Whom the call names, by its token, its path, its body or the form that asks for a token."""
    with observing():  # the look at the token is none of the request's own checks
        caller = policy.guest()
    form = request.form if request.path == TOKEN_PATH else {}
    kind, _, name = form.get("client_id", "").lower().partition(".")
    installations = {str(caller.installation_id) if caller else "", name if kind == "installation" else ""}
    accounts = {str(caller.user_id) if caller else "", form.get("username", "").strip().lower()}
    accounts |= {caller.email.lower()} if caller and caller.email else set()
    accounts |= {name} if kind == "user" else set()
    organizations = {name if kind == "organization" else "", *_organizations()}
    return Who(frozenset(installations), frozenset(accounts), frozenset(organizations))


def _organizations() -> set[str]:
    """In the path, and in the first level of a JSON body: upstream's names of an organization's id end alike."""
    named = {**(request.view_args or {})}
    body = request.get_json(silent=True, force=True) if request.is_json else None
    if isinstance(body, dict):
        named |= {name: value for name, value in body.items() if name.lower().endswith(_ORGANIZATION)}
    return {str(value).lower() for name, value in named.items() if value}


_ORGANIZATION = ("organizationid", "organizationcloudid")


def _add_members(_fault: Fault, response: Response) -> Response:
    return _changed(response, partial(_grow, top=True))


def _grow(value: Any, *, top: bool = False) -> Any:
    """With a member more in the object itself, and in those of every list."""
    if isinstance(value, list):
        return [_grow(each, top=True) for each in value]
    if not isinstance(value, dict):
        return value
    grown = {name: _grow(each) for name, each in value.items()}
    return grown | {"addedByANewerServer": {"object": "unknown"}} if top else grown


def _reverse_lists(_fault: Fault, response: Response) -> Response:
    return _changed(response, _reverse)


def _reverse(value: Any) -> Any:
    if isinstance(value, list):
        return [_reverse(each) for each in reversed(value)]
    return {name: _reverse(each) for name, each in value.items()} if isinstance(value, dict) else value


def _change_licence(fault: Fault, response: Response) -> Response:
    if response.status_code == 200:
        response.set_data(_given().licences.spoil(context(), fault.do[Kind.LICENCE], response.get_data()))
    return response


def _changed(response: Response, change: Callable[[Any], Any]) -> Response:
    if response.status_code < 400 and response.is_json and not response.is_streamed and response.get_data():
        changed = change(json.loads(response.get_data()))
        response.set_data(json.dumps(changed, ensure_ascii=False, separators=(",", ":")).encode())
    return response


_CHANGES: Mapping[Kind, Callable[[Fault, Response], Response]] = {
    Kind.UNKNOWN_MEMBERS: _add_members,
    Kind.REVERSED_LISTS: _reverse_lists,
    Kind.LICENCE: _change_licence,
}


def _without_front(exchange: Exchange, response: Response) -> Response:
    """A late answer takes its time, half a body is half a body, and one that never comes is an exception of Python's
    own: ConnectionResetError, TimeoutError. It leaves the app when the answer is read, so everything is saved by then.
    """
    if exchange.delay:
        time.sleep(exchange.delay)
    if exchange.fate == "reset":
        return _Lost(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"))
    if exchange.fate == "hang":
        return _Lost(TimeoutError(errno.ETIMEDOUT, "No answer"))
    if exchange.cut is not None:
        whole = response.get_data()
        response.response = [whole[: exchange.cut]]
        response.headers["Content-Length"] = str(len(whole))
    return response


class _Lost(Response):
    """An answer that nobody gets."""

    def __init__(self, error: OSError) -> None:
        super().__init__(b"lost")
        self._error = error

    def __call__(self, environ: object, start_response: object) -> NoReturn:
        raise self._error


def _given() -> _Faults:
    given: _Faults = current_app.extensions[_EXTENSION]
    return given
