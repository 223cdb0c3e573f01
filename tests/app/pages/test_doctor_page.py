"""The page of doctor: files and pasted text, this machine only, own forms only, nothing shown again, nothing kept."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from common.desk.app import create_desk
from tests.support.silence import Trap, trap  # noqa: F401 - a fixture

FILES = Path(__file__).parents[2] / "fixtures/configurations"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return create_desk(tmp_path / "mail", tmp_path).test_client()


def send(client: Client, *, language: str = "en", **fields: Any) -> TestResponse:
    shown = client.get("/doctor", headers={"Accept-Language": language})
    token = re.findall(r'name="__RequestVerificationToken" value="([^"]+)"', shown.text)[0]
    data = {"__RequestVerificationToken": token, **fields}
    return client.post("/doctor", data=data, headers={"Accept-Language": language})


def upload(name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO((FILES / name).read_bytes()), name


@pytest.mark.parametrize(("language", "words"), [("en", "The region is the EU"), ("zh-CN", "区域为欧盟")])
def test_what_is_pasted_is_looked_through_and_not_shown_again(client: Client, language: str, words: str) -> None:
    text = (FILES / "fresh-eu.env").read_text()
    page = send(client, language=language, text=text.replace("\n", "\r\n"))
    assert page.status_code == 200
    assert words in page.text
    assert 'data-testid="region-lines-missing"' in page.text
    assert 'data-testid="crlf"' not in page.text, "a form's line ends are the browser's"
    assert "tt0psecret" not in page.text
    assert "pm.beispiel.example" not in page.text


def test_several_files_and_a_licence(client: Client, tmp_path: Path, trap: Trap) -> None:  # noqa: F811
    send(client, env=[upload("standard-us.env")])  # a desk that was asked has a mailbox
    before = sorted(tmp_path.rglob("*"))
    page = send(client, env=[upload("standard-us.env"), upload("compose-override.yml")])
    assert 'data-testid="quotes"' in page.text
    assert "compose-override.yml" in page.text
    wrong = send(client, env=[upload("standard-us.env")], license=[upload("lite.env")])
    assert (wrong.status_code, "lite.env: not a license file" in wrong.text) == (400, True)
    assert sorted(tmp_path.rglob("*")) == before, "nothing is kept"
    assert trap.seen == []


def test_a_sound_file_is_said_to_be_sound(client: Client) -> None:
    assert "Nothing found." in send(client, env=[upload("standard-us.env")]).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Choose a configuration file"),
        ({"text": "<b>hello</b>"}, "Nothing in it is a setting"),
        ({"env": [(io.BytesIO(b"\0"), "<b>x</b>")]}, "&lt;b&gt;x"),
        ({"text": "A=" + "a" * 300_000}, "longer than 256 KB"),
    ],
)
def test_what_cannot_be_read(client: Client, fields: dict[str, Any], said: str) -> None:
    page = send(client, **fields)
    assert page.status_code == 400
    assert said in page.text
    assert "<b>" not in page.text


def test_a_form_that_is_too_long_is_not_read(client: Client) -> None:
    assert send(client, text="a" * 3_000_000).status_code == 413


def test_only_this_machine_and_only_its_own_form(tmp_path: Path, client: Client) -> None:
    assert client.post("/doctor", data={"text": "globalSettings__x=1"}).status_code == 400
    foreign = create_desk(tmp_path / "mail", tmp_path, local=False).test_client()
    assert foreign.get("/doctor", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 403
    assert client.get("/doctor", base_url="http://evil.example:8404").status_code == 403
    alone = create_desk(tmp_path / "mail").test_client()
    assert alone.get("/doctor").status_code == 404


@pytest.mark.parametrize("passed_on", ["10.9.8.7", "127.0.0.1", ""])
def test_what_a_proxy_passes_on_is_nobody_of_this_machine(client: Client, passed_on: str) -> None:
    assert client.get("/doctor").status_code == 200
    assert client.get("/doctor", headers={"X-Forwarded-For": passed_on}).status_code == 403
