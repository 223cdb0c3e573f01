"""What is played: the apps of a stack, and an advance on its way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from common.desk.time.apps import App
from common.desk.time.pending import Pending

Event = Mapping[str, Any]


@dataclass
class Advance:
    """Time on its way. at: where it is now. events: what happened so far. stopped: somebody wants it to end."""

    begin: datetime
    to: datetime
    at: datetime
    events: list[Event] = field(default_factory=list)
    stopped: bool = False


@dataclass(frozen=True)
class Stack:
    """The apps whose clocks are linked. now: the time of the first one. frozen: it stands still.

    pending: an advance of theirs whose desk was killed.
    """

    apps: Sequence[App]
    now: datetime
    frozen: bool
    pending: Pending | None = None

    @property
    def stopped(self) -> list[str]:
        """The apps that were stopped on purpose."""
        return [app.name for app in self.apps if app.is_stopped]
