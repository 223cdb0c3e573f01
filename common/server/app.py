"""The app skeleton: one request = one policy check, one view, one transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, cast

from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from common.server import cors, failures, policy
from common.server.body import CarefulJson, receive
from common.server.context import Context
from common.server.gate import Gate
from common.server.locks import was_overtaken
from common.server.openapi import routes as openapi
from common.server.outbox import service as outbox
from common.server.outbox.delivery import deliver_quietly
from common.server.prefix import below
from common.server.rate_limits import hook as rate_limits
from common.server.routing import CONVERTERS, Route, require_fitting_path
from common.server.sections import SectionedApp, Sections
from common.server.transaction import begin_anew, begin_request, connect, db, finish_request, is_reading, let_write
from common.server.upload import OwnRequest

READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

SECURITY_HEADERS = {
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
}
"""Source: src/Core/Utilities/SecurityHeadersMiddleware.cs; fidelity.md: identity.token-answer."""

MAX_BODY = 10 * 1024 * 1024

Mounts = Mapping[str, Iterable[Blueprint]]
"""URL prefix -> blueprints."""

MOST_TRIES = 4
"""How often a view is run when other transactions get in its way."""


class Hooks(NamedTuple):
    """What an app does around every request, beside the skeleton.

    first: before anybody looks at who asks; may answer. before: once the policy has let the request through. last: once
    all is saved, or taken back.
    """

    first: Sequence[Callable[[], ResponseReturnValue | None]] = ()
    before: Sequence[Callable[[], None]] = ()
    last: Sequence[Callable[[Response], Response]] = ()


def assemble(
    name: str,
    database_url: str,
    build: Callable[[], Context],
    mounts: Mounts,
    sections: Sections,
    hooks: Hooks,
) -> Flask:
    """Make the Flask app: database, errors, policies, routes.

    build: wires the context once the database is known. mounts: what is there at once; a blueprint may be mounted under
    several prefixes. sections: what comes when it is asked for.
    """
    app = bare(name, database_url, build)
    app.url_rule_class = Route
    app.request_class = OwnRequest
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.url_map.converters |= CONVERTERS
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    failures.register(app)
    app.before_request(_begin)
    app.before_request(receive)
    if app.extensions["wardenloop"].settings.rate_limits:
        app.before_request(rate_limits.enforce)
    app.before_request(cors.look)
    for look in hooks.first:
        app.before_request(look)
    app.before_request(policy.enforce)
    app.before_request(require_fitting_path)
    for end in hooks.last:
        app.after_request(end)  # Flask calls them in the order opposite to this
    app.after_request(partial(_finish, app))
    for begin in hooks.before:
        app.before_request(begin)
    app.before_request(_let_write)
    mount(app, mounts)
    app.register_blueprint(openapi.bp)
    _require_policies(app)
    app.expect(sections, partial(_require_policies, app))
    prefix = app.extensions["wardenloop"].settings.path_prefix
    if prefix:
        app.wsgi_app = below(prefix, app.wsgi_app)  # type: ignore[method-assign]
    return app


def mount(app: Flask, mounts: Mounts) -> None:
    """Register blueprints below their prefixes."""
    for prefix, blueprints in mounts.items():
        for blueprint in blueprints:
            app.register_blueprint(
                blueprint, name=f"{prefix.strip('/')}:{blueprint.name}", url_prefix=_join(prefix, blueprint)
            )


class App(SectionedApp):
    """Flask without what it does at each step of a request in case a view is a coroutine: none of ours is.

    It runs a view again when another transaction got in its way: nothing of the first try is left, and the second one
    sees what the other has done. So two first ones of a kind at once end as one after the other would.
    gate: passed by whatever works with the app's state in a process that serves or does jobs.
    """

    gate: Gate

    json_provider_class = CarefulJson

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    def dispatch_request(self) -> ResponseReturnValue:
        reading = is_reading(db.session)
        for _ in range(MOST_TRIES - 1):
            try:
                return self._run_view()
            except (DBAPIError, StaleDataError) as error:
                if not was_overtaken(error) or not begin_anew(db.session, reading=reading):
                    raise
        return self._run_view()

    def _run_view(self) -> ResponseReturnValue:
        answer = super().dispatch_request()
        db.session.flush()  # what the database has against it is said here, while the view can still be run again
        return answer


def bare(name: str, database_url: str, build: Callable[[], Context]) -> App:
    """The same without routes, for a process that serves nobody: database and context."""
    app = App(name, static_folder=None)
    connect(app, database_url)
    parts = app.extensions["wardenloop"] = build()
    app.gate = Gate(parts.settings.state_dir)
    app.gate.renew = partial(_renew, app, build)
    return app


def gate_of(app: Flask) -> Gate:
    """The gate of an app that was made here."""
    return cast(App, app).gate


def _renew(app: Flask, build: Callable[[], Context]) -> None:
    """Another state has taken the place of the one that the app was made with, perhaps with other keys."""
    with app.app_context():
        app.extensions["wardenloop"] = build()


def _join(prefix: str, blueprint: Blueprint) -> str:
    return prefix + (blueprint.url_prefix or "")


def context() -> Context:
    """The parts wired into the current app."""
    return cast(Context, current_app.extensions["wardenloop"])


def _begin() -> None:
    begin_request(db.session)


def _let_write() -> None:
    """Views of methods that change something may, unless they say themselves from where on."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method not in READING_METHODS and not getattr(view, "reads", False):
        let_write(db.session)


def _finish(app: Flask, response: Response) -> Response:
    """Save what the view did, unless it was refused (the error handler has rolled back by then)."""
    if response.status_code < 400:
        finish_request(db.session)
    if outbox.is_asked_for(app.extensions["wardenloop"]):
        response.call_on_close(partial(_deliver, app))
    cors.mark(response)
    there = {name.lower() for name, _ in response.headers}
    response.headers.extend([header for header in SECURITY_HEADERS.items() if header[0] not in there])  # pages' stay
    if response.calculate_content_length() == 0:
        response.headers.pop("Content-Type", None)
    return response


def _deliver(app: Flask) -> None:
    """Send what was queued. The client has its answer, and what the mails speak of is saved."""
    with app.app_context():
        deliver_quietly(context())


def _require_policies(app: Flask) -> None:
    open_views = sorted(name for name, view in app.view_functions.items() if not hasattr(view, "policy"))
    if open_views:
        raise RuntimeError(f"routes without a policy: {', '.join(open_views)}")
