"""What a region of the cloud knows of its future."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast
from uuid import UUID

from cloud_sim.context import CloudContext
from cloud_sim.jobs.service import jobs_of
from cloud_sim.subscriptions import timeline as subscriptions
from common.domains.sponsorships import service as book
from common.domains.sponsorships import timeline as sponsorships
from common.server.context import Context
from common.server.jobs.service import Job
from common.sim.timeline.entries import Entry, Timeline


def _entries(ctx: Context, until: datetime, only: Collection[UUID] | None) -> Iterator[Entry]:
    changes = list(subscriptions.entries(ctx, until, only))
    sponsors = book.sponsors_of(ctx, {each.organization_id for each in changes if each.organization_id})
    for each in changes:
        sponsor = sponsors.get(each.organization_id) if each.organization_id else None
        yield replace(each, other_id=sponsor) if sponsor else each
    yield from sponsorships.entries(ctx, until, only)


def _jobs(ctx: Context) -> Sequence[Job]:
    return jobs_of(cast(CloudContext, ctx))


TIMELINE = Timeline(_entries, _jobs)
