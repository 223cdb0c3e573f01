"""Bodies of the sync: reading batches of any spelling, writing dates, what a broken cloud answers."""

import json
import uuid
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError
from pydantic_core import to_json

from cloud_sim.sponsorships import answers
from common.wire.sponsorships import SyncAnswer, SyncRequest, SyncRow

MEMBER = uuid.UUID("7f2c1f6e-0000-4000-8000-0000000000a1")


def test_answer_is_read_in_any_spelling() -> None:
    upper = {"SponsoringOrganizationUserId": str(MEMBER), "CloudSponsorshipRemoved": True, "ValidUntil": "2027-01-01"}
    [row] = SyncAnswer.read({"SponsorshipsBatch": [upper]}).sponsorships_batch or []
    assert (row.sponsoring_organization_user_id, row.cloud_sponsorship_removed) == (MEMBER, True)
    assert row.valid_until == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("body", [{}, {"sponsorshipsBatch": None}])
def test_answer_without_a_batch_is_told_apart_from_an_empty_one(body: dict[str, object]) -> None:
    assert SyncAnswer.read(body).sponsorships_batch is None
    assert SyncAnswer.read({"sponsorshipsBatch": []}).sponsorships_batch == []


@pytest.mark.parametrize("body", [None, [], "x", {"sponsorshipsBatch": [{}]}])
def test_answer_that_is_none_is_refused(body: object) -> None:
    with pytest.raises(ValidationError):
        SyncAnswer.read(body)


def test_row_is_written_with_its_seven_members() -> None:
    row = SyncRow(
        sponsoring_organization_user_id=MEMBER,
        friendly_name="Ä",
        offered_to_email="a@b.c",
        last_sync_date=datetime(2026, 8, 20, 14, 16, 19, 120000, tzinfo=UTC),
    )
    assert row.wire() == {
        "sponsoringOrganizationUserId": str(MEMBER),
        "friendlyName": "Ä",
        "offeredToEmail": "a@b.c",
        "planSponsorshipType": 0,
        "lastSyncDate": "2026-08-20T14:16:19.12Z",
        "validUntil": None,
        "toDelete": False,
    }


def test_rows_of_a_request_may_differ_in_spelling() -> None:
    rows = [
        {"sponsoringOrganizationUserId": str(MEMBER)},
        {"SPONSORINGORGANIZATIONUSERID": str(MEMBER), "todelete": True},
    ]
    read = SyncRequest.read({"sponsorshipsBatch": rows}).sponsorships_batch
    assert [row.to_delete for row in read] == [False, True]


def test_batch_that_the_cloud_writes_is_what_the_model_would_write() -> None:
    now = datetime(2026, 8, 20, 14, 16, 19, 120000, tzinfo=UTC)
    rows = [
        SyncRow(sponsoring_organization_user_id=MEMBER, friendly_name="Ä", offered_to_email="a@b.c", to_delete=True),
        SyncRow(sponsoring_organization_user_id=MEMBER, last_sync_date=now, valid_until=now),
    ]
    written = answers.synced_batch([(rows[0], now, True), (rows[1], None, False)], now)
    sent = to_json(written).decode()
    assert sent == json.dumps(SyncAnswer.read(written).wire(), ensure_ascii=False, separators=(",", ":"))
