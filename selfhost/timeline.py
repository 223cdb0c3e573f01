"""What an instance knows of its future."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from common.domains.sponsorships import timeline as sponsorships
from common.server.context import Context
from common.server.jobs.service import Job
from common.sim.timeline.entries import Entry, Kind, Timeline
from selfhost.billing_sync.service import cloud_ids
from selfhost.context import SelfHostContext
from selfhost.jobs.service import jobs_of, suspended_by
from selfhost.licensing import timeline as licensing

_LICENSED = (Kind.GRACE_END, Kind.LICENSE_EXPIRY)


def _entries(ctx: Context, until: datetime, only: Collection[UUID] | None) -> Iterator[Entry]:
    instance = cast(SelfHostContext, ctx)
    for each in licensing.entries(instance, until, only):
        yield each
        if each.kind in _LICENSED and each.organization_id is not None:
            suspended = suspended_by(each.at)
            yield Entry(suspended, Kind.SUSPENSION, each.subject, "license.validation", each.organization_id)
    yield from sponsorships.entries(ctx, until, only)


def _jobs(ctx: Context) -> Sequence[Job]:
    return jobs_of(cast(SelfHostContext, ctx))


def _twins(ctx: Context) -> Mapping[UUID, UUID]:
    return cloud_ids(cast(SelfHostContext, ctx))


TIMELINE = Timeline(_entries, _jobs, _twins)
