"""What becomes of files that administrators have: spellings, each line of an environment file, wrong files."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from common.cli.main import main
from common.cli.worlds.env_lines import Environment, read_environment
from common.cli.worlds.importing import Given, ImportFailed, plan_import
from common.ids import SystemIds
from common.license.canonical import canonical_string, license_hash
from common.license.files import read_any
from common.license.model import OrganizationLicense
from common.server.locale.texts import ENGLISH, Texts
from tests.support.brought import ISSUED, organization_license, pascal

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SECRETS = ("hunter2", "k3y-of-the-installation", "mailuser", "Pa55", "stamp-17", "MIIEvQIBADANBg", "proxypass")
ENVIRONMENT = """\
# globalSettings__mail__smtp__password=hunter2
globalSettings__baseServiceUri__vault=https://bw.example.org
globalSettings__baseServiceUri__cloudRegion=EU
globalSettings__enableCloudCommunication=True
globalSettings__installation__id={5D0F0F0A-1B2C-4D3E-8F90-B2C40101ABCD}
globalSettings__installation__key=k3y-of-the-installation
globalSettings__installation__identityUri=https://identity.bitwarden.eu
globalSettings__installation__apiUri=https://api.example.org
globalSettings__mail__smtp__username=mailuser
globalSettings__mail__smtp__password='hunter2
more of hunter2'
globalSettings__sqlServer__connectionString="Data Source=tcp:mssql,1433;Password=Pa55"
adminSettings__admins=it@example.org:stamp-17, boss@example.org
globalSettings__enableEmailVerification=yes
globalSettings__pushRelayBaseUri=REPLACE
globalSettings__mail__replyToEmail=first@example.org
globalSettings__mail__replyToEmail=no-$REPLY@example.org
HTTPS_PROXY=http://me:proxypass@proxy.example.org:3128
globalSettings__one=1 globalSettings__two=2
MIIEvQIBADANBgkqhkiG9w0BAQEFAASC==
hunter2
globalSettings__cors__allowedOrigins=x
"""


def given(data: bytes, **more: Any) -> Given:
    return Given(data, **more)


def plan(file: dict[str, Any], **more: Any) -> Any:
    return plan_import(given(json.dumps(file).encode(), **more), SystemIds(), NOW)


def verdicts(read: Environment) -> dict[int, tuple[str, str, str]]:
    return {each.number: (each.name, each.verdict.value, each.why.rpartition(".")[2]) for each in read.lines}


def test_every_line_is_taken_ignored_or_secret() -> None:
    read = read_environment(ENVIRONMENT.encode())
    g = "globalSettings__"
    assert verdicts(read) == {
        1: ("", "ignored", "comment"),
        2: (f"{g}baseServiceUri__vault", "ignored", "own-address"),
        3: (f"{g}baseServiceUri__cloudRegion", "taken", "cloud"),
        4: (f"{g}enableCloudCommunication", "taken", "setting"),
        5: (f"{g}installation__id", "taken", "installation"),
        6: (f"{g}installation__key", "secret", "replaced"),
        7: (f"{g}installation__identityUri", "taken", "cloud"),
        8: (f"{g}installation__apiUri", "ignored", "elsewhere"),
        9: (f"{g}mail__smtp__username", "secret", "replaced"),
        10: (f"{g}mail__smtp__password", "secret", "replaced"),
        12: (f"{g}sqlServer__connectionString", "secret", "replaced"),
        13: ("adminSettings__admins", "taken", "admins"),
        14: (f"{g}enableEmailVerification", "ignored", "noBoolean"),
        15: (f"{g}pushRelayBaseUri", "ignored", "placeholder"),
        16: (f"{g}mail__replyToEmail", "ignored", "repeated"),
        17: (f"{g}mail__replyToEmail", "taken", "setting"),
        18: ("HTTPS_PROXY", "secret", "replaced"),
        19: (f"{g}one", "ignored", "pasted"),
        20: ("", "ignored", "unknown"),
        21: ("", "ignored", "unreadable"),
        22: (f"{g}cors__allowedOrigins", "ignored", "other-service"),
    }
    assert (read.region, read.installation) == ("eu", "5d0f0f0a-1b2c-4d3e-8f90-b2c40101abcd")
    assert read.settings == {
        f"{g}enableCloudCommunication": "True",
        f"{g}installation__identityUri": "https://identity.bitwarden.eu",
        f"{g}mail__replyToEmail": "no-@example.org",
        "adminSettings__admins": "it@example.org,boss@example.org",
    }


def test_a_server_of_the_eu_in_name_only_asks_the_us_here_too() -> None:
    read = read_environment(b"globalSettings__baseServiceUri__cloudRegion=EU\n")
    assert read.region == "eu"
    assert read.settings == {
        "globalSettings__installation__identityUri": "https://identity.bitwarden.com",
        "globalSettings__installation__apiUri": "https://api.bitwarden.com",
        "globalSettings__pushRelayBaseUri": "https://push.bitwarden.com",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_an_environment_file_of_windows_reads_the_same(encoding: str) -> None:
    data = ENVIRONMENT.replace("\n", "\r\n").encode(encoding)
    assert read_environment(data) == read_environment(ENVIRONMENT.encode())


def test_no_secret_is_in_the_world_or_in_what_is_told(tmp_path: Path) -> None:
    file = organization_license()
    license_, environment = tmp_path / "l.json", tmp_path / "e.env"
    license_.write_text(json.dumps(file))
    environment.write_text(ENVIRONMENT)
    words = ["world", "import", "--license", str(license_), "--env", str(environment), "--dry-run", "--json"]
    program = [sys.executable, "-m", "common.cli.main", "--home", str(tmp_path / "home"), *words]
    told = subprocess.run(program, capture_output=True, encoding="utf-8", check=True).stdout
    made = plan(file, environment=ENVIRONMENT.encode())
    for text in (told, json.dumps(made.world)):
        assert [each for each in (*SECRETS, file["signature"], file["token"]) if each in text] == []
    assert len(json.loads(told)["settings"]) == 21
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("spelt", [dict, pascal])
@pytest.mark.parametrize(
    ("encoding", "ends", "notes"),
    [
        ("utf-8", "\n", []),
        ("utf-8-sig", "\n", ["bom"]),
        ("utf-16", "\r\n", ["utf-16", "crlf"]),
        ("utf-16-be", "\n", ["utf-16"]),
        ("utf-8", "\r\n", ["crlf"]),
    ],
)
def test_every_spelling_is_read(spelt: Any, encoding: str, ends: str, notes: list[str]) -> None:
    data = json.dumps(spelt(organization_license()), indent=2).replace("\n", ends).encode(encoding)
    made = plan_import(given(data), SystemIds(), NOW)
    assert made.file == plan(organization_license()).file
    assert [key.rpartition(".")[2] for key, _ in made.notes] == notes


def test_a_world_stands_today_while_the_licence_is_paid_for() -> None:
    file = organization_license("annual")
    assert plan(file).world["time"] == {"begin": ISSUED.isoformat(), "now": NOW.isoformat()}
    late = plan_import(given(json.dumps(file).encode()), SystemIds(), datetime(2027, 1, 20, tzinfo=UTC))
    assert late.world["time"] == {"begin": ISSUED.isoformat()}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "noLicense"),
        (b'{"a":1}', "noLicense"),
        (json.dumps(organization_license()).encode()[:700], "noLicense"),
        (b'{"licenseType":0,"email":"a@b.example"}', "premiumInstead"),
        (b'{"licenseType":1,"planType":20}', "noOrganization"),
        (b"<html>", "noLicense"),
    ],
)
def test_what_is_no_licence_is_told_what_it_is(data: bytes, why: str) -> None:
    with pytest.raises(ImportFailed, match=f"x.import.{why}$"):
        plan_import(given(data), SystemIds(), NOW)


def test_what_the_container_of_lite_says_counts() -> None:
    text = "BW_INSTALLATION_ID=5d0f0f0a-1b2c-4d3e-8f90-b2c40101abcd\nBW_INSTALLATION_KEY=k3y-of-the-installation\n"
    read = read_environment(text.encode())
    assert read.installation == "5d0f0f0a-1b2c-4d3e-8f90-b2c40101abcd"
    assert [(each.name, each.verdict.value, each.value) for each in read.lines] == [
        ("BW_INSTALLATION_ID", "taken", "5d0f0f0a-1b2c-4d3e-8f90-b2c40101abcd"),
        ("BW_INSTALLATION_KEY", "secret", None),
    ]


def test_pseudonyms_stand_for_addresses_of_the_environment_too() -> None:
    made = plan(organization_license(), environment=ENVIRONMENT.encode(), pseudonymous=True)
    assert "example.org" not in json.dumps(made.world)
    assert made.world["settings"]["adminSettings__admins"] == "it@organization.example,it@organization.example"


def test_people_fit_the_seats() -> None:
    with pytest.raises(ImportFailed, match="noSeats"):
        plan(organization_license(seats=5), users=6)
    with pytest.raises(ImportFailed, match="tooManyUsers"):
        plan(organization_license(seats=None), users=301)


def test_a_newer_version_is_imported_as_far_as_possible() -> None:
    made = plan(organization_license(version=17))
    assert made.file.version == 15
    assert ("x.import.version", {"version": 17, "instead": 15}) in made.notes


STRAY = "S3cr3tVALUE0123456xy"
STRAYED = [
    f"globalSettings__{name}={value}"
    for name, value in (
        ("installation__apiUri", STRAY),
        ("installation__identityUri", f"u:{STRAY}@identity.bitwarden.com"),
        ("installation__identityUri", f"https://identity.bitwarden.com/{STRAY}"),
        ("installation__identityUri", f"https://identity.bitwarden.com#{STRAY}"),
        ("pushRelayBaseUri", f"https://push.bitwarden.com/?key={STRAY}"),
        ("pushRelayBaseUri", f"http://push.bitwarden.com:{STRAY}"),
        ("baseServiceUri__cloudRegion", STRAY),
        ("mail__replyToEmail", STRAY),
        ("selfHosted", STRAY),
    )
] + [f"adminSettings__admins=a@b.example,{STRAY}", f"{STRAY}: {STRAY}: {STRAY}", f'{STRAY}="x"']


@pytest.mark.parametrize("line", STRAYED)
def test_a_secret_in_the_line_of_something_else_is_neither_kept_nor_shown(line: str, tmp_path: Path) -> None:
    license_, environment = tmp_path / "l.json", tmp_path / "e.env"
    license_.write_text(json.dumps(organization_license()))
    environment.write_text(f"globalSettings__enableCloudCommunication=true\n{line}\n")
    for words in (["world", "import", "--license", str(license_), "--dry-run"], ["doctor"]):
        for more in ([], ["--json"]):
            told = CliRunner().invoke(main, [*words, "--env", str(environment), *more])
            assert isinstance(told.exception, SystemExit | None) and STRAY.lower() not in told.output.lower()
    made = plan(organization_license(), environment=environment.read_bytes())
    assert STRAY not in json.dumps(made.world)
    assert made.world["settings"]["globalSettings__enableCloudCommunication"] == "true"


def test_pseudonyms_stand_for_everybody_and_every_id() -> None:
    file = organization_license()
    made = plan(file, environment=ENVIRONMENT.encode(), pseudonymous=True)
    told = json.dumps([each.told() for each in made.environment.lines]) + json.dumps(made.world) + repr(made.notes)
    real = ("it@example.org", "no-@example.org", "5D0F0F0A", file["licenseKey"], file["name"], file["billingEmail"])
    assert [each for each in real if each in told] == []


def test_a_licence_cannot_obey_the_terminal_and_wrong_values_are_no_places_for_keys(tmp_path: Path) -> None:
    path = tmp_path / "l.json"
    for change in ({"name": "\x1b]0;x\x07\u202eoops\x00"}, {"licenseKey": [STRAY]}, {"token": {"a": STRAY}}):
        path.write_text(json.dumps(organization_license() | change))
        for words in (["world", "import", "--dry-run", "--license", str(path)], ["license", "agenda", str(path)]):
            told = CliRunner().invoke(main, words)
            assert isinstance(told.exception, SystemExit | None)
            assert [each for each in ("\x1b", "\u202e", "\x00", STRAY) if each in told.output] == []


def test_dates_that_no_rule_gives_are_told_with_the_rules_that_were_tried() -> None:
    """A day too many: neither 60 days behind a year, nor 11 months behind a month, nor a date of a reseller's."""
    file = organization_license("annual", token=False, expires="2027-03-17T00:00:00Z", refresh="2026-04-16T00:00:00Z")
    notes = dict(plan(file).notes)
    told = Texts(ENGLISH)("x.import.inexact", **notes["x.import.inexact"])
    assert "Expires 2027-03-17T00:00:00Z, Refresh 2026-04-16T00:00:00Z" in told
    assert "annual: Expires 2027-03-17T00:00:00Z, Refresh 2026-04-15T09:30:12.3456789Z" in told
    assert "elsewhere: " in told and "monthly: " in told
    assert "x.import.inexact" not in dict(plan(organization_license("annual", token=False)).notes)


def test_a_hash_of_other_values_is_named_and_not_said_to_be_equal() -> None:
    file = organization_license(token=False)
    whole = read_any(json.dumps(file).encode(), OrganizationLicense)
    hashed = file | {"hash": license_hash(canonical_string(whole, for_hash=True))}
    of_its_own, without = plan(hashed), plan(file)
    edited = plan(hashed | {"seats": 9000})
    hidden = plan(hashed, pseudonymous=True)
    told = [("x.import.hash" in dict(each.notes), "Hash" in each.not_compared) for each in (of_its_own, edited)]
    assert told == [(False, False), (True, True)]
    assert [("x.import.hash" in dict(each.notes), "Hash" in each.not_compared) for each in (without, hidden)] == [
        (False, True),
        (False, True),
    ]


def test_what_doctor_finds_wrong_comes_along(tmp_path: Path) -> None:
    """The region of one cloud, the addresses of the other: each line is taken, and does not work."""
    (tmp_path / "license.json").write_text(json.dumps(organization_license()))
    (tmp_path / "real.env").write_text("globalSettings__baseServiceUri__cloudRegion=EU\n")
    words = ["world", "import", "--dry-run", "--license", str(tmp_path / "license.json")]
    wrong = CliRunner().invoke(main, [*words, "--env", str(tmp_path / "real.env"), "--lang", "zh"])
    assert "环境文件中的错误" in wrong.output and "wardenloop doctor --env FILE" in wrong.output
    assert "区域为欧盟，但以下设置指向美国" in wrong.output
    alone = CliRunner().invoke(main, [*words, "--json"])
    assert json.loads(alone.stdout)["doctor"] == []
