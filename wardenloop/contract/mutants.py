"""Answers with one thing wrong, made of right ones. Pure.

Each mutation is what a server that somebody wrote from memory might do: a member left out or spelt otherwise, null
where something is, a number as text, a date without its zone, a list cut to its first element, another text, another
status, other headers, another order.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from wardenloop.contract.target import Answer

_STATUSES = {200: (201, 204, 500), 400: (422, 404, 500), 401: (403, 302), 403: (401, 404), 404: (400, 410), 415: (400,)}
_MIDDLE = 2
_DATE = re.compile(r"\d{4}-\d\d-\d\dT")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Mutant:
    """A wrong answer. kind: of mutation; what: where it was done."""

    kind: str
    what: str
    answer: Answer


def mutants_of(answer: Answer) -> Iterator[Mutant]:
    """All that this can make of an answer."""
    for status in _STATUSES.get(answer.status, (200,)):
        yield Mutant("status", f"{answer.status} -> {status}", replace(answer, status=status))
    yield from _of_headers(answer)
    yield from _of_body(answer)


def _of_headers(answer: Answer) -> Iterator[Mutant]:
    def with_headers(**changed: str | None) -> Answer:
        headers = {**answer.headers, **{name.replace("_", "-"): value for name, value in changed.items()}}
        return replace(answer, headers={name: value for name, value in headers.items() if value is not None})

    if answer.media_type == "application/json":
        yield Mutant("content-type", "text/html", with_headers(content_type="text/html; charset=utf-8"))
        yield Mutant("content-type", "none", with_headers(content_type=None))
        yield Mutant("content-type", "text/json", with_headers(content_type="text/json"))
        yield Mutant("content-type", "charset", with_headers(content_type="application/json; charset=iso-8859-1"))
    if answer.headers.get("cache-control"):
        yield Mutant("header", "no Cache-Control", with_headers(cache_control=None))
    if "www-authenticate" in answer.headers:
        yield Mutant("header", "no WWW-Authenticate", with_headers(www_authenticate=None))
        yield Mutant("header", "WWW-Authenticate: Basic", with_headers(www_authenticate='Basic realm="api"'))


def _of_body(answer: Answer) -> Iterator[Mutant]:
    if not answer.body:
        for text, kind in ((b"{}", "application/json"), (b"null", "application/json"), (b"OK", "text/plain")):
            headers = {**answer.headers, "content-type": kind}
            yield Mutant("body", f"{text.decode()} for nothing", replace(answer, body=text, headers=headers))
        return
    yield Mutant("body", "nothing", replace(answer, body=b""))
    yield Mutant("body", "cut", replace(answer, body=answer.body[: max(1, len(answer.body) // _MIDDLE)]))
    try:
        value = answer.json()
    except ValueError:
        return
    yield Mutant("encoding", "byte order mark", replace(answer, body=codecs.BOM_UTF8 + answer.body))
    yield Mutant("encoding", "UTF-16", replace(answer, body=json.dumps(value).encode("utf-16")))
    whole = json.dumps(value)
    for kind, where, changed in _of_json(value):
        if (bent := json.dumps(changed)) != whole:
            yield Mutant(kind, where, replace(answer, body=bent.encode()))
    for place, wrapped in (("$", {"data": value}), ("in a list", [value]), ("as text", json.dumps(value))):
        yield Mutant("envelope", place, replace(answer, body=json.dumps(wrapped).encode()))


def _of_json(root: Any) -> Iterator[tuple[str, str, Any]]:
    """Kind, place, and the whole with that one thing changed."""
    for place, value in _places(root):
        name = "$" + "".join(f".{each}" for each in place)
        for kind, other in _of_value(value):
            yield kind, name, _changed(root, place, partial(_instead, other))
        if place and isinstance(place[-1], str):
            for kind, change in _OF_MEMBERS:
                yield kind, name, _changed(root, place[:-1], partial(change, place[-1]))


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield place, value
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _places(each, (*place, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _places(each, (*place, number))


def _changed(root: Any, place: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    if not place:
        return change(deepcopy(root))
    whole = deepcopy(root)
    owner = whole
    for each in place[:-1]:
        owner = owner[each]
    owner[place[-1]] = change(owner[place[-1]])
    return whole


def _of_value(value: Any) -> Iterator[tuple[str, Any]]:
    """Other values in its place."""
    if value is None:
        yield "value-for-null", ""
        yield "value-for-null", False
        return
    yield "null", None
    if isinstance(value, bool):
        yield "other-value", not value
        yield "boolean-as-text", str(value).lower()
        yield "boolean-as-number", int(value)
    elif isinstance(value, int | float):
        yield "other-value", value + 1
        yield "number-as-text", str(value)
        yield "number-with-fraction", float(value)
        yield "enumeration-as-text", "Enterprise"
    elif isinstance(value, str):
        yield from _of_text(value)
    elif isinstance(value, dict):
        if len(value) > 1:
            yield "order", dict(reversed(value.items()))
        yield "nested", {"value": value}
        yield "extra-member", {**value, "extra": None}
    else:
        yield from _of_list(value)


def _of_list(value: list[Any]) -> Iterator[tuple[str, Any]]:
    yield "list-as-object", {str(number): each for number, each in enumerate(value)}
    if not value:
        yield "more-elements", [{}]
        return
    yield "fewer-elements", value[:-1]
    yield "more-elements", [*value, value[-1]]
    yield "element-for-list", value[0]
    if len(value) > 1:
        yield "first-element-only", value[:1]
        yield "element-twice", [value[0], *value[:-1]]


def _of_text(text: str) -> Iterator[tuple[str, Any]]:
    if _DATE.match(text):
        yield "date-without-zone", text.rstrip("Z")
        yield "date-with-offset", text.rstrip("Z") + "+01:00"
        yield "date-without-time", text[: len("2026-08-20")]
        yield "date-never-set", "0001-01-01T00:00:00Z"
    elif _UUID.fullmatch(text):
        yield "id-in-capitals", text.upper()
        yield "id-without-hyphens", text.replace("-", "")
        yield "id-never-set", "00000000-0000-0000-0000-000000000000"
    yield "in-a-list", [text]
    yield "text", text[:-1]
    yield "text", f"{text}!"
    yield "text", ""
    if text.lower() != text:
        yield "text-casing", text.lower()
    elif text.upper() != text:
        yield "text-casing", text.upper()


def _instead(other: Any, _value: Any) -> Any:
    return other


def _dropped(key: str, owner: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in owner.items() if name != key}


def _respelt(spell: Callable[[str], str]) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    return lambda key, owner: {spell(name) if name == key else name: value for name, value in owner.items()}


def _snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)


def _first(name: str) -> str:
    return (name[:1].lower() if name[:1].isupper() else name[:1].upper()) + name[1:]


def _moved(key: str, owner: dict[str, Any]) -> dict[str, Any]:
    """The member goes to the other end."""
    rest = _dropped(key, owner)
    last = next(reversed(owner)) == key
    return {key: owner[key], **rest} if last else {**rest, key: owner[key]}


_OF_MEMBERS: tuple[tuple[str, Callable[[str, dict[str, Any]], dict[str, Any]]], ...] = (
    ("missing-member", _dropped),
    ("member-casing", _respelt(_first)),
    ("member-snake-case", _respelt(_snake)),
    ("member-order", _moved),
)
