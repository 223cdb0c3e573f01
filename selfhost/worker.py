"""The jobs process of an instance: `python -m selfhost.worker`, with the configuration in effect.

It also talks to the push relay, on a thread of its own: a relay that hangs delays no job.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from common.configuration.values import SettingsError
from common.server.app import bare
from common.server.jobs.service import Job, run_due_jobs
from common.server.migrations import ensure_current_or_exit
from common.server.observed import note_control
from common.server.outbox.delivery import answers_deliver, deliver_quietly
from common.server.processes import Ready
from common.server.seeding import part_of
from common.server.transaction import own_transaction
from common.server.worker import POLL_SECONDS, look_until, stop_on_signals
from common.sim.journal import recorder as journal
from common.sim.row import begin_at
from selfhost.context import SelfHostContext
from selfhost.deployment.logs import log_to_files
from selfhost.deployment.settings import load_effective
from selfhost.jobs.service import jobs_of, tell_schedules
from selfhost.license_files.service import publish_leftovers
from selfhost.push import service as push
from selfhost.wiring import peers, wire


def main(ready: Ready = lambda: None) -> int:
    """Run jobs until SIGTERM or SIGINT; a job under way is finished first. ready: told when jobs are looked for."""
    stop = stop_on_signals()
    try:
        settings = load_effective()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    with suppress(SQLAlchemyError):  # a database that does not answer yet: the loop goes on asking, the API migrates it
        ensure_current_or_exit("selfhost", settings.simulator.database_url, begin_at(settings.simulator.at))
    app = bare("selfhost", settings.simulator.database_url, lambda: wire(settings, role="jobs"))
    journal.give(app, peers(settings))
    log_to_files(settings.log_folder("api"), "Api", _context(app).clock)  # upstream runs its jobs in the Api service
    threading.Thread(target=send_pushes, args=(stop, app), name="push-relay", daemon=True).start()
    ready()
    run_jobs(stop, app)
    journal.close(app)
    return 0


def run_jobs(stop: threading.Event, app: Flask) -> None:
    """Do what is due until `stop` is set, once the licence files of a killed process are on the disk."""
    known: SelfHostContext | None = None  # whose jobs these are: another state has others
    jobs: tuple[Job, ...] = ()

    def look() -> None:
        nonlocal known, jobs
        ctx = _context(app)
        if known is not ctx and publish_leftovers(ctx):
            known = ctx
            with own_transaction(ctx.session):
                jobs = jobs_of(ctx)
            tell_schedules(ctx, jobs)
            with part_of("start"), journal.watching(app, "command"):  # a release takes effect by a start
                note_control("start", "selfhost", f"v{ctx.deployment.release}")
        if known is ctx:
            with journal.watching(app, "job"):
                run_due_jobs(ctx, jobs)
                if not answers_deliver(ctx):
                    deliver_quietly(ctx)

    look_until(stop, app, look)


def send_pushes(stop: threading.Event, app: Flask, poll_seconds: float = POLL_SECONDS) -> None:
    """Tell the push relay what waits until `stop` is set; ends at once when no relay is configured."""
    ctx = _context(app)
    if push.is_on(ctx):
        relay = cache(partial(push.relay_client, ctx))  # one conversation, begun by the first look

        look_until(stop, app, lambda: push.send_pending(_context(app), relay(), partial(_told, app)), poll_seconds)


@contextmanager
def _told(app: Flask, number: int) -> Iterator[None]:
    """A call to the relay is an action of its own, whatever else waits with it."""
    with part_of(f"push {number}"), journal.watching(app, "job"):
        yield


def _context(app: Flask) -> SelfHostContext:
    ctx: SelfHostContext = app.extensions["wardenloop"]
    return ctx


if __name__ == "__main__":
    sys.exit(main())
