"""`wardenloop license`: exit statuses, streams, and that nothing a file says can break it."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from common.cli.license import license_group
from common.crypto.certificates import LicenseCertificate
from common.license.dates import BillingView
from common.license.files import to_disk_text, to_wire
from common.license.model import LicensedOrganization, OrganizationLicense, UserLicense
from common.license.signing import issue_organization_license
from common.license.timestamps import Timestamp


@pytest.fixture
def run() -> Any:
    def call(*arguments: Any, data: Any = None) -> Any:
        return CliRunner().invoke(license_group, [str(each) for each in arguments], input=data)

    return call


@pytest.fixture
def issued(
    acme: LicensedOrganization,
    annual: BillingView,
    installation_id: UUID,
    now: Timestamp,
    certificate: LicenseCertificate,
) -> Any:
    return issue_organization_license(
        acme, annual, installation_id, now_ticks=now.ticks, jti=UUID(int=1), certificate=certificate
    )


@pytest.fixture
def cert(tmp_path: Path, certificate: LicenseCertificate) -> Any:
    path = tmp_path / "cert.pem"
    path.write_bytes(certificate.public.pem)
    return path


@pytest.fixture
def foreign_cert(tmp_path: Path, foreign_certificate: LicenseCertificate) -> Any:
    path = tmp_path / "foreign.pem"
    path.write_bytes(foreign_certificate.public.pem)
    return path


@pytest.fixture
def stored(tmp_path: Path) -> Any:
    def store(content: Any) -> Any:
        path = tmp_path / "license.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(to_wire(content)).encode())
        return path

    return store


def test_verify_names_what_was_changed_in_the_file_and_strictly_does_not_verify_it(
    run: Any, issued: OrganizationLicense, cert: Path, stored: Any
) -> None:
    honest = run("verify", "--strict", "--cert", cert, stored(issued), *AT_ISSUE)
    assert (honest.exit_code, honest.output) == (0, "Verified by its token.\n")
    edited = stored(dataclasses.replace(issued, seats=9999))
    told = run("verify", "--cert", cert, edited, *AT_ISSUE)
    assert told.exit_code == 0
    assert f"Seats: 9999 in the file, {issued.seats} in the token" in told.output
    strict = run("verify", "--strict", "--cert", cert, edited, *AT_ISSUE)
    assert (strict.exit_code, strict.output) == (1, told.output)


AT_ISSUE = ("--now", "2026-08-20T20:00:00Z")
SHORT = b'{"Version":1,"Name":"B\xc3\xbccher|x","Email":"a@b.c","Id":"8D1F0C52-3A0E-4F8E-A1C7-B2C400F3D5A1"}'
SHORT_STRING = (
    "license:user|Email:a@b.c|Expires:|Id:8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1|LicenseKey:|MaxStorageGb:"
    "|Name:Bücher|x|Premium:false|Trial:false|Version:1"
)


def test_canonical_prints_the_string_in_utf8(run: Any) -> None:
    result = run("canonical", "--kind", "user", "--for", "hash", data=SHORT)
    assert (result.exit_code, result.stdout) == (0, SHORT_STRING + "\n")


def test_canonical_for_the_signature_computes_a_missing_hash(run: Any) -> None:
    digest = run("hash", "--kind", "user", data=SHORT).stdout.strip()
    text = run("canonical", "--kind", "user", "--for", "signature", data=SHORT).stdout
    assert f"|Hash:{digest}|" in text
    given = SHORT.replace(b'"Version":1', b'"Version":1,"hash":"given"')
    assert "|Hash:given|" in run("canonical", "--kind", "user", "--for", "signature", data=given).stdout


def test_canonical_lines_answer_line_by_line_and_survive_broken_ones(run: Any) -> None:
    lines = [
        SHORT,
        b"garbage",
        b"",
        b'{"version":17}',
        b"\xff\xfe",
        b'{"version":1,"name":"a\xe2\x80\xa8b"}\r',
        b"null",
        b"[" * 100_000,
        SHORT,
    ]
    result = run("canonical", "--kind", "organization", "--for", "hash", "--jsonl", data=b"\n".join(lines))
    answers = [json.loads(line) for line in result.stdout.split("\n")[:-1]]
    assert result.exit_code == 0
    assert ["canonical" in each for each in answers] == [True, False, False, False, False, True, False, False, True]
    assert answers[3] == {"error": "Version 17 is not supported."}
    assert answers[5]["canonical"].count("|Name:a\u2028b|") == 1
    assert all(set(each) in ({"canonical"}, {"error"}) for each in answers)


@pytest.mark.parametrize(
    ("data", "status", "text"),
    [(b'{"version":17}', 1, "Version 17 is not supported.\n"), (b"garbage", 2, "Not a license file: ")],
)
def test_a_single_licence_that_has_no_string(run: Any, data: bytes, status: int, text: str) -> None:
    for command in (("canonical", "--for", "hash"), ("hash",)):
        result = run(*command, "--kind", "organization", data=data)
        assert result.exit_code == status
        assert result.stderr.startswith(text)
        assert result.stdout == ""


def test_verify_by_token_and_by_signature(run: Any, stored: Any, issued: Any, cert: Any) -> None:
    assert run("verify", "--cert", cert, stored(issued), *AT_ISSUE).stdout == "Verified by its token.\n"
    without = dataclasses.replace(issued, token=None)
    assert run("verify", "--cert", cert, stored(without)).stdout == "Verified by its signature.\n"


def test_verify_says_no_with_the_literal_refusal(
    run: Any, stored: Any, issued: Any, cert: Any, foreign_cert: Any
) -> None:
    late = run("verify", "--cert", cert, stored(issued), "--now", "2028-01-01")
    assert late.exit_code == 1
    assert "Not verified: Invalid license. IDX10223" in late.stderr
    foreign = run("verify", "--cert", foreign_cert, stored(dataclasses.replace(issued, token="")))
    assert (foreign.exit_code, foreign.stderr) == (1, "Not verified: no given certificate signed this file.\n")


def test_verify_reads_standard_input(run: Any, issued: Any, cert: Any) -> None:
    data = to_disk_text(issued).encode()
    assert run("verify", "--cert", cert, "-", *AT_ISSUE, data=data).exit_code == 0


@pytest.mark.parametrize("content", [b"", b"null", b"{}", b"[1]", b'{"licenseType":1}x', b"\x00\xff", b"[" * 100_000])
@pytest.mark.parametrize("command", ["verify", "inspect"])
def test_what_is_no_licence_file(run: Any, stored: Any, cert: Any, command: str, content: Any) -> None:
    result = run(command, "--cert", cert, stored(content))
    assert result.exit_code == 2
    assert result.stderr.startswith("Not a license file: ")


def test_a_certificate_that_is_none(run: Any, stored: Any, issued: Any, tmp_path: Path) -> None:
    path = tmp_path / "bad.pem"
    path.write_bytes(b"garbage")
    result = run("verify", "--cert", path, stored(issued))
    assert result.exit_code == 2
    assert "--cert" in result.stderr


def test_inspect_as_json_tells_everything(run: Any, stored: Any, issued: Any, cert: Any, installation_id: UUID) -> None:
    result = run("inspect", stored(issued), "--cert", cert, "--installation", installation_id, "--json", *AT_ISSUE)
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (report["ok"], report["kind"], report["casing"]) == (True, "organization", "camelCase")
    assert report["license"] == to_wire(issued)
    for check in ("hash", "signature", "token", "instance"):
        assert report[check] == {"finding": "good", "detail": ""}
    assert {each["field"] for each in report["differences"]} == {
        "UsePhishingBlocker",
        "UseAutomaticUserConfirmation",
        "UseDisableSmAdsForUsers",
        "UseMyItems",
        "UseInviteLinks",
        "UsePam",
    }
    assert all(each["by_design"] for each in report["differences"])
    moments = {(each["what"], each["source"]): each["when"] for each in report["timeline"]}
    assert moments["paid period ends, grace period begins", "file"] == "2027-01-15T00:00:00Z"
    assert moments["expires", "file"] == "2027-03-16T00:00:00Z"
    assert moments["token dies: from here every check of it fails", "token"] == "2027-08-20T19:16:19Z"


def test_inspect_without_certificate_checks_what_it_can(run: Any, stored: Any, issued: Any) -> None:
    result = run("inspect", stored(issued), "--installation", UUID(int=9), "--json", *AT_ISSUE)
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert report["token"]["finding"] == report["signature"]["finding"] == "not checked"
    assert report["instance"]["detail"] == "The installation ID does not match the current installation."


def test_inspect_shows_a_changed_file_and_an_unreadable_token(run: Any, stored: Any, issued: Any, cert: Any) -> None:
    changed = dataclasses.replace(issued, seats=999)
    report = json.loads(run("inspect", stored(changed), "--cert", cert, "--json", *AT_ISSUE).stdout)
    assert report["hash"]["finding"] == report["signature"]["finding"] == "bad"
    assert report["ok"]  # the token alone counts
    assert {"field": "Seats", "file": "999", "token": "10", "by_design": False} in report["differences"]
    garbled = run("inspect", stored(dataclasses.replace(issued, token="x")), "--cert", cert, *AT_ISSUE)
    assert garbled.exit_code == 1
    assert "IDX12741" in garbled.stdout
    assert "The token is not readable." in garbled.stdout


def test_inspect_on_paper(run: Any, stored: Any, issued: Any, cert: Any) -> None:
    result = run("inspect", stored(issued), "--cert", cert, *AT_ISSUE)
    assert result.exit_code == 0
    for text in ("Organization license", "Bücher &amp; Söhne", "Jk3sD8fQ2pLm9XvT1aZw", "in 6 months", "UsePam"):
        assert text in result.stdout
    assert issued.issued.wire()[:10] in result.stdout and issued.issued.claim() not in result.stdout


def test_a_file_cannot_write_on_the_terminal(run: Any, stored: Any) -> None:
    hostile = UserLicense(name="\x1b[2J[red]x[/red][/", email="a\nb", version=1, token="x.y.z", license_type=0)
    result = run("inspect", stored(hostile))
    assert "\x1b[2J" not in result.stdout
    assert "\\u001b[2J[red]x[/red][/" in result.stdout
    assert "a ⏎ b" in result.stdout


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (OrganizationLicense(license_type=1), "organization"),
        (UserLicense(license_type=0), "user"),
        (OrganizationLicense(), "organization"),
        (UserLicense(), "user"),
        (b'{"PlanType":5}', "organization"),
        (b'{"Premium":true}', "user"),
    ],
)
def test_inspect_tells_the_kinds_apart(run: Any, stored: Any, content: Any, kind: str) -> None:
    assert json.loads(run("inspect", stored(content), "--json").stdout)["kind"] == kind


def test_inspect_speaks_chinese_where_the_terminal_does(run: Any, stored: Any, issued: Any, cert: Any) -> None:
    chinese = {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "zh_CN.UTF-8", "COLUMNS": "200"}
    arguments = [str(each) for each in ("inspect", stored(issued), "--cert", cert, *AT_ISSUE)]
    told = CliRunner().invoke(license_group, arguments, env=chinese).output
    words = ("组织许可证", "席位", "令牌失效：此后对它的每次检查都会失败", "文件与令牌", "未检查: 未提供")
    assert [each for each in words if each not in told] == []
    own = told.replace(issued.name, "").replace(issued.plan, "")
    left = [
        line for line in own.splitlines() if re.search(r"\b(name|seats|expires|issued|good|not checked|ago)\b", line)
    ]
    assert left == []
