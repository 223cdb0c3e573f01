"""World files: what is wrong is named with its line and key, before anything is touched."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from common.cli import main as command_line
from common.cli.worlds import files, reading
from common.cli.worlds.files import WorldError
from common.server.locale.texts import Texts

ACCOUNT = "accounts:\n  - {email: a@b.example, at: [us]}\n"
ORGANIZATION = ACCOUNT + "organizations:\n  - name: A\n    owner: a@b.example\n    plan: free\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour: red\n", "w, line 1: unknown: colour. Known: time,"),
        (
            "accounts:\n  - {email: a@b.example, at: [us], on: 1}\n",
            "w, line 2, accounts[0]: unknown: on. Known: email,",
        ),
        ("accounts:\n  - at: [us]\n", "w, line 2, accounts[0]: email is missing."),
        ("accounts: 3\n", "w, line 1, accounts: must be array."),
        ("accounts:\n  - {email: a, at: [us]}\n", "w, line 2, accounts[0].email: 'a' is not written as it must be."),
        ("time:\n  begin: tomorrow\n", "w, line 2, time.begin: 'tomorrow' is not written as it must be. ISO 8601"),
        ("time:\n  now: '2027-01-01T00:00:00Z'\n", "w, line 2, time.now: needs time.begin."),
        ("a: 1\na: 2\n", "w, line 2, a: is there twice."),
        ("a: [1\n", "w, line 2: "),
        ("a: " + "[" * 100_000, "w, line 1: too deep"),
        ("[1]: 2\n", "w, line 1: a key must be a word."),
        ("{a: 1}: 2\n", "w, line 1: a key must be a word."),
        ("x" * 1_100_000, "w: it is longer than"),
        ('accounts:\n  - {email: "a@b.example\\n", at: [us]}\n', "accounts[0].email: holds a control character."),
        (ORGANIZATION.replace("name: A", 'name: "A\\ud800"'), "organizations[0].name: holds a control character."),
        (
            'settings:\n  a: "b\\nglobalSettings__installation__key=x"\n',
            "w, line 2, settings.a: holds a control character.",
        ),
        (
            "settings:\n  WARDENLOOP__STATEDIRECTORY: /etc\n",
            "STATEDIRECTORY: is no part of a world",
        ),
        ("settings:\n  globalSettings__licenseDirectory: /etc\n", "is no part of a world"),
        ("settings:\n  wardenloop__dangerouslySendRealMail: 'true'\n", "is no part of a world"),
        ("settings:\n  wardenloop__dangerouslyContactRealBitwarden: 'true'\n", "is no part of a world"),
        ("a: &x 1\nb: *x\n", "w, line 2: aliases"),
        ("a: !!python/object/apply:os.system ['true']\n", "w, line 1: could not determine a constructor"),
        ("- 1\n", "w, line 1: must be object."),
        (ORGANIZATION + "    members: [{email: c@d.example}]\n", "members[0].email: c@d.example has no account at us;"),
        (ORGANIZATION + "    instance: {}\n", "organizations[0].instance: a@b.example has no account at selfhost;"),
        (ORGANIZATION + "    cloud: eu\n", "w, line 5, organizations[0].owner: a@b.example has no account at eu;"),
        (ACCOUNT + "  - {email: A@b.example, at: [eu]}\n", "w, line 1, accounts: the same address is there twice"),
        (
            "settings:\n  globalSettings__installation__key: x\n",
            "line 2, settings.globalSettings__installation__key: is",
        ),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(WorldError) as wrong:
        reading.read(text, "w")
    assert said in str(wrong.value)


@pytest.mark.parametrize("name", files.shipped())
def test_worlds_that_come_along_can_be_read_and_say_what_they_are(name: str) -> None:
    assert reading.read(*files.find(name)) is not None
    first = files.shipped()[name].read_text("utf-8").partition("\n")[0]
    assert f"# {Texts('en')(f'x.world.{name}')}" == first


def test_an_invited_member_needs_no_account() -> None:
    told = reading.read(ORGANIZATION + "    members: [{email: c@d.example, status: invited}]\n", "w")
    assert reading.read(reading.write(told), "again") == told


def test_unknown_worlds_and_worlds_over_an_existing_one(tmp_path: Path) -> None:
    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(command_line.main, ["--home", str(tmp_path / "home"), *words])
        return result.exit_code, result.output

    status, output = run("up", "--fresh", "--world", "nowhere")
    assert status == 1 and "no world nowhere" in output and "grace-day-30" in output
    assert not (tmp_path / "home").exists()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "accounts.json").write_text("{}")
    status, output = run("up", "--world", "synced")
    assert status == 2 and "--fresh" in output
    status, output = run("world", "apply", "synced")
    assert status == 1 and "wardenloop up" in output
