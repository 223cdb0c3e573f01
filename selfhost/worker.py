"""The jobs process of an instance: `python -m selfhost.worker`, with the configuration in effect."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from types import FrameType
from typing import Any, Protocol, cast

from sqlalchemy.exc import SQLAlchemyError

from common.server.migrations import ensure_current
from common.server.processes import Ready
from selfhost.app import create_app
from selfhost.context import SelfHostContext
from selfhost.deployment.logs import log_to_files
from selfhost.deployment.settings import SettingsError, load_effective
from selfhost.jobs.runner import Step, run_until
from selfhost.push.sender import start_sender


def main(ready: Ready = lambda: None) -> int:
    """Run jobs until SIGTERM or SIGINT; a job under way is finished first. ready: told when jobs are looked for."""
    stop = threading.Event()

    def told_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told_to_stop)
    signal.signal(signal.SIGINT, told_to_stop)
    try:
        settings = load_effective()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    with suppress(SQLAlchemyError):  # a database that does not answer yet: the loop goes on asking, the API migrates it
        ensure_current("selfhost", settings.simulator.database_url)
    app = create_app(settings)
    ctx: SelfHostContext = app.extensions["wardenloop"]
    log_to_files(settings.log_folder("api"), "Api", ctx.clock)  # upstream runs its jobs inside the Api service
    start_sender(stop, unit_of_work(app))
    ready()
    run_until(stop, unit_of_work(app))
    return 0


class App(Protocol):
    """What a unit of work needs of the Flask app."""

    extensions: dict[str, Any]

    def app_context(self) -> AbstractContextManager[Any]: ...


def unit_of_work(app: App) -> Step:
    """Opens an app context, and with it a database session, for one look at what is due."""

    @contextmanager
    def opened() -> Iterator[SelfHostContext]:
        with app.app_context():
            yield cast(SelfHostContext, app.extensions["wardenloop"])

    return opened


if __name__ == "__main__":
    sys.exit(main())
