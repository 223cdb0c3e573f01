"""What a page shows to people, read from its HTML: texts, and the attributes that browsers and screen readers tell."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser

OPEN, CLOSE = "⟦", "⟧"
"""Round every text of the language `x-pseudo`."""

_TOLD = ("title", "alt", "placeholder", "aria-label", "aria-description", "label", "data-copy-label")
_BUTTONS = ("submit", "button", "reset")
_SILENT = ("script", "style", "template")
_LITERAL = ("code", "samp", "kbd", "pre")
_VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
_DATE = re.compile(r"[A-Z][a-z]{2} \d{1,2}, \d{4}(, \d\d:\d\d UTC)?")
_LETTERS = re.compile(r"[^\W\d_]")
_BETWEEN = "\x00"


class _Reader(HTMLParser):
    """Collects; what stands in an element that is data by its markup is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self._left_out: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        is_data = tag in _LITERAL or values.get("translate") == "no" or (tag != "html" and values.get("lang") == "en")
        hidden = self._hidden or tag in _SILENT or is_data
        if not hidden:
            self.told += [values[name] for name in _TOLD if name in values]
            if tag == "input" and values.get("type") in _BUTTONS:
                self.told.append(values.get("value", ""))
        if tag not in _VOID:
            self._left_out.append(hidden)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and self._left_out:
            self._left_out.pop()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.told.append(data)

    @property
    def _hidden(self) -> bool:
        return bool(self._left_out) and self._left_out[-1]


def visible_texts(html: str) -> list[str]:
    """Every text that somebody can come to see or hear, in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [" ".join(text.split()) for text in reader.told if text.strip()]


def untranslated(html: str, data: Iterable[str] = ()) -> list[str]:
    """What a page in `x-pseudo` shows outside of the brackets, but for numbers, dates and `data`."""
    whole = _BETWEEN.join(visible_texts(html))
    innermost = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
    while innermost.search(whole):
        whole = innermost.sub("", whole)
    whole = _DATE.sub("", whole)
    known = sorted({" ".join(each.split()) for each in data if _LETTERS.search(each)}, key=len, reverse=True)
    if known:
        whole = re.sub(rf"(?<!\w)({'|'.join(map(re.escape, known))})(?!\w)", "", whole)
    return [text.strip() for text in whole.split(_BETWEEN) if _LETTERS.search(text)]


class _Finder(HTMLParser):
    """Where a text stands: of each place, whether it is in an element of a class."""

    def __init__(self, wanted: str, within: str) -> None:
        super().__init__()
        self.places: list[bool] = []
        self._wanted, self._within = wanted, within
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        inside = any(self._open) or self._within in values.get("class", "").split()
        hidden = tag == "input" and values.get("type") == "hidden"
        if not hidden and any(self._wanted in values.get(name, "") for name in (*_TOLD, "value")):
            self.places.append(inside)
        if tag not in _VOID:
            self._open.append(inside)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._wanted in data:
            self.places.append(any(self._open))


def places_of(html: str, text: str, within: str) -> list[bool]:
    """Of each place where people can come to see this text: whether it is in an element of the class `within`."""
    finder = _Finder(text, within)
    finder.feed(html)
    return finder.places
