"""An instance that is about to be served: its database up to date, its log files open, its schedule drawn."""

import logging

from flask import Flask

from common.server.migrations import ensure_current_or_exit
from common.sim.row import begin_at
from selfhost.app import create_app
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.deployment.logs import PORTAL, log_to_files
from selfhost.deployment.outside import notices
from selfhost.jobs.service import draw_schedule


def made(deployment: SelfHostSettings) -> Flask:
    """The app with this configuration in effect. Ends the process when the database is another version's."""
    ensure_current_or_exit("selfhost", deployment.simulator.database_url, begin_at(deployment.simulator.at))
    app = create_app(deployment)
    ctx = app.extensions["wardenloop"]
    log_to_files(deployment.log_folder("api"), "Api", ctx.clock)
    log_to_files(deployment.log_folder("admin"), "Admin", ctx.clock, [PORTAL])
    with app.app_context():
        draw_schedule(ctx)
        log = logging.getLogger("selfhost")
        log.info("Api started.")
        for notice in notices(deployment):
            log.warning(notice)
    return app
