"""The pages of the rehearsal: what is brought is looked at and forgotten, forms do the steps, the report prints."""

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from werkzeug.test import TestResponse

from common.desk.app import create_desk
from common.desk.rehearsals import pages, routes, service
from common.desk.rehearsals.stories import STORIES
from common.ui.forms import FIELD
from tests.support.brought import organization_license
from tests.support.visible import places_of

ENGLISH, CHINESE = {"Accept-Language": "en"}, {"Accept-Language": "zh-CN"}
ENVIRONMENT = "globalSettings__mail__smtp__password=hunter2\nglobalSettings__enableCloudCommunication=true\n"


@pytest.fixture
def desk(tmp_path: Path) -> FlaskClient:
    (tmp_path / "desk").mkdir()
    return create_desk(tmp_path / "mails", tmp_path).test_client()


def submit(desk: FlaskClient, path: str, headers: dict[str, str] | None = None, **fields: Any) -> TestResponse:
    token = re.search(rf'name="{FIELD}" value="([^"]+)"', desk.get("/rehearse").text)
    assert token is not None
    return desk.post(path, data={FIELD: token[1], **fields}, headers=headers or ENGLISH)


def file(content: bytes | str, name: str = "license.json") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content if isinstance(content, bytes) else content.encode()), name


@pytest.mark.parametrize(("language", "words"), [(ENGLISH, "The 60 days of grace end"), (CHINESE, "60 天宽限期结束")])
def test_files_are_looked_at_and_forgotten(
    desk: FlaskClient, tmp_path: Path, language: dict[str, str], words: str
) -> None:
    licence = json.dumps(organization_license())
    given = {"license": file(licence), "environment": file(ENVIRONMENT, "e.env"), "do": "look"}
    page = submit(desk, "/rehearse", language, **given)
    assert page.status_code == 200
    assert words in page.text and 'data-testid="agenda-suspension"' in page.text
    assert re.findall(r'data-verdict="(\w+)"', page.text) == ["secret", "taken"]
    assert "hunter2" not in page.text
    blurred = places_of(page.text, organization_license()["id"], "secret")
    assert blurred and all(blurred)
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]
    assert kept == []


def test_what_is_no_licence_is_said(desk: FlaskClient) -> None:
    assert "Choose the license file." in submit(desk, "/rehearse", do="look").text
    page = submit(desk, "/rehearse", license=file("{}"), do="look")
    assert (page.status_code, "This file is no license" in page.text) == (400, True)
    told = submit(desk, "/rehearse", ENGLISH | {"X-Wardenloop-Form": "/rehearse"}, do="look")  # keeps what was chosen
    assert (told.status_code, told.get_json()["message"]) == (400, "Choose the license file.")
    page = submit(desk, "/rehearse", license=file(json.dumps(organization_license())), do="import")
    assert (page.status_code, "No stack runs in" in page.text) == (400, True)
    assert submit(desk, "/rehearse", license=file(b"x" * (1024 * 1024 + 1)), do="look").status_code == 413


def test_only_a_form_of_ours_and_this_machine(desk: FlaskClient) -> None:
    assert desk.post("/rehearse", data={"license": file("{}")}).status_code == 400
    assert desk.post("/rehearse/renewal", data={"step": "look"}).status_code == 400
    assert desk.get("/rehearse", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403
    assert desk.post("/_sim/rehearsals/renewal/look", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403


def test_steps_are_shown_one_after_the_other_and_the_report_tells_them(
    desk: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, list[str]]] = []

    def perform(_stage: object, story: str, step: Any, problems: list[str], home: Path) -> dict[str, Any]:
        asked.append((step.name, problems))
        outcome = {
            "step": step.name,
            "text": "2027-03-16",
            "asExpected": True,
            "at": "now",
            "why": None,
            "problems": [],
        }
        service._keep(home, story, step, outcome)
        return outcome

    monkeypatch.setattr(service, "perform", perform)
    for module in (pages, routes):
        monkeypatch.setattr(module, "stage_of", lambda home: None)
    assert desk.get("/rehearse/report").status_code == 404
    before = desk.get("/rehearse/billing-sync", headers=ENGLISH).text
    assert re.findall(r'data-testid="do-([\w-]+)"', before) == ["allow"]
    assert re.findall(r'data-wait-host="([^"]*)"', before) == [""]  # nobody else is asked
    assert submit(desk, "/rehearse/billing-sync", step="allow").status_code == 303
    assert desk.post("/_sim/rehearsals/billing-sync/token").status_code == 200
    after = desk.get("/rehearse/billing-sync", headers=ENGLISH).text
    assert re.findall(r'data-testid="do-([\w-]+)"', after) == ["allow", "token", "save"]
    assert submit(desk, "/rehearse/billing-sync", step="save", problem=["wrong-token"]).status_code == 303
    assert asked == [("allow", []), ("token", []), ("save", ["wrong-token"])]
    report = desk.get("/rehearse/report", headers=CHINESE)
    assert "演练：设置计费同步" in report.text and "style-src 'sha256-" in report.headers["Content-Security-Policy"]
    assert "# Rehearsal: Setting up billing sync" in desk.get("/_sim/rehearsals/report").text
    assert submit(desk, "/rehearse/renewal", step="nonsense").status_code == 400
    assert desk.get("/rehearse/nonsense").status_code == 404
    listed = desk.get("/_sim/rehearsals?language=zh").json
    assert listed is not None and [each["name"] for each in listed["data"]] == list(STORIES)


def test_days_are_those_of_the_readers_time_zone_and_a_calendar_file(desk: FlaskClient) -> None:
    def look(**more: Any) -> TestResponse:
        return submit(desk, "/rehearse", license=file(json.dumps(organization_license())), do="look", **more)

    here, there = look(zone="America/New_York").text, look().text
    assert (
        "it stops to work on Mar 15, 2027, 20:30 EDT. A newer license can be had from Jan 14, 2027, 19:00 EST on"
        in here
    )
    assert "Mar 15, 2027, 20:00 EDT" in here and 'value="America/New_York"' in here
    assert "Mar 16, 2027, 00:00 UTC" in there and 'value="UTC"' in there
    made = re.search(r'download="license.ics" href="data:text/calendar;charset=utf-8;base64,([^"]+)"', here)
    assert made is not None
    events = Calendar.from_ical(base64.b64decode(made[1])).walk("VEVENT")
    [end] = [each for each in events if "60 days of grace" in str(each["summary"])]
    assert str(end.decoded("dtstart")) == "2027-03-16 00:00:00+00:00"
    assert str(end["summary"]).startswith("Müller & Söhne: ")
    wrong = look(zone="Mars/Base")
    assert (wrong.status_code, "There is no such time zone" in wrong.text) == (400, True)


def test_a_version_that_nobody_understands_is_said(desk: FlaskClient) -> None:
    brought = organization_license(token=False, version=17)
    assert "no release understands" in submit(desk, "/rehearse", license=file(json.dumps(brought)), do="look").text
