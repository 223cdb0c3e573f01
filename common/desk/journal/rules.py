"""What only the journals together tell: who began, and which region an installation is of. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from common.server.observed import TokenCause
from common.sim.journal.entries import because, peer_of

Entry = dict[str, Any]
_REFUSED = 400


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """By real time, at which they began; of one app in the order in which they were written."""
    return sorted(entries, key=lambda each: (each["realAt"], each["app"], each["number"]))


def with_causes(entries: Iterable[Entry], others: Mapping[str, Entry]) -> list[Entry]:
    """What was refused because a call came to nothing is told by who answered that call: with its rule or fault.

    others: entries by their id, those of the other ends among them. A call that a fault hit says so at both ends.
    """
    found = []
    for each in entries:
        answered = others.get(call_behind(each) or "")
        if answered is not None and answered["kind"] == "request" and _tells(answered):
            told = {"cause": answered["cause"], "fault": answered["fault"]}
            each = each | {"because": because(answered["app"], answered["id"], rule=answered["rule"], **told)}
        found.append(each)
    return found


def call_behind(entry: Entry) -> str | None:
    """Id of the entry at the other end of the call that an entry is, or is refused because of; None = there is none."""
    if entry["kind"] == "call":
        failed = entry["status"] is None or entry["status"] >= _REFUSED
        return str(entry["peer"]) if failed and entry["peer"] else None
    told = entry.get("because")
    return peer_of(told["entry"]) if told else None


def _tells(answered: Entry) -> bool:
    return bool(answered["rule"] or answered["fault"])


def with_beginners(entries: Iterable[Entry]) -> list[Entry]:
    """What somebody's action has caused at other apps has the trigger of that action, and comes from who called."""
    known = list(entries)
    calls = {each["id"]: each for each in known if each["kind"] == "call"}
    return [
        each | {"trigger": calls[each["peer"]]["trigger"], "from": calls[each["peer"]]["app"]}
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
