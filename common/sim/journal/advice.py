"""What to do about a refusal, in the language of who reads: a text of the catalogue for a rule, or for its cause."""

from collections.abc import Iterable

from common.server.locale.texts import Texts, catalogue
from common.sim.journal.store import Entry

PREFIX = "x.advice."


def with_advice(entries: Iterable[Entry], language: str) -> list[Entry]:
    """The entries, with `advice` of those that were refused; null where nobody has any."""
    texts = Texts(language)
    return [each | {"advice": advice_of(each["rule"], each["cause"], texts)} for each in entries]


def advice_of(rule: str | None, cause: str | None, texts: Texts) -> str | None:
    """What to do. The most particular text counts: of the cause, of the rule, of the rule's first words."""
    for key in _keys(rule, cause):
        if key in catalogue():
            return texts(key)
    return None


def _keys(rule: str | None, cause: str | None) -> Iterable[str]:
    if rule is None:
        return
    if cause is not None:
        yield f"{PREFIX}{rule}.{cause}"
    words = rule.split(".")
    for count in range(len(words), 0, -1):
        yield PREFIX + ".".join(words[:count])
