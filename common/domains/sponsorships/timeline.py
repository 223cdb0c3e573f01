"""What time brings to sponsorships: they end with the family's paid period, and are forgotten later.

Source: fidelity.md: sponsorship.renewal, jobs.schedules.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from common.domains.sponsorships import rules
from common.domains.sponsorships import service as book
from common.server.context import Context
from common.sim.timeline.entries import Entry, Kind

_SHORTLY_AFTER = timedelta(microseconds=1)


def entries(ctx: Context, until: datetime, only: Collection[UUID] | None = None) -> Iterator[Entry]:
    """Ends of paid periods, and when the purge may take what has ended. only: of what these organizations gave away."""
    for each in book.ending_by(ctx, until, only):
        if each.valid_until is None:
            continue
        subject, sponsor = each.friendly_name or each.offered_to_email or "", each.sponsoring_organization_id
        yield Entry(each.valid_until, Kind.SPONSORSHIP_END, subject, "sponsorship.renewal", sponsor)
        forgotten = each.valid_until + rules.PURGE_AFTER + _SHORTLY_AFTER
        if forgotten <= until:
            yield Entry(forgotten, Kind.SPONSORSHIP_PURGE, subject, "jobs.schedules", sponsor)
