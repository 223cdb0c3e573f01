"""An agenda in the reader's language and time zone, as JSON and as a calendar; for commands and pages."""

import hashlib
import html
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from common.license.agenda import Entry
from common.license.bringing import Brought
from common.license.calendar import Appointment, calendar_text
from common.license.model import OrganizationLicense
from common.server.locale.texts import CHINESE, Texts
from common.wire.base import iso

_ALARM_DAYS = 14
_SENTENCE = re.compile(r'(?:"[^"]*"|“[^”]*”|(?!\. |。)[\s\S])*')
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


def zone_named(name: str) -> tzinfo | None:
    """The time zone of a name such as `Europe/Berlin`; None = there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def subject_of(brought: Brought) -> str:
    """Whose licence it is: the organization's name, or a person's address."""
    file = brought.file
    return html.unescape(file.name or "") if isinstance(file, OrganizationLicense) else (file.email or str(file.id))


def said(entries: Iterable[Entry], texts: Texts) -> list[Said]:
    """In words."""
    return [
        Said(each.at, each.what.value, texts(f"x.agenda.{each.what}"), texts(f"x.agenda.{each.what}.do"), each.rule)
        for each in entries
    ]


_STOPS = frozenset({"suspension", "not-suspended", "premium-lost"})
_RENEWS = frozenset({"period-end", "months-end", "premium-period", "until-end"})


def in_short(entries: Iterable[Said], texts: Texts, shown: Callable[[datetime], str]) -> str:
    """When it stops to work if nobody does anything, and from when on something can be done; "" = nothing stops."""
    first = {each.what: each.at for each in reversed(list(entries))}
    stops = min((at for what, at in first.items() if what in _STOPS), default=None)
    renews = min((at for what, at in first.items() if what in _RENEWS), default=None)
    if stops is None:
        return ""
    if renews is None:
        told = texts("x.agenda.short", stops=shown(stops))
    else:
        told = texts("x.agenda.shortFrom", stops=shown(stops), renews=shown(renews))
    if stops == first.get("not-suspended"):
        told = texts("x.agenda.shortDocuments", short=told)
    dies = first.get("token-end")
    if dies is None or renews is None or dies >= renews:
        return told
    return texts("x.agenda.shortToken", short=told, dies=shown(dies))


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
