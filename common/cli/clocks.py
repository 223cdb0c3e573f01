"""`wardenloop clock`: show and move the simulated time of running apps."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import click

from common.cli.client import Server
from common.cli.home import Home
from common.cli.running import second
from common.cli.servers import APPS, server

_DURATION_PART = re.compile(r"(\d+)([wdhms])")
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}

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
    if text.startswith("-"):
        raise click.BadParameter(f"{text}: time moves forward only; `wardenloop clock reset` goes back to real time.")
    parts = _DURATION_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise click.BadParameter(f"{text} is no duration; write 61d or 1w12h (w d h m s).")
    try:
        return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())
    except OverflowError as error:
        raise click.BadParameter(f"{text} is too long.") from error


def _move_clocks(home: Home, app: str, change: dict[str, Any]) -> None:
    for name, app_server in _servers(home, app):
        _print_clock(name, app_server.move_clock(change))


def _print_clock(name: str, shown: dict[str, Any]) -> None:
    shift = timedelta(seconds=round(shown["offsetSeconds"]))
    how = "frozen" if shown["frozen"] else f"real time {'+' if shift >= timedelta() else '-'} {abs(shift)}"
    click.echo(f"{name:<9} {second(shown['now'])}  ({how})")


def _servers(home: Home, app: str) -> Iterable[tuple[str, Server]]:
    return [(name, server(home, name)) for name in (APPS if app == "all" else (app,))]
