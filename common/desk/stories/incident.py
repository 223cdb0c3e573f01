"""What an incident is, and all that there are by name."""

from collections.abc import Callable
from typing import NamedTuple

from common.desk.stories.scene import Answer, Scene


class Incident(NamedTuple):
    """A failure of the real world. name: the number of its public report, or a word for it.

    break_: what goes wrong. see: what a person then does. seen: the literal text that appears ("" = none; one that ends
    in "..." only begins so). repair: what helps. works: what shows that it did. Words are `x.incident.{name}.title`,
    `.cause` and `.repair`. operation: where the journal has the refusal (a call, or `job NAME`),
    None = nothing was refused.
    talks: the instance must be able to reach the cloud.
    """

    name: str
    break_: Callable[[Scene], object]
    see: Callable[[Scene], Answer]
    seen: str
    repair: Callable[[Scene], object]
    works: Callable[[Scene], Answer]
    operation: str | None = None
    talks: bool = False


def is_seen(incident: Incident, answer: Answer) -> bool:
    """Whether the person sees what the incident says."""
    if incident.seen.endswith("..."):
        return answer.text.startswith(incident.seen[:-3])
    return answer.text == incident.seen
