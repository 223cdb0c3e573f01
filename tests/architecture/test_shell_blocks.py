"""Every shell block of README and docs: the shell can read it, and the command knows what it is told there.

Those of README, rehearsal, testing and the recipes are run, too (tests/process/test_stack.py, tests/kit).
"""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from common.cli.main import main
from tests.architecture.sources import ROOT

PAGES = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(?:sh|shell|bash)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def blocks(page: Path) -> list[str]:
    return BLOCK.findall(page.read_text("utf-8"))


WITH_BLOCKS = [page for page in PAGES if blocks(page)]


def commands(block: str) -> Iterator[list[str]]:
    """The words of each call of ours, up to where the shell goes on."""
    for line in block.replace("\\\n", " ").splitlines():
        for part in re.split(r"&&|\|\||;|\||\$\(|`", re.sub(r"\s#.*", "", line)):
            try:
                words = shlex.split(part.strip().rstrip(')"'), comments=True)
            except ValueError:
                continue  # a text with quotes over several parts
            while words and re.fullmatch(r"[A-Z_]+=.*|sudo|time|nohup|exec", words[0]):
                words = words[1:]
            if words and words[0].rpartition("/")[2] == "wardenloop":
                yield [word for word in words[1:] if not re.match(r"[0-9]*[<>&]", word)]


def understood(words: list[str]) -> str | None:
    """What the command would not understand; None = nothing. Nothing is done."""
    command: click.Command = main
    context = click.Context(main, info_name="wardenloop")
    try:
        while True:
            _, rest, _ = command.make_parser(context).parse_args(list(words))
            if not isinstance(command, click.Group):
                return None
            if not rest:
                return None if {"--help", "-h", "--version"} & set(words) else "a subcommand is missing"
            name, found, words = command.resolve_command(context, rest)
            if found is None or name is None:
                return f"no such command: {rest[0]}"
            command, context = found, click.Context(found, parent=context, info_name=name)
            if any(each.type is click.UNPROCESSED for each in command.params):
                return None
    except click.UsageError as error:
        return error.format_message()


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: page.name)
def test_the_shell_can_read_every_block(page: Path) -> None:
    for block in blocks(page):
        done = subprocess.run(["sh", "-n"], input=block, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{page.name}: {done.stderr}\n{block}"


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: page.name)
def test_the_command_knows_everything_that_it_is_told(page: Path) -> None:
    wrong = [
        (" ".join(words), problem)
        for block in blocks(page)
        for words in commands(block)
        if (problem := understood(words)) is not None
    ]
    assert wrong == []


def test_what_is_wrong_is_noticed() -> None:
    found = [words for page in WITH_BLOCKS for block in blocks(page) for words in commands(block)]
    assert len(found) > 50
    assert understood(["up", "--detached"]) is not None
    assert understood(["clock", "advanced", "1d"]) is not None
    assert understood(["license"]) is not None
    assert list(commands("A=1 wardenloop up --detach > log 2>&1 && .venv/bin/wardenloop down # stop")) == [
        ["up", "--detach", "log"],
        ["down"],
    ]
