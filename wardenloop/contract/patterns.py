"""What a body has to look like, and where one does not. Pure.

A pattern is a value of JSON; texts in angle brackets stand for many:

| Pattern | Matches |
|---|---|
| `<uuid>`, `<moment>`, `<second>`, `<jwt>`, `<encstring>`, `<url>`, `<email>`, `<base64>` | texts of that form |
| `<text>` | any text but an empty one |
| `<int>`, `<number>`, `<bool>`, `<any>` | what they say |
| `<key N>` | N characters A-Z a-z 0-9, from a random source |
| `<base64 N>` | base64 of N bytes |
| `<~REGEX>` | texts that match as a whole |
| `<NAME?>` | as `<NAME>`, or null |
| `["*", PATTERN]`, `["+", PATTERN]` | a list of any length (`+`: at least one, none twice), each element matched |
| `["<any order>", PATTERN, ...]` | these elements in any order; any other list matches element by element |
| `{"...": "<any>", ...}` | an object that may have further members |
| `{"...": "<any order>", ...}` | an object with these members in any order; any other has these in this order |
| `{"name?": PATTERN}` | a member that may be missing |
| `{"<jwt>": {header: PATTERN, claims: PATTERN}}` | a JSON Web Token that says so; who signed it is not looked at |
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KINDS = ("missing", "casing", "extra", "type", "value", "order", "status", "header", "body")
"""Of differences."""

JWT = "<jwt>"
OPEN = "..."
MAY_MISS = "?"
EACH, SOME, IN_ANY_ORDER = "*", "+", "<any order>"
"""How a list begins whose other elements stand for it; see `elements`."""

STANDS = re.compile(r"<(~.+?|[a-z0-9]+(?: [\w-]+)?)(\??)>", re.DOTALL)
FORMS = {
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "moment": r"(?:2\d|99)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{0,6}[1-9])?Z",
    "second": r"(?:2\d|99)\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "jwt": r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{40,}",
    "encstring": r"\d\.[A-Za-z0-9+/=|]+",
    "url": r"https?://\S+",
    "email": r"[^@\s]+@[^@\s]+",
    "text": r".+",
}
"""No date is of before 2000: so look those that nobody has set, as does an id of zeros (`_UNSET`)."""

_UNSET = "00000000-0000-0000-0000-000000000000"

_MISSING = object()


@dataclass(frozen=True)
class Difference:
    """One thing that is not as expected. path: `$.data[0].id`; kind: one of KINDS."""

    path: str
    kind: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.path}: {self.kind}: expected {self.expected}, found {self.found}"


def compare(pattern: Any, found: Any, path: str = "$") -> Iterator[Difference]:
    """The differences between a pattern and a value."""
    if isinstance(pattern, str) and (stands := STANDS.fullmatch(pattern)):
        yield from _stands_for(stands[1], bool(stands[2]), found, path)
    elif isinstance(pattern, Mapping):
        yield from _token(pattern[JWT], found, path) if JWT in pattern else _object(pattern, found, path)
    elif isinstance(pattern, Sequence) and not isinstance(pattern, str):
        yield from _list(pattern, found, path)
    elif kind_of(pattern) != kind_of(found) or (isinstance(pattern, int) and isinstance(found, float)):
        yield Difference(path, "type", told(pattern), told(found))
    elif pattern != found:
        yield Difference(path, "value", told(pattern), told(found))


def kind_of(value: Any) -> str:
    """What JSON calls it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, Mapping) else "array"


def told(value: Any) -> str:
    """A value in a message: short."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = "null" if value is None else repr(value) if isinstance(value, str) else str(value).lower()
    return text if len(text) <= 160 else f"{text[:150]}... ({len(text)} characters)"


def _stands_for(name: str, nullable: bool, found: Any, path: str) -> Iterator[Difference]:
    wanted = f"<{name}{'?' if nullable else ''}>"
    if found is None and nullable:
        return
    if name in _KINDS:
        if kind_of(found) not in _KINDS[name] or (name == "int" and not isinstance(found, int)):
            yield Difference(path, "type", wanted, told(found))
    elif not isinstance(found, str):
        yield Difference(path, "type", wanted, told(found))
    elif not _has_form(name, found):
        yield Difference(path, "value", wanted, told(found))


_KINDS: dict[str, tuple[str, ...]] = {
    "any": ("null", "boolean", "number", "string", "object", "array"),
    "int": ("number",),
    "number": ("number",),
    "bool": ("boolean",),
}


def _has_form(name: str, text: str) -> bool:
    if name.startswith("~"):
        return re.fullmatch(name[1:], text, re.DOTALL) is not None
    form, _, size = name.partition(" ")
    if form == "key":
        return re.fullmatch(rf"[A-Za-z0-9]{{{size}}}", text) is not None
    if form == "base64":
        return _is_base64(text, int(size) if size else None)
    return re.fullmatch(FORMS[form], text, re.DOTALL) is not None and text != _UNSET


def _is_base64(text: str, size: int | None) -> bool:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return bool(found) and size in (None, len(found))


def _token(pattern: Mapping[str, Any], found: Any, path: str) -> Iterator[Difference]:
    wrong = list(compare(JWT, found, path))
    if wrong:
        yield from wrong
        return
    for name, part in zip(("header", "claims"), str(found).split("."), strict=False):
        try:
            told_there = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except ValueError:
            yield Difference(f"{path}({name})", "value", "JSON", told(part))
        else:
            yield from compare(pattern[name], told_there, f"{path}({name})")
            yield from _lifetime(told_there, f"{path}({name})") if name == "claims" else ()


def _lifetime(claims: Any, path: str) -> Iterator[Difference]:
    """A token is good for some time."""
    begins, ends = (claims.get("nbf"), claims.get("exp")) if isinstance(claims, Mapping) else (None, None)
    if isinstance(begins, int) and isinstance(ends, int) and ends < begins:
        yield Difference(f"{path}.exp", "value", f"not before {begins}", str(ends))


def _object(pattern: Mapping[str, Any], found: Any, path: str) -> Iterator[Difference]:
    if not isinstance(found, Mapping):
        yield Difference(path, "type", "an object", told(found))
        return
    may_miss = {name.removesuffix(MAY_MISS) for name in pattern if name.endswith(MAY_MISS)}
    wanted = {name.removesuffix(MAY_MISS): each for name, each in pattern.items() if name != OPEN}
    spare = [name for name in found if name not in wanted]
    for name, each in wanted.items():
        if name in found:
            yield from compare(each, found[name], f"{path}.{name}")
        elif (other := _same_but_for_casing(name, spare)) is not None:
            spare.remove(other)
            yield Difference(f"{path}.{name}", "casing", name, other)
        elif name not in may_miss:
            yield Difference(f"{path}.{name}", "missing", told(each), "nothing")
    if pattern.get(OPEN) != "<any>":
        yield from (Difference(f"{path}.{name}", "extra", "nothing", told(found[name])) for name in spare)
    if OPEN not in pattern and _in_both(found, wanted) != _in_both(wanted, found):
        yield Difference(path, "order", ", ".join(wanted), ", ".join(found))


def _in_both(names: Mapping[str, Any], others: Mapping[str, Any]) -> list[str]:
    return [name for name in names if name in others]


def _same_but_for_casing(name: str, others: Sequence[str]) -> str | None:
    def bare(text: str) -> str:
        return re.sub(r"[_-]", "", text).lower()

    return next((other for other in others if bare(other) == bare(name)), None)


def _list(pattern: Sequence[Any], found: Any, path: str) -> Iterator[Difference]:
    if not isinstance(found, list):
        yield Difference(path, "type", "a list", told(found))
        return
    rule, wanted = elements(pattern)
    if rule in (EACH, SOME):
        if rule == SOME and (not found or len({json.dumps(each, sort_keys=True) for each in found}) < len(found)):
            yield Difference(path, "value", "one element or more, none twice", told(found))
        for place, each in enumerate(found):
            yield from compare(wanted[0], each, f"{path}[{place}]")
        return
    if len(wanted) != len(found):
        yield Difference(path, "value", f"a list of {len(wanted)}", told(found))
    if rule == IN_ANY_ORDER:
        wanted = _as_found(wanted, found)
    for place, (one, each) in enumerate(zip(wanted, found, strict=False)):
        yield from compare(one, each, f"{path}[{place}]")


def elements(pattern: Sequence[Any]) -> tuple[str | None, list[Any]]:
    """What a list of patterns begins with, if it is one of the words, and the patterns of its elements."""
    begins = pattern[0] if pattern and isinstance(pattern[0], str) else None
    if begins == IN_ANY_ORDER or (begins in (EACH, SOME) and len(pattern) == len("*P")):
        return begins, list(pattern[1:])
    return None, list(pattern)


def _as_found(wanted: Sequence[Any], found: Sequence[Any]) -> list[Any]:
    """The patterns in the order of what they match; those that match nothing stand for what is left."""
    left, fitting = list(wanted), []
    for each in found:
        fits = next((one for one in left if next(compare(one, each), None) is None), None)
        fitting.append(fits)
        if fits is not None:
            left.remove(fits)
    rest = iter(left)
    return [each if each is not None else next(rest, "<any>") for each in fitting]
