"""Bodies of an app's part in playing time: `/_sim/agenda`, `/_sim/play`. Lists are plain: `{"data": [...]}`."""

from uuid import UUID

from pydantic import Field

from common.wire.base import WireDate, WireModel, WireRequest


class AgendaEntry(WireModel):
    """Something that will happen. kind: such as `renewal`. rule: the key of docs/fidelity.md it comes from."""

    at: WireDate
    kind: str
    subject: str
    organization_id: UUID | None
    rule: str


class ComingEvent(AgendaEntry):
    """The same for who plays time. touches: whose things may be others afterwards; null = that is not known."""

    touches: list[UUID] | None


class PlayableJob(WireModel):
    """A job as who plays time must know it.

    schedule: `{"cron"}`, or `{"everySeconds", "delaySeconds"}` counted from `anchor`. idle: it never changes anything.
    inParts: it can be done for some organizations. heeds: the kinds of events that may make its result another one;
    null = all. precedes: those that look at the moment of its last run. amountsTo: those that what it changes is like;
    null = all.
    """

    job: str
    schedule: dict[str, str | float]
    anchor: WireDate
    idle: bool
    in_parts: bool
    heeds: list[str] | None
    precedes: list[str]
    amounts_to: list[str] | None


class PlayableJobs(WireModel):
    """All of them. twins: the connected organizations, and by what id the cloud knows each."""

    data: list[PlayableJob]
    twins: dict[str, UUID]


class PlayRequest(WireRequest):
    """Go to a moment, stand still there, and do what is due.

    jobs: the names of those that run then. only: those that run for some organizations.
    """

    at: WireDate
    jobs: tuple[str, ...] = ()
    only: dict[str, tuple[UUID, ...]] = Field(default_factory=dict)


class PlayedEvent(WireModel):
    """A run of a job. outcome: `done` or why not. changed: whether others may have to follow.

    touches: the organizations that it changed; null = it does not say. journal: ids of the entries that tell of it and
    of what it caused.
    """

    at: WireDate
    kind: str
    subject: str
    outcome: str
    changed: bool
    touches: list[UUID] | None
    journal: list[str]


class Played(WireModel):
    """The runs of jobs, and what tells of all else that was done at the moment (mails of what was settled)."""

    data: list[PlayedEvent]
    journal: list[str]


class PlayEnd(WireRequest):
    """Go on from a moment that was at `realAt` of real time, or stand still there."""

    at: WireDate
    real_at: WireDate
    frozen: bool = False
