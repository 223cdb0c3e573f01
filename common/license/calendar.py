"""Dates as a calendar file. Source: RFC 5545."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

_LINE = 75
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


class Appointment(NamedTuple):
    """key: the same for the same date of the same licence, so that importing twice makes no second one.
    alarm_days: how long before it reminds, None = not at all."""

    key: str
    at: datetime
    title: str
    text: str
    alarm_days: int | None = None


def calendar_text(appointments: Iterable[Appointment], *, name: str, language: str, made_at: datetime) -> str:
    """The file's text, with the line ends of the standard."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//wardenloop//licence agenda//{language.upper()[:2]}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
    ]
    for each in appointments:
        lines += _event(each, made_at)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(each: Appointment, made_at: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{each.key}@wardenloop"
    yield f"DTSTAMP:{_utc(made_at)}"
    yield f"DTSTART:{_utc(each.at)}"
    yield "DURATION:PT30M"
    yield f"SUMMARY:{_text(each.title)}"
    yield f"DESCRIPTION:{_text(each.text)}"
    yield "TRANSP:TRANSPARENT"
    if each.alarm_days is not None:
        yield "BEGIN:VALARM"
        yield "ACTION:DISPLAY"
        yield f"DESCRIPTION:{_text(each.title)}"
        yield f"TRIGGER:-P{each.alarm_days}D"
        yield "END:VALARM"
    yield "END:VEVENT"


def _utc(moment: datetime) -> str:
    return (
        moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat().replace("-", "").replace(":", "") + "Z"
    )


def _text(text: str) -> str:
    kept = "".join(each for each in text if each.isprintable() or each == "\n")
    return kept.translate(_ESCAPES)


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets; what goes on begins with a blank. No character is cut."""
    part, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > _LINE:
            yield part
            part, size = " ", 1
        part, size = part + character, size + octets
    yield part
