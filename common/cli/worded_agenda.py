"""An agenda on paper, as JSON and as a calendar: the same words, in the reader's language and time zone."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from common.license.agenda import Entry
from common.license.calendar import Appointment, calendar_text
from common.server.locale.texts import CHINESE, Texts
from common.wire.base import iso

_ALARM_DAYS = 14
_WEEKDAYS = {
    True: ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    False: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_SENTENCE = re.compile(r'(?:"[^"]*"|(?!\. |。)[\s\S])*')
_QUIET = frozenset({"issued", "refresh", "job"})
"""What reminds nobody."""


class Said(NamedTuple):
    """An entry in words. todo: what to do about it."""

    at: datetime
    what: str
    text: str
    todo: str
    rule: str
    app: str | None = None

    def told(self, zone: tzinfo | None) -> dict[str, Any]:
        """As JSON; `local` is the reader's time."""
        here = local(self.at, zone)
        base = {"at": iso(self.at), "local": here.isoformat(timespec="seconds"), "kind": self.what}
        more = {"app": self.app} if self.app else {}
        return base | more | {"text": self.text, "todo": self.todo, "rule": self.rule}


def zone_option(command: Any) -> Any:
    """`--tz NAME`; the command gets `zone`, None = this machine's."""
    help_text = "Time zone (Europe/Berlin).  [default: this machine's]"
    return click.option("--tz", "zone", callback=_zone, metavar="NAME", help=help_text)(command)


def _zone(_context: click.Context, _option: click.Parameter, name: str | None) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.BadParameter(f"{name!r} is no time zone such as Europe/Berlin or Asia/Shanghai.") from None


def said(entries: Iterable[Entry], texts: Texts) -> list[Said]:
    """In words."""
    return [
        Said(each.at, each.what.value, texts(f"x.agenda.{each.what}"), texts(f"x.agenda.{each.what}.do"), each.rule)
        for each in entries
    ]


def paper(entries: Sequence[Said], now: datetime, zone: tzinfo | None, texts: Texts) -> Iterator[str]:
    """Lines, past ones too: what is over explains what is to come."""
    for each in entries:
        app = f"  [{each.app}]" if each.app else ""
        yield f"{_day(local(each.at, zone), texts)}  ({_distance(each.at, now, texts)}){app}"
        yield f"    {each.text}  [{each.rule}]"
        yield f"    → {each.todo}"


def calendar(entries: Sequence[Said], subject: str, name: str, texts: Texts, made_at: datetime) -> str:
    """The file, with reminders. subject: what makes the keys, so that importing twice changes nothing."""
    return calendar_text(
        (
            Appointment(
                hashlib.sha256(f"{subject} {each.what} {iso(each.at)}".encode()).hexdigest()[:32],
                each.at,
                f"{name}: {_first_sentence(each.text)}",
                f"{each.text}\n→ {each.todo}\n[{each.rule}]",
                None if each.what in _QUIET else _ALARM_DAYS,
            )
            for each in entries
        ),
        name=f"{name} (Bitwarden)",
        language="ZH" if texts.language == CHINESE else "EN",
        made_at=made_at,
    )


def local(moment: datetime, zone: tzinfo | None) -> datetime:
    """A moment for the reader; at the ends of the calendar, which are no moments in all zones, in UTC."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def _first_sentence(text: str) -> str:
    """A full stop within quotation marks is the server's."""
    return str(_SENTENCE.findall(text)[0])


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
