"""The forms that a configuration has: env files (of Bitwarden lite too), compose files, Helm values, manifests.

A file of each form becomes the settings that stand in it, as environment variables of the server, with their lines.

Source: fidelity.md: deployment.env-file, deployment.lite, deployment.helm; the compose specification.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import Any

import yaml

from common.configuration import compose_override, env_file
from common.configuration.env_file import EnvFileError
from common.configuration.helm import HELM_SETTINGS, helm_values
from common.yaml_limits import refuse_what_grows

LARGEST = 256 * 1024
"""Bytes of a configuration file; a real one has a tenth of it."""

_MOST_BROKEN = 50
_YAML = re.compile(
    r"^(services|general|kind|apiVersion|secrets|component|database|sharedStorageClassName|fullnameOverride|version)\s*:",
    re.MULTILINE,
)
_ENV = re.compile(
    r"^\s*#?\s*(export\s+)?(globalSettings|adminSettings|BW|LOCAL_UID)\w*\s*=", re.MULTILINE | re.IGNORECASE
)


class UnreadableConfiguration(Exception):
    """A file that is no configuration. key: of the catalogue; values: what its text needs."""

    def __init__(self, file: str, key: str, **values: object) -> None:
        super().__init__(f"{file}: {key}")
        self.file = file
        self.key = key
        self.values = values


class Form(StrEnum):
    """What a file is."""

    ENV = "env"
    LITE = "lite"
    COMPOSE = "compose"
    HELM = "helm"
    MANIFEST = "manifest"


class Entry(Enum):
    """What a line is."""

    SETTING = auto()
    COMMENT = auto()
    BROKEN = auto()


@dataclass(frozen=True)
class Written:
    """A line of a file. value: as the server gets it. raw: as it stands there behind the key; both are never shown."""

    file: str
    number: int
    key: str
    entry: Entry
    value: str | None = field(default=None, repr=False)
    raw: str = field(default="", repr=False)
    repeated: bool = False


@dataclass(frozen=True)
class Problem:
    """Something about a file that is wrong, whatever it says. kind: a word that the rules know."""

    file: str
    line: int
    kind: str


@dataclass(frozen=True)
class FormRead:
    """What one file holds."""

    form: Form
    lines: tuple[Written, ...]
    problems: tuple[Problem, ...]


def read_form(name: str, content: bytes) -> FormRead:
    """One file, of whatever form it is. Errors: UnreadableConfiguration."""
    if len(content) > LARGEST:
        raise UnreadableConfiguration(name, "x.configuration.tooLong", most=LARGEST // 1024)
    text, problems = _decoded(name, content)
    if _YAML.search(text) and not _ENV.search(text):
        return _read_yaml(name, text, problems)
    return _read_env(name, text, problems)


def _decoded(name: str, content: bytes) -> tuple[str, list[Problem]]:
    problems = []
    encoding = _utf_16(content)
    if encoding:
        problems.append(Problem(name, 1, "utf-16"))
    elif content.startswith(b"\xef\xbb\xbf"):
        problems.append(Problem(name, 1, "bom"))
    try:
        text = content.decode(encoding or "utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        problems.append(Problem(name, content[: error.start].count(b"\n") + 1, "not-utf-8"))
        text = content.decode("latin-1")
    if "\0" in text:
        raise UnreadableConfiguration(name, "x.configuration.binary")
    if "\r\n" in text:
        problems.append(Problem(name, 1, "crlf"))
    return text.replace("\r\n", "\n"), problems


def _utf_16(content: bytes) -> str | None:
    """The encoding of PowerShell's `>`, with its mark or without."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    half = content[:200]
    for encoding, zeros in (("utf-16-le", half[1::2]), ("utf-16-be", half[::2])):
        if len(half) > 1 and zeros and zeros.count(0) * 2 > len(zeros):
            return encoding
    return None


# --- env files


def _read_env(name: str, text: str, problems: list[Problem]) -> FormRead:
    lines = text.split("\n")
    statements = list(_statements_of(name, lines, problems))
    if not any(each.entry is Entry.SETTING for each in statements):
        raise UnreadableConfiguration(name, "x.configuration.nothing")
    last = {each.key: each.number for each in statements if each.entry is Entry.SETTING}
    marked = tuple(
        Written(
            each.file,
            each.number,
            each.key,
            each.entry,
            each.value,
            each.raw,
            each.entry is Entry.SETTING and last[each.key] != each.number,
        )
        for each in statements
    )
    form = Form.LITE if any(each.key.startswith("BW_") for each in statements) else Form.ENV
    return FormRead(form, marked, tuple(problems))


def _statements_of(name: str, lines: list[str], problems: list[Problem]) -> Iterator[Written]:
    """Settings, comments and what compose would not read, in file order."""
    broken: dict[int, str] = {}
    found = _read_what_can_be(name, lines, broken, problems)
    problems += [Problem(name, line, kind) for line, kind in broken.items()]
    read = {each.line: each for each in found}
    inside = {number for each in found for number in range(each.line + 1, each.last + 1)}
    for number, line in enumerate(lines, start=1):
        if number in read and read[number].value is None:
            problems.append(Problem(name, number, "no-value"))
            yield Written(name, number, read[number].key, Entry.BROKEN)
        elif number in read:
            yield Written(name, number, read[number].key, Entry.SETTING, read[number].value, _raw(line))
        elif number in broken:
            yield Written(name, number, _name_in(line), Entry.BROKEN)
        elif line.strip() and number not in inside:
            yield Written(name, number, _name_in(line), Entry.COMMENT)


def _read_what_can_be(
    name: str, lines: list[str], broken: dict[int, str], problems: list[Problem]
) -> list[env_file.Read]:
    """What compose reads when the lines are taken out that it stumbles over; those are put into `broken`."""
    work = list(lines)
    for _ in range(_MOST_BROKEN):
        unset: list[Problem] = []

        def note(line: int, _variable: str, found: list[Problem] = unset) -> None:
            found.append(Problem(name, line, "unset-variable"))  # the name is the tail of a password, most often

        try:
            read = list(env_file.read_statements("\n".join(work), {}, note))
        except EnvFileError as error:
            broken[error.line] = error.kind
            work[error.line - 1] = ""
        else:
            problems += unset
            return read
    raise UnreadableConfiguration(name, "x.configuration.broken", most=_MOST_BROKEN)


def _raw(line: str) -> str:
    found = re.search(r"[=:]", line)
    return line[found.end() :] if found else ""


def _name_in(line: str) -> str:
    """What a line is about as far as it can be shown: a comment may hold anything."""
    found = re.match(
        r"\s*(#?\s*(?:export\s+)?(?:globalSettings|adminSettings|BW|HTTPS?_PROXY|NO_PROXY)\w*)\s*[=:]", line, re.I
    )
    return found[1].strip() if found else ("#" if line.lstrip().startswith("#") else "…")


# --- YAML


def _read_yaml(name: str, text: str, problems: list[Problem]) -> FormRead:
    try:
        refuse_what_grows(text)
        documents = [each for each in yaml.safe_load_all(text) if isinstance(each, dict)]
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise UnreadableConfiguration(name, "x.configuration.yaml", line=mark.line + 1 if mark else 1) from error
    whole: Mapping[str, Any] = documents[0] if documents else {}
    if any(each.get("kind") in ("Secret", "ConfigMap") for each in documents):
        form, pairs = Form.MANIFEST, [pair for each in documents for pair in _of_manifest(each)]
    elif "services" in whole:
        form, pairs = Form.COMPOSE, _of_compose(name, text, problems)
    elif isinstance(whole.get("general"), dict):
        form, pairs = Form.HELM, list(helm_values(whole))
    else:
        raise UnreadableConfiguration(name, "x.configuration.nothing")
    lines = tuple(
        Written(name, number, key, Entry.SETTING, value, value)
        for (key, value), number in zip(pairs, _numbers(text, form, [key for key, _ in pairs]), strict=True)
    )
    return FormRead(form, lines, tuple(problems))


def _numbers(text: str, form: Form, keys: Iterable[str]) -> Iterator[int]:
    """Where each key stands; what the chart makes of the region stands where that does."""
    places = _places(text)
    for key in keys:
        written = HELM_SETTINGS[key].rpartition(".")[2] if form is Form.HELM else key
        yield places.get(written, places.get("cloudRegion", 1))


def _of_manifest(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Kubernetes' own: texts as they are, and those of a Secret's `data` in Base64."""
    for part in ("data", "stringData"):
        entries = document.get(part)
        for key, value in (entries if isinstance(entries, dict) else {}).items():
            text = str(value)
            if part == "data" and document.get("kind") == "Secret":
                try:
                    text = base64.b64decode(text, validate=True).decode()
                except (binascii.Error, ValueError):
                    continue
            yield str(key), text


def _of_compose(name: str, text: str, problems: list[Problem]) -> list[tuple[str, str]]:
    def unset(_variable: str) -> None:
        problems.append(Problem(name, 1, "unset-variable"))

    try:
        return list(compose_override.read_all(text, {}, unset).items())
    except ValueError as error:
        raise UnreadableConfiguration(name, "x.configuration.compose", detail=_without_values(str(error))) from error


def _without_values(text: str) -> str:
    """What compose says, up to where it repeats the value."""
    return text.partition(": invalid")[0].partition(": line")[0][:120]


def _places(text: str) -> dict[str, int]:
    """Name -> line where it first stands as a key (or in a list of `NAME=value`)."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        named = re.match(r"""\s*(?:-\s*)?["']?([A-Za-z_][\w.\-]*)["']?\s*[:=]""", line)
        if named:
            found.setdefault(named[1], number)
    return found
