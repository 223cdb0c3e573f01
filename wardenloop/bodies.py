"""Bodies of answers, told in a line to somebody who wanted another one."""

import html
import re

_LENGTH = 160
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style|head)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_HEADING = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)
_BEGINS_A_PAGE = re.compile(r"\s*(?:<!doctype html|<html)", re.IGNORECASE)


def is_page(text: str) -> bool:
    """Whether it is HTML."""
    return _BEGINS_A_PAGE.match(text) is not None


def in_short(text: str) -> str:
    """Its first line; of a page its title, or what it says first. Nothing where nothing is said.

    >>> in_short("<!doctype html><title>404 Not Found</title><h1>Not Found</h1>")
    '404 Not Found'
    """
    if is_page(text):
        headings = (found[2] for found in _HEADING.finditer(text))
        text = next(filter(str.strip, headings), _UNSEEN.sub("\n", text))
        text = html.unescape(_UNSEEN.sub("", text))
    line = next((each.strip() for each in text.splitlines() if each.strip()), "")
    return line if len(line) <= _LENGTH else f"{line[:_LENGTH]}..."
