"""Which calls a fault is for, when it hits, and what it may do. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any
from uuid import UUID

from common.errors import Refusal, bad_request

ANY = "*"
GROUPS = ("identity", "api", "push")
"""Every call below one of these paths."""

WHEN = ("installation", "account", "organization")
LONGEST_SECONDS = 3600.0
MOST = 2**31 - 1
_SHOWN = 8

Shaped = Mapping[str, Any]


class Kind(StrEnum):
    """What a fault does, as its `do` is spelled."""

    STATUS = "status"
    BODY = "body"
    HANG = "hang"
    RESET = "reset"
    DELAY = "delaySeconds"
    TRUNCATE = "truncate"
    TRICKLE = "trickle"
    LICENCE = "licence"
    UNKNOWN_MEMBERS = "unknownMembers"
    REVERSED_LISTS = "reversedLists"


BODIES = ("html", "empty", "not-json", "wrong-type")
SLASH = "slash"
"""A location: the same address with a final slash, or without the one that it has."""

_BESIDE: Mapping[Kind, frozenset[str]] = {
    Kind.STATUS: frozenset({"message", "headers", "location"}),
    Kind.BODY: frozenset({"status", "headers"}),
}


@dataclass(frozen=True)
class Asked:
    """A call. operation: method and path template, None where no route has it. group: the first part of its path."""

    operation: str | None
    group: str


@dataclass(frozen=True)
class Who:
    """Everything that a call names, in lower case: ids, and the address of an account."""

    installation: frozenset[str]
    account: frozenset[str]
    organization: frozenset[str]


@dataclass(frozen=True)
class Fault:
    """A rule. number: its place among the others. times: None = for ever. every: one fitting call in so many."""

    number: int
    id: UUID
    operation: str
    when: Mapping[str, str]
    skip: int
    times: int | None
    every: int
    do: Shaped
    note: str | None
    profile: str | None

    @property
    def kind(self) -> Kind:
        """What it does."""
        return kind_of(self.do)

    @property
    def answers(self) -> bool:
        """Whether the view is not run."""
        return self.kind in (Kind.STATUS, Kind.BODY, Kind.HANG) or self.do.get("reset") == "before"

    @property
    def last(self) -> int | None:
        """How many fitting calls it is there for; None = all."""
        return None if self.times is None else self.skip + self.times * self.every

    def fits(self, asked: Asked, who: Callable[[], Who]) -> bool:
        """Whether the call is one of those that it counts."""
        if self.operation not in (ANY, asked.operation, asked.group):
            return False
        return all(wanted in getattr(who(), name) for name, wanted in self.when.items())

    def hits(self, seen: int) -> bool:
        """Whether it is done to the fitting call of this number, the first being 1."""
        return seen > self.skip and (seen - self.skip) % self.every == 0

    def hits_of(self, seen: int) -> int:
        """How many of so many fitting calls it was done to."""
        return max(0, seen - self.skip) // self.every

    def left_of(self, seen: int) -> int | None:
        """How many calls it will still be done to after so many fitting ones; None = any number."""
        return None if self.times is None else self.times - self.hits_of(seen)

    @property
    def told(self) -> str:
        """For a journal: what was done to a call, and by which rule."""
        return f"{self.kind} {self.do[self.kind]} ({self.id})"


def kind_of(do: Shaped) -> Kind:
    """What a checked `do` does. `body` may have a `status` of its own."""
    return Kind.BODY if Kind.BODY in do else Kind(next(name for name in do if name in _KINDS))


def read_operation(wanted: str, known: Collection[str]) -> str:
    """Method and path template, `*` or a group, as they are spelled here. Raises the 400 that names what is near."""
    method, _, path = wanted.strip().partition(" ")
    spelled = f"{method.upper()} {path.strip()}" if path else method
    if spelled == ANY or spelled in known or spelled in GROUPS:
        return spelled
    raise unknown("operation", wanted, [*known, ANY, *GROUPS], "All of them: /openapi.json.")


def read_when(when: Mapping[str, object] | None) -> dict[str, str]:
    """Who a rule is for. Raises 400."""
    read: dict[str, str] = {}
    for name, value in (when or {}).items():
        if name not in WHEN:
            raise unknown("member of when", name, WHEN)
        if not isinstance(value, str) or not (_is_uuid(value) or (name == "account" and "@" in value)):
            kind = "an id or an address" if name == "account" else "an id"
            raise bad_request(f"when.{name} is {kind}, and not {value!r}.", rule="sim.faults")
        read[name] = value.lower() if "@" in value else str(UUID(value))
    return read


def read_do(do: Mapping[str, object], check_defect: Callable[[str], None]) -> dict[str, Any]:
    """What is to be done, checked. check_defect: refuses a defect of licences that there is not. Raises 400."""
    kinds = [name for name in do if name in _KINDS]
    kind = Kind.BODY if Kind.BODY in kinds else Kind(kinds[0]) if kinds else None
    allowed = _BESIDE.get(kind, frozenset()) if kind else frozenset()
    for name in do:
        if name not in _KINDS and name not in allowed:
            raise unknown("member of do", name, [*_KINDS, *sorted(allowed)])
    if kind is None:
        raise bad_request(f"do is one of: {', '.join(_KINDS)}.", rule="sim.faults")
    if any(name != kind and name not in allowed for name in kinds):
        raise bad_request(f"do is only one of: {', '.join(kinds)}. Add a rule for each.", rule="sim.faults")
    for name, value in do.items():
        _require(name, value)
    if kind is Kind.LICENCE:
        check_defect(str(do[kind]))
    status = do.get("status")
    if kind is Kind.STATUS and (status in _REDIRECTS) != ("location" in do):
        raise bad_request("A redirect (301, 302, 303, 307, 308), and nothing else, has a location.", rule="sim.faults")
    return dict(do)


def unknown(what: str, given: str, known: Iterable[str], more: str = "") -> Refusal:
    """400 that says what there is, the nearest first."""
    names = sorted(known)
    folded = {name.casefold(): name for name in names}
    near = [folded[each] for each in get_close_matches(given.casefold(), folded, n=_SHOWN, cutoff=0.6)]
    others = [name for name in names if name not in near]
    shown = [*near, *others][:_SHOWN]
    rest = f" and {len(names) - len(shown)} more. {more}".rstrip() if len(names) > len(shown) else "."
    listed = f"Known: {', '.join(shown)}{rest}" if shown else "There is none."
    return bad_request(f"Unknown {what}: {given}. {listed}", rule="sim.faults")


def _require(name: str, value: object) -> None:
    fits, told = _VALUES[name]
    if not fits(value):
        raise bad_request(f"do.{name} is {told}, and not {value!r}.", rule="sim.faults")


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= LONGEST_SECONDS


def _is_line(value: object) -> bool:
    """Whether it may stand in a header."""
    return isinstance(value, str) and value.isprintable() and value.isascii()


def _is_headers(value: object) -> bool:
    return isinstance(value, dict) and all(
        _is_line(name) and name.replace("-", "").isalnum() and _is_line(text) for name, text in value.items()
    )


_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KINDS = tuple(Kind)
_VALUES: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "status": (lambda value: _is_count(value) and 200 <= int(str(value)) <= 599, "a number from 200 to 599"),
    "message": (lambda value: isinstance(value, str), "a text"),
    "headers": (_is_headers, "an object of names and one-line texts"),
    "location": (lambda value: _is_line(value) and bool(value), f"an address, or {SLASH!r}"),
    "body": (lambda value: value in BODIES, f"one of {', '.join(BODIES)}"),
    "hang": (lambda value: value is True, "true"),
    "reset": (lambda value: value in ("before", "after"), "before or after"),
    "delaySeconds": (_is_seconds, f"a number of seconds, at most {LONGEST_SECONDS:.0f}"),
    "truncate": (lambda value: value == 0 or _is_count(value), "a number of bytes"),
    "trickle": (_is_count, "a number of bytes a second"),
    "licence": (lambda value: isinstance(value, str), "a defect"),
    "unknownMembers": (lambda value: value is True, "true"),
    "reversedLists": (lambda value: value is True, "true"),
}


def told_of() -> dict[str, str]:
    """What each member of `do` may be, in words."""
    return {name: told for name, (_, told) in _VALUES.items()}


PROFILES: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "harsh": (
        {"operation": "identity", "every": 7, "do": {"status": 429}, "note": "too many requests"},
        {"operation": "api", "every": 9, "do": {"status": 429}, "note": "too many requests"},
        {"operation": "api", "every": 5, "do": {"status": 307, "location": SLASH}, "note": "redirected"},
        {"operation": "api", "every": 4, "do": {"delaySeconds": 2}, "note": "late"},
        {"operation": "*", "do": {"unknownMembers": True}, "note": "members of a newer server"},
        {"operation": "*", "do": {"reversedLists": True}, "note": "lists in another order"},
    )
}
"""What real clouds do and clients forget, each deterministic."""
