"""Which runs of recurring jobs are worth doing while time is played. Pure.

Between two moments at which something happens by itself (a *gap*), a job finds the same at its second run as at its
first: so its first run is done, and the last one, which leaves the newest traces. Those between could change nothing.
A job that never changes anything, or that has run since anything changed, needs its last run only. A run that does
change something ends the gap: whatever ran before may find something new now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Runs:
    """The runs of a job of an app within a gap. first, last: when they fall due. idle: they change nothing."""

    app: str
    job: str
    first: datetime
    last: datetime
    idle: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Tells the jobs of all apps apart."""
        return self.app, self.job


@dataclass
class Gap:
    """What is left to do of a gap. settled: the jobs that have run since anything changed."""

    runs: Sequence[Runs]
    end: datetime
    settled: set[tuple[str, str]] = field(default_factory=set)
    _done: set[tuple[str, str]] = field(default_factory=set)

    def next_moment(self) -> datetime:
        """When there is something to do next; the end of the gap when no run is left."""
        return min((self._due(each) for each in self._left()), default=self.end)

    def runs_at(self, moment: datetime) -> list[Runs]:
        """What runs then. From now on it has run."""
        chosen = [each for each in self._left() if self._due(each) == moment]
        self.settled |= {each.key for each in chosen}
        self._done |= {each.key for each in chosen if each.last == moment}
        return chosen

    def _left(self) -> Iterable[Runs]:
        return (each for each in self.runs if each.key not in self._done)

    def _due(self, runs: Runs) -> datetime:
        return runs.last if runs.idle or runs.key in self.settled else runs.first
