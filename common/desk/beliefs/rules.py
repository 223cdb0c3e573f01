"""Which organizations of a cloud and of the instance are the same, and which of their sponsorships. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

State = Mapping[str, Any]
"""What an app answers at `/_sim/state`."""


def paired(states: Mapping[str, State]) -> list[dict[str, Any]]:
    """Each organization once, with both sides of it where there are both: those come first, then the clouds' own.

    `{"name", "app", "cloud", "instance", "sponsorships": [{"cloud", "instance", "agree"}]}`.
    """
    clouds = [(name, each) for name, state in states.items() if name != "selfhost" for each in state["organizations"]]
    here = states["selfhost"]["organizations"] if "selfhost" in states else []
    twins = {each["cloudId"]: each for each in here if each["cloudId"]}
    pairs = [_pair(app, there, twins.get(there["id"])) for app, there in clouds]
    pairs.sort(key=lambda pair: pair["instance"] is None)  # pages open with the first one: the loop's, not a family's
    known = {there["id"] for _, there in clouds}
    return pairs + [_pair(None, None, each) for each in here if each["cloudId"] not in known]


def _pair(app: str | None, cloud: State | None, instance: State | None) -> dict[str, Any]:
    either = cloud or instance or {}
    given = _sponsorships(cloud["sponsorships"] if cloud else (), instance["sponsorships"] if instance else ())
    return {"name": either["name"], "app": app, "cloud": cloud, "instance": instance, "sponsorships": given}


def _sponsorships(cloud: Iterable[State], instance: Iterable[State]) -> list[dict[str, Any]]:
    """The same member's gift of the same name, on both ends. agree: nothing waits, and both say the same of its end."""
    there, found = {_key(each): each for each in cloud}, []
    for mine in instance:
        theirs = there.pop(_key(mine), None)
        found.append({"cloud": theirs, "instance": mine, "agree": theirs is not None and _agree(mine, theirs)})
    return found + [{"cloud": each, "instance": None, "agree": False} for each in there.values()]


def _key(sponsorship: State) -> tuple[str, str | None]:
    return sponsorship["member"], sponsorship["friendlyName"]


def _agree(mine: State, theirs: State) -> bool:
    same = all(mine[name] == theirs[name] for name in ("validUntil", "toDelete"))
    return same and not mine["awaitingSync"]


def is_meant(pair: Mapping[str, Any], wanted: str) -> bool:
    """Whether somebody means it by this id (of either side) or name."""
    ids = {each["id"] for each in (pair["cloud"], pair["instance"]) if each}
    return wanted.lower() in ids or wanted == pair["name"]
