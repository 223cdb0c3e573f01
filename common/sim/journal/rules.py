"""Which entries a pattern means, and why others nearly do. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from common.sim.journal.masking import is_secret, mask
from common.sim.journal.operations import same_operation
from common.sim.journal.store import Entry

MOST_NEAR_MISSES = 10


@dataclass(frozen=True)
class Pattern:
    """What is looked for; what is None may be anything. body: members that the request has to have, at any depth.

    since: real time. kind: of entry, `*` = any.
    """

    operation: str | None = None
    status: int | None = None
    caller: str | None = None
    body: object | None = None
    since: str | None = None
    kind: str | None = None


class NearMiss(NamedTuple):
    """An entry that is not meant, and what about it is otherwise."""

    entry: Entry
    reasons: Sequence[str]


def matches(pattern: Pattern, entries: Iterable[Entry]) -> tuple[list[Entry], list[NearMiss]]:
    """Those that are meant, and the nearest of the others: first the ones that differ in least, the newest first."""
    found: list[Entry] = []
    near: list[NearMiss] = []
    asked = _asked(pattern)
    for entry in entries:
        reasons = list(_reasons(pattern, entry))
        if not reasons:
            found.append(entry)
        elif len(reasons) < asked or (len(reasons) == asked == 1 and _same_method(pattern, entry)):
            near.append(NearMiss(entry, reasons))
    near.sort(key=lambda miss: str(miss.entry["realAt"]), reverse=True)
    near.sort(key=lambda miss: len(miss.reasons))
    return found, near[:MOST_NEAR_MISSES]


def _asked(pattern: Pattern) -> int:
    wanted = (pattern.operation, pattern.status, pattern.caller, pattern.body, pattern.since)
    return sum(each is not None for each in wanted)


def _same_method(pattern: Pattern, entry: Entry) -> bool:
    """The only thing asked for is another one: near when it is on the same path, or of the same kind."""
    if pattern.operation is None:
        return True
    return _stem(pattern.operation) == _stem(str(entry["operation"]))


def _stem(operation: str) -> str:
    return operation.strip().rpartition(" ")[2].rstrip("/").rpartition("/")[0].casefold()


def _reasons(pattern: Pattern, entry: Entry) -> Iterator[str]:
    if pattern.kind not in (None, "*", entry["kind"]):
        yield f"kind is {entry['kind']}, not {pattern.kind}"
    if pattern.operation is not None and not same_operation(pattern.operation, str(entry["operation"])):
        yield f"operation is {entry['operation']}, not {pattern.operation}"
    if pattern.status is not None and entry["status"] != pattern.status:
        yield f"status is {entry['status'] or 'none'}, not {pattern.status}"
    if pattern.caller is not None and not is_caller(pattern.caller, entry["caller"]):
        yield f"caller is {entry['caller'] or 'nobody'}, not {pattern.caller}"
    if pattern.since is not None and str(entry["realAt"]) < pattern.since:
        yield f"it was at {entry['realAt']}, before {pattern.since}"
    if pattern.body is not None:
        yield from differences(pattern.body, _body_of(entry), "body")


def is_caller(wanted: str, caller: str | None) -> bool:
    """A caller as the journal has it (`user ID`), as a client calls itself (`user.ID`), its kind or its id alone."""
    said = (caller or "").casefold().replace(" ", ".", 1)
    return wanted.casefold().replace(" ", ".", 1) in (said, *said.split(".", 1))


def differences(wanted: object, there: object, where: str) -> Iterator[str]:
    """What is not as wanted. Members that nobody asked for do not matter, nor does the case of their names; a list has
    to hold each wanted item somewhere. A secret may be given as it is, or as the journal shows it."""
    if isinstance(wanted, Mapping):
        if not isinstance(there, Mapping):
            yield f"{where} is {_shown(there)}, no object"
            return
        known = {str(name).casefold(): value for name, value in there.items()}
        for name, value in wanted.items():
            folded = str(name).casefold()
            if folded not in known:
                yield f"{where}.{name} is not there"
            elif is_secret(str(name)) and isinstance(value, str) and known[folded] == mask(value):
                continue
            else:
                yield from differences(value, known[folded], f"{where}.{name}")
    elif isinstance(wanted, list):
        if not isinstance(there, list):
            yield f"{where} is {_shown(there)}, no list"
            return
        for number, value in enumerate(wanted):
            if not any(not list(differences(value, each, where)) for each in there):
                yield f"{where} has no item like the wanted one {number}"
    elif not _same(wanted, there):
        yield f"{where} is {_shown(there)}, not {_shown(wanted)}"


def _same(wanted: object, there: object) -> bool:
    if isinstance(wanted, bool) or isinstance(there, bool):
        return wanted is there
    return wanted == there


def _body_of(entry: Entry) -> object:
    """The body of the request; of a form its fields."""
    request = entry["request"] or {}
    body = request.get("body")
    if isinstance(body, str) and "=" in body:
        return dict(parse_qsl(body, keep_blank_values=True))
    return body


def _shown(value: Any) -> str:
    text = "missing" if value is None else f"{value!r}"
    return text if len(text) <= 80 else f"{text[:77]}..."
