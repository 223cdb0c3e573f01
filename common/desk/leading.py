"""What a refusal advises in a browser: where its text names a command, the page that does the same. Pure."""

import re
from typing import NamedTuple

_SENTENCE = re.compile(r"[^.。`]*`wardenloop (?P<command>[a-z -]+)[^`]*`[^.。]*(?:`[^`]*`[^.。]*)*[.。]")
_PAGES = {
    "world apply": ("/worlds", "x.worlds"),
    "selfhost start": ("/#places", "x.startPage"),
    "selfhost restart": ("/#places", "x.startPage"),
    "clock reset": ("/simulation", "x.simulatedTime"),
    "logs": ("/inspector?only=failed#exchanges", "x.inspector"),
    "snapshot": ("/worlds", "x.worlds"),
}
"""Command -> the page that does it, and the text that names the page."""


class Lead(NamedTuple):
    """href, key: of the page that helps, and of the text that names it."""

    href: str
    key: str


def without_commands(text: str) -> tuple[str, Lead | None]:
    """The text without what it says of commands that a page does as well, and that page. Other commands stay."""
    for found in _SENTENCE.finditer(text):
        for command, (href, key) in _PAGES.items():
            if found["command"].startswith(command):
                return (text[: found.start()] + text[found.end() :]).strip(), Lead(href, key)
    return text, None
