"""`wardenloop clock` and `agenda`: show and move the simulated time of running apps, and what it will bring."""

import json
import sys
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import click

from common.cli.client import Server
from common.cli.home import Home
from common.cli.running import second
from common.cli.servers import APPS, server
from common.clock import duration_of

_POLL_SECONDS = 0.2

_app_option = click.option("--app", type=click.Choice(["all", *APPS]), default="all", show_default=True)


@click.group()
def clock() -> None:
    """Show and move simulated time."""


@clock.command("show")
@_app_option
@click.pass_obj
def show_clock(home: Home, app: str) -> None:
    """What time it is for the apps."""
    for name, app_server in _servers(home, app):
        _print_clock(name, app_server.clock())


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


@clock.command("advance", context_settings={"ignore_unknown_options": True})
@click.argument("duration", required=False)
@click.option("--to", metavar="MOMENT", help="Until this date instead.")
@click.option("--until", metavar="KIND", help="Until the next of a kind of the agenda, such as renewal; or `next`.")
@click.option("--continue", "go_on", is_flag=True, help="As far as an advance wanted to go that was cut off.")
@click.option("--organization", metavar="ID-OR-NAME", help="With --until: of this organization.")
@click.option("--dry-run", is_flag=True, help="Show what would happen, and do nothing.")
@click.option("--jump", is_flag=True, help="Skip what becomes due on the way instead of doing it.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.option("--app", type=click.Choice(APPS), help="Jump this app's clock alone, so that it is ahead.")
@click.pass_obj
def advance_clock(
    home: Home,
    duration: str | None,
    to: str | None,
    until: str | None,
    go_on: bool,
    organization: str | None,
    dry_run: bool,
    jump: bool,
    as_json: bool,
    app: str | None,
) -> None:
    """Move time forward by DURATION, such as 61d or 1w12h (w d h m s).

    Time is played: what becomes due on the way is done at its moment, on every side, as if it had passed.
    """
    if [duration, to, until, go_on or None].count(None) != 3:
        raise click.UsageError("Give exactly one of DURATION, --to, --until, --continue.")
    if jump or app:
        if dry_run or as_json:
            raise click.UsageError("A jump (--jump, --app) has no report; leave out --dry-run and --json.")
        _jump(home, duration, app)
        return
    wanted = {
        "by": duration,
        "to": to,
        "until": until,
        "continue": go_on,
        "organization": organization,
        "dryRun": dry_run,
    }
    if duration is not None:
        _duration(duration)
    report = _played(home, {name: value for name, value in wanted.items() if value}, quiet=as_json)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _print_report(report, dry_run=dry_run)
    if report.get("error"):
        raise click.ClickException(f"{report['error']} Go on with `wardenloop clock advance --continue`.")


def _jump(home: Home, duration: str | None, app: str | None) -> None:
    if duration is None:
        raise click.UsageError("A jump needs a DURATION.")
    _move_clocks(home, app or "all", {"advanceSeconds": _duration(duration).total_seconds()})
    click.echo("Nothing was done of what became due on the way; jobs make up for their newest run only.", err=True)


def _played(home: Home, wanted: dict[str, Any], *, quiet: bool) -> dict[str, Any]:
    """The report of an advance, after its end; an interrupted command stops it."""
    desk = server(home, "start")
    report: dict[str, Any] = desk.post("/_sim/advance", wanted)
    if "id" not in report:
        return report
    path = f"/_sim/advance/{report['id']}"
    begin, end = (datetime.fromisoformat(report[name]) for name in ("from", "to"))
    with click.progressbar(length=1000, label="Playing time", file=sys.stderr, hidden=quiet) as bar:
        try:
            while not report["ended"]:
                time.sleep(_POLL_SECONDS)
                report = desk.get(path)
                way = datetime.fromisoformat(report["at"]) - begin
                bar.update(int(1000 * way / (end - begin) if end > begin else 1000) - bar.pos)
        except KeyboardInterrupt:
            report = desk.call("DELETE", path)
    return report


def _print_report(report: dict[str, Any], *, dry_run: bool) -> None:
    for event in report["events"]:
        outcome = event.get("outcome", "")
        told = "" if outcome in ("", "done") else f"  {outcome}"
        if "runs" in event:
            told += f" ({event['runs']} runs, this is the last)"
        click.echo(f"{second(event['at'])}  {event['app']:<9} {event['kind']:<18} {event['subject']}{told}")
    if not dry_run:
        click.echo(f"It is {second(report['at'])} now.")


@clock.command("reset")
@_app_option
@click.pass_obj
def reset_clock(home: Home, app: str) -> None:
    """Back to real time. Licences issued in the simulated future are then not valid yet."""
    _move_clocks(home, app, {"reset": True})


def _duration(text: str) -> timedelta:
    if text.startswith("-"):
        raise click.BadParameter(f"{text}: time moves forward only; `wardenloop clock reset` goes back to real time.")
    try:
        return duration_of(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.option("--days", type=click.IntRange(1, 73_000), default=500, show_default=True, help="How far to look.")
@click.option("--organization", metavar="ID-OR-NAME", help="Only what concerns it.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def agenda(home: Home, days: int, organization: str | None, as_json: bool) -> None:
    """What will happen when, on every side. Nothing is done."""
    now = datetime.fromisoformat(server(home, "cloud_us").clock()["now"])
    query = {"until": (now + timedelta(days=days)).isoformat()} | (
        {"organization": organization} if organization else {}
    )
    ahead = server(home, "start").get(f"/_sim/agenda?{urlencode(query)}")
    if as_json:
        click.echo(json.dumps(ahead, ensure_ascii=False, indent=2))
    else:
        _print_report({"events": ahead["data"]}, dry_run=True)
        for name in ahead["stopped"]:
            click.echo(f"{name} is stopped: nothing is known of its future.", err=True)


def _move_clocks(home: Home, app: str, change: dict[str, Any]) -> None:
    for name, app_server in _servers(home, app):
        _print_clock(name, app_server.move_clock(change))


def _print_clock(name: str, shown: dict[str, Any]) -> None:
    shift = timedelta(seconds=round(shown["offsetSeconds"]))
    how = "frozen" if shown["frozen"] else f"real time {'+' if shift >= timedelta() else '-'} {abs(shift)}"
    click.echo(f"{name:<9} {second(shown['now'])}  ({how})")


def _servers(home: Home, app: str) -> Iterable[tuple[str, Server]]:
    return [(name, server(home, name)) for name in (APPS if app == "all" else (app,))]
