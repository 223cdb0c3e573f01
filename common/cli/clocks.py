"""`wardenloop clock` and `agenda`: show and move the simulated time of running apps, and what it will bring."""

import sys
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from common.cli.home import Home
from common.cli.language import language_option, worded
from common.cli.organization_agenda import organization_agenda
from common.cli.running import second
from common.cli.servers import APPS, server
from common.cli.worded_agenda import paper, zone_option
from common.clock import SystemClock, duration_of
from common.files import write_file
from common.server.locale.texts import Texts
from common.server.terminal import json_text
from common.sim.timeline.worded_agenda import calendar

_POLL_SECONDS = 0.2

_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_app_option = click.option("--app", type=click.Choice(["all", *APPS]), default="all", show_default=True)


@click.group()
def clock() -> None:
    """Show and move simulated time."""


@clock.command("show")
@_app_option
@language_option
@_json_option
@click.pass_obj
def show_clock(home: Home, app: str, texts: Texts, as_json: bool) -> None:
    """What time it is for the apps, and which one is ahead of the others."""
    told = server(home, "start").get("/_sim/clock")
    wanted = app.replace("_", "-")
    chosen = told | {"data": [each for each in told["data"] if wanted in ("all", each["app"])]}
    _tell_clocks(chosen, texts, as_json=as_json)


@clock.command("set")
@click.argument("moment")
@click.option("--freeze", is_flag=True, help="Time stands still from then on.")
@click.option("--jump", is_flag=True, help="Skip what becomes due on the way instead of doing it.")
@click.option("--force", is_flag=True, help="Go back in time.")
@_app_option
@language_option
@_json_option
@click.pass_obj
def set_clock(
    home: Home, moment: str, freeze: bool, jump: bool, force: bool, app: str, texts: Texts, as_json: bool
) -> None:
    """Make it MOMENT (2027-01-31, or 2027-01-31T12:00:00Z), with all that becomes due until then.

    With --app only that app's clock moves: --jump is needed then.
    """
    try:
        datetime.fromisoformat(moment)
    except ValueError as error:
        raise click.BadParameter(texts("x.cli.clockNoDate", text=moment)) from error
    change: dict[str, Any] = {"now": moment if "T" in moment else f"{moment}T00:00:00Z"}
    _order(home, change | _true(freeze=freeze, jump=jump, force=force) | _only(app), texts, as_json=as_json)


@clock.command("freeze")
@language_option
@_json_option
@click.pass_obj
def freeze_clock(home: Home, texts: Texts, as_json: bool) -> None:
    """Have time stand still, on every side at the same moment."""
    _order(home, {"freeze": True}, texts, as_json=as_json)


@clock.command("unfreeze")
@language_option
@_json_option
@click.pass_obj
def unfreeze_clock(home: Home, texts: Texts, as_json: bool) -> None:
    """Have time go on from where it stands."""
    _order(home, {"freeze": False}, texts, as_json=as_json)


@clock.command("skew", context_settings={"ignore_unknown_options": True})
@click.argument("app", type=click.Choice(APPS))
@click.argument("duration")
@language_option
@_json_option
@click.pass_obj
def skew_clock(home: Home, app: str, duration: str, texts: Texts, as_json: bool) -> None:
    """Have the clock of APP go ahead of the stack's by DURATION (1h30m), or behind it (-5m); 0s ends it."""
    behind = duration.startswith("-")
    length = _duration(duration.lstrip("+-")).total_seconds()
    order = {"app": app.replace("_", "-"), "skewSeconds": -length if behind else length}
    _order(home, order, texts, as_json=as_json)


def _true(**flags: bool) -> dict[str, bool]:
    return {name: value for name, value in flags.items() if value}


def _only(app: str) -> dict[str, str]:
    return {} if app == "all" else {"app": app.replace("_", "-")}


def _order(home: Home, order: dict[str, Any], texts: Texts, *, as_json: bool) -> None:
    _tell_clocks(server(home, "start").post("/_sim/clock", order), texts, as_json=as_json)


def _tell_clocks(told: dict[str, Any], texts: Texts, *, as_json: bool) -> None:
    if as_json:
        click.echo(json_text(told))
        return
    for each in told["data"]:
        _print_clock(each["app"], each, texts)
    for name in told["silent"]:
        click.echo(texts("x.cli.clockSilent", app=name), err=True)
    if told.get("warning"):
        click.echo(texts("x.cli.clockJumped"), err=True)


@clock.command("advance", context_settings={"ignore_unknown_options": True})
@click.argument("duration", required=False)
@click.option("--to", metavar="MOMENT", help="Until this date instead.")
@click.option("--until", metavar="KIND", help="Until the next of a kind of the agenda, such as renewal; or `next`.")
@click.option("--continue", "go_on", is_flag=True, help="As far as an advance wanted to go that was cut off.")
@click.option("--organization", metavar="ID-OR-NAME", help="With --until: of this organization.")
@click.option("--dry-run", is_flag=True, help="Show what would happen, and do nothing.")
@click.option("--jump", is_flag=True, help="Skip what becomes due on the way instead of doing it.")
@click.option("--app", type=click.Choice(APPS), help="Jump this app's clock alone, so that it is ahead.")
@language_option
@click.option("--json", "as_json", is_flag=True, help="The report as JSON; of a jump, the clocks.")
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
    app: str | None,
    texts: Texts,
    as_json: bool,
) -> None:
    """Move time forward by DURATION, such as 61d or 1w12h (w d h m s).

    Time is played: what becomes due on the way is done at its moment, on every side, as if it had passed.
    """
    if [duration, to, until, go_on or None].count(None) != 3:
        raise click.UsageError(texts("x.cli.clockOneOf"))
    if organization and not until:
        raise click.UsageError(texts("x.cli.clockOrganization"))
    if jump or app:
        if dry_run:
            raise click.UsageError(texts("x.cli.clockJumpDry"))
        _jump(home, duration, app, texts, as_json=as_json)
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
    report = _played(home, {name: value for name, value in wanted.items() if value}, texts, quiet=as_json)
    if as_json:
        click.echo(json_text(report))
    else:
        _print_report(report, texts, dry_run=dry_run)
    if report.get("error"):
        raise click.ClickException(texts("x.cli.clockCutOff", error=report["error"]))


def _jump(home: Home, duration: str | None, app: str | None, texts: Texts, *, as_json: bool) -> None:
    if duration is None:
        raise click.UsageError(texts("x.cli.clockJumpLength"))
    change = {"advanceSeconds": _duration(duration).total_seconds(), "jump": True}
    _order(home, change | _only(app or "all"), texts, as_json=as_json)


def _played(home: Home, wanted: dict[str, Any], texts: Texts, *, quiet: bool) -> dict[str, Any]:
    """The report of an advance, after its end; an interrupted command stops it."""
    desk = server(home, "start")
    report: dict[str, Any] = desk.post("/_sim/advance", wanted)
    if "id" not in report:
        return report
    path = f"/_sim/advance/{report['id']}"
    begin, end = (datetime.fromisoformat(report[name]) for name in ("from", "to"))
    with click.progressbar(length=1000, label=texts("x.cli.clockPlaying"), file=sys.stderr, hidden=quiet) as bar:
        try:
            while not report["ended"]:
                time.sleep(_POLL_SECONDS)
                report = desk.get(path)
                way = datetime.fromisoformat(report["at"]) - begin
                bar.update(int(1000 * way / (end - begin) if end > begin else 1000) - bar.pos)
        except KeyboardInterrupt:
            report = desk.call("DELETE", path)
    return report


def _print_report(report: dict[str, Any], texts: Texts, *, dry_run: bool) -> None:
    for event in report["events"]:
        outcome = event.get("outcome", "")
        told = texts(f"x.sim.{event['kind']}")
        if outcome == "missed":
            told = texts("x.cli.clockMissed", what=told)
        if "runs" in event:
            told += texts("x.cli.clockRuns", count=event["runs"])
        click.echo(f"{second(event['at'])}  {event['app']:<9} {event['kind']:<18} {event['subject']}  ({told})")
    if dry_run and any(event["kind"] == "job" for event in report["events"]):
        click.echo(texts("x.cli.clockRecurring"))
    if not dry_run:
        click.echo(texts("x.cli.clockNow", moment=second(report["at"])))


@clock.command("reset")
@_app_option
@language_option
@_json_option
@click.pass_obj
def reset_clock(home: Home, app: str, texts: Texts, as_json: bool) -> None:
    """Back to real time. Licenses issued in the simulated future are then not valid yet."""
    _order(home, {"reset": True} | _only(app), texts, as_json=as_json)


def _duration(text: str) -> timedelta:
    if text.startswith("-"):
        raise click.BadParameter(worded("x.cli.clockForward", text=text))
    try:
        return duration_of(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.option("--days", type=click.IntRange(1, 73_000), default=500, show_default=True, help="How far to look.")
@click.option("--organization", metavar="ID-OR-NAME", help="Only what concerns it.")
@click.option("--ics", type=click.Path(dir_okay=False, path_type=Path), help="With --organization: write a calendar.")
@zone_option
@language_option
@_json_option
@click.pass_obj
def agenda(
    home: Home,
    days: int,
    organization: str | None,
    ics: Path | None,
    zone: tzinfo | None,
    texts: Texts,
    as_json: bool,
) -> None:
    """What will happen when, on every side. Nothing is done.

    With --organization in words, with what to do about it, and with the dates of its license.
    """
    now = datetime.fromisoformat(server(home, "cloud_us").clock()["now"])
    if organization:
        _agenda_of(home, organization, days, now, ics, zone, texts, as_json=as_json)
        return
    if ics is not None:
        raise click.UsageError("--ics needs --organization.")
    query = {"until": (now + timedelta(days=days)).isoformat()}
    ahead = server(home, "start").get(f"/_sim/agenda?{urlencode(query)}")
    if as_json:
        click.echo(json_text(ahead))
    else:
        _print_report({"events": ahead["data"]}, texts, dry_run=True)
        for name in ahead["stopped"]:
            click.echo(texts("x.cli.agendaStopped", app=name), err=True)


def _agenda_of(
    home: Home,
    organization: str,
    days: int,
    now: datetime,
    ics: Path | None,
    zone: tzinfo | None,
    texts: Texts,
    *,
    as_json: bool,
) -> None:
    found = organization_agenda(home, organization, days, now, texts)
    if ics is not None:
        write_file(ics, calendar(found.entries, organization, found.name, texts, SystemClock().now()).encode())
    if as_json:
        more = [each.told(zone) for each in found.entries]
        click.echo(json_text({"data": found.rows, "words": more, "stopped": found.stopped}))
        return
    for line in paper(found.entries, now, zone, texts):
        click.echo(line)
    for name in found.stopped:
        click.echo(texts("x.cli.agendaStopped", app=name), err=True)


def _print_clock(name: str, shown: dict[str, Any], texts: Texts) -> None:
    shift = timedelta(seconds=round(shown["offsetSeconds"]))
    how = texts("x.cli.clockFrozen") if shown["frozen"] else texts("x.cli.clockShift", shift=_signed(shift))
    skew = timedelta(seconds=round(shown.get("skewSeconds", 0)))
    if skew:
        how += texts("x.cli.clockSkew", skew=_signed(skew))
    click.echo(f"{name:<9} {second(shown['now'])}  ({how})")


def _signed(step: timedelta) -> str:
    return f"{'+' if step >= timedelta() else '-'} {abs(step)}"
