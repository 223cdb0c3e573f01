"""The language that a command answers in: `--lang`, of the command or before it, else that of the terminal."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise
from typing import Any, TypeVar

import click
from click import core, decorators, exceptions, formatting, parser, termui, types

from common.server.locale.texts import CHINESE, ENGLISH, Texts, language_of
from common.settings import process_environment

LANGUAGES = {"en": ENGLISH, "zh": CHINESE}
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
_CHOSEN = "wardenloop.language"
_ASKED: ContextVar[str | None] = ContextVar("wardenloop.language", default=None)


def spoken(environment: Mapping[str, str]) -> str:
    """`zh` or `en`: what the first of these variables says that says anything."""
    wanted = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return "zh" if language_of([wanted]) == CHINESE else "en"


def chosen() -> str:
    """`zh` or `en`: what was asked for, else what the terminal speaks."""
    context = click.get_current_context(silent=True)
    asked: str | None = context.meta.get(_CHOSEN) if context else None
    return asked or _ASKED.get() or spoken(process_environment())


@contextmanager
def spoken_by(words: Sequence[str]) -> Iterator[None]:
    """The language that these words of a command line ask for, also where they cannot be understood otherwise."""
    asked = None
    for word, following in pairwise((*words, "")):
        name, _, value = word.partition("=")
        if name == "--lang" and (value or following) in LANGUAGES:
            asked = value or following
    token = _ASKED.set(asked)
    try:
        yield
    finally:
        _ASKED.reset(token)


def teach_click() -> None:
    """Have click say its own words in the language that is chosen by then: it looks them up by these names."""
    for module in (core, decorators, exceptions, formatting, parser, termui, types):
        for name, found in (("_", _of_click), ("ngettext", _counted)):
            if hasattr(module, name):
                setattr(module, name, found)


def _of_click(text: str) -> str:
    if chosen() == "en":
        return text
    from common.cli.chinese import CLICK  # noqa: PLC0415 - where it is wanted only

    return CLICK.get(text, text)


def _counted(one: str, more: str, count: int) -> str:
    return _of_click(one if count == 1 else more)


def gloss(message: str) -> str | None:
    """What an English message means in the language that was chosen; None = not known, or English."""
    return Texts(LANGUAGES[chosen()]).gloss(message)


def meant(message: str) -> str:
    """The same in place of it, as far as that is known."""
    return gloss(message) or message


def literal(text: str) -> str:
    """A literal text of a server, with what it means in the language that was chosen beside it."""
    found = gloss(text)
    return f"{text}（{found}）" if found else text


Command = TypeVar("Command", bound=click.Command)


def in_language(command: Command) -> Command:
    """The command with its help in the language that was chosen."""
    if chosen() == "en":
        return command
    from common.cli.chinese import helped  # noqa: PLC0415 - where it is wanted only

    return helped(command)


def worded(key: str, **values: object) -> str:
    """The text of a key in that language."""
    return Texts(LANGUAGES[chosen()])(key, **values)


def _texts(context: click.Context, _option: click.Parameter, name: str | None) -> Texts:
    context.meta[_CHOSEN] = name or chosen()
    return Texts(LANGUAGES[context.meta[_CHOSEN]])


def _remember(context: click.Context, _option: click.Parameter, name: str | None) -> None:
    if name is not None:
        context.meta[_CHOSEN] = name


_AS: dict[str, Any] = {
    "type": click.Choice([*LANGUAGES]),
    "help": "Language.  [default: that of the terminal (LANG)]",
    "is_eager": True,  # what is wrong with the rest is said in it
}


def language_option(command: Any) -> Any:
    """`--lang en|zh`; the command gets `texts`."""
    return click.option("--lang", "texts", callback=_texts, **_AS)(command)


def with_language(command: click.Command) -> click.Command:
    """The command, and all below it, with a `--lang` where it has none, for `worded`; not where any words are taken."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            with_language(each)
    elif not _takes_anything(command) and not any("--lang" in each.opts for each in command.params):
        command.params.append(click.Option(["--lang"], expose_value=False, callback=_remember, **_AS))
    return command


def _takes_anything(command: click.Command) -> bool:
    return any(each.type is click.UNPROCESSED for each in command.params)


main_language_option = click.option("--lang", expose_value=False, callback=_remember, **_AS)
"""`wardenloop --lang zh ...`: for whatever command."""
