"""Running the self-hosted instance's own commands (`bitwarden.sh`), which are a program of their own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import click

from common.cli.home import Home

PATIENCE_SECONDS = 180.0


@dataclass(frozen=True)
class Outcome:
    """What a command printed and how it ended."""

    command: str
    output: str
    exit_status: int


class CommandFailed(Exception):
    """A command of the instance that ended with an error; the text is what it printed."""


def run(home: Home, *arguments: str) -> Outcome:
    """Run one command, never waiting for an answer at the terminal. Raises CommandFailed on a bad exit status."""
    done = subprocess.run(  # noqa: S603 - our own program, no shell
        _command(home, [*arguments, "--yes"]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    outcome = Outcome(" ".join(arguments), done.stdout.decode("utf-8", "replace"), done.returncode)
    if outcome.exit_status:
        raise CommandFailed(f"{outcome.command}: exit status {outcome.exit_status}\n{outcome.output}")
    return outcome


def become(home: Home, arguments: Sequence[str]) -> NoReturn:
    """Replace this process by the command, with the terminal and everything else."""
    os.execv(sys.executable, _command(home, arguments))  # noqa: S606 - no shell is the point


def _command(home: Home, arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-P", "-m", "selfhost.deployment", "--home", str(home.root), *arguments]


def set_environment_lines(home: Home, **values: str) -> None:
    """Write `name=value` lines into the instance's environment file, each in place of the line of that name."""
    lines = home.environment_file.read_text("utf-8").splitlines()
    for name, value in values.items():
        at = next((n for n, line in enumerate(lines) if line.partition("=")[0] == name), len(lines))
        lines[at : at + 1] = [f"{name}={value}"]
    home.environment_file.write_text("\n".join(lines) + "\n", "utf-8")


def environment_value(home: Home, name: str) -> str:
    """The value of a line of the instance's environment file. LookupError when there is no such line."""
    for line in home.environment_file.read_text("utf-8").splitlines():
        key, _, value = line.partition("=")
        if key == name:
            return value
    raise LookupError(f"{home.environment_file} has no line {name}=")


@click.command("selfhost", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def selfhost_command(home: Home, arguments: tuple[str, ...]) -> None:
    """The instance's own commands, as of bitwarden.sh: install, start, stop, rebuild, update, help ..."""
    become(home, arguments)
