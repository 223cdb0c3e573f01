"""`python -m common.desk`: the start page, the SMTP sink and the mailbox in one process, until SIGTERM."""

import socket
from functools import partial
from pathlib import Path
from typing import Any

import click

from common.desk.app import create_desk
from common.desk.mailbox.door import MailDoor, door_of
from common.server import serving
from common.server.destinations import is_loopback
from common.server.own_hosts import host_names
from common.server.serve import AppServer
from common.settings import UnknownVariable, process_environment, refuse_unknown_variables

_STOP_SECONDS = 5
_PemFile = click.Path(exists=True, dir_okay=False, path_type=Path)


class DeskServer(AppServer):
    """The desk's pages; the SMTP sink lives in their one worker, started after the fork.

    A sink that cannot start fails the worker's boot, which ends the whole server.
    """

    def __init__(
        self,
        directory: Path,
        host: str,
        http_port: int,
        smtp_port: int,
        tls: tuple[Path, Path] | None = None,
        home: Path | None = None,
        allowed_hosts: frozenset[str] = frozenset(),
    ) -> None:
        """directory: of the mails. tls: certificate and key file, to serve https. home: of the stack to start from.

        allowed_hosts: names that it answers to beside loopback's.
        """
        self._directory = directory
        self._host = host
        self._smtp_port = smtp_port
        self._door: MailDoor | None = None
        super().__init__(
            partial(
                create_desk, directory, home, tls=tls is not None, local=is_loopback(host), allowed_hosts=allowed_hosts
            ),
            f"{_bracketed(host)}:{http_port}",
            tls=tls,
            graceful_timeout=_STOP_SECONDS,
            loglevel="info",
            proc_name="wardenloop-desk",
            post_worker_init=self._open_mailbox,
            worker_exit=self._close_mailbox,
        )

    def _open_mailbox(self, worker: Any) -> None:
        door = door_of(self._directory, self._host, self._smtp_port)
        door.start()
        self._door = door
        serving.post_worker_init(worker)
        worker.log.info("Accepting mail at %s:%s, keeping it in %s", self._host, self._smtp_port, self._directory)

    def _close_mailbox(self, server: Any, worker: Any) -> None:
        if self._door is not None:
            self._door.stop()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _check_smtp_address(host: str, port: int) -> None:
    """Tell a taken port at once and plainly; inside the worker it would show as a traceback, seconds later."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise click.ClickException(f"Cannot accept mail at {host}:{port}: {error.strerror}") from error


@click.command()
@click.option("--smtp-port", type=click.IntRange(1, 65535), default=1025, show_default=True)
@click.option("--http-port", type=click.IntRange(1, 65535), default=8025, show_default=True)
@click.option(
    "--directory", type=click.Path(file_okay=False, path_type=Path), help="Where mails go.  [default: HOME/mail]"
)
@click.option(
    "--home", type=click.Path(file_okay=False, path_type=Path), help="Of the stack that the start page shows."
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--certfile", type=_PemFile, envvar="TLS_CERTIFICATE", help="Serve https with this certificate.")
@click.option("--keyfile", type=_PemFile, envvar="TLS_KEY", help="Private key of the certificate.")
@click.option(
    "--dangerously-show-mail-to-the-network",
    "exposed",
    is_flag=True,
    help="Allow a host other than loopback: whoever reaches it reads every sign-in link.",
)
def main(
    smtp_port: int,
    http_port: int,
    directory: Path | None,
    home: Path | None,
    host: str,
    exposed: bool,
    certfile: Path | None,
    keyfile: Path | None,
) -> None:
    """Accept every mail over SMTP and show it over HTTP, with the start page of a stack when its home is given."""
    if (certfile is None) != (keyfile is None):
        raise click.UsageError("--certfile and --keyfile belong together.")
    tls = (certfile, keyfile) if certfile and keyfile else None
    directory = directory or (home / "mail" if home else None)
    if directory is None:
        raise click.UsageError("Say where mails go: --directory, or --home of a stack.")
    if not exposed and not is_loopback(host):
        raise click.UsageError(f"{host} is not loopback; see --dangerously-show-mail-to-the-network.")
    _check_smtp_address(host, smtp_port)
    try:
        refuse_unknown_variables(process_environment())
        names = host_names(process_environment().get("WARDENLOOP_ALLOWED_HOSTS", ""))
    except UnknownVariable as error:
        raise click.UsageError(str(error)) from error
    except ValueError as error:
        raise click.UsageError(f"WARDENLOOP_ALLOWED_HOSTS: {error}") from error
    DeskServer(directory.absolute(), host, http_port, smtp_port, tls, home, names).run()


if __name__ == "__main__":
    main()
