"""A moment at which time changes something, and what an app must tell so that its time can be played. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from common.server.context import Context
from common.server.jobs.service import Job


class Kind(StrEnum):
    """What happens at a moment."""

    TRIAL_END = "trial-end"
    RENEWAL = "renewal"
    CANCELLATION = "cancellation"
    PAYMENT_DUE = "payment-due"
    GRACE_BEGIN = "grace-begin"
    GRACE_END = "grace-end"
    LICENSE_EXPIRY = "license-expiry"
    SUSPENSION = "suspension"
    SPONSORSHIP_END = "sponsorship-end"
    SPONSORSHIP_PURGE = "sponsorship-purge"
    JOB = "job"


@dataclass(frozen=True)
class Entry:
    """Something that happens at a moment. subject: whose, in words. rule: the key of docs/fidelity.md it comes from.

    other_id: who else it may matter to: an organization that pays for this one, or an account.
    """

    at: datetime
    kind: Kind
    subject: str
    rule: str
    organization_id: UUID | None = None
    other_id: UUID | None = None

    @property
    def touches(self) -> frozenset[UUID] | None:
        """Whose things may be others afterwards; None = that is not known.

        A period that goes on changes nothing of who pays for it, but of whoever gave it away.
        """
        if self.organization_id is None and self.other_id is None:
            return None
        own = None if self.kind in (Kind.RENEWAL, Kind.TRIAL_END) else self.organization_id
        return frozenset(each for each in (own, self.other_id) if each)


def touched_by(ids: Iterable[UUID | None]) -> object:
    """What a job says that changed something of these organizations: which, or only that it did."""
    found = list(ids)
    known = frozenset(each for each in found if each)
    return known if None not in found else True


def _no_twins(_ctx: Context) -> Mapping[UUID, UUID]:
    return {}


@dataclass(frozen=True)
class Timeline:
    """What an app knows of its future.

    entries: what happens by a moment, and more where that is cheaper; in any order; to these organizations only, or to
    everybody. jobs: its recurring work. twins: ids by which others know the organizations that jobs may be done for.
    """

    entries: Callable[[Context, datetime, Collection[UUID] | None], Iterable[Entry]]
    jobs: Callable[[Context], Sequence[Job]]
    twins: Callable[[Context], Mapping[UUID, UUID]] = _no_twins
