"""Configuration files of real servers: what becomes of each line, in whatever form, and that no secret is shown."""

from pathlib import Path

import pytest

from common.configuration.reading import (
    Form,
    Reason,
    SourceFile,
    UnreadableConfiguration,
    Verdict,
    read_configuration,
)
from common.configuration.values import Values
from selfhost.deployment.settings import bind

FOLDER = Path(__file__).parents[2] / "fixtures/configurations"
FILES = sorted(path.name for path in FOLDER.iterdir() if b"tt0psecret" in path.read_bytes().replace(b"\0", b""))
PLANTED = "tt0psecret"


def source(name: str) -> SourceFile:
    return SourceFile(name, (FOLDER / name).read_bytes())


def verdicts(name: str) -> dict[str, tuple[Verdict, Reason]]:
    return {line.key: (line.verdict, line.reason) for line in read_configuration([source(name)]).lines}


@pytest.mark.parametrize("name", FILES)
def test_no_secret_can_be_shown_by_accident(name: str) -> None:
    found = read_configuration([source(name)])
    assert PLANTED in "".join(line.value or "" for line in found.lines), "the file has one"
    assert PLANTED not in repr(found)
    assert not any(PLANTED in (line.shown or "") for line in found.lines)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("standard-us.env", Form.ENV),
        ("lite.env", Form.LITE),
        ("helm-values.yaml", Form.HELM),
        ("compose-override.yml", Form.COMPOSE),
        ("manifest.yaml", Form.MANIFEST),
    ],
)
def test_the_form_is_recognised(name: str, form: Form) -> None:
    assert read_configuration([source(name)]).form is form


def test_every_line_of_a_generated_file_has_its_verdict() -> None:
    found = verdicts("standard-us.env")
    assert len(found) == len((FOLDER / "standard-us.env").read_text().splitlines())
    prefix = "globalSettings__"
    assert found[f"{prefix}installation__id"] == (Verdict.TAKEN, Reason.INSTALLATION)
    assert found[f"{prefix}baseServiceUri__cloudRegion"] == (Verdict.TAKEN, Reason.CLOUD)
    assert found[f"{prefix}enableCloudCommunication"] == (Verdict.TAKEN, Reason.SETTING)
    assert found[f"{prefix}yubico__key"] == (Verdict.IGNORED, Reason.PLACEHOLDER)
    assert found[f"{prefix}baseServiceUri__vault"] == (Verdict.IGNORED, Reason.OWN_ADDRESS)
    assert found[f"{prefix}mail__smtp__host"] == (Verdict.IGNORED, Reason.MAILBOX)
    secrets = {key for key, (verdict, _) in found.items() if verdict is Verdict.SECRET}
    planted = (line.partition("=") for line in (FOLDER / "standard-us.env").read_text().splitlines())
    assert secrets == {key for key, _, value in planted if PLANTED in value}


def test_the_server_gets_what_a_real_one_would() -> None:
    """The instance binds what is read, as if the file were its own."""
    settings = bind(read_configuration([source("standard-us.env")]).values)
    assert settings.enable_cloud_communication
    assert settings.cloud_region == "US"
    assert settings.smtp.password == f"{PLANTED}-mail"


@pytest.mark.parametrize("name", ["powershell-utf-16.env", "notepad.env"])
def test_files_of_windows_say_the_same(name: str) -> None:
    found = read_configuration([source(name)])
    assert Values(found.values).boolean("GlobalSettings:EnableCloudCommunication")
    assert found.values["adminSettings__admins"] == "it@windows.example"
    assert [problem.kind for problem in found.problems] == ["utf-16" if "16" in name else "bom", "crlf"]


def test_bitwarden_lite_puts_its_variables_over_lines() -> None:
    found = read_configuration([source("lite.env")])
    assert found.values["globalSettings__installation__id"].startswith("c0ffee00-3333")
    overruled = [line.key for line in found.lines if line.reason is Reason.OVERRULED]
    assert overruled == ["globalSettings__installation__id"]
    assert found.values["globalSettings__mail__replyToEmail"] == "noreply@passwords.klein.example"


def test_addresses_of_the_chart_follow_the_region_unless_they_are_said() -> None:
    values = read_configuration([source("helm-values.yaml")]).values
    assert values["globalSettings__installation__identityUri"] == "https://identity.bitwarden.eu"
    assert values["globalSettings__installation__apiUri"] == "https://api.bitwarden.com"
    assert values["globalSettings__baseServiceUri__vault"] == "https://vault.k8s.example"


def test_what_compose_cannot_read_is_named_and_the_rest_is_read() -> None:
    found = read_configuration([source("messy.env")])
    broken = [(problem.line, problem.kind) for problem in found.problems]
    assert broken == [(5, "unset-variable"), (14, "open-quote"), (15, "bad-name")]
    assert found.values["adminSettings__admins"] == "root@messy.example"
    repeated = [(line.number, line.key) for line in found.lines if line.reason is Reason.REPEATED]
    assert repeated == [(3, "globalSettings__installation__id")], "two spellings are one setting"


def test_later_files_win_and_the_compose_file_over_all() -> None:
    own = SourceFile("own.env", b"globalSettings__enableCloudCommunication=false\nadminSettings__admins=a@b.example\n")
    found = read_configuration([source("compose-override.yml"), own, source("standard-us.env")])
    assert found.values["globalSettings__enableCloudCommunication"] == '"true"', "quotes of a list are the value's"
    assert found.values["adminSettings__admins"] == "it@acme.example"
    assert found.forms == (Form.ENV, Form.ENV, Form.COMPOSE)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "x.configuration.nothing"),
        (b"\x7fELF\0\0\0\1\2", "x.configuration.binary"),
        (b'{"a": 1}', "x.configuration.nothing"),
        (b"general: [", "x.configuration.yaml"),
        (b"services:\n  api: 7\n", "x.configuration.compose"),
        (b"database: {}\n", "x.configuration.nothing"),
        (b"services:\n  api:\n    image: x\n", "x.configuration.nothing"),
        (b"kind: Secret\nmetadata: {}\n", "x.configuration.nothing"),
        (b"general: " + b"[" * 100_000, "x.configuration.yaml"),
        (b"a" * 300_000, "x.configuration.tooLong"),
        (b"a = 'x\n" * 100, "x.configuration.broken"),
    ],
)
def test_what_is_no_configuration_is_said_to_be_none(content: bytes, key: str) -> None:
    with pytest.raises(UnreadableConfiguration) as refused:
        read_configuration([SourceFile("x", content)])
    assert refused.value.key == key
