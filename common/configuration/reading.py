"""Reading the configuration files of a real server, whatever they are, and saying of each line what becomes of it.

Nothing here raises for a line that is wrong: what is wrong is a `Problem`, and the rest is read. Secrets stay in
`Configuration.values` for the rules that compare them; what is made to be shown has none.

Source: fidelity.md: deployment.env-file, deployment.lite, deployment.tree, deployment.helm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from common.configuration import lite
from common.configuration.forms import Entry, Form, Problem, UnreadableConfiguration, Written, read_form
from common.configuration.known import Reason, Verdict, judge

__all__ = [
    "Configuration",
    "Entry",
    "Form",
    "Line",
    "Problem",
    "Reason",
    "SourceFile",
    "UnreadableConfiguration",
    "Verdict",
    "read_configuration",
]


class SourceFile(NamedTuple):
    """A file as it is on disk. name: what people are told."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Line:
    """One setting. number: where it begins in its file. value: as the server gets it. shown: what people may see of it,
    None = nothing.
    """

    file: str
    number: int
    key: str
    verdict: Verdict
    reason: Reason
    shown: str | None = None
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Configuration:
    """What the files say together. values: environment variables of the server, later files over earlier ones.

    written: the settings as they stand in the files, without what the form makes of them.
    """

    forms: tuple[Form, ...]
    lines: tuple[Line, ...]
    values: Mapping[str, str] = field(repr=False)
    written: tuple[Written, ...] = field(repr=False)
    problems: tuple[Problem, ...] = ()

    @property
    def form(self) -> Form:
        """Of the first file that says something; of none, an env file."""
        return self.forms[0] if self.forms else Form.ENV


_LONGEST = 200
"""Characters of a value that people are shown."""


def read_configuration(files: Sequence[SourceFile]) -> Configuration:
    """All files as one configuration; compose's own file goes over env files, as there.

    Errors: UnreadableConfiguration, for a file that is no configuration at all.
    """
    read = [read_form(file.name, file.content) for file in files]
    read.sort(key=lambda each: each.form is Form.COMPOSE)  # stable: the rest stays as given
    written = tuple(line for each in read for line in each.lines)
    if not any(line.entry is Entry.SETTING for line in written):
        raise UnreadableConfiguration(files[0].name if files else "", "x.configuration.nothing")
    values = _merged(written)
    lines: list[Line] = []
    for line in written:
        lines.append(_judged(line, values))
    if any(key.startswith("BW_") for key in values):
        made = lite.read(values)
        values = dict(made.lines)
        lines = [_overruled(line, values) for line in lines]
    return Configuration(
        tuple(each.form for each in read),
        tuple(lines),
        values,
        written,
        tuple(problem for each in read for problem in each.problems),
    )


def _merged(written: Sequence[Written]) -> dict[str, str]:
    """The last one of a key counts, in any case: for .NET two spellings are one setting."""
    values: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for line in written:
        if line.entry is Entry.SETTING:
            values.pop(spelled.get(line.key.lower(), ""), None)
            spelled[line.key.lower()] = line.key
            values[line.key] = line.value or ""
    return values


def _judged(line: Written, values: Mapping[str, str]) -> Line:
    bare = Line(line.file, line.number, line.key, Verdict.IGNORED, Reason.COMMENT)
    if line.entry is Entry.COMMENT:
        return bare
    if line.entry is Entry.BROKEN:
        return replace(bare, reason=Reason.UNREADABLE)
    value = line.value or ""
    found = judge(line.key, value)
    if values.get(line.key) != value or line.repeated:
        return replace(bare, reason=Reason.REPEATED, value=value)
    return Line(
        line.file, line.number, line.key, found.verdict, found.reason, value[:_LONGEST] if found.shown else None, value
    )


_OVERRULED = {
    "globalsettings__installation__id": "globalSettings__installation__id",
    "globalsettings__installation__key": "globalSettings__installation__key",
}


def _overruled(line: Line, values: Mapping[str, str]) -> Line:
    """The container of Bitwarden lite puts its own variables over these."""
    name = _OVERRULED.get(line.key.lower())
    if name is None or line.value == values.get(name):
        return line
    return replace(line, verdict=Verdict.IGNORED, reason=Reason.OVERRULED, shown=None)
