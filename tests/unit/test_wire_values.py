"""Values of request bodies as System.Text.Json reads them and DataAnnotations check them. fidelity.md: wire.bodies."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from pydantic import BeforeValidator, Field

import common.wire
from common.errors import Refusal
from common.wire.base import RequiredText, WireRequest, iso
from common.wire.fields import EnumNumber, Guid, Hash, Int16, Int32, SentDate
from common.wire.sponsorships import SponsorshipRedeem, SyncRequest

ID = "0f7664ae-0a4f-4808-a6bb-fca1f9f3b5ab"


class Inner(WireRequest):
    """What is nested."""

    id: Guid = UUID(int=0)


class Values(WireRequest):
    """A body with a member of each kind."""

    count: Int32 = 0
    maybe: Int32 | None = None
    needed: Int32 | None = None
    small: Int16 = 0
    kind: EnumNumber = 0
    on: bool = False
    id: Guid = UUID(int=0)
    ids: list[Guid] | None = None
    rows: list[Inner] = Field(default_factory=list)
    name: RequiredText = "a"
    short: str = Field(default="", max_length=4)
    hash: Hash = "h"
    date: SentDate | None = None


class Required(WireRequest):
    """`[Required] int?`."""

    amount: Int32


def refused(model: type[WireRequest], sent: dict[str, Any]) -> dict[str, list[str]]:
    with pytest.raises(Refusal) as refusal:
        model.read(sent)
    return {name: list(texts) for name, texts in (refusal.value.validation_errors or {}).items()}


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({"count": None}, "$.count"),
        ({"on": None}, "$.on"),
        ({"id": None}, "$.id"),
        ({"kind": None}, "$.kind"),
        ({"ids": [ID, None]}, "$.ids[1]"),
        ({"rows": [{}, {"ID": None}]}, "$.rows[1].id"),
        ({"count": None, "name": None}, "$.count"),  # what cannot be read is told alone
    ],
)
def test_null_is_no_value(sent: dict[str, Any], path: str) -> None:
    assert list(refused(Values, sent)) == [path]


def test_null_is_taken_where_it_may_be_and_is_missing_where_something_is_required() -> None:
    assert Values.read({"maybe": None, "ids": None}).maybe is None
    assert refused(Required, {"amount": None}) == {"Amount": ["The Amount field is required."]}
    assert refused(Values, {"name": None}) == {"Name": ["The Name field is required."]}


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("-7", -7), ("+7", 7), ("007", 7)])
def test_a_number_may_stand_in_quotes(text: str, number: int) -> None:
    assert Values.read({"count": text, "maybe": text, "small": text}).count == number


@pytest.mark.parametrize("value", ["", " 7", "7.0", "seven", "0x7", "٣", "2147483648", 2147483648, 7.0, True, [], {}])
def test_what_is_no_int(value: Any) -> None:
    assert list(refused(Values, {"count": value})) == ["$.count"]


def test_a_short_has_16_bits() -> None:
    assert Values.read({"small": 32767}).small == 32767
    assert list(refused(Values, {"small": 32768})) == ["$.small"]


@pytest.mark.parametrize("value", ["1", "One", 1.0, True])
def test_an_enumeration_is_a_number(value: Any) -> None:
    assert list(refused(Values, {"kind": value})) == ["$.kind"]
    assert list(refused(SponsorshipRedeem, {"planSponsorshipType": value})) == ["$.planSponsorshipType"]
    assert Values.read({"kind": 99}).kind == 99


@pytest.mark.parametrize("value", [f"{{{ID}}}", ID.replace("-", ""), f"urn:uuid:{ID}", f" {ID}", "", 5, ["a"]])
def test_a_guid_has_one_form(value: Any) -> None:
    assert list(refused(Values, {"id": value})) == ["$.id"]
    assert list(refused(Values, {"ids": [value]})) == ["$.ids[0]"]
    assert Values.read({"id": ID.upper()}).id == UUID(ID)


NO_DATES = [1790000000, "1790000000", "2026-08-20 10:00:00", "2026-08-20T10:00:00z", "20260820", "", True]
NO_DATES += ["2026-08-20T10", "2026-08-20T24:00", "2026-08-20T10:00:60", "2026-02-29", "0000-01-01", "2026-8-20"]
NO_DATES += [
    f"2026-08-20T10:00:00{rest}" for rest in ("+0200", "+2", "+14:01", "+15:00", "+02:60", ".", ",5", f".{'1' * 17}")
]
NO_DATES += ["0001-01-01T00:00+01:00", "9999-12-31T23:59-01"]


@pytest.mark.parametrize("value", NO_DATES)
def test_a_date_is_iso_8601(value: Any) -> None:
    assert list(refused(Values, {"date": value})) == ["$.date"]
    batch = {"sponsorshipsBatch": [{"sponsoringOrganizationUserId": ID, "validUntil": value}]}
    assert list(refused(SyncRequest, batch)) == ["$.sponsorshipsBatch[0].validUntil"]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2026-08-20", "2026-08-20T00:00:00Z"),
        ("2026-08-20T10:00", "2026-08-20T10:00:00Z"),
        ("2026-08-20T10:00-00:00", "2026-08-20T10:00:00Z"),
        (f"2026-08-20T10:00:00.{'1' * 16}Z", "2026-08-20T10:00:00.111111Z"),
        ("2026-08-20T10:00:00+02:00", "2026-08-20T08:00:00Z"),
        ("2026-08-20T10:00+02", "2026-08-20T08:00:00Z"),
        ("2026-08-20T10:00:00.5-14", "2026-08-21T00:00:00.5Z"),
    ],
)
def test_dates_that_upstream_reads(value: str, read: str) -> None:
    date = Values.read({"date": value}).date
    assert date is not None
    assert iso(date) == read
    batch = {"sponsorshipsBatch": [{"sponsoringOrganizationUserId": ID, "validUntil": value}]}
    (row,) = SyncRequest.read(batch).sponsorships_batch
    assert row.valid_until is not None
    assert iso(row.valid_until) == read


def test_blanks_are_nothing_where_something_is_required() -> None:
    assert refused(Values, {"name": " \t"}) == {"Name": ["The Name field is required."]}
    assert refused(Values, {"hash": " "}) == {"Hash": ["The Hash field is required."]}
    assert Values.read({"short": "  "}).short == "  "


def test_a_text_is_as_long_as_in_utf_16() -> None:
    assert Values.read({"short": "äöü\u4e2d"}).short == "äöü\u4e2d"
    assert refused(Values, {"short": "\U0001f600" * 3}) == {
        "Short": ["The field Short must be a string with a maximum length of 4."]
    }


def requests() -> list[type[WireRequest]]:
    for module in iter_modules(common.wire.__path__, "common.wire."):
        import_module(module.name)
    found, at = [], [WireRequest]
    while at:
        at = [each for model in at for each in model.__subclasses__() if each.__module__.startswith("common.wire.")]
        found += at
    return found


ROW = {
    "sponsoringOrganizationUserId": ID,
    "friendlyName": "family",
    "planSponsorshipType": 0,
    "validUntil": "2026-08-20T10:00:00.1234567Z",
    "toDelete": False,
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("toDelete", "true"),
        ("toDelete", None),
        ("planSponsorshipType", "0"),
        ("planSponsorshipType", None),
        ("sponsoringOrganizationUserId", f"{{{ID}}}"),
        ("sponsoringOrganizationUserId", None),
        ("validUntil", 1790000000),
        ("lastSyncDate", "2026-08-20 10:00:00"),
    ],
)
def test_rows_of_a_sync_are_read_in_the_same_way(name: str, value: Any) -> None:
    path = f"$.sponsorshipsBatch[1].{name}"
    assert list(refused(SyncRequest, {"sponsorshipsBatch": [ROW, ROW | {name: value}]})) == [path]
    assert len(SyncRequest.read({"sponsorshipsBatch": [ROW, ROW]}).sponsorships_batch) == 2


BY_HAND = {"desk", "forge", "installations", "providers", "timeline"}
"""Control of the simulator: typed by people."""


def is_loose(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        plain, *metadata = get_args(annotation)
        return is_loose(plain) and not any(isinstance(each, BeforeValidator) for each in metadata)
    return annotation is UUID or any(is_loose(each) for each in get_args(annotation))


def test_no_body_reads_ids_as_pydantic_does() -> None:
    loose = [
        f"{model.__name__}.{name}"
        for model in requests()
        if model.__module__.rpartition(".")[2] not in BY_HAND
        for name, annotation in get_type_hints(model, include_extras=True).items()
        if is_loose(annotation)
    ]
    assert len(requests()) > 50
    assert loose == []
