"""Reading and writing licence files: casing, strictness, defaults, escaping."""

import dataclasses
import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.license.files import (
    MAX_UPLOAD_BYTES,
    UnreadableLicense,
    read_answer,
    read_disk,
    read_upload,
    to_disk_text,
    to_wire,
)
from common.license.model import Kind, OrganizationLicense, UserLicense, fields_of
from common.license.timestamps import MAX_TICKS, Timestamp

VALUES = {
    Kind.TEXT: st.text(st.characters(exclude_categories=["Cs"])),
    Kind.FLAG: st.booleans(),
    Kind.INT: st.integers(-(2**31), 2**31 - 1),
    Kind.SHORT: st.integers(-(2**15), 2**15 - 1),
    Kind.PLAN: st.integers(0, 255),
    Kind.LICENSE_TYPE: st.integers(-(2**31), 2**31 - 1),
    Kind.UUID: st.uuids(),
    Kind.DATE: st.builds(Timestamp, st.integers(0, MAX_TICKS), st.booleans()),
}


def licenses(license_class: Any) -> Any:
    values = {
        each.attribute: VALUES[each.kind] | st.none() if each.nullable else VALUES[each.kind]
        for each in fields_of(license_class)
    }
    return st.builds(license_class, **values)


any_license = st.one_of(licenses(OrganizationLicense), licenses(UserLicense))


def wire_equal(one: Any, other: Any) -> bool:
    return to_wire(one) == to_wire(other)


@given(any_license)
def test_disk_text_reads_back(file: Any) -> None:
    assert wire_equal(read_disk(to_disk_text(file).encode("ascii"), type(file)), file)


@given(any_license)
def test_download_reads_back_as_upload(file: Any) -> None:
    data = json.dumps(to_wire(file), ensure_ascii=False).encode()
    if len(data) <= MAX_UPLOAD_BYTES:
        assert wire_equal(read_upload(data, type(file)), file)


def test_organization_fields_in_the_order_of_the_wire() -> None:
    names = list(to_wire(OrganizationLicense()))
    assert len(names) == 51
    assert names[:3] == ["licenseKey", "installationId", "id"]
    assert names[18:21] == ["useTotp", "use2fa", "useApi"]
    assert names[24:29] == ["usersGetPremium", "useCustomPermissions", "version", "issued", "refresh"]
    assert names[30] == "expirationWithoutGracePeriod"
    assert names[44] == "useDisableSmAdsForUsers"
    assert names[-3:] == ["hash", "signature", "token"]


def test_user_fields_in_the_order_of_the_wire() -> None:
    assert list(to_wire(UserLicense())) == [
        "licenseKey",
        "id",
        "name",
        "email",
        "premium",
        "maxStorageGb",
        "version",
        "issued",
        "refresh",
        "expires",
        "trial",
        "licenseType",
        "hash",
        "signature",
        "token",
    ]


def test_missing_keys_read_as_class_defaults() -> None:
    file = read_upload(b"{}", OrganizationLicense)
    assert (file.name, file.seats, file.version, file.license_type) == (None, None, 0, None)
    assert file.id == UUID(int=0)
    assert file.issued.wire() == "0001-01-01T00:00:00"
    assert not file.enabled
    assert file.limit_collection_creation_deletion
    assert file.allow_admin_access_to_all_collection_items


@pytest.mark.parametrize("key", ["maxStorageGb", "MaxStorageGb", "MAXSTORAGEGB", "maxstoragegb"])
def test_upload_and_answer_take_any_casing(key: str) -> None:
    data = json.dumps({key: 7}).encode()
    assert read_upload(data, UserLicense).max_storage_gb == 7
    assert read_answer(data, UserLicense).max_storage_gb == 7


def test_a_downloaded_file_on_disk_reads_as_all_defaults() -> None:
    downloaded = json.dumps(to_wire(OrganizationLicense(name="Acme", version=15))).encode()
    assert read_disk(downloaded, OrganizationLicense) == OrganizationLicense()


def test_of_repeated_keys_the_last_counts_but_every_value_must_be_readable() -> None:
    assert read_upload(b'{"version":1,"Version":2,"VERSION":3}', UserLicense).version == 3
    assert read_disk(b'{"Version":1,"Version":2,"version":3}', UserLicense).version == 2
    with pytest.raises(UnreadableLicense):
        read_upload(b'{"version":"x","Version":2}', UserLicense)


def test_unknown_plans_and_unknown_keys_survive() -> None:
    data = b'{"planType":99,"useTelepathy":true,"nested":{"id":[1,{"id":2}]}}'
    assert read_upload(data, OrganizationLicense).plan_type == 99


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"1",
        b"{",
        b"{}}",
        b"{} garbage",
        b'{"version":1,}',
        b'{"version":1}// comment',
        b"{'version':1}",
        b'{"version":NaN}',
        b'{"version":01}',
        b'{"version":"1"}',
        b'{"version":1.0}',
        b'{"version":1e0}',
        b'{"version":true}',
        b'{"version":null}',
        b'{"version":2147483648}',
        b'{"version":' + b"9" * 5000 + b"}",
        b'{"maxStorageGb":32768}',
        b'{"planType":256}',
        b'{"planType":-1}',
        b'{"planType":"20"}',
        b'{"enabled":"true"}',
        b'{"enabled":1}',
        b'{"enabled":null}',
        b'{"name":1}',
        b'{"name":"\\ud800"}',
        b'{"name":"a\nb"}',
        b'{"name":"\xff"}',
        b'{"id":"8d1f0c523a0e4f8ea1c7b2c400f3d5a1"}',
        b'{"id":"{8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1}"}',
        b'{"id":null}',
        b'{"issued":null}',
        b'{"issued":"08/20/2026"}',
        b'{"issued":1}',
        b'{"x":' + b"[" * 70 + b"]" * 70 + b"}",
        b'{"x":' + b"[" * 100_000,
        b'{"seats":1}' + b" " * MAX_UPLOAD_BYTES,
    ],
)
def test_unreadable_uploads(data: Any) -> None:
    with pytest.raises(UnreadableLicense):
        read_upload(data, OrganizationLicense)


def test_an_upload_may_have_exactly_51200_bytes() -> None:
    data = b'{"seats":1}'
    assert read_upload(data + b" " * (MAX_UPLOAD_BYTES - len(data)), OrganizationLicense).seats == 1


def test_a_byte_order_mark_is_skipped() -> None:
    assert read_upload(b'\xef\xbb\xbf{"seats":1}', OrganizationLicense).seats == 1


def test_only_the_sync_answer_takes_numbers_in_strings() -> None:
    answer = read_answer(b'{"seats":"12","maxStorageGb":"-1","planType":"20"}', OrganizationLicense)
    assert (answer.seats, answer.max_storage_gb, answer.plan_type) == (12, -1, 20)
    for bad in (b'{"seats":" 12"}', b'{"seats":"+12"}', b'{"seats":"012"}', b'{"enabled":"true"}', b'{"seats":""}'):
        with pytest.raises(UnreadableLicense):
            read_answer(bad, OrganizationLicense)


def test_the_tail_of_an_older_longer_file_makes_it_unreadable() -> None:
    with pytest.raises(UnreadableLicense):
        read_disk(to_disk_text(UserLicense()).encode() + b'K8BSvnA="\n}', UserLicense)


def test_disk_text_is_spelt_like_dotnet() -> None:
    file = UserLicense(
        license_key="a/b\\c",
        id=UUID("8D1F0C52-3A0E-4F8E-A1C7-B2C400F3D5A1"),
        name="é\"&'+<>`🔐\n\t\x00\x7f",
        premium=True,
        version=1,
        issued=Timestamp.parse("2026-08-20T19:16:19.1200000Z"),
        expires=Timestamp.parse("2027-03-16T00:00:00"),
    )
    assert to_disk_text(file) == (
        "{\n"
        '  "LicenseKey": "a/b\\\\c",\n'
        '  "Id": "8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1",\n'
        '  "Name": "\\u00E9\\u0022\\u0026\\u0027\\u002B\\u003C\\u003E\\u0060\\uD83D\\uDD10\\n\\t\\u0000\\u007F",\n'
        '  "Email": null,\n'
        '  "Premium": true,\n'
        '  "MaxStorageGb": null,\n'
        '  "Version": 1,\n'
        '  "Issued": "2026-08-20T19:16:19.12Z",\n'
        '  "Refresh": null,\n'
        '  "Expires": "2027-03-16T00:00:00",\n'
        '  "Trial": false,\n'
        '  "LicenseType": null,\n'
        '  "Hash": null,\n'
        '  "Signature": null,\n'
        '  "Token": null\n'
        "}"
    )


def test_what_cannot_be_told_in_utf8_is_written_as_replacement() -> None:
    file = dataclasses.replace(UserLicense(), name="a\ud800b")
    assert '"Name": "a\\uFFFDb"' in to_disk_text(file)
