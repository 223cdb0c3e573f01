"""Nothing English for a person who asked for Chinese: the help of every command, and what each says that goes wrong."""

import ast
import errno
import os
import re
from inspect import cleandoc
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from common.cli.chinese import CLICK, helps
from common.cli.main import COMMANDS, main
from common.server.locale.texts import catalogue
from tests.architecture.sources import ROOT, module, paths
from tests.support.chinese import CHINESE, english_in, walk


def said(*words: str, home: Path) -> str:
    return CliRunner().invoke(main, ["--home", str(home), "--lang", "zh", *words], env={"LC_ALL": "C.UTF-8"}).output


def test_the_help_of_every_command_is_chinese(tmp_path: Path) -> None:
    wrong = {}
    for words, command in walk(main):
        if words[-1] == "selfhost":  # words of bitwarden.sh
            continue
        told = said(*words, "--help", home=tmp_path)
        if english_in(told) or not CHINESE.search(told.splitlines()[0]) or "显示此帮助并退出" not in told:
            wrong[words] = english_in(told) or told
        assert command.help is None or not CHINESE.search(command.help)  # it itself stays as it was
    assert wrong == {}


def test_help_in_chinese_is_of_all_there_is_and_of_nothing_else() -> None:
    there = {main.help, main.epilog, *(each.help for each in main.params if isinstance(each, click.Option))}
    for _, command in walk(main):
        there |= {command.help, command.short_help, command.epilog}
        there |= {each.help for each in command.params if isinstance(each, click.Option) and not each.hidden}
    assert {cleandoc(each) for each in there if each} ^ helps().keys() == set()


@pytest.mark.parametrize(
    "words",
    [
        *((name, "--nonsense") for name in COMMANDS if name not in ("selfhost", "clock")),
        ("nonsense",),
        ("world", "import"),
        ("world", "import", "--license"),
        ("world", "import", "--license", "/nowhere/license.json"),
        ("world", "import", "--users", "0"),
        ("world", "nonsense"),
        ("world", "apply"),
        ("world", "apply", "nonsense"),
        ("rehearse", "nonsense"),
        ("doctor",),
        ("doctor", "--env", "/nowhere"),
        ("doctor", "--env", "/", "--ignore", "nonsense"),
        ("doctor", "--now", "soon"),
        ("clock", "advance", "soon"),
        ("clock", "advance", "1d", "--nonsense"),
        ("clock", "advance", "--organization", "Nobody"),
        ("clock", "advance", "1d", "--organization", "Nobody"),
        ("agenda", "--tz", "Mars/Base"),
        ("agenda", "--ics"),
        ("license", "inspect", "/nowhere"),
        ("license", "inspect"),
        ("license", "agenda", "/nowhere"),
        ("license", "forge", "nonsense"),
        ("license", "verify", "-", "--now", "soon", "--kind", "user"),
        ("license", "canonical", "--kind", "nonsense"),
        ("license", "inspect", "-", "--installation", "nonsense"),
        ("release", "set", "selfhost", "nonsense"),
        ("up", "--public-url", "nonsense"),
        ("up", "--base-port", "nonsense"),
        ("up", "--world", "nonsense"),
        ("snapshot", "save", "../x"),
        ("snapshot", "load", "nothing"),
        ("faults", "list"),
        ("status",),
        ("urls",),
        ("down",),
        ("contract", "run"),
        ("contract", "client"),
        ("contract", "export", "--format", "nonsense"),
        ("contract", "export", "--format", "pact"),
        ("contract", "export", "--format", "har", "--only", "nonsense"),
        ("serve", "--port", "70000"),
        ("serve", "--world", "nonsense"),
    ],
    ids=" ".join,
)
def test_what_goes_wrong_is_said_in_chinese(words: tuple[str, ...], tmp_path: Path) -> None:
    told = said(*words, home=tmp_path)
    assert (english_in(told), bool(CHINESE.search(told))) == ([], True), told


def test_a_command_without_words_is_one_too(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, [], env={"LC_ALL": "zh_CN.UTF-8", "WARDENLOOP_HOME": str(tmp_path)})
    assert told.output.startswith("用法：") and english_in(told.output) == []


def test_words_of_click_are_those_that_it_has() -> None:
    """A new release of click that says something else is noticed here, and not by a person."""
    written: set[str] = set()
    for path in Path(str(click.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                written.add(node.value)
    assert CLICK.keys() - written == set()


def test_what_is_meant_by_a_message_is_known_of_messages_that_there_are() -> None:
    """The longest piece of each stands in some module."""
    written = [os.strerror(each) for each in (errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.EACCES)]
    for path in (*paths(".py"), *(ROOT / "wardenloop").rglob("*.py")):
        nodes = (node for node in ast.walk(module(path)) if isinstance(node, ast.Constant))
        written += [node.value for node in nodes if isinstance(node.value, str)]
    everything = "\n".join(written)
    said_ = {key: text["en"] for key, text in catalogue().items() if key.startswith("wire.said.")}
    pieces = {key: max(re.split(r"\{\w+\}|(?<=\.) ", text), key=len) for key, text in said_.items()}
    assert {key: piece for key, piece in pieces.items() if piece.strip(" .:,;'(") not in everything} == {}
