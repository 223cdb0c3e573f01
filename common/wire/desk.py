"""Bodies of the desk's control that no app has: refusals, and answers of all apps together.

silent: apps that do not answer. off: apps that keep no journal.
"""

from typing import Any
from uuid import UUID

from common.wire.base import WireDate, WireModel, WireRequest
from common.wire.control import Job, JobRun
from common.wire.journal import JournalEntry
from common.wire.releases import ReleaseRow


class DeskRefusal(WireModel):
    """What stands in the way."""

    message: str


class StackFault(WireModel):
    """A rule that is on at an app. hits: calls that it was done to. left: calls that it still will be, null = any."""

    id: UUID
    app: str
    operation: str
    when: dict[str, str]
    skip: int
    times: int | None
    every: int
    do: dict[str, Any]
    note: str | None
    profile: str | None
    hits: int
    left: int | None


class StackFaults(WireModel):
    """The faults of all apps."""

    data: list[StackFault]
    silent: list[str]


class AddedFaults(WireModel):
    """What was switched on."""

    data: list[StackFault]


class StackCleared(WireModel):
    """How many rules were switched off."""

    cleared: int
    silent: list[str]


class StackJournal(WireModel):
    """Entries of all apps, in order."""

    data: list[JournalEntry]
    silent: list[str]
    off: list[str]


class JournalCleared(WireModel):
    """Nothing is left, but of those that do not answer."""

    silent: list[str]
    off: list[str]


class StackJob(Job):
    """A recurring job of an app."""

    app: str


class StackJobs(WireModel):
    """The jobs of all apps."""

    data: list[StackJob]
    silent: list[str]


class StackJobRun(JobRun):
    """A run of a job of an app."""

    app: str


class StackJobRuns(WireModel):
    """What came of it, at each app that has the job."""

    data: list[StackJobRun]


class StackReleases(WireModel):
    """What each release changed, and which ones are simulated: app -> release, null where it does not answer."""

    simulated: dict[str, str | None]
    data: tuple[ReleaseRow, ...]


class SimulatedReleases(WireModel):
    """App -> release."""

    simulated: dict[str, str | None]


class IncidentInWords(WireModel):
    """An incident. seen: the literal text that appears, null = none."""

    name: str
    title: str
    cause: str
    repair: str
    seen: str | None


class Incidents(WireModel):
    """Every incident."""

    data: list[IncidentInWords]


class FaultOrder(WireRequest):
    """A rule of an `app`, or a `profile`: see `/_sim/faults` of the apps."""

    app: str | None = None
    operation: str | None = None
    when: dict[str, Any] | None = None
    skip: int | None = None
    times: int | None = None
    every: int | None = None
    do: dict[str, Any] | None = None
    note: str | None = None
    profile: str | None = None


class StackOverview(WireModel):
    """Time of each app and what is on there (null = it does not answer), mails, faults of mails, snapshots."""

    apps: dict[str, dict[str, Any] | None]
    mails: int
    mail_faults: int
    snapshots: list[str]


class KeptSnapshot(WireModel):
    """A snapshot. seed: what `reset` goes back to."""

    name: str
    saved_at: WireDate
    bytes: int
    seed: bool
