"""The two readings of an env file: what docker compose makes of it, and how `rebuild` rewrites it.

They differ on purpose: compose strips quotes and expands `$NAME`; the rewriting copies what is behind the first `=`.
Source: fidelity.md: deployment.tree, deployment.env-file; the variable syntax is that of the compose specification.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

Lookup = Callable[[str], str | None]

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_VARIABLE = re.compile(rf"\$(?:(\$)|({_NAME})|\{{({_NAME})(?:(:?[-?+])([^{{}}]*))?\}}|())")
_KEY = re.compile(r"[\w.\-\[\]]+")
_ESCAPE = re.compile(r"\\([abfnrtv$\\])")
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "$": "$$", "\\": "\\"}


class EnvFileError(ValueError):
    """An env file that docker compose would refuse; the text names the line. kind: a word for what is wrong there."""

    def __init__(self, line: int, kind: str, text: str) -> None:
        super().__init__(f"line {line}: {text}")
        self.line = line
        self.kind = kind


class Read(NamedTuple):
    """A statement of an env file. line, last: where it begins and ends. value: None = neither here nor outside."""

    line: int
    last: int
    key: str
    value: str | None


def parse(text: str, lookup: Mapping[str, str], *, unset: Callable[[str], None] | None = None) -> dict[str, str]:
    """The variables of an env file as docker compose hands them to a container, in file order, last one of a key wins.

    lookup: variables known outside the file; they win over those of the file in `$NAME` and give a key without `=`
    its value. unset: called with every name that is expanded but known nowhere (it becomes empty).
    """
    values: dict[str, str] = {}
    for each in read_statements(text, lookup, lambda _line, name: (unset or _ignore)(name)):
        if each.value is not None:
            values.pop(each.key, None)  # the place of the last one, as its value
            values[each.key] = each.value
    return values


def read_statements(text: str, lookup: Mapping[str, str], unset: Callable[[int, str], None]) -> Iterator[Read]:
    """The same statement by statement. unset: called with the line too. Raises EnvFileError."""
    values: dict[str, str] = {}

    def known(name: str) -> str | None:
        return lookup[name] if name in lookup else values.get(name)

    for statement in _statements(text.removeprefix("\ufeff").replace("\r\n", "\n")):
        value: str | None = statement.value
        if value is None:
            value = lookup.get(statement.key)
        elif statement.expand:
            value = _expand(value, known, partial(unset, statement.line), statement.line)
        if value is not None:
            values[statement.key] = value
        yield Read(statement.line, statement.last, statement.key, value)


@dataclass(frozen=True)
class _Statement:
    line: int
    last: int
    key: str
    value: str | None  # None: a key without "="
    expand: bool


def _ignore(_name: str) -> None:
    return None


def _statements(text: str) -> Iterator[_Statement]:
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        first = number
        number += 1
        line = lines[first].strip()
        if not line or line.startswith("#"):
            continue
        key, raw = _split(re.sub(r"^export\s+", "", line), first + 1)
        if raw is None or raw.lstrip()[:1] not in ("'", '"'):
            # an inline comment starts at a blank followed by "#"
            value = None if raw is None else re.split(r"\s#", raw, maxsplit=1)[0].strip()
            yield _Statement(first + 1, number, key, value, expand=True)
            continue
        raw = raw.lstrip()
        while (closed := _quoted(raw)) is None:  # a quoted value may go over several lines
            if number == len(lines):
                raise EnvFileError(first + 1, "open-quote", f"unterminated quoted value {raw.splitlines()[0]}")
            raw += "\n" + lines[number]
            number += 1
        value, rest = closed
        if rest.strip() and not rest.strip().startswith("#"):
            raise EnvFileError(first + 1, "after-quote", f"unexpected text after the closing quote: {rest.strip()}")
        if raw[0] == '"':
            value = _ESCAPE.sub(lambda match: _ESCAPED[match[1]], value)
        yield _Statement(first + 1, number, key, value, expand=raw[0] == '"')


def _split(line: str, number: int) -> tuple[str, str | None]:
    """Key and raw value at the first `=` (compose also takes `:`)."""
    found = re.search(r"[=:]", line)
    key = (line[: found.start()] if found else line).rstrip()
    if not _KEY.fullmatch(key):
        wrong = re.sub(r"[\w.\-\[\]]", "", key)[:1]
        raise EnvFileError(number, "bad-name", f'unexpected character "{wrong}" in variable name "{key}"')
    return key, line[found.end() :] if found else None


def _quoted(raw: str) -> tuple[str, str] | None:
    """Text between the quotes and what follows them; None while the closing quote is missing."""
    quote, content, at = raw[0], "", 1
    while at < len(raw):
        if raw[at] == "\\" and at + 1 < len(raw):  # a backslash protects what follows, itself too
            content += quote if raw[at + 1] == quote else raw[at : at + 2]
            at += 2
        elif raw[at] == quote:
            return content, raw[at + 1 :]
        else:
            content += raw[at]
            at += 1
    return None


def expanded(value: str, lookup: Mapping[str, str], unset: Callable[[str], None]) -> str:
    """A value with its variables filled in, as compose does in its own files. Raises EnvFileError."""
    return _expand(value, lookup.get, unset, 1)


def _expand(value: str, known: Lookup, unset: Callable[[str], None], line: int) -> str:
    """`$$`, `$NAME`, `${NAME}` and `${NAME:-default}` with its relatives."""

    def replace(match: re.Match[str]) -> str:
        escaped, bare, braced, operator, word = match.group(1, 2, 3, 4, 5)
        if escaped:
            return "$"
        name = bare or braced
        if not name:
            raise EnvFileError(
                line, "bad-dollar", f"invalid template: {value} (write $$ or use single quotes for a literal $)"
            )
        found = known(name)
        present = bool(found) if operator and operator.startswith(":") else found is not None
        match operator[-1:] if operator else "":
            case "+":
                return _expand(word, known, unset, line) if present else ""
            case "-" if not present:
                return _expand(word, known, unset, line)
            case "?" if not present:
                raise EnvFileError(line, "bad-dollar", f"required variable {name} is missing a value: {word}")
        if found is None:
            unset(name)
        return found or ""

    return _VARIABLE.sub(replace, value)


def pasted_lines(text: str) -> Iterator[tuple[int, str]]:
    """Number and key of each line whose value holds what looks like a further setting. Both readings take it whole."""
    for number, line in enumerate(text.splitlines(), start=1):
        key, _, value = line.partition("=")
        if not line.lstrip().startswith("#") and re.search(r"(globalSettings|adminSettings)__\w+=", value):
            yield number, key.strip()


def rewrite(template: Mapping[str, str], existing: str) -> dict[str, str]:
    """What `rebuild` makes of an existing file: the template's keys in its order, then the user's own.

    Values are taken verbatim (quotes, blanks and `$` stay). Keys are compared as written, leading blanks and `#`
    included, so `#key=value` survives as a key of its own while lines without `=` disappear.
    Source: util/Setup/EnvironmentFileBuilder.cs; fidelity.md: deployment.tree.
    """
    values = dict(template)
    for line in existing.splitlines():
        key, separator, value = line.partition("=")
        if not separator:
            continue
        values[key] = value if key in values else value.replace('\\"', '"')
    return values


def quoted(value: str) -> str:
    """A value as `parse` reads it back unchanged."""
    plain = re.fullmatch(r"[\w./:@%+,=-]*", value)
    return value if plain else '"' + re.sub(r'([\\"$])', r"\\\1", value) + '"'


def render(values: Mapping[str, str]) -> str:
    """`KEY=VALUE` lines."""
    return "".join(f"{key}={value}\n" for key, value in values.items())
