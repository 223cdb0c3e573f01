"""What only the journals together tell: who began, and which region an installation is of. Pure."""

from collections.abc import Callable, Iterable
from typing import Any

from common.server.observed import TokenCause

Entry = dict[str, Any]


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """By real time, at which they began; of one app in the order in which they were written."""
    return sorted(entries, key=lambda each: (each["realAt"], each["app"], each["number"]))


def with_beginners(entries: Iterable[Entry]) -> list[Entry]:
    """What somebody's action has caused at other apps has the trigger of that action."""
    known = list(entries)
    calls = {each["id"]: each for each in known if each["kind"] == "call"}
    return [
        each | {"trigger": calls[each["peer"]]["trigger"]}
        if each["kind"] == "request" and each["peer"] in calls
        else each
        for each in known
    ]


def installation_of(entry: Entry) -> str | None:
    """The installation that an app refused a token because it does not know it; None for every other entry."""
    if entry["cause"] != TokenCause.UNKNOWN_ID:
        return None
    kind, _, identifier = str(entry["caller"] or "").partition(".")
    return identifier if kind == "installation" else None


def with_regions(entries: Iterable[Entry], is_known_elsewhere: Callable[[str, str], bool]) -> list[Entry]:
    """An installation that another region knows is of the other region. Asked: its id, and the app that refused it."""
    found = []
    for each in entries:
        identifier = installation_of(each)
        elsewhere = identifier is not None and is_known_elsewhere(identifier, each["app"])
        found.append(each | {"cause": TokenCause.OTHER_REGION.value} if elsewhere else each)
    return found
