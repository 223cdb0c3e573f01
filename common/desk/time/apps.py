"""The apps as who plays time sees them: their control endpoints, over whatever carries requests there."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeVar

from common.desk.time.rules import Task
from common.desk.time.stopped import Rest
from common.server.jobs.schedules import schedule_of

NO_LIMITS: Mapping[str, Collection[str]] = MappingProxyType({})

_AT_ONCE = 50
"""Organizations that are asked about with one request: their ids are in its address."""

Answer = TypeVar("Answer")


class Transport(Protocol):
    """Asks an app. Raises OSError when it does not answer, AppRefused when it refuses."""

    def get(self, path: str, **query: Any) -> Any: ...

    def post(self, path: str, body: Mapping[str, Any]) -> Any: ...


class AppRefused(Exception):
    """An app does not do what it was asked for. The text is its own. status: its answer's."""

    def __init__(self, message: str, status: int = 502) -> None:
        super().__init__(message)
        self.status = status


class Played(NamedTuple):
    """What an app did at a moment: runs of jobs, and ids of the entries of its journal that tell of all else."""

    events: list[dict[str, Any]]
    journal: list[str]


class App:
    """An app of the stack, which people may stop where it has a `rest`: time passes for it then, and it does nothing.

    skew: how far its clock is ahead of the stack's; all moments here are the stack's.
    """

    def __init__(
        self, name: str, transport: Transport, skew: timedelta = timedelta(), rest: Rest | None = None
    ) -> None:
        self.name, self.skew = name, skew
        self._transport, self._rest = transport, rest
        self._is_down = rest is not None and not rest.is_wanted

    @property
    def is_stopped(self) -> bool:
        """Whether it was stopped on purpose. One that was started again is back once it answers."""
        if self._is_down and self._rest is not None and self._rest.is_wanted:
            try:
                self._transport.get("/_sim/clock")
            except OSError:
                return True
            self._is_down = False
        return self._is_down

    def agenda(self, until: datetime) -> list[dict[str, Any]]:
        """What will happen there; nothing while it is stopped."""
        entries = self._listed("/_sim/agenda", until=self._there(until))
        return [each | {"app": self.name, "at": self._here(each["at"])} for each in entries]

    def ahead(self, after: datetime, until: datetime, only: Collection[str] | None = None) -> list[dict[str, Any]]:
        """What happens there by itself after one moment and by another. only: to these organizations."""
        entries: list[dict[str, Any]] = []
        ids = sorted(only) if only is not None else []
        for start in range(0, max(len(ids), 1), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            query = {"after": self._there(after), "until": self._there(until), "organization": some}
            entries += self._listed("/_sim/play/ahead", **query)
        return [each | {"app": self.name, "at": self._here(each["at"])} for each in entries]

    def tasks(self) -> tuple[list[Task], dict[str, str]]:
        """The jobs that run there by schedule, and by what id the cloud knows each connected organization."""
        nothing: dict[str, Any] = {"data": [], "twins": {}}
        told = self._asked(lambda: dict(self._transport.get("/_sim/play/jobs")), nothing)
        tasks = [
            Task(
                self.name,
                each["job"],
                schedule_of(each["schedule"]),
                datetime.fromisoformat(each["anchor"]),
                skew=self.skew,
                idle=each["idle"],
                in_parts=each["inParts"],
                heeds=None if each["heeds"] is None else frozenset(each["heeds"]),
                precedes=frozenset(each["precedes"]),
                amounts_to=None if each["amountsTo"] is None else frozenset(each["amountsTo"]),
            )
            for each in told["data"]
        ]
        return tasks, told["twins"]

    def jobs(self) -> list[str]:
        """The names of all its jobs."""
        return [each["name"] for each in self._listed("/_sim/jobs")]

    def play(
        self, moment: datetime, jobs: Sequence[str] = (), only: Mapping[str, Collection[str]] = NO_LIMITS
    ) -> Played:
        """Have it go to a moment and do what is due; told: what it missed until then, once it is back.

        only: jobs that it does for some organizations.
        """
        parts = {job: sorted(each) for job, each in only.items()}
        body = {"at": self._there(moment), "jobs": list(jobs), "only": parts}
        told = self._asked(lambda: dict(self._transport.post("/_sim/play", body)), None)
        if told is None and self._rest is not None:
            self._rest.pass_time(moment + self.skew)
        told = told or {"data": [], "journal": []}
        runs = [each | {"app": self.name, "at": self._here(each["at"])} for each in told["data"]]
        return Played(self.missed() + runs, told["journal"])

    def missed(self, *, for_good: bool = False) -> list[dict[str, Any]]:
        """What it did not do while it was stopped, told once it is back. for_good: now, in any case."""
        if self._rest is None or (self._is_down and not for_good):
            return []
        return [
            {
                "app": self.name,
                "at": last - self.skew,
                "kind": "job",
                "subject": job,
                "outcome": "missed",
                "runs": runs,
                "changed": False,
                "journal": [],
            }
            for job, last, runs in self._rest.told()
        ]

    def end(self, moment: datetime, real_at: datetime, *, frozen: bool) -> None:
        """Have time go on by itself there."""
        body = {"at": self._there(moment), "realAt": real_at.isoformat(), "frozen": frozen}
        if self._asked(lambda: self._transport.post("/_sim/play/end", body) or "told", None) is None and self._rest:
            self._rest.end(moment + self.skew, real_at, frozen=frozen)

    def _listed(self, path: str, **query: Any) -> list[dict[str, Any]]:
        return self._asked(lambda: list(self._transport.get(path, **query)["data"]), [])

    def _asked(self, ask: Callable[[], Answer], otherwise: Answer) -> Answer:
        """What it answers; `otherwise` while it is stopped on purpose. Raises OSError when it is silent otherwise."""
        if self.is_stopped:
            return otherwise
        try:
            return ask()
        except OSError:
            if self._rest is None or self._rest.is_wanted:
                raise
        self._is_down = True
        return otherwise

    def _there(self, moment: datetime) -> str:
        return (moment + self.skew).isoformat()

    def _here(self, moment: str) -> datetime:
        return datetime.fromisoformat(moment) - self.skew
