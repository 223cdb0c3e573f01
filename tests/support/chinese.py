"""What is English in something that was asked for in Chinese: sentences, but for what has to stay as it is."""

import re
from collections.abc import Iterator

import click

from common.server.locale.texts import CHINESE as SPOKEN
from common.server.locale.texts import Texts

CODE = re.compile(
    r"\b[A-Z][A-Z_-]+(?:\.\.\.)?\b|\[[^\]]*\]|`[^`]*`|\*[^*]*\*|'[^']*'|--?[a-z-]+|\S*[._/:]\S*|wardenloop"
    r"|docker compose up -d|helm upgrade|\b[0-9a-f]{16,}\b"
)
"""What stays as it is in any language: metavariables, options, names of files, ids, commands in quotation marks."""
SENTENCE = re.compile(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}")
CHINESE = re.compile("[\u4e00-\u9fff]")
_QUOTED = re.compile("“[^”]*”")
_FRAME = re.compile(r"[│┃┏┓└┘━─┌┐┡┩╇┬┴┼├┤┳]+")


def walk(group: click.Group, *before: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and group below it that is not hidden, with its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if not command.hidden:
            yield (*before, name), command
            if isinstance(command, click.Group):
                yield from walk(command, *before, name)


def english_in(told: str) -> list[str]:
    """Lines with several English words in a row."""
    lines = [CODE.sub(" ", line).strip() for line in told.splitlines() if not line.startswith("用法：")]
    return [line for line in lines if SENTENCE.search(line)]


def unexplained_in(told: str) -> list[str]:
    """The same of an output; a literal text of a server may stand in it with its meaning beside it, or in “ ”."""
    lines = [_QUOTED.sub(" ", " ".join(_FRAME.sub(" ", line).split())) for line in told.splitlines()]
    return [each for line in lines for each in english_in(_without_literals(line))]


def _without_literals(line: str) -> str:
    """Whatever stands before its own meaning in brackets."""
    for end in [found.start() for found in re.finditer("（", line)]:
        for begin in _beginnings(line[:end]):
            meaning = Texts(SPOKEN).gloss(line[begin:end])
            if meaning and line[end + 1 :].startswith(" ".join(meaning.split())):
                return line[:begin] + _without_literals(line[end + 1 :])
    return line


def _beginnings(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer(r"[\s:：]", text))]
