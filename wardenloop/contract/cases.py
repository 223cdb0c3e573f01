"""The cases: what is asked, by whom, in which state, what upstream answers, and where that is known from.

A file holds one group. `for` makes several cases of one: each entry overlays it. `cases.schema.json` says the same for
editors; what is not understood here is refused.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).with_name("cases")
SHAPES_FILE = Path(__file__).with_name("shapes.yaml")
SIDES = ("cloud", "selfhost")
KINDS = ("success", "unauthenticated", "wrong-role", "unknown", "unfit-body", "refused")
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")


class UnfitCase(ValueError):
    """A file of cases says something that is not understood."""


@dataclass(frozen=True)
class Ask:
    """One request. path: with its service (`/api/...`, `/identity/...`, `/push/...`) and query. caller: who asks.

    content: at most one of `json`, `form`, `files`, `text`. save: names -> paths into the answer, of preparing ones.
    """

    method: str
    path: str
    caller: str = "nobody"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: Mapping[str, Any] = field(default_factory=dict)
    save: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Expectation:
    """What upstream answers. body: a pattern for JSON, the text, or None for none; shape: what it is made of, if named.

    headers: name -> pattern or None. agrees: it is a licence whose parts have to agree (`licences.py`).
    """

    status: int
    body: Any = None
    media_type: str | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)
    shape: str | None = None
    agrees: bool = False


@dataclass(frozen=True)
class Case:
    """One question and its right answer. needs: states; fresh: those of them that are used up."""

    id: str
    says: str
    side: str
    kind: str
    needs: tuple[str, ...]
    fresh: tuple[str, ...]
    before: tuple[Ask, ...]
    ask: Ask
    expect: Expectation
    upstream: str
    fidelity: str

    @property
    def group(self) -> str:
        """The file that it is in."""
        return self.id.partition("/")[0]

    def is_called(self, names: Iterable[str]) -> bool:
        """Whether one of these is how its name begins, or a word of it."""
        words = re.split("[/-]", self.id)
        return any(self.id.startswith(each) or each in words for each in names)

    @property
    def only_reads(self) -> bool:
        """Whether asking changes nothing on a real server."""
        return self.ask.method in ("GET", "HEAD", "OPTIONS") and not self.before and not self.fresh


_ANY_REGION = "<~US|EU>"


def in_region(case: Case, region: str) -> Case:
    """The same of a server of this region."""
    return replace(case, expect=replace(case.expect, body=_narrowed(case.expect.body, region)))


def _narrowed(pattern: Any, region: str) -> Any:
    if isinstance(pattern, dict):
        return {name: _narrowed(each, region) for name, each in pattern.items()}
    return region if pattern == _ANY_REGION else pattern


_GROUP = {"group", "says", "side", "upstream", "fidelity", "needs", "cases"}
_CASE = {"name", "says", "side", "kind", "needs", "fresh", "before", "ask", "expect", "upstream", "fidelity", "for"}
_ASK = {"request", "as", "headers", "json", "form", "files", "text", "save"}
_EXPECT = {"status", "json", "text", "type", "headers", "with", "agrees"}
SHAPE = "<shape "
_CONTENT = ("json", "form", "files", "text")


@cache
def load_shapes() -> Mapping[str, Any]:
    """Bodies that more than one case expects, by name."""
    shapes: Mapping[str, Any] = yaml.safe_load(SHAPES_FILE.read_text("utf-8"))
    return shapes


@cache
def load_cases(folder: Path = FOLDER) -> tuple[Case, ...]:
    """All cases, by file and then as they stand there. Raises UnfitCase."""
    found: list[Case] = []
    for path in sorted(folder.glob("*.yaml")):
        group = yaml.safe_load(path.read_text("utf-8"))
        _known(group, _GROUP, path.name)
        found.extend(_cases_of(group))
    twice = {each.id for each in found if sum(other.id == each.id for other in found) > 1}
    if twice:
        raise UnfitCase(f"more than one case is called {sorted(twice)[0]}")
    return tuple(found)


@cache
def load_groups(folder: Path = FOLDER) -> Mapping[str, str]:
    """What each group is about."""
    groups = (yaml.safe_load(path.read_text("utf-8")) for path in sorted(folder.glob("*.yaml")))
    return {each["group"]: each["says"] for each in groups}


def _cases_of(group: Mapping[str, Any]) -> Iterator[Case]:
    common = {name: group[name] for name in ("side", "upstream", "fidelity", "needs") if name in group}
    for written in group["cases"]:
        _known(written, _CASE, f"{group['group']}/{written.get('name')}")
        base = {name: value for name, value in (common | written).items() if name != "for"}
        for more in written.get("for", [{}]):
            name = "/".join(filter(None, (written["name"], more.get("name"))))
            yield _case(f"{group['group']}/{name}", _overlaid(base, {k: v for k, v in more.items() if k != "name"}))


def _overlaid(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """`more` over `base`: members of `ask` and `expect` one by one, another content whole, all else whole."""
    joined = {**base, **more}
    for name in ("ask", "expect"):
        if name in base and name in more and isinstance(base[name], dict) and isinstance(more[name], dict):
            gone = _CONTENT if any(each in more[name] for each in _CONTENT) else ()
            joined[name] = {**{key: value for key, value in base[name].items() if key not in gone}, **more[name]}
    return joined


def _case(identity: str, written: Mapping[str, Any]) -> Case:
    _known(written, _CASE, identity)
    side, kind = written.get("side", "cloud"), written["kind"]
    if side not in SIDES or kind not in KINDS:
        raise UnfitCase(f"{identity}: side {side}, kind {kind}")
    return Case(
        id=identity,
        says=written["says"],
        side=side,
        kind=kind,
        needs=tuple(written.get("needs", ())),
        fresh=tuple(written.get("fresh", ())),
        before=tuple(_ask(each, identity) for each in written.get("before", ())),
        ask=_ask(written["ask"], identity),
        expect=_expectation(written["expect"], identity),
        upstream=written["upstream"],
        fidelity=written["fidelity"],
    )


def _ask(written: Mapping[str, Any], identity: str) -> Ask:
    _known(written, _ASK, identity)
    method, _, path = written["request"].partition(" ")
    if method not in _METHODS or not path.startswith(("/api", "/identity", "/push", "/_sim")):
        raise UnfitCase(f"{identity}: request {written['request']!r}")
    content = {name: written[name] for name in _CONTENT if written.get(name) is not None}
    if len(content) > 1:
        raise UnfitCase(f"{identity}: {' and '.join(content)} at once")
    return Ask(method, path, written.get("as", "nobody"), written.get("headers", {}), content, written.get("save", {}))


def _expectation(written: Mapping[str, Any], identity: str) -> Expectation:
    _known(written, _EXPECT, identity)
    media_type, body = written.get("type"), None
    if "json" in written:
        media_type, body = media_type or "application/json", _shaped(written["json"], written.get("with", {}))
    elif "text" in written:
        media_type, body = media_type or "text/plain", written["text"]
    shape = _shape_name(written.get("json"))
    return Expectation(written["status"], body, media_type, written.get("headers", {}), shape, "agrees" in written)


def _shape_name(pattern: Any) -> str | None:
    is_one = isinstance(pattern, str) and pattern.startswith(SHAPE)
    return pattern.removeprefix(SHAPE).removesuffix(">") if is_one else None


def _shaped(pattern: Any, values: Mapping[str, Any]) -> Any:
    """A pattern with the shapes that it names written out, of the outermost some members given."""
    if (name := _shape_name(pattern)) is not None:
        shape = _shaped(load_shapes()[name], {})
        strangers = values.keys() - shape.keys()
        if strangers:
            raise UnfitCase(f"{pattern} has no {sorted(strangers)[0]}")
        return {**shape, **_shaped(dict(values), {})}
    if isinstance(pattern, dict):
        return {name: _shaped(each, {}) for name, each in pattern.items()}
    return [_shaped(each, {}) for each in pattern] if isinstance(pattern, list) else pattern


def _known(written: Any, names: set[str], where: str) -> None:
    if not isinstance(written, dict):
        raise UnfitCase(f"{where}: {written!r} is not a mapping")
    strange = written.keys() - names
    if strange:
        raise UnfitCase(f"{where}: {sorted(strange)[0]!r} is not understood")
