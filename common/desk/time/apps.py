"""The apps as who plays time sees them: their control endpoints, over whatever carries requests there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol


class Transport(Protocol):
    """Asks an app. Raises OSError when it does not answer, AppRefused when it refuses."""

    def get(self, path: str, **query: str) -> Any: ...

    def post(self, path: str, body: Mapping[str, Any]) -> Any: ...


class AppRefused(Exception):
    """An app does not do what it was asked for. The text is its own. status: its answer's."""

    def __init__(self, message: str, status: int = 502) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class App:
    """An app of the stack. skew: how far its clock is ahead of the stack's; all moments here are the stack's."""

    name: str
    transport: Transport
    skew: timedelta = timedelta()

    def agenda(self, until: datetime) -> list[dict[str, Any]]:
        """What will happen there."""
        entries = self.transport.get("/_sim/agenda", until=self._there(until))["data"]
        return [each | {"app": self.name, "at": self._here(each["at"])} for each in entries]

    def next_moment(self, after: datetime, until: datetime) -> datetime | None:
        """When something happens there by itself."""
        at = self.transport.get("/_sim/play/next", after=self._there(after), until=self._there(until))["at"]
        return self._here(at) if at else None

    def runs(self, after: datetime, until: datetime) -> list[dict[str, Any]]:
        """The runs of jobs that fall due there between two moments."""
        runs = self.transport.get("/_sim/play/runs", after=self._there(after), until=self._there(until))["data"]
        return [each | {"first": self._here(each["first"]), "last": self._here(each["last"])} for each in runs]

    def play(self, moment: datetime, jobs: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Have it go to a moment and do what is due."""
        events = self.transport.post("/_sim/play", {"at": self._there(moment), "jobs": list(jobs)})["data"]
        return [each | {"app": self.name, "at": self._here(each["at"])} for each in events]

    def end(self, moment: datetime, real_at: datetime, *, frozen: bool) -> None:
        """Have time go on by itself there."""
        body = {"at": self._there(moment), "realAt": real_at.isoformat(), "frozen": frozen}
        self.transport.post("/_sim/play/end", body)

    def _there(self, moment: datetime) -> str:
        return (moment + self.skew).isoformat()

    def _here(self, moment: str) -> datetime:
        return datetime.fromisoformat(moment) - self.skew
