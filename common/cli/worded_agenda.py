"""An agenda on paper, and the option for the reader's time zone."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any

import click

from common.server.locale.texts import CHINESE, Texts
from common.sim.timeline.worded_agenda import Said, in_short, local, zone_named

_WEEKDAYS = {
    True: ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    False: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}


def zone_option(command: Any) -> Any:
    """`--tz NAME`; the command gets `zone`, None = this machine's."""
    help_text = "Time zone (Europe/Berlin).  [default: this machine's]"
    return click.option("--tz", "zone", callback=_zone, metavar="NAME", help=help_text)(command)


def _zone(_context: click.Context, _option: click.Parameter, name: str | None) -> tzinfo | None:
    zone = zone_named(name) if name else None
    if name and zone is None:
        raise click.BadParameter(f"{name!r} is no time zone such as Europe/Berlin or Asia/Shanghai.")
    return zone


def shortly(entries: Sequence[Said], zone: tzinfo | None, texts: Texts) -> str:
    """What matters most, with days as the others are written; "" = nothing."""
    return in_short(entries, texts, lambda at: _day(local(at, zone), texts))


def paper(entries: Sequence[Said], now: datetime, zone: tzinfo | None, texts: Texts) -> Iterator[str]:
    """Lines, past ones too: what is over explains what is to come."""
    for each in entries:
        app = f"  [{each.app}]" if each.app else ""
        yield f"{_day(local(each.at, zone), texts)}  ({_distance(each.at, now, texts)}){app}"
        yield f"    {each.text}  [{each.rule}]"
        yield f"    → {each.todo}"


def _day(here: datetime, texts: Texts) -> str:
    chinese = texts.language == CHINESE
    weekday = _WEEKDAYS[chinese][here.weekday()]
    day = f"{here.date()}（{weekday}）" if chinese else f"{weekday} {here.date()}"
    return f"{day} {here:%H:%M %Z}".rstrip()


def _distance(at: datetime, now: datetime, texts: Texts) -> str:
    days = (at - now).days if at >= now else -((now - at).days)
    if days == 0:
        return texts("x.agenda.today" if at >= now else "x.agenda.earlier")
    return texts("x.agenda.in", days=days) if days > 0 else texts("x.agenda.ago", days=-days)
