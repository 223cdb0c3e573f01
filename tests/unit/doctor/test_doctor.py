"""What doctor finds: each finding by a configuration that has it, none in a sound one, and no secret in any text."""

import base64
import json
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from common.cli.main import main
from common.configuration.reading import SourceFile
from common.crypto.certificates import LicenseCertificate, create_license_certificate
from common.doctor.examination import examine, known_keys, told
from common.doctor.findings import Severity
from common.doctor.folder import read_folder
from common.server.locale.texts import CHINESE, ENGLISH, Texts
from tests.support.silence import Trap, trap  # noqa: F401 - a fixture

FILES = Path(__file__).parents[2] / "fixtures/configurations"
PLANTED = "tt0psecret"
NOW = datetime(2026, 11, 28, tzinfo=UTC)
INSTALLATION = "2f0e2f9c-6b1e-4b7e-9f5c-b1fd00a3c1d2"
G = "globalSettings__"
SOUND = (FILES / "standard-us.env").read_text()
EU = {
    f"{G}baseServiceUri__cloudRegion": "EU",
    f"{G}installation__identityUri": "https://identity.bitwarden.eu",
    f"{G}installation__apiUri": "https://api.bitwarden.eu",
    f"{G}pushRelayBaseUri": "https://push.bitwarden.eu",
}

IDENTITY, API = EU[f"{G}installation__identityUri"], EU[f"{G}installation__apiUri"]
KEY = f"{PLANTED}InstallKey"


def sound(changes: Mapping[str, str | None] = {}, *more: str) -> str:
    """The file in which nothing is found, with other values; None takes a line out."""
    lines = {**dict(line.split("=", 1) for line in SOUND.splitlines()), **changes}
    return "\n".join([*(f"{key}={value}" for key, value in lines.items() if value is not None), *more]) + "\n"


def of(name: str, value: str | None) -> str:
    return sound({G + name: value})


def in_the_eu(**changes: str | None) -> str:
    return sound(EU | {G + name: value for name, value in changes.items()})


def keys(text: str | bytes, *licenses: dict[str, Any], name: str = "global.override.env") -> set[str]:
    content = text.encode() if isinstance(text, str) else text
    given = [SourceFile(f"{n}.json", json.dumps(each).encode()) for n, each in enumerate(licenses)]
    return {each.key for each in examine([SourceFile(name, content)], given, now=NOW)[1]}


def license_of(token: Mapping[str, Any] | None = {}, **changes: Any) -> dict[str, Any]:
    """A licence in which nothing is found; nobody signed it. token: claims beside its own, None = it has none."""
    file = {
        "LicenseType": 1,
        "LicenseKey": "Jk3sD8fQ2pLm9XvT1aZw",
        "InstallationId": INSTALLATION,
        "Id": "8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1",
        "Name": "Acme",
        "Enabled": True,
        "Plan": "Enterprise (Annually)",
        "PlanType": 20,
        "Seats": 300,
        "SelfHost": True,
        "Version": 15,
        "Issued": "2026-10-01T00:00:00Z",
        "Expires": "2027-11-30T00:00:00Z",
        "ExpirationWithoutGracePeriod": "2027-10-01T00:00:00Z",
        "LimitCollectionCreationDeletion": False,
        "AllowAdminAccessToAllCollectionItems": False,
        "Trial": False,
    } | {name[0].upper() + name[1:]: value for name, value in changes.items()}
    claims = {name: str(value) for name, value in file.items()} | {"nbf": 1_790_000_000, "exp": 1_821_536_000}
    claims |= {"LicenseType": "Organization", **(token or {})}
    for name in ("Issued", "Expires", "ExpirationWithoutGracePeriod"):
        year, month, day = str(file[name])[:10].split("-")
        claims[name] = f"{month}/{day}/{year} 00:00:00"
    part, head = (base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in (claims, {"alg": "RS256"}))
    signed = f"{head.rstrip('=')}.{part.rstrip('=')}.c2ln"
    return file | {"Token": None if token is None else signed}


LITE = (FILES / "lite.env").read_text()
ENVIRONMENTS: list[tuple[str, str | bytes]] = [
    ("communication-off", of("enableCloudCommunication", None)),
    ("communication-off", of("enableCloudCommunication", "False")),
    ("region-lines-missing", (FILES / "fresh-eu.env").read_text()),
    ("region-lines-missing", in_the_eu(installation__apiUri=None)),
    ("region-lines-missing", in_the_eu(installation__apiUri="REPLACE", installation__identityUri="")),
    ("regions-differ", in_the_eu(installation__apiUri="https://api.bitwarden.com")),
    ("regions-differ", of("installation__identityUri", "https://identity.bitwarden.eu")),
    ("push-region", in_the_eu(pushRelayBaseUri=None)),
    ("push-region", in_the_eu(pushRelayBaseUri="https://push.bitwarden.com")),
    ("region-label", in_the_eu(baseServiceUri__cloudRegion="US")),
    ("region-spelling", in_the_eu(baseServiceUri__cloudRegion="eu")),
    ("region-spelling", of("baseServiceUri__cloudRegion", "Europe")),
    (
        "addresses-swapped",
        in_the_eu(
            installation__apiUri=EU[f"{G}installation__identityUri"],
            installation__identityUri=EU[f"{G}installation__apiUri"],
        ),
    ),
    ("no-such-host", in_the_eu(installation__identityUri="https://bitwarden.eu")),
    ("no-such-host", in_the_eu(installation__apiUri="https://vault.bitwarden.eu")),
    ("address-plain-http", in_the_eu(installation__identityUri="http://identity.bitwarden.eu")),
    ("address-port", in_the_eu(installation__identityUri="https://identity.bitwarden.eu:8443")),
    ("address-path", in_the_eu(installation__apiUri="https://api.bitwarden.eu/api")),
    ("address-slash", of("installation__apiUri", "http://127.0.0.1:4000/us/api")),
    ("address-foreign", of("installation__apiUri", "https://api.bitwarden.de")),
    ("address-not-a-url", of("installation__apiUri", "api.bitwarden.com")),
    ("address-not-a-url", of("installation__apiUri", "https://api.bitwarden.com:port")),
    ("self-hosted-off", of("selfHosted", "false")),
    ("installation-id-missing", of("installation__id", "")),
    ("installation-id-missing", of("installation__id", "00000000-0000-0000-0000-000000000000")),
    ("installation-id-malformed", of("installation__id", "2f0e2f9c-6b1e")),
    ("installation-key-missing", of("installation__key", "REPLACE")),
    (
        "installation-key-missing",
        LITE.replace(KEY, "xxxxxxxxxxxx"),
    ),
    ("installation-key-shape", of("installation__key", "abc")),
    (
        "installation-swapped",
        sound({f"{G}installation__id": KEY, f"{G}installation__key": INSTALLATION}),
    ),
    ("lite-overruled", LITE),
    ("pasted", (FILES / "pasted-eu.env").read_text()),
    ("quotes", of("installation__key", "“tt0psecretInstallKey”")),
    ("quotes", 'services:\n  api:\n    environment:\n      - globalSettings__mail__smtp__host="mx.example"\n'),
    ("dollar", of("mail__smtp__password", "abc$tail")),
    ("compose-refuses", of("mail__smtp__password", '"abc')),
    ("compose-refuses", sound({}, "globalSettings__enableCloudCommunication true")),
    ("compose-refuses", sound({}, "globalSettings__mail__smtp__ssl")),
    ("compose-refuses", of("mail__smtp__password", "abc${")),
    ("utf-16", SOUND.encode("utf-16")),
    ("utf-16", SOUND.encode("utf-16-le")),
    ("not-utf-8", of("mail__smtp__username", "jürgen").encode("latin-1")),
    ("bom", b"\xef\xbb\xbf" + SOUND.encode()),
    ("crlf", SOUND.replace("\n", "\r\n")),
    ("repeated", sound({}, f"{G}enableCloudCommunication=false")),
    ("repeated", sound({}, f"{G.upper()}ENABLECLOUDCOMMUNICATION=false")),
    ("key-spacing", sound({}, "adminSettings__admins= it@acme.example")),
    ("unknown-setting", sound({}, f"{G}enableCloudComunication=true")),
    ("unknown-setting", sound({}, "globalSettings_enableCloudCommunication=true")),
    ("unknown-setting", sound({}, f"{G}instalation__apiUri=https://api.bitwarden.com")),
    ("unknown-setting", sound({}, f"{G}installation__apiUrl=https://api.bitwarden.com")),
    ("not-convertible", of("enableCloudCommunication", "yes")),
    ("not-convertible", of("mail__smtp__port", "smtp")),
    ("proxy-internal-names", sound({}, "HTTP_PROXY=http://proxy.corp.example:3128")),
    ("proxy-internal-names", sound({}, "HTTP_PROXY=http://proxy.corp.example:3128", "NO_PROXY=localhost,127.0.0.1")),
    ("proxy-wildcard", sound({}, "HTTPS_PROXY=http://proxy.corp.example:3128", "NO_PROXY=*.corp.example")),
    ("proxy-unreadable", sound({}, "HTTPS_PROXY=http://:0")),
    ("smtp-missing", of("mail__smtp__host", "REPLACE")),
    ("smtp-reply-to", of("mail__replyToEmail", "")),
    ("smtp-address", of("mail__smtp__host", "10.0.0.25")),
    ("smtp-ssl", of("mail__smtp__ssl", "true")),
    ("smtp-half-login", of("mail__smtp__username", "REPLACE")),
    ("admins-missing", sound({"adminSettings__admins": ""})),
]
PAST = "2026-11-11T00:00:00Z"
LICENSES: list[tuple[str, dict[str, Any]]] = [
    ("license-other-installation", license_of(installationId="7a7b1d55-3c0f-4b0e-8a52-b1fd00c9e001")),
    ("license-expired", license_of(expires="2026-11-27T00:00:00Z")),
    (
        "license-in-grace",
        license_of(expires="2027-01-10T00:00:00Z", expirationWithoutGracePeriod=PAST),
    ),
    ("license-ends-soon", license_of(expirationWithoutGracePeriod="2027-01-20T00:00:00Z")),
    ("license-token-expired", license_of({"exp": 1_795_000_000})),
    ("license-token-ends-soon", license_of({"exp": 1_796_500_000})),
    ("license-no-token", license_of(None)),
    ("license-changed", license_of({"Seats": "10"})),
    ("license-hash", license_of(hash="bm90IGl0cyBvd24=")),
    ("license-disabled", license_of(enabled=False)),
    ("license-not-self-hosted", license_of(selfHost=False)),
    ("license-plan", license_of(planType=21, plan="Families")),
    ("license-trial", license_of(trial=True)),
]
ELSEWHERE = {"license-repeated", "license-utf-16", "authority-not-pem", "authority-not-read", "authority-expired"}


def test_a_generated_file_with_communication_on_is_sound() -> None:
    assert keys(sound(), license_of()) == set()
    assert keys(in_the_eu()) == set()


@pytest.mark.parametrize(("key", "content"), ENVIRONMENTS)
def test_each_finding_about_a_configuration(key: str, content: str | bytes) -> None:
    assert key in keys(content)


def test_a_single_change_gives_a_single_finding() -> None:
    """No rule speaks of what another one has told already."""
    alone = {key: keys(content) for key, content in ENVIRONMENTS if "standard" not in key and isinstance(content, str)}
    several = {key: found for key, found in alone.items() if len(found) > 1}
    assert set(several) <= {
        "lite-overruled",  # files with more than one thing wrong
        "installation-key-missing",
        "pasted",
        "region-lines-missing",
        "region-spelling",
        "repeated",
        "proxy-wildcard",
        "self-hosted-off",
        "smtp-missing",
        "quotes",
        "compose-refuses",
    }


@pytest.mark.parametrize(("key", "given"), LICENSES)
def test_each_finding_about_a_licence(key: str, given: dict[str, Any]) -> None:
    assert key in keys(sound(), given)


def test_every_finding_has_its_example() -> None:
    assert {key for key, _ in (*ENVIRONMENTS, *LICENSES)} | ELSEWHERE == set(known_keys())


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_the_three_texts_of_every_finding_can_be_told_and_hold_no_secret(language: str) -> None:
    texts = Texts(language)
    for _, content in ENVIRONMENTS:
        data = content.encode() if isinstance(content, str) else content
        for finding in examine([SourceFile("f", data)], now=NOW)[1]:
            said = told(finding, texts)
            assert all(said.values())
            assert PLANTED not in f"{said} {finding}"


def test_licences_that_serve_two_organizations_or_came_through_a_shell() -> None:
    twice = [license_of(), license_of(id="0d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1")]
    assert keys(sound(), *twice) == {"license-repeated"}
    shell = SourceFile("l.json", json.dumps(license_of()).encode("utf-16"))
    assert [each.key for each in examine([SourceFile("f", SOUND.encode())], [shell], now=NOW)[1]] == ["license-utf-16"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> LicenseCertificate:
    return create_license_certificate(tmp_path_factory.mktemp("authority"), key_bits=2048)


def test_a_folder_is_read_with_its_licences_and_authorities(tmp_path: Path, authority: LicenseCertificate) -> None:
    for name in ("env", "ca-certificates", "core/licenses/organization"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "env/global.override.env").write_text(sound())
    (tmp_path / "env/uid.env").write_text("LOCAL_UID=1000\nLOCAL_GID=1000\n")
    (tmp_path / "core/licenses/organization/1.json").write_text(json.dumps(license_of(trial=True)))
    pem = authority.public.pem
    (tmp_path / "ca-certificates/good.crt").write_bytes(pem)
    (tmp_path / "ca-certificates/named-otherwise.pem").write_bytes(pem)
    (tmp_path / "ca-certificates/der.crt").write_bytes(b"0\x82\x03")
    folder = read_folder(tmp_path)
    given = (folder.environment, folder.licenses, folder.authorities)
    found = {(each.key, each.file) for each in examine(*given, now=NOW)[1]}
    wanted = {
        ("authority-not-read", "named-otherwise.pem"),
        ("authority-not-pem", "der.crt"),
        ("license-trial", "1.json"),
    }
    assert found == wanted
    later = datetime(2200, 1, 1, tzinfo=UTC)
    assert "authority-expired" in {each.key for each in examine(*given, now=later)[1]}


# --- the command


def run(*arguments: str, **more: Any) -> Result:
    return CliRunner().invoke(main, ["doctor", *arguments], **more)


def test_exit_statuses(tmp_path: Path) -> None:
    sane = tmp_path / "sane.env"
    sane.write_text(sound())
    fresh = str(FILES / "fresh-eu.env")
    assert run("--env", str(sane)).exit_code == 0
    assert run("--env", fresh).exit_code == 1
    assert run("--env", fresh, "--ignore", "smtp-missing", "--ignore", "admins-missing").exit_code == 1
    assert run("--env", str(sane), "--license", str(sane)).exit_code == 2
    assert run("--env", "-", input=b"\0\1").exit_code == 2
    assert run("--env", str(tmp_path / "nowhere")).exit_code == 2
    assert run("--env", str(tmp_path)).exit_code == 2
    assert run("--env", fresh, "--ignore", "nonsense").exit_code == 2
    assert run().exit_code == 2


def test_json_has_everything_for_programs() -> None:
    found = json.loads(run("--env", str(FILES / "fresh-eu.env"), "--json").stdout)
    assert found["ok"] is False
    first = found["findings"][0]
    assert (first["key"], first["severity"], first["line"]) == ("region-lines-missing", Severity.WRONG, 2)
    assert f"{G}installation__identityUri=https://identity.bitwarden.eu" in first["repair"].splitlines()
    assert "invalid_client" in first["symptom"]


def test_a_line_that_still_names_the_us_is_told_beside_those_that_are_missing() -> None:
    """Half a change of region: whoever adds only what is missing gets `invalid_client` again."""
    half = in_the_eu(installation__apiUri=None, installation__identityUri="https://identity.bitwarden.com")
    repair = json.loads(run("--env", "-", "--json", input=half.encode()).stdout)["findings"][0]["repair"]
    assert f"{G}installation__identityUri=https://identity.bitwarden.eu" in repair.splitlines()
    assert f"{G}installation__apiUri=https://api.bitwarden.eu" in repair.splitlines()


def test_chinese_by_option_and_by_the_terminal() -> None:
    by_option = run("--env", str(FILES / "fresh-eu.env"), "--lang", "zh")
    by_terminal = run(
        "--env", str(FILES / "fresh-eu.env"), env={"LC_ALL": "", "LC_MESSAGES": "", "LANG": "zh_CN.UTF-8"}
    )
    assert by_option.output == by_terminal.output
    assert "区域为欧盟" in by_option.output
    assert "未连接任何网络" in by_option.output


@pytest.mark.parametrize("name", sorted(path.name for path in FILES.iterdir()))
@pytest.mark.parametrize("form", ["--json", "--lang=zh"])
def test_nothing_is_connected_to_or_looked_up_and_no_secret_is_printed(name: str, form: str, trap: Trap) -> None:  # noqa: F811
    result = run("--env", str(FILES / name), form)
    assert trap.seen == []
    with pytest.raises(OSError, match="the trap"):
        socket.getaddrinfo("bitwarden.com", 443)  # it would have been seen
    assert result.exit_code in (0, 1), result.output
    assert PLANTED not in result.output + result.stderr


def test_control_characters_of_a_file_do_not_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "x.env"
    path.write_text(of("installation__apiUri", "https://\x1b[2Japi.example"))
    assert "\x1b" not in run("--env", str(path)).output
