"""Bodies of the Families sponsorships: offers, redemption, lists, and the sync between instance and cloud.

Source: src/Api/Billing/Controllers/OrganizationSponsorshipsController.cs,
src/Core/Models/Api/{Request,Response}/OrganizationSponsorships; fidelity.md: sponsorship.sync.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from common.wire.base import WireDate, WireModel, WireRequest, camel, iso
from common.wire.fields import Guid, StrictEmail, sealed, written_date

MAX_NOTES = 512


class PlanSponsorshipType(IntEnum):
    """What is given away; there is only one. Source: src/Core/Billing/Enums/PlanSponsorshipType.cs."""

    FAMILIES_FOR_ENTERPRISE = 0


Label = Annotated[str, Field(max_length=256)]


class SponsorshipCreate(WireRequest):
    """An offer. Source: OrganizationSponsorshipCreateRequestModel.cs; fidelity.md: sponsorship.create."""

    plan_sponsorship_type: PlanSponsorshipType = PlanSponsorshipType.FAMILIES_FOR_ENTERPRISE
    sponsored_email: StrictEmail
    friendly_name: Label | None = None
    is_admin_initiated: bool | None = None
    notes: Annotated[str, sealed(MAX_NOTES)] | None = None


class SponsorshipRedeem(WireRequest):
    """Which Families organization takes the offer."""

    plan_sponsorship_type: PlanSponsorshipType = PlanSponsorshipType.FAMILIES_FOR_ENTERPRISE
    sponsored_organization_id: Guid = UUID(int=0)


class OfferVerdict(WireModel):
    """What `validate-token` answers; no `object`."""

    is_token_valid: bool
    is_free_family_policy_enabled: bool


class SyncStatus(WireModel):
    """When the organization's sponsorships were synced last; None until one of them was."""

    last_sync_date: WireDate | None
    object: str = "syncStatus"


class SponsorshipResponse(WireModel):
    """A row of the list of admin-initiated sponsorships."""

    sponsoring_organization_user_id: UUID
    friendly_name: str | None
    offered_to_email: str | None
    plan_sponsorship_type: int
    last_sync_date: WireDate | None
    valid_until: WireDate | None
    to_delete: bool
    is_admin_initiated: bool
    notes: str | None
    cloud_sponsorship_removed: bool = False
    object: str = "organizationSponsorship"


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# Most of the thousands of dates in one sync are equal, and writing a date is the slowest part of a row.
cached_iso = lru_cache(maxsize=4096)(iso)

SyncDate = Annotated[datetime, AfterValidator(_aware), PlainSerializer(cached_iso, return_type=str, when_used="json")]
"""A date inside a batch; without a zone it is UTC."""


class SyncRow(WireModel):
    """What an instance tells about one sponsorship: exactly these seven members."""

    sponsoring_organization_user_id: UUID
    friendly_name: Label | None = None
    offered_to_email: Label | None = None
    plan_sponsorship_type: PlanSponsorshipType = PlanSponsorshipType.FAMILIES_FOR_ENTERPRISE
    last_sync_date: SyncDate | None = None
    valid_until: SyncDate | None = None
    to_delete: bool = False


class SyncedRow(WireModel):
    """What the cloud answers about one sponsorship. is_admin_initiated: always false."""

    sponsoring_organization_user_id: UUID
    friendly_name: str | None = None
    offered_to_email: str | None = None
    plan_sponsorship_type: int = 0
    last_sync_date: SyncDate | None = None
    valid_until: SyncDate | None = None
    to_delete: bool = False
    cloud_sponsorship_removed: bool = False
    is_admin_initiated: bool = False


def _folding(row: type[WireModel]) -> BeforeValidator:
    """Accepts member names in any case; looks at single rows only if some name is not spelled as it should be."""
    known = {camel(name).lower(): camel(name) for name in row.model_fields}
    spelled = frozenset(known.values())

    def fold(batch: Any) -> Any:
        if not isinstance(batch, list) or not all(isinstance(each, dict) for each in batch):
            return batch
        if spelled.issuperset(set().union(*batch)):
            return batch
        return [{known.get(name.lower(), name): value for name, value in each.items()} for each in batch]

    return BeforeValidator(fold)


def _as_json_has_it(batch: Any) -> Any:
    """The rows, with nothing in the place of what pydantic would read and upstream would not. Looked at all at once.

    Source: System.Text.Json; fidelity.md: wire.bodies.
    """
    if not isinstance(batch, list):
        return batch
    told = batch
    for number, row in enumerate(batch):
        if not isinstance(row, dict):
            continue
        get = row.get
        if (
            type(get("toDelete", False)) is not bool
            or type(get("planSponsorshipType", 0)) is not int
            or not _is_id(get("sponsoringOrganizationUserId", _NOBODY))
            or not _is_date(get("validUntil"))
            or not _is_date(get("lastSyncDate"))
        ):
            told = list(batch) if told is batch else told
            told[number] = row | dict(_odd_members(row))
    return told


_UNREADABLE = object()
_NOBODY = str(UUID(int=0))
_HYPHENATED = len(_NOBODY)
"""How long an id with hyphens alone is: what else is as long is none to pydantic either."""


def _odd_members(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What has to be read in another way than it is spelled."""
    if type(row.get("toDelete", False)) is not bool:
        yield "toDelete", _UNREADABLE
    if type(row.get("planSponsorshipType", 0)) is not int:
        yield "planSponsorshipType", _UNREADABLE
    if not _is_id(row.get("sponsoringOrganizationUserId", _NOBODY)):
        yield "sponsoringOrganizationUserId", _UNREADABLE
    for name in ("lastSyncDate", "validUntil"):
        if not _is_date(value := row.get(name)):
            yield name, (_written(value) if type(value) is str else None) or _UNREADABLE


def _is_id(value: Any) -> bool:
    return type(value) is str and len(value) == _HYPHENATED


def _is_date(value: Any) -> bool:
    return value is None or (type(value) is str and _written(value) == value)


_written = lru_cache(maxsize=4096)(written_date)


class SyncRequest(WireRequest):
    """A batch of one organization's sponsorships, at most 1000 from upstream's server.

    All rows of one member must travel in one batch: a member's only row is matched by the member alone.
    billing_sync_key: blank and wrong ones are refused by the service, with a text of their own.
    """

    billing_sync_key: str | None = None
    sponsoring_organization_cloud_id: Guid = UUID(int=0)
    sponsorships_batch: Annotated[list[SyncRow], BeforeValidator(_as_json_has_it), _folding(SyncRow)] = Field(
        default_factory=list
    )


class SyncAnswer(WireModel):
    """What the cloud knows of the batch; no `object`. sponsorships_batch: None only from a cloud that is broken."""

    sponsorships_batch: Annotated[Sequence[SyncedRow], _folding(SyncedRow)] | None = None

    @classmethod
    def read(cls, data: object) -> Self:
        """Decode what a cloud answered, names in any case. Raises pydantic's ValidationError (a ValueError)."""
        if isinstance(data, dict):
            data = {camel("sponsorships_batch"): value for name, value in data.items() if name.lower() == _BATCH}
        return cls.model_validate(data)


_BATCH = camel("sponsorships_batch").lower()
