"""What a region of the cloud knows of its future."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import cast

from cloud_sim.context import CloudContext
from cloud_sim.jobs.service import jobs_of
from cloud_sim.subscriptions import timeline as subscriptions
from common.domains.sponsorships import timeline as sponsorships
from common.server.context import Context
from common.server.jobs.service import Job
from common.sim.timeline.entries import Entry, Timeline


def _entries(ctx: Context, until: datetime) -> Iterator[Entry]:
    yield from subscriptions.entries(ctx, until)
    yield from sponsorships.entries(ctx, until)


def _jobs(ctx: Context) -> Sequence[Job]:
    return jobs_of(cast(CloudContext, ctx))


TIMELINE = Timeline(_entries, _jobs)
