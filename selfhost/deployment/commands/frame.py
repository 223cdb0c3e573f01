"""What all words of `bitwarden.sh` have in common: options, the preamble, who may run when, and how it ends.

Every prompt can be answered by a flag; without a terminal a missing answer is an error, never a wait.
Source: bitwarden.sh, run.sh; fidelity.md: deployment.script.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import requests

from common.clock import Clock
from common.configuration.env_file import EnvFileError
from common.configuration.values import SettingsError
from common.ids import Ids
from common.releases import UnknownRelease
from common.server.destinations import Destinations
from common.server.terminal import told
from selfhost.deployment import state
from selfhost.deployment.bwdata import DataDirectory
from selfhost.deployment.instance import Failed
from selfhost.deployment.questions import Questions
from selfhost.deployment.simulated_cloud import Stack
from selfhost.deployment.state import Held, InstanceHome

COMMANDS = (
    "install",
    "start",
    "restart",
    "stop",
    "update",
    "updatedb",
    "updaterun",
    "updateself",
    "updateconf",
    "uninstall",
    "renewcert",
    "rebuild",
    "compresslogs",
    "help",
)
RULE = "=" * 51
YES_NO = click.Choice(["y", "n"], case_sensitive=False)
_BUSY_PATIENCE = 180.0  # seconds to wait for another command on the same home


@dataclass(frozen=True)
class Tools:
    """What the commands need from outside. http: makes a session that reaches these destinations only.

    terminal: somebody can type; root: we run as root.
    """

    clock: Clock
    ids: Ids
    http: Callable[[Destinations], requests.Session]
    shell: Mapping[str, str]
    root: bool
    terminal: bool


@dataclass(frozen=True)
class Session:
    """One command at work on one home."""

    tools: Tools
    home: InstanceHome
    data: DataDirectory
    questions: Questions
    yes: bool

    def stack(self, cloud_us: str | None = None, cloud_eu: str | None = None) -> Stack:
        return Stack.read(self.home.path, self.data.wardenloop_env, cloud_us, cloud_eu)


class Twin(click.Group):
    """A group that meets an unknown word as the script does: with the list of commands and exit status 0."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            return "unknown", unknown, []
        return super().resolve_command(ctx, args)


def _common_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that may stand before or behind the command word."""
    options = (
        click.option("--home", type=click.Path(path_type=Path), help="State folder [default: .wardenloop]."),
        click.option("--data-dir", type=click.Path(path_type=Path), help="Data directory [default: HOME/bwdata]."),
        click.option("--yes", "-y", is_flag=True, envvar="WARDENLOOP_YES", help="Run as root without being asked."),
        click.option("--stdin", "from_pipe", is_flag=True, help="Read answers from standard input, terminal or not."),
    )
    for option in reversed(options):
        function = option(function)
    return function


@click.group(cls=Twin, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@_common_options
@click.pass_context
def cli(ctx: click.Context, /, **common: Any) -> None:
    """Twin of bitwarden.sh: installs, configures and starts the simulated self-hosted instance."""
    ctx.meta["selfhost.common"] = common
    if ctx.invoked_subcommand is None:
        ctx.invoke(unknown)


@click.command(hidden=True)
def unknown() -> None:
    """What the script answers to a word it does not know."""
    head()
    click.echo("No command found.")
    click.echo()
    list_commands()


def word(
    name: str, *, needs: str = "installed", preamble: bool = True, exclusive: bool = True, data_argument: bool = True
) -> Callable[[Callable[..., None]], click.Command]:
    """Register a command: common options, preamble, the guard on the data directory, one command at a time per home.

    needs: "installed", "nothing there", or "" for no guard.
    """

    def register(function: Callable[..., None]) -> click.Command:
        @functools.wraps(function)
        @click.pass_context
        def run(ctx: click.Context, /, **given: Any) -> None:
            session = _session(ctx, given)
            try:
                if preamble:
                    _preamble(session)
                guard(session, needs)
                if exclusive:
                    with state.locked(session.home, "control", patience=_BUSY_PATIENCE):
                        function(session, **given)
                else:
                    function(session, **given)
            except (Failed, SettingsError, EnvFileError, UnknownRelease) as error:
                _fail(str(error))
            except OSError as error:
                _fail(told(error))
            except Held:
                _fail("Another command is at work on this instance.")

        wrapped: Callable[..., Any] = _common_options(run)
        if data_argument:  # upstream: a second argument is the data directory
            wrapped = click.argument("directory", required=False, type=click.Path(path_type=Path))(wrapped)
        return cli.command(name)(wrapped)

    return register


def _session(ctx: click.Context, given: dict[str, Any]) -> Session:
    """Takes the common options out of `given`; those behind the command word win over those before it."""
    before = ctx.meta["selfhost.common"]
    home, data_dir, yes, from_pipe = (given.pop(key) or before[key] for key in ("home", "data_dir", "yes", "from_pipe"))
    tools: Tools = ctx.obj
    home = home or Path(".wardenloop")
    data = DataDirectory(given.pop("directory", None) or data_dir or home / "bwdata")
    return Session(tools, InstanceHome(home), data, Questions(interactive=tools.terminal or from_pipe), yes)


def guard(session: Session, needs: str) -> None:
    """Ends the command where the data directory is not in the state that it needs (see `word`)."""
    if needs == "installed" and not session.data.path.is_dir():
        stop_here(f"Cannot find a Bitwarden installation at {session.data.path}.")
    if needs == "nothing there" and (session.data.path / "docker").is_dir():
        stop_here(f"Looks like Bitwarden is already installed at {session.data.path}.")


def stop_here(text: str) -> None:
    """The script's own refusals go to standard output."""
    click.echo(text)
    raise click.exceptions.Exit(1)


def _fail(text: str) -> None:
    click.echo(text, err=True)
    raise click.exceptions.Exit(1)


def warn(text: str) -> None:
    """A warning as docker compose gives it."""
    click.echo(f"WARN[0000] {text}", err=True)


def head() -> None:
    """What the script prints before anything else."""
    for line in (
        r" _ _ _                 _            _",
        r"| | | |___ ___ ___ ___| |___ ___ ___| |   the twin of bitwarden.sh",
        r"|_____|_|_|_| |___|___|_|___|___| ._|_|   simulates an instance, runs no containers",
        "",
        "A test double, not affiliated with Bitwarden, Inc. The real script is at https://github.com/bitwarden/self-host",
        "",
        RULE,
        "",
    ):
        click.echo(line)


def _preamble(session: Session) -> None:
    head()
    if session.tools.root:
        click.echo("WARNING: This script is running as the root user!")
        click.echo(
            "If you are running a standard deployment this script should be running as a dedicated Bitwarden User "
            "as per the documentation."
        )
        prompt = "Do you still want to continue? (y/n): "
        if session.questions.ask(prompt, "--yes", "y" if session.yes else None).lower() not in ("y", "yes"):
            raise click.exceptions.Exit(1)
        click.echo("Continuing....")
    click.echo(f"bitwarden.sh version {state.read_script(session.home).tags.core}")
    click.echo("Docker version: none needed")
    click.echo("Docker Compose version: none needed")
    click.echo()


def list_commands() -> None:
    """The words, upstream's first."""
    click.echo("Available commands:")
    click.echo()
    for name in COMMANDS:
        click.echo(name)
    click.echo()
    click.echo("wardenloop's own:")
    click.echo()
    click.echo("release [VERSION]   simulate this server release")
    click.echo()
