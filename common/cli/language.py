"""The language that a command answers in: `--lang`, else that of the terminal."""

from collections.abc import Mapping
from typing import Any

import click

from common.server.locale.texts import CHINESE, ENGLISH, Texts, language_of
from common.settings import process_environment

LANGUAGES = {"en": ENGLISH, "zh": CHINESE}
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def spoken(environment: Mapping[str, str]) -> str:
    """`zh` or `en`: what the first of these variables says that says anything."""
    wanted = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return "zh" if language_of([wanted]) == CHINESE else "en"


def _texts(_context: click.Context, _option: click.Parameter, name: str) -> Texts:
    return Texts(LANGUAGES[name])


def language_option(command: Any) -> Any:
    """`--lang en|zh`; the command gets `texts`."""
    return click.option(
        "--lang",
        "texts",
        type=click.Choice([*LANGUAGES]),
        default=lambda: spoken(process_environment()),
        show_default="that of the terminal (LANG)",
        callback=_texts,
        help="Language.",
    )(command)
