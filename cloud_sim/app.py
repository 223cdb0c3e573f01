"""The cloud app factory: the parts of `wiring`, with every route and hook of the cloud."""

from functools import partial

from flask import Flask

from cloud_sim.forge.service import check_defects, spoil_license
from cloud_sim.settings import CloudSettings
from cloud_sim.subscriptions import hook as subscriptions
from cloud_sim.wiring import wire
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

AT_ONCE: Mounts = {"/api": [info.bp], "/identity": [info.bp], "/push": [info.bp]}

WHEN_ASKED_FOR: Sections = {
    "cloud_sim.api": ("api", "identity", "push", "notifications", "events", "icons"),
    "cloud_sim.control": ("_sim",),
    "cloud_sim.pages": (ELSE,),
}


def create_app(
    settings: CloudSettings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    mailer: Mailer | None = None,
    passwords: PasswordHashes | None = None,
) -> Flask:
    """One region of the simulated cloud. Parts that are not given are the real ones."""

    build = partial(wire, settings, clock=clock, ids=ids, mailer=mailer, passwords=passwords)
    hooks = Hooks(
        first=[journal.note_time, faults.consult],
        before=[subscriptions.pass_time],
        last=[journal.record],
    )
    app = assemble("cloud_sim", settings.database_url, build, AT_ONCE, WHEN_ASKED_FOR, hooks)
    faults.give(app, faults.Licences(check_defects, spoil_license))
    journal.give(app)
    app.wsgi_app = by_request(lambda: app.extensions["wardenloop"].ids, app.wsgi_app)  # type: ignore[method-assign]
    return app
