"""The words of `bitwarden.sh` with its prompts, literal messages and exit statuses, and our own: `release` and `run`.

Every prompt can be answered by a flag; without a terminal a missing answer is an error, never a wait.
Source: bitwarden.sh, run.sh; spec/deployment-and-configuration.md 1.1-1.3, 12.1.
"""

import functools
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import requests

from common.clock import Clock
from common.ids import Ids
from selfhost.deployment import archive, bwdata, instance, setup, state
from selfhost.deployment.bwdata import DataDirectory, Installation
from selfhost.deployment.env_file import EnvFileError, parse
from selfhost.deployment.instance import Failed
from selfhost.deployment.questions import Questions
from selfhost.deployment.releases import Release, UnknownRelease, max_license_version, token_aware
from selfhost.deployment.runner import SERVICES
from selfhost.deployment.settings import SettingsError, resolve_host
from selfhost.deployment.simulated_cloud import REGION_DOMAINS, Stack
from selfhost.deployment.state import NEWEST_TAGS, Held, Home

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
_BUSY_PATIENCE = 180.0  # seconds to wait for another command on the same home


@dataclass(frozen=True)
class Tools:
    """What the commands need from outside. terminal: somebody can type; root: we run as root."""

    clock: Clock
    ids: Ids
    http: requests.Session
    shell: Mapping[str, str]
    root: bool
    terminal: bool


@dataclass(frozen=True)
class Session:
    """One command at work on one home."""

    tools: Tools
    home: Home
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
@click.pass_obj
def unknown(tools: Tools) -> None:
    """What the script answers to a word it does not know."""
    _head(tools)
    click.echo("No command found.")
    click.echo()
    _list_commands()


def _word(
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
                _guard(session, needs)
                if exclusive:
                    with state.locked(session.home, "control", patience=_BUSY_PATIENCE):
                        function(session, **given)
                else:
                    function(session, **given)
            except (Failed, SettingsError, EnvFileError, UnknownRelease) as error:
                _fail(str(error))
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
    return Session(tools, Home(home), data, Questions(interactive=tools.terminal or from_pipe), yes)


def _guard(session: Session, needs: str) -> None:
    if needs == "installed" and not session.data.path.is_dir():
        _stop_here(f"Cannot find a Bitwarden installation at {session.data.path}.")
    if needs == "nothing there" and (session.data.path / "docker").is_dir():
        _stop_here(f"Looks like Bitwarden is already installed at {session.data.path}.")


def _stop_here(text: str) -> None:
    """The script's own refusals go to standard output."""
    click.echo(text)
    raise click.exceptions.Exit(1)


def _fail(text: str) -> None:
    click.echo(text, err=True)
    raise click.exceptions.Exit(1)


def _warn(text: str) -> None:
    click.echo(f"WARN[0000] {text}", err=True)


def _head(tools: Tools) -> None:
    for line in (
        r" _ _ _                 _            _",
        r"| | | |___ ___ ___ ___| |___ ___ ___| |   the twin of bitwarden.sh",
        r"|_____|_|_|_| |___|___|_|___|___| ._|_|   simulates an instance, runs no containers",
        "",
        "Open source password management solutions",
        f"Copyright 2015-{tools.clock.now():%Y}, Bitwarden, Inc.",
        "https://bitwarden.com, https://github.com/bitwarden",
        "",
        RULE,
        "",
    ):
        click.echo(line)


def _preamble(session: Session) -> None:
    _head(session.tools)
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


def _list_commands() -> None:
    click.echo("Available commands:")
    click.echo()
    for name in COMMANDS:
        click.echo(name)
    click.echo()
    click.echo("wardenloop's own:")
    click.echo()
    click.echo("release [VERSION]   simulate this server release")
    click.echo()


_yes_no = click.Choice(["y", "n"], case_sensitive=False)


@_word("install", needs="nothing there")
@click.option("--domain", help="Domain name; empty is localhost.")
@click.option("--letsencrypt", type=_yes_no)
@click.option("--dbname", help="Database name; empty is vault.")
@click.option("--install-id", help="Installation id.")
@click.option("--install-key", help="Installation key.")
@click.option("--cloud-region", help="US, EU or Gov; empty is US.")
@click.option("--ssl", type=_yes_no, help="There is an SSL certificate to use.")
@click.option("--self-signed", type=_yes_no, help="Generate a self-signed certificate.")
@click.option("--trusted", type=_yes_no, help="The certificate is a trusted one.")
@click.option("--skip-ssl", is_flag=True, help="No certificate: --ssl n --self-signed n.")
@click.option("--defaults", is_flag=True, help="Answer every question that has a default with it.")
@click.option("--stub", is_flag=True, help="Do not check the installation id; use zeros and a placeholder key.")
@click.option("-q", "quiet", is_flag=True, help="Fewer lines.")
@click.option("--url", help="URL of the instance, if it is not http(s)://DOMAIN.")
@click.option("--cloud-us", help="Address of the simulated US cloud.")
@click.option("--cloud-eu", help="Address of the simulated EU cloud.")
@click.option("--dangerously-contact-real-bitwarden", "contact_real", is_flag=True, help="Ask the real cloud.")
def install(
    session: Session,
    *,
    skip_ssl: bool,
    defaults: bool,
    stub: bool,
    quiet: bool,
    url: str | None,
    cloud_us: str | None,
    cloud_eu: str | None,
    contact_real: bool,
    **answers: str | None,
) -> None:
    """Ask, check the installation id with the cloud of the region, and write bwdata."""
    stack = session.stack(cloud_us, cloud_eu)
    flags = setup.Flags(**answers)
    if skip_ssl:
        flags = replace(flags, ssl="n", self_signed="n")
    if stub:
        flags = replace(flags, install_id=str(Installation().id), install_key=setup.STUB_KEY)
    if defaults:
        flags = flags.or_defaults()
    say: bwdata.Say = (lambda _line: None) if quiet else click.echo
    first = setup.ask_first(session.questions, flags)
    try:
        installation = _checked_installation(session, flags, first, stack, check=not stub, contact_real=contact_real)
    except setup.Refused as refusal:
        click.echo(str(refusal))
        return
    first = replace(first, domain=first.domain.lower())
    setup.build(
        session.data,
        first,
        installation,
        lambda: setup.ask_ssl(session.questions, flags, lets_encrypt=first.lets_encrypt),
        url=url or (stack.selfhost_url if first.domain == "localhost" else None),
        tags=state.read_script(session.home).image_tags,
        ids=session.tools.ids,
        now=session.tools.clock.now(),
        say=say,
    )
    bwdata.write_simulator_env(session.data, stack)
    for line in (
        "",
        "Installation complete",
        "",
        f"To change what is generated, edit {session.data.config} and run",
        "`./bitwarden.sh rebuild` or `./bitwarden.sh update`",
        "",
        "Next steps, run:",
        "`./bitwarden.sh start`",
        "",
    ):
        say(line)


def _checked_installation(
    session: Session, flags: setup.Flags, first: setup.FirstAnswers, stack: Stack, *, check: bool, contact_real: bool
) -> Installation:
    """Questions 4-6 and the checks; folders are made before, so that a refusal leaves them behind as upstream does."""
    data, questions = session.data, session.questions
    if not questions.interactive:
        # a flag forgotten in a script must not leave a half-made installation behind
        setup.ask_installation(questions, flags)
        setup.ask_ssl(questions, flags, lets_encrypt=first.lets_encrypt)
    bwdata.write_run_script(data)
    bwdata.write_uid_env(data)
    bwdata.create_folders(data, bwdata.SETUP_FOLDERS)
    setup.check_domain(first.domain)
    answer = setup.ask_installation(questions, flags)
    installation_id = setup.validated_id(answer.installation_id)
    if check:
        base = _validation_base(session, stack, answer.region, contact_real=contact_real)
        authority = None if contact_real else stack.authority
        setup.check_with_cloud(session.tools.http, base, installation_id, answer.region, authority)
    return Installation(installation_id, answer.key, answer.region, first.database)


def _validation_base(session: Session, stack: Stack, region: str, *, contact_real: bool) -> str:
    """Address of the API that validates installation ids, with final slash: BW_INSTALLATION_URL or that of the region.

    The variable counts in the shell and, as upstream, in `env/uid.env`. Gov asks the US.
    """
    own = parse(session.data.uid_env.read_text(), session.tools.shell).get("BW_INSTALLATION_URL")
    domain = REGION_DOMAINS["EU" if region == "EU" else "US"]
    uri = session.tools.shell.get("BW_INSTALLATION_URL") or own or f"https://api.{domain}"
    try:
        return resolve_host(uri, stack.hosts(), contact_real=contact_real)
    except ValueError:
        return uri.rstrip("/") + "/"


_wait = click.option(
    "--wait", type=click.FloatRange(min=0), default=60.0, show_default=True, help="Seconds for health."
)
_no_wait = click.option("--no-wait", is_flag=True, help="Leave the snapshot for runners that start later.")


def _start(session: Session, wait: float, no_wait: bool) -> None:
    tools = session.tools
    instance.bring_up(
        session.data,
        session.home,
        session.stack(),
        clock=tools.clock,
        shell=tools.shell,
        say=click.echo,
        warn=_warn,
        patience=None if no_wait else wait,
    )
    if no_wait:
        click.echo("The configuration is in effect for runners that start from now on.")
    else:
        instance.say_up(click.echo, bwdata.read_config(session.data).url)


@_word("start")
@_wait
@_no_wait
def start(session: Session, *, wait: float, no_wait: bool) -> None:
    """Put the configuration on disk into effect and start the instance."""
    _start(session, wait, no_wait)


@_word("restart")
@_wait
@_no_wait
def restart(session: Session, *, wait: float, no_wait: bool) -> None:
    """The same as start."""
    _start(session, wait, no_wait)


@_word("renewcert")
@_wait
@_no_wait
def renewcert(session: Session, *, wait: float, no_wait: bool) -> None:
    """As restart; there is no certificate authority to ask."""
    _start(session, wait, no_wait)


@_word("stop")
def stop(session: Session) -> None:
    """Stop the instance."""
    instance.take_down(session.home)


def _rebuild(session: Session) -> None:
    instance.take_down(session.home)
    tags = state.read_script(session.home).image_tags
    instance.regenerate(session.data, tags, session.stack(), session.tools.ids, click.echo)


@_word("rebuild")
def rebuild(session: Session) -> None:
    """Write the generated files again; the instance stays stopped."""
    _rebuild(session)


@_word("updateconf")
def updateconf(session: Session) -> None:
    """As rebuild (there is no newer setup image to pull)."""
    _rebuild(session)


@_word("update")
@_wait
@_no_wait
def update(session: Session, *, wait: float, no_wait: bool) -> None:
    """Move the running instance to the script's version."""
    bwdata.write_run_script(session.data)
    script = state.read_script(session.home)
    if state.running_tag(session.home) == script.tags.core:
        click.echo("Update not needed")
        return
    state.write_script(session.home, replace(script, pinned=None))
    _rebuild(session)
    if not bwdata.read_config(session.data).generate_compose_config and session.data.compose.exists():
        _warn(f"generate_compose_config is false: {session.data.compose} keeps its image tags.")
    _start(session, wait, no_wait)
    if bwdata.read_config(session.data).enable_built_in_ms_sql:
        # said, not done: there is no database container to wait for
        click.echo("Pausing 60 seconds for database to come online. Please wait...")
    click.echo("Database update complete")


@_word("updatedb")
def updatedb(session: Session) -> None:
    """Nothing to do: the app brings its database up to date when it starts."""
    click.echo("Database update complete")


@_word("updaterun")
def updaterun(session: Session) -> None:
    """Write scripts/run.sh again."""
    bwdata.write_run_script(session.data)


@_word("updateself", needs="")
def updateself(session: Session) -> None:
    """Give the script the version constants of the newest release."""
    state.write_script(session.home, replace(state.read_script(session.home), tags=NEWEST_TAGS))
    click.echo("Updated self.")


@_word("uninstall")
@click.option("--save-database", type=_yes_no, help="Keep a copy of the database files.")
@click.option("--confirm", type=_yes_no, help="Really uninstall.")
@click.option("--purge", type=_yes_no, help="Also remove images (there are none).")
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


@_word("compresslogs", needs="", exclusive=False, data_argument=False)
@click.argument("arguments", nargs=-1)
def compresslogs(session: Session, *, arguments: tuple[str, ...]) -> None:
    """Pack the logs into the current directory: compresslogs [YYYYMMDD YYYYMMDD]."""
    if len(arguments) == 1 and Path(arguments[0]).is_dir():  # upstream: one argument is the data directory
        session, arguments = replace(session, data=DataDirectory(Path(arguments[0]))), ()
    _guard(session, "installed")
    try:
        days = archive.parse_range(*(arguments[index] if index < len(arguments) else None for index in range(2)))
    except archive.BadDates as error:
        _stop_here(str(error))
        return
    name = archive.archive_name(days)
    if days is None:
        click.echo("Compressing all logs...")
    else:
        click.echo(f"Compressing logs from {arguments[0]} to {arguments[1]} ...")
    archive.compress_logs(session.data.logs, days, Path(name))
    click.echo(f"Logs compressed into {Path.cwd()}/{name}")


@_word("release", needs="", preamble=False, data_argument=False)
@click.argument("version", required=False)
@click.option("--script", "script_too", is_flag=True, help="The script is as old: `update` needs `updateself` first.")
@_wait
@_no_wait
def release(session: Session, *, version: str | None, script_too: bool, wait: float, no_wait: bool) -> None:
    """Behave as this server release (v2023.10); a running instance is restarted. Without VERSION: say which it is."""
    if version is not None:
        instance.move_release(session.data, session.home, Release.parse(version), script_too=script_too)
    chosen = _chosen_release(session)
    click.echo(
        f"Server release v{chosen}: licence versions up to {max_license_version(chosen)}, "
        f"licence tokens {'read' if token_aware(chosen) else 'ignored'}."
    )
    if state.running_tag(session.home) in (None, str(chosen)):
        return
    if version is None:
        click.echo(f"Running: v{state.running_tag(session.home)}; takes effect after start or restart.")
    else:
        _start(session, wait, no_wait)


def _chosen_release(session: Session) -> Release:
    tag = bwdata.read_core_tag(session.data) if session.data.compose.exists() else None
    return Release.parse(tag or state.read_script(session.home).image_tags.core)


@_word("help", needs="", preamble=False, exclusive=False)
def help_(session: Session) -> None:
    """List the commands."""
    _head(session.tools)
    _list_commands()


@_word("run", needs="", preamble=False, exclusive=False, data_argument=False)
@click.argument("service", type=click.Choice(SERVICES))
def run(session: Session, *, service: str) -> None:
    """Stay and run one service in the state that start and stop ask for (as a line of the Procfile)."""
    command = [sys.executable, "-P", "-m", "selfhost", service, "--home", str(session.home.path)]
    os.execv(sys.executable, command)  # noqa: S606 - no shell is the point
