"""A step of the guided run: what the document says, and what to do."""

from collections.abc import Callable
from dataclasses import dataclass

from common.cli.loop.world import World
from common.documents import documents

Action = Callable[[World], str]


@dataclass(frozen=True)
class Step:
    """One step. document: anchor in the documentation page, and the numbers there. zh: the document's own words.

    act: performs and checks the step; gives back what is worth showing, in the words of the wire. Raises when it does
    not come out as promised.
    """

    name: str
    document: str
    zh: str
    en: str
    act: Action

    def wording(self, language: str) -> str:
        """What the documentation says. language: `zh` or `en`."""
        return self.zh if language == "zh" else self.en


def step(document: str, name: str) -> Callable[[Action], Step]:
    """Make a function the action of a step of a document (its number)."""
    told = documents()[document].steps[name]
    return lambda act: Step(told.name, told.anchor, told.zh, told.en, act)
