"""The jobs process of one region: `python -m cloud_sim.worker`, configured by the environment as the region is."""

import sys
import threading
from contextlib import suppress

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from cloud_sim.jobs.service import run_due_jobs
from cloud_sim.settings import CloudSettings, settings_or_exit
from cloud_sim.wiring import wire
from common.server.app import bare
from common.server.migrations import ensure_current_or_exit
from common.server.worker import look_until, stop_on_signals
from common.sim.journal import recorder as journal
from common.sim.row import begin_at


def main() -> int:
    """Do what is due until SIGTERM or SIGINT."""
    work(settings_or_exit())
    return 0


def work(settings: CloudSettings) -> None:
    """The same for one region with these settings."""
    stop = stop_on_signals()
    with suppress(SQLAlchemyError):  # a database that does not answer yet: looking goes on, and the region migrates it
        ensure_current_or_exit("cloud_sim", settings.database_url, begin_at(settings.at))
    app = bare("cloud_sim", settings.database_url, lambda: wire(settings, role="jobs"))
    journal.give(app)
    run_jobs(stop, app)
    journal.close(app)


def run_jobs(stop: threading.Event, app: Flask) -> None:
    """Do what is due until `stop` is set."""

    def look() -> None:
        with journal.watching(app, "job"):
            run_due_jobs(app.extensions["wardenloop"])

    look_until(stop, app, look)


if __name__ == "__main__":
    sys.exit(main())
