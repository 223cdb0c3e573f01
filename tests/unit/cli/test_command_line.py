"""What the commands do with their input before any app is asked."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from common.cli import clocks, selfhost
from common.cli import main as command_line
from common.cli.client import link_parameters
from common.cli.home import Home
from common.cli.loop.script import chapters


@pytest.mark.parametrize(
    ("text", "duration"),
    [("61d", timedelta(days=61)), ("1w12h", timedelta(days=7, hours=12)), ("90m30s", timedelta(seconds=5430))],
)
def test_durations(text: str, duration: timedelta) -> None:
    assert clocks._duration(text) == duration


@pytest.mark.parametrize("text", ["", "61", "d", "61 d", "-1d", "1d!", "99999999999999w"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(click.BadParameter):
        clocks._duration(text)


@pytest.mark.parametrize(
    "arguments",
    [["status"], ["urls"], ["loop"], ["clock", "show"], ["jobs", "list"], ["sponsorships", "runs"], ["faults", "list"]],
)
def test_without_a_stack_the_way_to_start_one_is_named(tmp_path: Path, arguments: list[str]) -> None:
    result = CliRunner().invoke(command_line.main, ["--home", str(tmp_path / "none"), *arguments])
    assert result.exit_code == 1
    assert "wardenloop up" in result.output


def test_environment_lines_are_replaced_in_place_and_added_at_the_end(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.environment_file.parent.mkdir(parents=True)
    home.environment_file.write_text("# mine\na__b=1\na__bc=2\n")
    selfhost.set_environment_lines(home, a__b="x=y", new="3")
    assert home.environment_file.read_text() == "# mine\na__b=x=y\na__bc=2\nnew=3\n"
    assert selfhost.environment_value(home, "a__b") == "x=y"
    with pytest.raises(LookupError):
        selfhost.environment_value(home, "a")


@pytest.mark.parametrize(
    ("link", "token"),
    [
        ("http://h/#/verify-email?userId=1&token=a%2Bb", "a+b"),
        ("http://h/redirect-connector.html#finish-signup?token=t&email=a%40b.c", "t"),
        ("http://h/admin/login/confirm?email=x&token=q", "q"),
    ],
)
def test_link_parameters_also_behind_a_hash(link: str, token: str) -> None:
    mail = {"subject": "s", "links": ["http://h/help", link]}
    assert link_parameters(mail, "token")["token"] == token


def test_every_step_has_its_own_name_and_both_languages() -> None:
    steps = [step for chapter in chapters() for step in chapter.steps]
    assert len({step.name for step in steps}) == len(steps)
    for step in steps:
        assert any("\u4e00" <= character <= "\u9fff" for character in step.wording("zh"))
        assert step.wording("en").isprintable() and step.wording("en") != step.wording("zh")
        assert step.document


@pytest.mark.parametrize("width", [60, 100])
def test_the_list_of_commands_says_of_each_what_its_own_help_says(width: int) -> None:
    context = click.Context(command_line.main)
    for name, later in command_line.COMMANDS.items():
        command = command_line.main.get_command(context, name)
        assert command is not None and command.name == name
        assert click.Command(name, help=later.help).get_short_help_str(width) == command.get_short_help_str(width)


SPEAKS_JSON = {"world schema", "serve", "contract export"}
"""Commands that print JSON, or a format of their own, whatever is asked."""

FOREIGN = {"selfhost"}
"""The words of another program."""


def commands_of(group: click.Group, *before: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands_of(command, *before, name)
        else:
            yield " ".join((*before, name)), command


def test_every_command_answers_in_json_and_in_both_languages() -> None:
    found = dict(commands_of(command_line.main))
    options = {name: {each for given in command.params for each in given.opts} for name, command in found.items()}
    assert found.keys() >= FOREIGN | SPEAKS_JSON
    assert {name for name in found if "--json" not in options[name]} == FOREIGN | SPEAKS_JSON
    assert {name for name in found if "--lang" not in options[name]} == FOREIGN


def test_the_list_of_commands_is_there_in_chinese() -> None:
    for text in (*(each.chinese for each in command_line.COMMANDS.values()), *command_line.PARTS_IN_CHINESE.values()):
        assert any("\u4e00" <= character <= "\u9fff" for character in text), text
    assert command_line.PARTS_IN_CHINESE.keys() == command_line.PARTS.keys()
    told = CliRunner().invoke(command_line.main, ["--lang", "zh", "--help"]).output
    assert all(f"{title}:" in told for title in command_line.PARTS_IN_CHINESE.values())


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        (["--lang", "zh", "faults", "list"], {}),
        (["faults", "list", "--lang", "zh"], {}),
        (["faults", "list"], {"LC_ALL": "zh_CN.UTF-8"}),
    ],
)
def test_trouble_is_told_in_the_language_that_was_asked_for(
    tmp_path: Path, words: list[str], environment: dict[str, str]
) -> None:
    result = CliRunner().invoke(command_line.main, ["--home", str(tmp_path / "none"), *words], env=environment)
    assert result.exit_code == 1
    assert "没有环境" in result.output and "wardenloop up" in result.output


def test_english_comes_before_the_language_of_the_terminal_when_it_is_asked_for(tmp_path: Path) -> None:
    words = ["--home", str(tmp_path / "none"), "--lang", "en", "faults", "list"]
    result = CliRunner().invoke(command_line.main, words, env={"LC_ALL": "zh_CN.UTF-8"})
    assert "There is no stack" in result.output
