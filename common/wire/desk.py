"""Bodies of the desk's control that no app has: refusals, and answers of all apps together.

silent: apps that do not answer. off: apps that keep no journal.
"""

from typing import Any
from uuid import UUID

from pydantic import Field

from common.wire.base import SparseModel, WireDate, WireModel, WireRequest
from common.wire.control import Job, JobRun
from common.wire.forge import ForgeRequest
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


class ClearedFaults(WireModel):
    """How many rules were switched off."""

    cleared: int


class MailFaultOrder(WireRequest):
    """What goes wrong with mails to (`to`) or from (`from`) an address, null = any. do: `status` (with `message`),
    `delaySeconds`, `hang` or `reset`."""

    to: str | None = None
    source: str | None = Field(default=None, alias="from")
    skip: int = 0
    times: int | None = None
    every: int = 1
    do: dict[str, Any]
    note: str | None = None


class MailFault(WireModel):
    """A rule of the mail server. hits: recipients that it was done to. left: how many it still will be, null = any."""

    id: UUID
    to: str | None
    source: str | None = Field(alias="from")
    skip: int
    times: int | None
    every: int
    do: dict[str, Any]
    note: str | None
    hits: int
    left: int | None


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
    """An incident. seen: the literal text that appears, null = none. broken: it waits to be repaired at the desk."""

    name: str
    title: str
    cause: str
    repair: str
    seen: str | None
    broken: bool


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


class StackEvent(SparseModel):
    """Something that happens on a side. kind: such as `renewal`, or `job` (subject: its name). rule: the key of
    docs/fidelity.md that it comes from. outcome: what became of it, once time was played there. runs: so many runs of a
    job were missed, of which this is the last. journal: ids of the entries that tell of it (of all that was done at the
    moment where it is no job), once time was played."""

    at: WireDate
    app: str
    kind: str
    subject: str
    organization_id: UUID | None
    rule: str
    outcome: str
    runs: int
    journal: list[str]

    sparse = frozenset({"organization_id", "rule", "outcome", "runs", "journal"})


class StackAgenda(WireModel):
    """What will happen, in order. stopped: apps that were stopped on purpose, of which nothing is known."""

    data: list[StackEvent]
    stopped: list[str]


class AdvanceOrder(WireRequest):
    """One of `by` ("370d"), `to` (a date), `until` (a kind of the agenda, or `next`), `continue` (true)."""

    by: str | None = None
    to: str | None = None
    until: str | None = None
    go_on: bool | None = Field(default=None, alias="continue")
    organization: str | None = None
    dry_run: bool = False


class AdvanceReport(SparseModel):
    """An advance on its way, or at its end. error: why it ended early. Of a dry run only `from`, `to`, `events`."""

    id: UUID
    begin: WireDate = Field(alias="from")
    to: WireDate
    at: WireDate
    ended: bool
    error: str | None
    events: list[StackEvent]

    sparse = frozenset({"id", "at", "ended", "error"})


class StackForgeOrder(ForgeRequest):
    """What to begin with, and which cloud issues it."""

    app: str = "cloud-us"


class WorldFile(SparseModel):
    """A world as a file. What each member may be: `GET /_sim/world/schema`."""

    time: dict[str, Any]
    installation: dict[str, Any]
    release: str
    releases: dict[str, str]
    egress: dict[str, str]
    settings: dict[str, Any]
    accounts: list[dict[str, Any]]
    organizations: list[dict[str, Any]]
    faults: list[dict[str, Any]]

    sparse = frozenset(
        "time installation release releases egress settings accounts organizations faults".split()  # noqa: SIM905
    )


class WorldOrder(WireRequest):
    """The members of a world (see `GET`), or only the `name` of one that comes along."""

    name: str | None = None
    time: dict[str, Any] | None = None
    installation: dict[str, Any] | None = None
    release: str | None = None
    releases: dict[str, str] | None = None
    egress: dict[str, str] | None = None
    settings: dict[str, Any] | None = None
    accounts: list[dict[str, Any]] | None = None
    organizations: list[dict[str, Any]] | None = None
    faults: list[dict[str, Any]] | None = None


class AppliedWorld(WireModel):
    """How many accounts and organizations were made."""

    world: str
    accounts: int
    organizations: int


class KeptSnapshot(WireModel):
    """A snapshot. seed: what `reset` goes back to."""

    name: str
    saved_at: WireDate
    bytes: int
    seed: bool
