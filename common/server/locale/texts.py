"""The texts of one language, by the key that upstream's own catalogue gives them; our own keys begin with `x.`.

A file per domain in `catalogue/` holds both languages of a text side by side. Wire texts are never translated: `gloss`
says in Chinese what a literal server message means, to be shown beside it.
Source: fidelity.md: pages.shell, pages.errors.
"""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

ENGLISH = "en"
CHINESE = "zh-Hans"
PSEUDO = "x-pseudo"
"""Every text in brackets, so that a test finds what bypassed the catalogue."""

LANGUAGES = (ENGLISH, CHINESE)

_CATALOGUE = Path(__file__).parent / "catalogue"
_WIRE = "wire."
_DOLLAR = {ENGLISH: "$", CHINESE: "US$"}
_PLAN = re.compile(r"(Free|Families|Teams Starter|Teams|Enterprise)(?: \((Annually|Monthly)\))?")
_PLAN_WORDS = {
    "Free": "planNameFree",
    "Families": "planNameFamilies",
    "Teams": "planNameTeams",
    "Teams Starter": "x.planTeamsStarter",
    "Enterprise": "planNameEnterprise",
    "Annually": "annually",
    "Monthly": "monthly",
}
_PLANS = [
    f"{tier}{period}"
    for tier in ("Free", "Families", "Teams Starter", "Teams", "Enterprise")
    for period in ("", " (Annually)", " (Monthly)")
]
_AMERICAN = re.compile(r"\b(\d{2})/(\d{2})/(\d{4})\b")
_PLACEHOLDER = re.compile(r"\{\w+\}")
_DEEPEST, _LONGEST = 5, 4000
"""Messages within a message, and characters of one, that are still looked up."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """key -> language -> text, of all domains."""
    texts: dict[str, dict[str, str]] = {}
    for path in sorted(_CATALOGUE.glob("*.json")):
        texts |= json.loads(path.read_text("utf-8"))
    return texts


@cache
def _wire_texts() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What the literal server messages look like, the placeholders as named groups, and their keys: the plain ones
    first, then those that say most themselves."""
    texts = {key: text[ENGLISH] for key, text in catalogue().items() if key.startswith(_WIRE)}
    literal = {key: len(_PLACEHOLDER.sub("", text)) for key, text in texts.items()}
    found = []
    for key in sorted(texts, key=lambda key: (literal[key] < len(texts[key]), -literal[key])):
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(texts[key]))
        found.append((re.compile(pattern, re.DOTALL), key))
    return tuple(found)


class Texts:
    """`texts("saved", file_name="a.json")` -> text of the language with its placeholders filled in.

    Raises KeyError for a key or a placeholder that is not there.
    """

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key."""
        both = catalogue()[key]
        text = both[ENGLISH if self.language == PSEUDO else self.language]
        text = text.format(**values) if values else text
        return f"⟦{text}⟧" if self.language == PSEUDO else text

    def date(self, moment: datetime) -> str:
        """A day in UTC: `Nov 7, 2026` or `2026-11-07`."""
        day = moment.astimezone(UTC).date()
        if self.language == CHINESE:
            return day.isoformat()
        return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"

    def moment(self, moment: datetime) -> str:
        """A day and time in UTC: `Nov 7, 2026, 09:05 UTC` or `2026-11-07 09:05 UTC`."""
        comma = "" if self.language == CHINESE else ","
        return f"{self.date(moment)}{comma} {moment.astimezone(UTC):%H:%M} UTC"

    def at(self, iso: str, *, seconds: bool = False) -> str:
        """A moment as bodies have it (ISO 8601), as `moment` tells it. seconds: with them."""
        moment = datetime.fromisoformat(iso)
        told = self.moment(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        return told.replace(" UTC", f":{moment:%S} UTC") if seconds else told

    def money(self, amount: Decimal | float) -> str:
        """US dollars, the currency of the simulated price list: `$1,234.50` or `US$1,234.50`."""
        sign, dollar = "-" if amount < 0 else "", _DOLLAR.get(self.language, "$")
        return f"{sign}{dollar}{abs(amount):,.2f}"

    def plan(self, name: str) -> str:
        """A plan as licences name it: `Enterprise (Annually)` or `企业版（每年）`; one that nobody knows as it is."""
        found = _PLAN.fullmatch(name)
        if self.language == ENGLISH or found is None:
            return name
        tier, period = self(_PLAN_WORDS[found[1]]), found[2]
        return f"{tier}（{self(_PLAN_WORDS[period])}）" if period else tier

    def plans(self) -> dict[str, str]:
        """Every plan that a licence may name, in words."""
        return {name: self.plan(name) for name in _PLANS}

    def gloss(self, message: str, depth: int = _DEEPEST) -> str | None:
        """The Chinese of a literal server message; None in English and for a message that is not in the catalogue.

        A licence refusal brings its reasons, one per line: each is told in Chinese as far as it is known. depth: of
        messages within messages that are still looked at, since somebody may have typed them.
        """
        if self.language == ENGLISH or not depth or len(message) > _LONGEST:
            return None
        for pattern, key in _wire_texts():
            match = pattern.fullmatch(message)
            if match:
                told = {name: self._gloss_of_lines(value, depth - 1) for name, value in match.groupdict().items()}
                return self(key, **told)
        return None

    def _gloss_of_lines(self, text: str, depth: int) -> str:
        lines = [_AMERICAN.sub(r"\3-\1-\2", line.strip()) for line in text.splitlines()]
        return "\n".join(self.gloss(line, depth) or line for line in lines)


def language_of(wanted: Iterable[str | None]) -> str:
    """The first of these tags (`zh-CN`, `en-GB`, `x-pseudo`) that is a language of ours; English otherwise."""
    for tag in wanted:
        for prefix, language in (("zh", CHINESE), ("en", ENGLISH), (PSEUDO, PSEUDO)):
            if tag and tag.lower().startswith(prefix):
                return language
    return ENGLISH
