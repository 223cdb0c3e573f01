"""`python -m selfhost SERVICE`: keep `api` or `jobs` in the state that start and stop ask for, as the Procfile does.

What the service needs is imported here, before it is started: each start is a fork and takes a moment.
"""

from importlib import import_module
from pathlib import Path

import click

from common.server.database import prepare
from common.server.processes import Ready
from common.server.serve import AppServer, WsgiApp
from common.settings import process_environment
from selfhost import worker
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.deployment.runner import Runner, Service, api_answers
from selfhost.deployment.state import Held, InstanceHome

__all__ = ["main", "prepare"]  # what the supervisor calls


def serve_api(settings: SelfHostSettings, _ready: Ready) -> None:
    """The instance under gunicorn, with TLS where a certificate is configured."""
    own = settings.simulator
    tls = (own.tls_certificate, own.tls_key) if own.tls_certificate and own.tls_key else None
    AppServer(_made, own.listen, tls=tls, workers=own.workers, threads=own.threads).run()


def _made() -> WsgiApp:
    app: WsgiApp = import_module("selfhost.wsgi").app  # made of the configuration that is in effect by now
    return app


SERVICES = {
    "api": Service("api", serve_api, lambda settings, _child: api_answers(settings)),
    # jobs has no address to ask
    "jobs": Service("jobs", lambda _settings, ready: worker.main(ready), lambda _settings, child: child.is_ready),
}


@click.command()
@click.argument("service", type=click.Choice(sorted(SERVICES)))
@click.option("--home", type=click.Path(path_type=Path), default=".wardenloop", show_default=True, help="State folder.")
def main(service: str, home: Path) -> None:
    """Run one service in the state that start and stop ask for, until SIGTERM."""
    prepare()
    runner = Runner(InstanceHome(home), SERVICES[service], process_environment())
    runner.end_on_signals()
    try:
        runner.run()
    except Held:
        raise SystemExit(f"{service} has a runner already.") from None


if __name__ == "__main__":
    main()
