"""Bodies under `/_sim`: control of the simulator. Lists are plain here: `{"data": [...]}`.

Billing events have theirs in subscriptions.py, the clock beside its routes (common/sim).
"""

from typing import Any
from uuid import UUID

from common.wire.base import WireDate, WireModel


class PushCall(WireModel):
    """A call of the push relay."""

    action: str
    installation_id: UUID
    target: str
    body: dict[str, Any]
    date: WireDate


class JobRun(WireModel):
    """One run of a job. error: null = it went well."""

    job: str
    due_at: WireDate
    started_at: WireDate
    finished_at: WireDate | None
    error: str | None


class Job(WireModel):
    """A recurring job, with its last run and when it is due next.

    schedule: `{"cron"}`, in UTC, or `{"everySeconds", "delaySeconds"}` counted from when it was first seen.
    """

    name: str
    schedule: dict[str, str | float]
    next_run: WireDate
    last_run: JobRun | None


class SponsorshipRun(WireModel):
    """One sync of an organization's sponsorships."""

    number: int
    organization_id: UUID
    trigger: str
    started_at: WireDate
    finished_at: WireDate | None
    chunks_total: int
    chunks_done: int
    sent: int
    removed: int
    active: int
    error: str | None
    reason: str | None
    advice: str | None


class SponsorshipState(WireModel):
    """What people are told of a sponsorship on an instance. status: key of upstream's message catalogue."""

    friendly_name: str | None
    status: str
    awaiting_sync: bool
    valid_until: WireDate | None
    last_sync_date: WireDate | None


class ConnectedOrganization(WireModel):
    """An organization with an enabled billing sync connection."""

    id: UUID
    name: str | None
