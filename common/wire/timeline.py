"""Bodies of an app's part in playing time: `/_sim/agenda`, `/_sim/play`. Lists are plain: `{"data": [...]}`."""

from uuid import UUID

from common.wire.base import WireDate, WireModel, WireRequest


class AgendaEntry(WireModel):
    """Something that will happen. kind: such as `renewal`. rule: the key of docs/fidelity.md it comes from."""

    at: WireDate
    kind: str
    subject: str
    organization_id: UUID | None
    rule: str


class NextMoment(WireModel):
    """When something happens next; null = nothing by the moment that was asked for."""

    at: WireDate | None


class JobRuns(WireModel):
    """The runs of a job that fall due within some time. idle: they never change anything."""

    job: str
    first: WireDate
    last: WireDate
    idle: bool


class PlayRequest(WireRequest):
    """Go to a moment, stand still there, and do what is due. jobs: the names of those that run then."""

    at: WireDate
    jobs: tuple[str, ...] = ()


class PlayedEvent(WireModel):
    """Something that a moment brought. outcome: `done` or why not. changed: whether others may have to follow."""

    at: WireDate
    kind: str
    subject: str
    outcome: str
    changed: bool


class PlayEnd(WireRequest):
    """Go on from a moment that was at `realAt` of real time, or stand still there."""

    at: WireDate
    real_at: WireDate
    frozen: bool = False
