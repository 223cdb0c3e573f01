"""`python -m cloud_sim REGION SERVICE`: one region of the cloud of a stack, or its jobs, as the Procfile starts them.

Whatever the stack does not decide (WARDENLOOP_DATABASE_URL, _QUIRKS, ...) comes from the environment.
"""

from pathlib import Path

import click

from cloud_sim.app import create_app
from cloud_sim.settings import LOOPBACK, CloudSettings, StackPorts, in_stack
from cloud_sim.worker import work
from common.crypto.server_files import CA_CERTIFICATE_FILE
from common.server.database import prepare
from common.server.listening import bind_of
from common.server.migrations import ensure_current_or_exit
from common.server.serve import AppServer, WsgiApp
from common.settings import process_environment
from common.sim.row import begin_at

__all__ = ["main", "prepare"]  # what the supervisor calls

_Port = click.IntRange(1, 65_535)
_PemFile = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("region", type=click.Choice(["US", "EU"]))
@click.argument("service", type=click.Choice(["api", "jobs"]))
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the stack.")
@click.option("--port", type=_Port, required=True, help="Where to listen, on loopback.")
@click.option("--other-port", type=_Port, required=True, help="Of the other region.")
@click.option("--desk-port", type=_Port, required=True, help="Of the desk, where people read mails.")
@click.option("--smtp-port", type=_Port, required=True, help="Of the desk, where mails are sent to.")
@click.option("--host", envvar="LISTEN_HOST", default=LOOPBACK, help="Listen at this address, too.")
@click.option("--certfile", type=_PemFile, envvar="TLS_CERTIFICATE", help="Serve https with this certificate.")
@click.option("--keyfile", type=_PemFile, envvar="TLS_KEY", help="Private key of the certificate.")
def main(
    region: str,
    service: str,
    home: Path,
    port: int,
    other_port: int,
    desk_port: int,
    smtp_port: int,
    host: str,
    certfile: Path | None,
    keyfile: Path | None,
) -> None:
    """Serve one region, or do its jobs, until SIGTERM."""
    tls = (certfile, keyfile) if certfile and keyfile else None
    us, eu = (port, other_port) if region == "US" else (other_port, port)
    authority = certfile.with_name(CA_CERTIFICATE_FILE) if certfile else None
    ports = StackPorts(us, eu, desk_port, smtp_port, authority, host)
    try:
        settings = in_stack(region, home, ports, process_environment())
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if service == "jobs":
        work(settings)
        return
    AppServer(
        lambda: _made(settings), bind_of(host, port), tls=tls, workers=settings.workers, threads=settings.threads
    ).run()


def _made(settings: CloudSettings) -> WsgiApp:
    ensure_current_or_exit("cloud_sim", settings.database_url, begin_at(settings.at))
    app: WsgiApp = create_app(settings)
    return app


if __name__ == "__main__":
    main()
