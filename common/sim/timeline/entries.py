"""A moment at which time changes something, and what an app must tell so that its time can be played. Pure."""

from collections.abc import Callable, Iterable, Sequence
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
    """Something that happens at a moment. subject: whose, in words. rule: the key of docs/fidelity.md it comes from."""

    at: datetime
    kind: Kind
    subject: str
    rule: str
    organization_id: UUID | None = None


@dataclass(frozen=True)
class Timeline:
    """What an app knows of its future.

    entries: what happens by a moment, and more where that is cheaper; in any order. jobs: its recurring work.
    """

    entries: Callable[[Context, datetime], Iterable[Entry]]
    jobs: Callable[[Context], Sequence[Job]]
