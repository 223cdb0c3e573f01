"""The language that a command answers in: `--lang`, of the command or before it, else that of the terminal."""

from collections.abc import Mapping
from typing import Any

import click

from common.server.locale.texts import CHINESE, ENGLISH, Texts, language_of
from common.settings import process_environment

LANGUAGES = {"en": ENGLISH, "zh": CHINESE}
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
_CHOSEN = "wardenloop.language"


def spoken(environment: Mapping[str, str]) -> str:
    """`zh` or `en`: what the first of these variables says that says anything."""
    wanted = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return "zh" if language_of([wanted]) == CHINESE else "en"


def chosen() -> str:
    """`zh` or `en`: what was asked for, else what the terminal speaks."""
    context = click.get_current_context(silent=True)
    asked: str | None = context.meta.get(_CHOSEN) if context else None
    return asked or spoken(process_environment())


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
