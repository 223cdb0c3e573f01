"""The words for the rest: uninstalling, packing logs, help, and our own `run`."""

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import click

from selfhost.deployment import archive, instance
from selfhost.deployment.bwdata import DataDirectory
from selfhost.deployment.commands.frame import YES_NO, Session, guard, head, list_commands, stop_here, word
from selfhost.deployment.runner import SERVICES


@word("uninstall")
@click.option("--save-database", type=YES_NO, help="Keep a copy of the database files.")
@click.option("--confirm", type=YES_NO, help="Really uninstall.")
@click.option("--purge", type=YES_NO, help="Also remove images (there are none).")
def uninstall(session: Session, *, save_database: str | None, confirm: str | None, purge: str | None) -> None:
    """Remove the instance with all its data."""
    ask, folder = session.questions.ask, session.data.path
    if not session.questions.interactive:
        # a forgotten flag must not end the command half-way
        for flag, answer in (("--save-database", save_database), ("--confirm", confirm), ("--purge", purge)):
            ask("uninstall", flag, answer)
    started = "(WARNING: UNINSTALL STARTED) Would you like to save the database files? (y/n): "
    saved = ask(started, "--save-database", save_database) == "y"
    if saved:
        click.echo("Saving database files.")
        archive.compress_folder(folder / "mssql", Path("bitwarden_database.tar.gz"))
    prompt = (
        f"{'(SAVED DATABASE FILES: YES): ' if saved else ''}WARNING: ALL DATA WILL BE REMOVED, INCLUDING THE FOLDER "
        f"{folder}): Are you sure you want to uninstall Bitwarden? (y/n): "
    )
    if ask(prompt, "--confirm", confirm) != "y":
        click.echo("(!) Bitwarden uninstall canceled. ")
        raise click.exceptions.Exit(1)
    click.echo("Uninstalling Bitwarden...")
    instance.take_down(session.home)
    click.echo(f"Removing {folder}")
    shutil.rmtree(folder)
    click.echo("Removing MSSQL docker volume.")
    session.home.effective.unlink(missing_ok=True)
    click.echo("Bitwarden uninstall complete!")
    if ask("(!) Would you like to purge all local Bitwarden container images? (y/n): ", "--purge", purge) == "y":
        click.echo("Bitwarden uninstall complete! ")


@word("compresslogs", needs="", exclusive=False, data_argument=False)
@click.argument("arguments", nargs=-1)
def compresslogs(session: Session, *, arguments: tuple[str, ...]) -> None:
    """Pack the logs into the current directory: compresslogs [YYYYMMDD YYYYMMDD]."""
    if len(arguments) == 1:  # upstream takes it for the data directory, a date too
        session, arguments = replace(session, data=DataDirectory(Path(arguments[0]))), ()
    guard(session, "installed")
    try:
        days = archive.parse_range(*(arguments[index] if index < len(arguments) else None for index in range(2)))
    except archive.BadDates as error:
        stop_here(str(error))
        return
    name = archive.archive_name(days)
    if days is None:
        click.echo("Compressing all logs...")
    else:
        click.echo(f"Compressing logs from {arguments[0]} to {arguments[1]} ...")
    archive.compress_logs(session.data.logs, days, Path(name))
    click.echo(f"Logs compressed into {Path.cwd()}/{name}")


@word("help", needs="", preamble=False, exclusive=False)
def help_(session: Session) -> None:
    """List the commands."""
    head()
    list_commands()


@word("run", needs="", preamble=False, exclusive=False, data_argument=False)
@click.argument("service", type=click.Choice(SERVICES))
def run(session: Session, *, service: str) -> None:
    """Stay and run one service in the state that start and stop ask for (as a line of the Procfile)."""
    command = [sys.executable, "-P", "-m", "selfhost", service, "--home", str(session.home.path)]
    os.execv(sys.executable, command)  # noqa: S606 - no shell is the point
