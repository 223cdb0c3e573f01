"""The self-hosted app factory: the parts of `wiring`, with every route and hook of an instance."""

from functools import partial
from typing import TYPE_CHECKING

from flask import Flask

from common.clock import Clock
from common.crypto.passwords import PasswordHashes
from common.ids import Ids
from common.server import info
from common.server.app import Hooks, Mounts, assemble
from common.server.mail.smtp import Mailer
from common.server.sections import ELSE, Sections
from common.server.seeding import by_request
from common.sim.faults import hook as faults
from common.sim.journal import recorder as journal
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.licensing import hook as licensing
from selfhost.wiring import peers, wire

if TYPE_CHECKING:
    import requests

AT_ONCE: Mounts = {"/api": [info.bp], "/identity": [info.bp]}

WHEN_ASKED_FOR: Sections = {
    "selfhost.api": ("api", "identity", "notifications", "events", "icons"),
    "selfhost.control": ("_sim",),
    "selfhost.pages": ("admin", ELSE),
}


def create_app(
    deployment: SelfHostSettings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    http: "requests.Session | None" = None,
    mailer: Mailer | None = None,
    passwords: PasswordHashes | None = None,
) -> Flask:
    """One self-hosted instance with this configuration in effect. Parts that are not given are the real ones."""
    build = partial(wire, deployment, clock=clock, ids=ids, http=http, mailer=mailer, passwords=passwords)
    hooks = Hooks(
        first=[journal.note_time, faults.consult],
        before=[licensing.finish_what_was_begun],
        last=[journal.record],
    )
    app = assemble("selfhost", deployment.simulator.database_url, build, AT_ONCE, WHEN_ASKED_FOR, hooks)
    faults.give(app)
    journal.give(app, peers(deployment))
    app.wsgi_app = by_request(lambda: app.extensions["wardenloop"].ids, app.wsgi_app)  # type: ignore[method-assign]
    return app
