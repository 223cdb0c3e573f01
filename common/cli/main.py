"""The `wardenloop` command: the stack, simulated time, the guided run, and the doors to the other tools."""

import json
import re
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from common.cli import seed, selfhost, stack
from common.cli.client import RequestFailed, Server
from common.cli.home import DEFAULT_HOME, Home
from common.cli.license import license_group
from common.cli.loop import run as guided_run
from common.cli.loop import script
from common.cli.sponsorships import sponsorships_group
from common.clock import SystemClock
from common.crypto.authority import UnreadableAuthority, ensure_authority
from common.ids import SystemIds

APPS = ("cloud_us", "cloud_eu", "selfhost")
_DURATION_PART = re.compile(r"(\d+)([wdhms])")
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_app_option = click.option("--app", type=click.Choice(["all", *APPS]), default="all", show_default=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_HOME,
    envvar="WARDENLOOP_HOME",
    show_default=True,
    help="Folder that holds all state.",
)
@click.version_option(package_name="wardenloop")
@click.pass_context
def main(ctx: click.Context, home: Path) -> None:
    """The whole Bitwarden licensing loop on one machine: two simulated cloud regions and a self-hosted instance."""
    ctx.obj = Home(home.resolve())


main.add_command(license_group)
main.add_command(sponsorships_group)


@main.command()
@click.option("--detach", is_flag=True, help="Leave the stack running in the background.")
@click.option("--fresh", is_flag=True, help="Forget everything in this home first.")
@click.option(
    "--base-port",
    type=click.IntRange(1, 65_000),
    envvar="WARDENLOOP_BASE_PORT",
    help="Ports: cloud US +1, cloud EU +2, self-hosted +3, desk +4, SMTP +25.  [default: 8400]",
)
@click.option(
    "--tls/--no-tls",
    default=None,
    help="Serve https with a local certificate authority, as real clients want it (see `wardenloop ca`).",
)
@click.pass_obj
def up(home: Home, detach: bool, fresh: bool, base_port: int | None, tls: bool | None) -> None:
    """Start the stack; the first time, also set up its world."""
    stack.start(home, base_port, tls=tls, fresh=fresh)
    try:
        _bring_to_life(home)
        if detach:
            return
        click.echo("\nCtrl-C stops the stack.\n")
        for line in stack.follow_log(home):
            click.echo(line, nl=False)
    except KeyboardInterrupt:
        click.echo("\nStopping ...")
    except BaseException:
        stack.stop(home)  # half a stack helps nobody
        raise
    stack.stop(home)


def _bring_to_life(home: Home) -> None:
    stack.wait_until_healthy(home, ("cloud-us", "cloud-eu", "desk"))
    if home.is_seeded:
        if home.instance_is_wanted:
            stack.wait_until_healthy(home, ("selfhost",))
        else:
            click.echo("The self-hosted instance is stopped; start it with `wardenloop selfhost start`.")
    else:
        stack.wait_for_runners(home)
        try:
            seed.make_first_world(home, SystemIds(), click.echo)
        except (RequestFailed, selfhost.CommandFailed, TimeoutError, LookupError) as failure:
            raise stack.StackError(f"The first world could not be set up: {failure}") from failure
    _print_urls(home)


@main.command()
@click.pass_obj
def down(home: Home) -> None:
    """Stop the stack. Its world stays for the next `up`."""
    click.echo("Stopped." if stack.stop(home) else f"Nothing is running in {home.root}.")


@main.command()
@_json_option
@click.pass_obj
def status(home: Home, as_json: bool) -> None:
    """Say which processes are up, what time it is for them, and which release they simulate."""
    rows = [_status_of(home, process) for process in stack.PROCESSES] if home.ports() else []
    if as_json:
        click.echo(json.dumps({"running": stack.is_running(home), "processes": rows}, indent=2))
        return
    if not rows:
        raise stack.StackError(f"There is no stack in {home.root}. Start one with `wardenloop up`.")
    for row in rows:
        click.secho("up   " if row["up"] else "down ", fg="green" if row["up"] else "red", nl=False)
        click.echo("  ".join((f"{row['process']:<13}", row["url"] or "", *_seen(row["time"], row["release"]))).rstrip())


def _status_of(home: Home, process: str) -> dict[str, Any]:
    alive, url = stack.is_alive(home, process), stack.url_of(home, process)
    row: dict[str, Any] = {"process": process, "up": alive, "url": url, "time": None, "release": None}
    if alive and url and process != "desk":
        app = Server(url, ca=home.ca)
        row |= {"time": app.clock()["now"], "release": app.get("/api/version")}
    return row


def _seen(time: str | None, release: str | None) -> tuple[str, ...]:
    return () if time is None else (_second(time), f"release {release}")


def _second(moment: str | None) -> str:
    """A moment as people read it: no fraction of a second."""
    return re.sub(r"\.\d+", "", moment) if moment else "never"


@main.command()
@_json_option
@click.pass_obj
def urls(home: Home, as_json: bool) -> None:
    """Print the addresses, accounts and passwords."""
    if not home.is_seeded:
        raise stack.StackError(f"There is no stack in {home.root}. Start one with `wardenloop up`.")
    if as_json:
        click.echo(home.accounts_file.read_text("utf-8"), nl=False)
    else:
        _print_urls(home)


def _print_urls(home: Home) -> None:
    click.echo()
    for name, url in home.urls().items():
        click.echo(f"{name:<9} {url}")
    click.echo()
    for account in home.accounts():
        click.echo(f"{account.app:<9} {account.email:<28} {account.password:<29} {account.role}")
    click.echo(f"\nAll of this as JSON: {home.accounts_file}")


@main.command()
@click.option("--pem", is_flag=True, help="Print the certificate itself instead of where it is.")
@click.pass_obj
def ca(home: Home, pem: bool) -> None:
    """Print the path of the certificate authority that `up --tls` uses; made when there is none yet.

    It can vouch for localhost, 127.0.0.1 and ::1 only. For `bw`: NODE_EXTRA_CA_CERTS="$(wardenloop ca)".
    """
    try:
        certificate = ensure_authority(home.tls_dir, SystemClock().now())
    except UnreadableAuthority as error:
        raise click.ClickException(str(error)) from error
    click.echo(certificate.read_text("ascii") if pem else certificate, nl=not pem)


@main.command()
@click.option("-f", "--follow", is_flag=True, help="Go on as lines come, until the stack ends.")
@click.option("-n", "--lines", type=click.IntRange(0), default=100, show_default=True, help="How many lines back.")
@click.argument("process", required=False, type=click.Choice(stack.PROCESSES))
@click.pass_obj
def logs(home: Home, follow: bool, lines: int, process: str | None) -> None:
    """Print what the processes wrote."""
    for line in stack.log_tail(home, process, lines):
        click.echo(line, nl=False)
    if follow and stack.is_running(home):
        for line in stack.follow_log(home, process):
            click.echo(line, nl=False)


@main.command()
@click.option(
    "--document",
    type=click.Choice([*script.DOCUMENTS, "all"]),
    default="all",
    show_default=True,
    help="002: licenses. 000: Families sponsorships.",
)
@click.option(
    "--region",
    type=click.Choice(["us", "eu", "both"]),
    default="both",
    show_default=True,
    help="Cloud region of the sponsorships. The EU variant moves the instance there and back.",
)
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Wording of the steps.")
@click.option("--verbose", is_flag=True, help="Show what was sent and what came back.")
@_json_option
@click.pass_obj
def loop(home: Home, document: str, region: str, lang: str, verbose: bool, as_json: bool) -> None:
    """Perform every step of the documentation against the running stack. Moves simulated time by over two years."""
    if not (stack.is_running(home) and home.is_seeded):
        raise stack.StackError(f"No stack is running in {home.root}. Start one with `wardenloop up --detach`.")
    documents = script.DOCUMENTS if document == "all" else (document,)
    chapters = script.chapters(documents, script.REGIONS if region == "both" else (region.upper(),))
    with closing(guided_run.perform(home, SystemIds(), chapters)) as results:  # what it changed is put back at once
        if as_json:
            report, succeeded = guided_run.as_json(results, lang)
            click.echo(report)
        else:
            total = sum(len(chapter.steps) for chapter in chapters)
            succeeded = guided_run.show(results, total, Console(soft_wrap=True), lang, verbose=verbose)
    if not succeeded:
        raise SystemExit(1)


@main.group()
def clock() -> None:
    """Show and move simulated time."""


@clock.command("show")
@_app_option
@click.pass_obj
def show_clock(home: Home, app: str) -> None:
    """What time it is for the apps."""
    for name, server in _servers(home, app):
        _print_clock(name, _asked(server.clock))


@clock.command("set")
@click.argument("moment")
@click.option("--freeze", is_flag=True, help="Time stands still from then on.")
@_app_option
@click.pass_obj
def set_clock(home: Home, moment: str, freeze: bool, app: str) -> None:
    """Make it MOMENT (2027-01-31, or 2027-01-31T12:00:00Z)."""
    try:
        datetime.fromisoformat(moment)
    except ValueError as error:
        raise click.BadParameter(f"{moment} is no ISO 8601 date.") from error
    _move_clocks(home, app, {"now": moment if "T" in moment else f"{moment}T00:00:00Z", "freeze": freeze})


@clock.command("advance")
@click.argument("duration")
@_app_option
@click.pass_obj
def advance_clock(home: Home, duration: str, app: str) -> None:
    """Move time forward by DURATION, such as 61d or 1w12h (w d h m s)."""
    _move_clocks(home, app, {"advanceSeconds": _duration(duration).total_seconds()})


@clock.command("reset")
@_app_option
@click.pass_obj
def reset_clock(home: Home, app: str) -> None:
    """Back to real time. Licences issued in the simulated future are then not valid yet."""
    _move_clocks(home, app, {"reset": True})


def _duration(text: str) -> timedelta:
    parts = _DURATION_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise click.BadParameter(f"{text} is no duration; write 61d or 1w12h (w d h m s).")
    try:
        return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())
    except OverflowError as error:
        raise click.BadParameter(f"{text} is too long.") from error


def _move_clocks(home: Home, app: str, change: dict[str, Any]) -> None:
    for name, server in _servers(home, app):
        _print_clock(name, _asked(server.move_clock, change))


def _print_clock(name: str, shown: dict[str, Any]) -> None:
    shift = timedelta(seconds=round(shown["offsetSeconds"]))
    how = "frozen" if shown["frozen"] else f"real time {'+' if shift >= timedelta() else '-'} {abs(shift)}"
    click.echo(f"{name:<9} {_second(shown['now'])}  ({how})")


@main.group()
def jobs() -> None:
    """Show and run the recurring jobs of the self-hosted instance."""


@jobs.command("list")
@click.pass_obj
def list_jobs(home: Home) -> None:
    """The jobs with their last and next run, in simulated time."""
    click.echo(f"{'':<32}  {'last run':<20}  next run")
    for job in _asked(_server(home, "selfhost").get, "/_sim/jobs")["data"]:
        last = job["lastRun"] or {"startedAt": None, "error": None}
        click.echo(f"{job['name']:<32}  {_second(last['startedAt']):<20}  {_second(job['nextRun'])}")
        if last["error"]:
            click.secho(f"    {last['error']}", fg="red")


@jobs.command("run")
@click.argument("name")
@click.pass_obj
def run_job(home: Home, name: str) -> None:
    """Run a job now, whenever it is due."""
    done = _asked(_server(home, "selfhost").post, f"/_sim/jobs/{name}/run")
    if done["error"]:
        raise click.ClickException(f"{name}: {done['error']}")
    click.echo(f"{name} has run.")


@main.command("selfhost", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def selfhost_command(home: Home, arguments: tuple[str, ...]) -> None:
    """The instance's own commands, as of bitwarden.sh: install, start, stop, rebuild, update, help ..."""
    selfhost.become(home, arguments)


def _servers(home: Home, app: str) -> Iterable[tuple[str, Server]]:
    return [(name, _server(home, name)) for name in (APPS if app == "all" else (app,))]


def _server(home: Home, app: str) -> Server:
    addresses = home.urls()
    if app not in addresses:
        raise stack.StackError(f"There is no stack in {home.root}. Start one with `wardenloop up`.")
    return Server(addresses[app], ca=home.ca)


def _asked(call: Any, *arguments: Any) -> Any:
    """The answer of a running app; a refusal or silence ends the command with the reason."""
    try:
        return call(*arguments)
    except RequestFailed as failure:
        raise click.ClickException(str(failure)) from failure


if __name__ == "__main__":
    main()
