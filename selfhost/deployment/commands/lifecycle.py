"""The words that start, stop, rebuild and update the instance, and `release`, the dial of the simulated release."""

from dataclasses import replace

import click

from common.releases import Release, abilities
from selfhost.deployment import bwdata, container_files, instance, state
from selfhost.deployment.commands.frame import Session, warn, word
from selfhost.deployment.state import NEWEST_TAGS

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
        warn=warn,
        patience=None if no_wait else wait,
    )
    if no_wait:
        click.echo("The configuration is in effect for runners that start from now on.")
    else:
        instance.say_up(click.echo, bwdata.read_config(session.data).url)


@word("start")
@_wait
@_no_wait
def start(session: Session, *, wait: float, no_wait: bool) -> None:
    """Put the configuration on disk into effect and start the instance."""
    _start(session, wait, no_wait)


@word("restart")
@_wait
@_no_wait
def restart(session: Session, *, wait: float, no_wait: bool) -> None:
    """The same as start."""
    _start(session, wait, no_wait)


@word("renewcert")
@_wait
@_no_wait
def renewcert(session: Session, *, wait: float, no_wait: bool) -> None:
    """As restart; there is no certificate authority to ask."""
    _start(session, wait, no_wait)


@word("stop")
def stop(session: Session) -> None:
    """Stop the instance."""
    instance.take_down(session.home)


def _rebuild(session: Session) -> None:
    instance.take_down(session.home)
    tags = state.read_script(session.home).image_tags
    instance.regenerate(session.data, tags, session.stack(), session.tools.ids, click.echo)


@word("rebuild")
def rebuild(session: Session) -> None:
    """Write the generated files again; the instance stays stopped."""
    _rebuild(session)


@word("updateconf")
def updateconf(session: Session) -> None:
    """As rebuild (there is no newer setup image to pull)."""
    _rebuild(session)


@word("update")
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
        warn(f"generate_compose_config is false: {session.data.compose} keeps its image tags.")
    _start(session, wait, no_wait)
    if bwdata.read_config(session.data).enable_built_in_ms_sql:
        # said, not done: there is no database container to wait for
        click.echo("Pausing 60 seconds for database to come online. Please wait...")
    click.echo("Database update complete")


@word("updatedb")
def updatedb(session: Session) -> None:
    """Nothing to do: the app brings its database up to date when it starts."""
    click.echo("Database update complete")


@word("updaterun")
def updaterun(session: Session) -> None:
    """Write scripts/run.sh again."""
    bwdata.write_run_script(session.data)


@word("updateself", needs="")
def updateself(session: Session) -> None:
    """Give the script the version constants of the newest release."""
    state.write_script(session.home, replace(state.read_script(session.home), tags=NEWEST_TAGS))
    click.echo("Updated self.")


@word("release", needs="", preamble=False, data_argument=False)
@click.argument("version", required=False)
@click.option("--script", "script_too", is_flag=True, help="The script is as old: `update` needs `updateself` first.")
@_wait
@_no_wait
def release(session: Session, *, version: str | None, script_too: bool, wait: float, no_wait: bool) -> None:
    """Behave as this server release (v2023.10); a running instance is restarted. Without VERSION: say which it is."""
    if version is not None:
        instance.move_release(session.data, session.home, Release.parse(version), script_too=script_too)
    chosen = _chosen_release(session)
    able = abilities(chosen)
    click.echo(
        f"Server release v{chosen}: license versions up to {able.accepts}, "
        f"license tokens {'read' if able.reads_tokens else 'ignored'}."
    )
    if state.running_tag(session.home) in (None, str(chosen)):
        return
    if version is None:
        click.echo(f"Running: v{state.running_tag(session.home)}; takes effect after start or restart.")
    else:
        _start(session, wait, no_wait)


def _chosen_release(session: Session) -> Release:
    tag = container_files.read_core_tag(session.data) if session.data.compose.exists() else None
    return Release.parse(tag or state.read_script(session.home).image_tags.core)
