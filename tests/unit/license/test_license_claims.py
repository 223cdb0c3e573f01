"""Reading claims back: defaults for what is missing or odd, and the claims taking the place of the file."""

import dataclasses
from typing import Any
from uuid import UUID

import pytest

from common.license.claims import Claims, UnreadableClaim, with_claims
from common.license.comparison import differences
from common.license.model import OrganizationLicense, UserLicense
from common.license.timestamps import Timestamp

ID = UUID("8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1")


def one(text: Any) -> Claims:
    return Claims([("X", text)])


def test_missing_claims() -> None:
    none = Claims([])
    assert none.text("X") is None
    assert none.flag("X") is False
    assert none.integer("X") is None
    assert none.short("X") is None
    assert none.uuid("X") == UUID(int=0)
    assert none.date("X").wire() == "0001-01-01T00:00:00"
    assert none.date_or_none("X") is None
    assert none.plan_type() == 0
    assert none.license_type() == 0
    assert none.license_type_or_none() is None
    assert "X" not in none


@pytest.mark.parametrize(
    ("text", "value"),
    [("True", True), ("true", True), (" TRUE ", True), ("False", False), ("1", False), ("yes", False), ("", False)],
)
def test_flags(text: str, value: bool) -> None:
    assert one(text).flag("X") is value


@pytest.mark.parametrize(
    ("text", "value"),
    [("20", 20), (" -1 ", -1), ("+7", 7), ("2147483648", None), ("1.0", None), ("", None), ("ten", None)],
)
def test_numbers(text: str, value: Any) -> None:
    assert one(text).integer("X") == value


@pytest.mark.parametrize("text", ["32768", "", "ten"])
def test_an_odd_short_number_is_an_error(text: str) -> None:
    assert one("32767").short("X") == 32767
    with pytest.raises(UnreadableClaim):
        one(text).short("X")


@pytest.mark.parametrize("text", [str(ID), str(ID).upper(), ID.hex, f"{{{ID}}}", f"({ID})", f" {ID} "])
def test_uuids_in_any_usual_form(text: Any) -> None:
    assert one(text).uuid("X") == ID


@pytest.mark.parametrize("text", ["", "x", str(ID)[:-1], "8d-1f0c523a0e4f8ea1c7b2c400f3d5a1"])
def test_odd_uuids_are_zeros(text: Any) -> None:
    assert one(text).uuid("X") == UUID(int=0)


def test_dates() -> None:
    assert one("03/16/2027 00:00:00").date("X").wire() == "2027-03-16T00:00:00"
    assert one("not a date").date("X").wire() == "0001-01-01T00:00:00"
    with pytest.raises(UnreadableClaim):
        one("not a date").date_or_none("X")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("20", 20),
        ("EnterpriseAnnually", 20),
        ("enterpriseannually2020", 11),
        ("FamiliesAnnually", 22),
        ("99", 99),
        ("255", 255),
        ("256", 0),
        ("-1", 0),
        ("Imaginary", 0),
        ("", 0),
    ],
)
def test_plans_by_number_or_name(text: str, number: int) -> None:
    assert one(text).plan_type("X") == number


@pytest.mark.parametrize(("text", "number"), [("Organization", 1), ("organization", 1), ("1", 1), ("bogus", 0)])
def test_licence_types(text: str, number: int) -> None:
    assert one(text).license_type("X") == number


def test_of_equal_names_the_first_counts() -> None:
    assert Claims([("X", "a"), ("X", "b")]).text("X") == "a"


def test_claims_override_everything_but_the_files_identity_and_proofs() -> None:
    file = OrganizationLicense(
        id=ID, version=15, name="old", seats=1, use_sso=True, license_type=1, hash="h", signature="s", token="t"
    )
    claims = Claims(
        [("Id", str(UUID(int=1))), ("Version", "3"), ("Name", "new"), ("Expires", "03/16/2027 00:00:00"), ("Hash", "x")]
    )
    merged = with_claims(file, claims)
    assert (merged.id, merged.version, merged.hash, merged.signature, merged.token) == (ID, 15, "h", "s", "t")
    assert (merged.name, merged.seats, merged.use_sso, merged.license_type) == ("new", None, False, None)
    assert merged.expires is not None
    assert merged.expires.wire() == "2027-03-16T00:00:00"
    assert merged.issued.wire() == "0001-01-01T00:00:00"
    assert not merged.limit_collection_creation_deletion
    assert not merged.allow_admin_access_to_all_collection_items


def test_claims_override_four_fields_of_a_premium_licence() -> None:
    file = UserLicense(id=ID, email="a@b.c", name="Bob", premium=False, license_key="k", max_storage_gb=3)
    merged = with_claims(file, Claims([("Premium", "True"), ("Email", "x@y.z"), ("Expires", "03/16/2027 00:00:00")]))
    assert merged == dataclasses.replace(
        file, premium=True, license_key=None, max_storage_gb=None, expires=Timestamp.parse("2027-03-16T00:00:00")
    )


def test_differences_between_file_and_token() -> None:
    file = UserLicense(
        id=ID,
        email="a@b.c",
        premium=True,
        license_type=0,
        issued=Timestamp.parse("2026-08-20T19:16:19.9Z"),
        refresh=Timestamp.parse("2026-08-20T00:00:00Z"),
        expires=Timestamp.parse("2027-03-16T00:00:00Z"),
    )
    claims = Claims(
        [
            ("Id", str(ID)),
            ("Email", "other@b.c"),
            ("Premium", "true"),
            ("LicenseType", "User"),
            ("Issued", "08/20/2026 19:16:20"),
            ("Refresh", "08/21/2026 00:00:00"),
            ("Expires", "03/16/2027 00:00:00"),
            ("Trial", "False"),
        ]
    )
    found = [(each.field, each.file, each.token, each.by_design) for each in differences(file, claims)]
    assert found == [
        ("Email", "a@b.c", "other@b.c", False),
        ("Issued", "08/20/2026 19:16:19", "08/20/2026 19:16:20", True),
        ("Refresh", "08/20/2026 00:00:00", "08/21/2026 00:00:00", False),
    ]
