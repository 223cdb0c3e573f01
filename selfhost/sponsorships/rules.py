"""How a sponsorship sync is cut into requests and what its answers do to the rows here. Pure.

Source: src/Core/OrganizationFeatures/OrganizationSponsorships/FamiliesForEnterprise/SelfHosted/
SelfHostedSyncSponsorshipsCommand.cs; fidelity.md: sponsorship.sync, portal.pages.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from itertools import groupby
from typing import NamedTuple, Protocol
from uuid import UUID

CHUNK = 1000
"""The most rows in one request."""

COMMUNICATION_OFF = "Failed to sync instance with cloud - Cloud communication is disabled in global settings"
SYNC_FAILED = "Organization sync failed"
FAILED = "sponsorship-sync.failed"
"""Rule of a sync that did not come to a good end, whatever its text."""

NO_BATCH = "Value cannot be null. (Parameter 'source')"


class Problem(NamedTuple):
    """A sync that failed: the text people know from upstream, a word for programs, and what to do about it."""

    text: str
    reason: str
    advice: str


def communication_off() -> Problem:
    """Cloud communication is switched off. Source: fidelity.md: sponsorship.sync."""
    return Problem(
        COMMUNICATION_OFF,
        "communication-disabled",
        "Set globalSettings__enableCloudCommunication=true in bwdata/env/global.override.env, then rebuild and start.",
    )


def no_connection(organization_id: UUID) -> Problem:
    """Nobody has saved a billing sync token for this organization. Source: fidelity.md: sponsorship.sync."""
    return Problem(
        f"No billing sync connection for organization {organization_id}",
        "no-connection",
        "An owner has to paste the billing sync token under Billing, Subscription, Automatic sync.",
    )


_CONNECTION_ADVICE = {
    "connection.disabled": "An owner has to save the billing sync token again under Billing, Subscription.",
    "connection.no-key": "The saved billing sync token is blank: paste the token that the cloud shows.",
}


def unusable_connection(text: str, rule: str) -> Problem:
    """A connection that cannot be used. text, rule: of the refusal that said so."""
    advice = _CONNECTION_ADVICE.get(rule, "Remove the connection and save the billing sync token anew.")
    return Problem(text, rule.replace(".", "-"), advice)


def no_answer(reason: str, advice: str) -> Problem:
    """Everything that can go wrong on the way to the cloud and back has this one text."""
    return Problem(SYNC_FAILED, reason, advice)


def empty_answer() -> Problem:
    """JSON `null` is no answer either."""
    return Problem(SYNC_FAILED, "empty-answer", "The cloud answered without any content.")


def no_batch() -> Problem:
    """The answer of the cloud lacks the list. Source: fidelity.md: sponsorship.sync."""
    return Problem(
        NO_BATCH, "no-batch", "The cloud's answer holds no sponsorships. Save the token again; is it a Bitwarden cloud?"
    )


def duplicate_member(member_id: UUID) -> Problem:
    """Upstream's end of a sync as soon as one member has two sponsorships (quirk)."""
    return Problem(
        f"An item with the same key has already been added. Key: {member_id}",
        "duplicate-member",
        "One member has several sponsorships; this server version can sync only one of them.",
    )


def busy() -> Problem:
    """Another sync of the organization does not come to its end."""
    return Problem(SYNC_FAILED, "busy", "Another sync of this organization is still under way. Try again later.")


def interrupted() -> Problem:
    """A run that another one has outlived."""
    return Problem(SYNC_FAILED, "interrupted", "The process ended before the run did. Nothing was lost; sync again.")


# --- what is sent


class SecondOffer(Enum):
    """What becomes of a sync when one member has several sponsorships, where that is trouble at all."""

    ENDS_SYNC = "ends sync"
    NOT_SYNCED = "not synced"


class Sponsorship(Protocol):
    """A row as it is when the sync begins."""

    @property
    def id(self) -> UUID: ...
    @property
    def revision(self) -> int: ...
    @property
    def sponsoring_organization_user_id(self) -> UUID: ...
    @property
    def friendly_name(self) -> str | None: ...
    @property
    def last_sync_date(self) -> datetime | None: ...
    @property
    def valid_until(self) -> datetime | None: ...
    @property
    def to_delete(self) -> bool: ...
    @property
    def is_admin_initiated(self) -> bool: ...


def first_shared_member(rows: Iterable[Sponsorship]) -> UUID | None:
    """A member with two sponsorships, or None."""
    seen: set[UUID] = set()
    for row in rows:
        if row.sponsoring_organization_user_id in seen:
            return row.sponsoring_organization_user_id
        seen.add(row.sponsoring_organization_user_id)
    return None


def one_per_member(rows: Sequence[Sponsorship]) -> list[Sponsorship]:
    """What Bitwarden's own cloud can take: one row of each member, the member's own before those made as admin."""
    chosen: dict[UUID, Sponsorship] = {}
    for row in sorted(rows, key=lambda row: (row.is_admin_initiated, row.to_delete)):
        chosen.setdefault(row.sponsoring_organization_user_id, row)
    return list(chosen.values())


def chunks_of(rows: Iterable[Sponsorship], size: int = CHUNK) -> Iterator[list[Sponsorship]]:
    """Cut rows into requests. Rows of one member travel together, as far as they fit into one request at all: the cloud
    tells them apart by name only when it sees several."""
    chunk: list[Sponsorship] = []
    ordered = sorted(rows, key=lambda row: row.sponsoring_organization_user_id)
    for _, group in groupby(ordered, key=lambda row: row.sponsoring_organization_user_id):
        own = list(group)
        if chunk and len(chunk) + len(own) > size:
            yield chunk
            chunk = []
        while len(own) > size:
            yield own[:size]
            own = own[size:]
        chunk += own
    if chunk:
        yield chunk


# --- what the answers do


class Answer(Protocol):
    """What the cloud says about one row."""

    @property
    def sponsoring_organization_user_id(self) -> UUID: ...
    @property
    def friendly_name(self) -> str | None: ...
    @property
    def last_sync_date(self) -> datetime | None: ...
    @property
    def valid_until(self) -> datetime | None: ...
    @property
    def to_delete(self) -> bool: ...
    @property
    def cloud_sponsorship_removed(self) -> bool: ...


@dataclass
class Outcome:
    """What a whole run changes here. settled, touched: row id -> what the cloud said.

    settled: the row is as it was sent, the answer holds for all of it. touched: the row was changed meanwhile; the
    answer tells only that the cloud knows it, and until when it is redeemed. removed: the cloud has let go of it.
    """

    settled: dict[UUID, Answer] = field(default_factory=dict)
    touched: dict[UUID, Answer] = field(default_factory=dict)
    removed: list[UUID] = field(default_factory=list)


def pair_up(sent: Sequence[Sponsorship], answers: Iterable[Answer]) -> tuple[dict[UUID, Answer], int]:
    """Row id -> its answer, and how many answers belong to no row.

    By member and name; by the member alone when only one row of that member was sent.
    """
    named: dict[tuple[UUID, str | None], list[UUID]] = {}
    alone: dict[UUID, UUID | None] = {}
    for row in sent:
        member = row.sponsoring_organization_user_id
        named.setdefault((member, row.friendly_name), []).append(row.id)
        alone[member] = None if member in alone else row.id
    paired: dict[UUID, Answer] = {}
    unknown = 0
    for answer in answers:
        member = answer.sponsoring_organization_user_id
        same_name = named.get((member, answer.friendly_name))
        row_id = same_name.pop(0) if same_name else alone.get(member)
        if row_id is None or row_id in paired:
            unknown += 1
        else:
            paired[row_id] = answer
    return paired, unknown


def outcome_of(sent: Sequence[Sponsorship], answers: Mapping[UUID, Answer], current: Mapping[UUID, int]) -> Outcome:
    """What a run changes. current: row id -> revision now, for the rows that are still there."""
    outcome = Outcome()
    for row in sent:
        if row.id not in current:
            continue
        answer, unchanged = answers.get(row.id), current[row.id] == row.revision
        if answer is None:
            continue
        if answer.cloud_sponsorship_removed:
            if unchanged:
                outcome.removed.append(row.id)
        elif unchanged:
            outcome.settled[row.id] = answer
        else:
            outcome.touched[row.id] = answer
    outcome.removed += _never_offered(sent, answers, current)
    return outcome


def is_news(sent: Sequence[Sponsorship], outcome: Outcome) -> bool:
    """Whether a run brings more than its own moment: something is gone, ends at another time or is taken back."""
    before = {row.id: (row.valid_until, row.to_delete) for row in sent}
    answers = {**outcome.settled, **outcome.touched}
    return bool(outcome.removed) or any(
        before[row_id] != (answer.valid_until, answer.to_delete) for row_id, answer in answers.items()
    )


def active_count(outcome: Outcome) -> int:
    """How many offers the cloud calls redeemed, without those that end."""
    answers = (*outcome.settled.values(), *outcome.touched.values())
    return sum(1 for answer in answers if answer.valid_until is not None and not answer.to_delete)


def _never_offered(
    sent: Sequence[Sponsorship], answers: Mapping[UUID, Answer], current: Mapping[UUID, int]
) -> list[UUID]:
    """Rows taken back before the cloud knew them: it passes over them in silence, and upstream keeps them for ever.

    A cloud that also passed over rows it should have taken (downgraded, disabled) has told nothing; they stay.
    """
    offered = [row for row in sent if not _is_taken_back(row)]
    if offered and not any(row.id in answers for row in offered):
        return []
    return [
        row.id for row in sent if _is_taken_back(row) and row.id not in answers and current.get(row.id) == row.revision
    ]


def _is_taken_back(row: Sponsorship) -> bool:
    return row.to_delete and row.last_sync_date is None
