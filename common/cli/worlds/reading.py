"""Reading and writing world files: YAML with lines in its errors, checked against the published schema."""

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from common.cli.worlds.files import WorldError
from common.yaml_limits import refuse_what_grows

_HERE = Path(__file__).parent
SCHEMA = _HERE / "world.schema.json"

_OWN_LINES = ("installation__", "baseserviceuri__", "mail__smtp__", "sqlserver__", "databaseurl", "listen", "hosts__")
NEVER = ("dangerously", "directory", "authority", "certificate", "tlskey", "controltoken", "allowedhosts", "mailbox")
"""Of settings: what leads out of the home, or out of the machine. Somebody else may have written the world."""

_MOST_NAMES = 10
Path_ = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """YAML's own types but dates, which stay as written, and `on`, `off`, `yes`, `no`, which are words."""


_TAG = "tag:yaml.org,2002:"
_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in known
        if tag != f"{_TAG}timestamp" and (tag != f"{_TAG}bool" or first in tuple("tTfF"))
    ]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def schema() -> dict[str, Any]:
    """The JSON Schema of world files."""
    found: dict[str, Any] = json.loads(SCHEMA.read_bytes())
    return found


def read(text: str, name: str) -> dict[str, Any]:
    """A world as it is written. Raises WorldError with the line and key of what is first wrong."""
    try:
        refuse_what_grows(text, _Loader, aliases=False)
        node = yaml.compose(text, _Loader)
        lines = dict(_lines(node, (), name)) if node is not None else {}
        document = yaml.load(text, _Loader) or {}  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise WorldError(f"{name}{where}: {getattr(error, 'problem', None) or error}") from error
    except (ValueError, RecursionError) as error:
        raise WorldError(f"{name}: {error or 'too deep'}") from error
    wrong = sorted(Draft202012Validator(schema()).iter_errors(document), key=lambda each: list(map(str, each.path)))
    for each in wrong:
        raise _at(lines, tuple(each.absolute_path), _said(each), name)
    for path, problem in (*_unsound(document), *_contradictions(document)):
        raise _at(lines, path, problem, name)
    found: dict[str, Any] = document
    return found


def write(world: Mapping[str, Any]) -> str:
    """The text of a world."""
    text: str = yaml.safe_dump(dict(world), sort_keys=False, allow_unicode=True, width=120)
    return text


def _lines(node: yaml.Node, path: Path_, name: str) -> Iterator[tuple[Path_, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise WorldError(f"{name}, line {key.start_mark.line + 1}: a key must be a word.")
            if key.value in seen:
                raise WorldError(f"{name}, line {key.start_mark.line + 1}, {key.value}: is there twice.")
            seen.add(key.value)
            yield from _lines(value, (*path, key.value), name)
            yield (*path, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _lines(value, (*path, number), name)


def _at(lines: Mapping[Path_, int], path: Path_, problem: str, name: str) -> WorldError:
    known = path
    while known and known not in lines:
        known = known[:-1]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    return WorldError(f"{name}, line {lines.get(known, 1)}{f', {key}' if key else ''}: {problem}")


def _said(error: Any) -> str:
    """In words of ours where the library's would quote the whole document."""
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        wrong = sorted(key for key in map(str, error.instance) if key not in known)
        unknown = ", ".join(each[:80] for each in wrong[:_MOST_NAMES])
        return f"unknown: {unknown}. Known: {', '.join(known)}."
    if error.validator == "required":
        missing = ", ".join(key for key in error.validator_value if key not in error.instance)
        return f"{missing} is missing."
    if error.validator == "enum":
        return f"{error.instance!r} is none of {', '.join(map(str, error.validator_value))}."
    if error.validator == "type":
        kinds = error.validator_value
        return f"must be {kinds if isinstance(kinds, str) else ' or '.join(kinds)}."
    if error.validator == "pattern":
        return (
            f"{str(error.instance)[:80]!r} is not written as it must be. {error.schema.get('description', '')}".rstrip()
        )
    return str(error.message)[:200]


def _unsound(value: object, path: Path_ = ()) -> Iterator[tuple[Path_, str]]:
    """Texts with characters that no text of a world has: an end of a line begins another setting."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from _unsound(part, (*path, key))
    if isinstance(value, str) and any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        yield path, "holds a control character."


def _contradictions(world: Mapping[str, Any]) -> Iterator[tuple[Path_, str]]:
    """What a schema cannot say."""
    time = world.get("time", {})
    begin, now = (_moment(time.get(name)) for name in ("begin", "now"))
    if now and not begin:
        yield ("time", "now"), "needs time.begin."
    if now and begin and now < begin:
        yield ("time", "now"), "is before time.begin."
    for key in world.get("settings", {}):
        if any(own in str(key).lower() for own in _OWN_LINES):
            yield ("settings", key), "is the stack's own: addresses and keys are never stored in a world."
        if any(word in str(key).lower() for word in NEVER):
            yield (
                ("settings", key),
                "is no part of a world, because it leads out of it; write it into the env file.",
            )
    region = world.get("installation", {}).get("region", "us")
    accounts = {each["email"].lower(): each["at"] for each in world.get("accounts", ())}
    if len(accounts) != len(world.get("accounts", ())):
        yield ("accounts",), "the same address is there twice; name its places in `at`."
    for number, organization in enumerate(world.get("organizations", ())):
        yield from _of_organization(organization, ("organizations", number), accounts, region, begin, now)


def _of_organization(
    organization: Mapping[str, Any],
    path: Path_,
    accounts: Mapping[str, Sequence[str]],
    region: str,
    begin: datetime | None,
    now: datetime | None,
) -> Iterator[tuple[Path_, str]]:
    def has_account(email: str, place: str) -> bool:
        return place in accounts.get(email.lower(), ())

    opened, cloud = _moment(organization.get("opened")), organization.get("cloud", region)
    if opened and not (begin and now and begin <= opened <= now):
        yield (*path, "opened"), "is not between time.begin and time.now."
    twin = organization.get("instance")
    people = [((*path, "owner"), organization["owner"], cloud), *_joined(organization, path, cloud)]
    if twin is not None:
        if cloud != region:
            yield (*path, "cloud"), f"must be {region}, the installation's: its license is applied to the instance."
        owner = twin.get("owner", organization["owner"])
        people += [((*path, "instance"), owner, "selfhost"), *_joined(twin, (*path, "instance"), "selfhost")]
        for number, each in enumerate(twin.get("sponsorships", ())):
            people.append(((*path, "instance", "sponsorships", number, "by"), each["by"], "selfhost"))
        if twin.get("sponsorships") and twin.get("connection", "none") == "none":
            yield (*path, "instance", "sponsorships"), "need a connection."
    for place, email, app in people:
        if not has_account(email, app):
            yield place, f"{email} has no account at {app}; add it to accounts."


def _joined(holder: Mapping[str, Any], path: Path_, app: str) -> Iterator[tuple[Path_, str, str]]:
    """The members who need an account: the invited do not."""
    for number, each in enumerate(holder.get("members", ())):
        if each.get("status", "confirmed") != "invited":
            yield (*path, "members", number, "email"), each["email"], app


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
