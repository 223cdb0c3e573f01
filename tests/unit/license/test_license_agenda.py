"""The dates of a licence file, reckoned here a second time from the rules of the documents, day by day."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from icalendar import Calendar

from common.cli.home import Home
from common.cli.license_agenda import agenda_command
from common.license.agenda import What, agenda_of, next_run
from common.license.bringing import bring
from common.license.calendar import Appointment, calendar_text
from common.server.locale.texts import CHINESE, ENGLISH, Texts
from common.sim.timeline.worded_agenda import in_short, said
from tests.support.brought import TERMS, organization_license

MADE = datetime(2026, 11, 28, 1, 2, 3, tzinfo=UTC)


def dates(file: dict[str, Any]) -> dict[str, str]:
    return {each.what.value: f"{each.at:%Y-%m-%d %H:%M}" for each in agenda_of(bring(json.dumps(file).encode()))}


@pytest.mark.parametrize("after_trial", [True, False])
def test_an_annual_licence(after_trial: bool) -> None:
    file = organization_license("annual-after-trial" if after_trial else "annual")
    assert dates(file) == {
        "issued": "2026-03-16 09:30",
        "refresh": "2026-04-15 09:30",
        "period-end": "2027-01-15 00:00",  # 60 days before Expires
        "last-day": "2027-03-02 00:00",
        "grace-end": "2027-03-16 00:00",
        "suspension": "2027-03-16 00:30",
        "token-end": "2027-03-16 09:30",  # a calendar year after Issued
        "sponsorships": "2027-09-14 12:30",
    }


def test_the_token_of_a_licence_of_the_first_days_dies_before_its_grace() -> None:
    """A period of a year and 60 days of grace: the token has a year only."""
    file = organization_license("annual", expires="2027-05-10T00:00:00Z")
    found = dates(file)
    assert (found["token-end"], found["grace-end"]) == ("2027-03-16 09:30", "2027-05-10 00:00")
    assert "suspension" not in found and found["not-suspended"] == "2027-05-10 00:30"
    assert found["last-day"] == "2027-03-02 09:30"
    without = dates(organization_license("annual", token=False, expires="2027-05-10T00:00:00Z"))
    assert "token-end" not in without and without["suspension"] == "2027-05-10 00:30"


@pytest.mark.parametrize(
    ("language", "real"), [(ENGLISH, "a real server of today may go on"), (CHINESE, "现在的真实服务器可能")]
)
def test_in_short_whose_word_it_is_that_it_stops(language: str, real: str) -> None:
    """The documents disable it; a server that cannot read the dead token does not."""
    texts = Texts(language)

    def short(**expires: Any) -> str:
        file = json.dumps(organization_license("annual", **expires)).encode()
        return in_short(said(agenda_of(bring(file)), texts), texts, lambda moment: f"{moment:%d.%m.%Y}")

    assert real in short(expires="2027-05-10T00:00:00Z") and "10.05.2027" in short(expires="2027-05-10T00:00:00Z")
    assert real not in short() and "16.03.2027" in short()
    of_years = short(expires="2029-07-31T00:00:00Z")  # the token dies on the day a year after the issue
    assert all(day in of_years for day in ("31.07.2029", "01.06.2029", "16.03.2027"))
    assert "16.03.2027" not in short(expires="2027-05-10T00:00:00Z")  # behind the renewal: the next one has a new token


@pytest.mark.parametrize(
    ("term", "what", "paid", "end", "run"),
    [
        ("trial", "trial-end", "2026-03-20 11:00", "2026-03-20 11:00", "2026-03-20 12:30"),
        ("monthly", "months-end", "2026-03-28 12:00", "2027-02-28 12:00", "2027-02-28 12:30"),
        ("elsewhere", "until-end", "2026-12-31 00:00", "2026-12-31 00:00", "2026-12-31 00:30"),
    ],
)
def test_a_licence_without_grace(term: str, what: str, paid: str, end: str, run: str) -> None:
    plan = 19 if term == "monthly" else 20
    found = dates(organization_license(term, planType=plan))
    assert (found[what], found["expires"], found["suspension"]) == (paid, end, run)
    assert "grace-end" not in found


def test_a_premium_licence() -> None:
    file = {
        "licenseType": 0,
        "email": "a@b.example",
        "issued": "2026-01-10T00:00:00Z",
        "expires": "2027-01-17T05:59:59Z",
        "refresh": "2027-01-10T05:59:59Z",
    }
    assert dates(file) == {
        "issued": "2026-01-10 00:00",
        "premium-period": "2027-01-10 05:59",
        "premium-end": "2027-01-17 05:59",
        "premium-lost": "2027-01-17 06:00",
    }


def test_the_run_is_later_than_the_moment() -> None:
    runs = (timedelta(minutes=30), timedelta(hours=12, minutes=30))
    at = datetime(2026, 12, 31, 12, 30, tzinfo=UTC)
    assert next_run(at, runs) == datetime(2027, 1, 1, 0, 30, tzinfo=UTC)
    assert next_run(at - timedelta(seconds=1), runs) == at


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("expires", [None, "9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00"])
def test_dates_at_the_ends_of_the_calendar_are_no_problem(term: str, expires: str | None) -> None:
    assert What.ISSUED.value in dates(organization_license(term, expires=expires))


def run(*words: str, file: dict[str, Any]) -> Any:
    done = CliRunner().invoke(agenda_command, ["-", *words], input=json.dumps(file), obj=Home)
    assert done.exit_code == 0, done.output
    return done.output


def test_days_are_those_of_the_readers_time_zone() -> None:
    told = json.loads(run("--json", "--tz", "America/New_York", "--lang", "en", file=organization_license()))
    [end] = [each for each in told["data"] if each["kind"] == "grace-end"]
    assert (end["at"], end["local"]) == ("2027-03-16T00:00:00Z", "2027-03-15T20:00:00-04:00")
    assert (told["verified"], told["proof"]) == (False, "not-checked")
    assert "Mon 2027-03-15 20:00 EDT" in run("--tz", "America/New_York", "--lang", "en", file=organization_license())
    assert "2027-03-16（周二） 08:00 CST" in run("--tz", "Asia/Shanghai", "--lang", "zh", file=organization_license())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_calendar_is_one(language: str) -> None:
    text = run("--ics", "-", "--lang", language, file=organization_license(name="A, B; &quot;C&quot; \\ Söhne"))
    assert all(len(line.encode()) <= 75 for line in text.replace("\r\n", "\n").split("\n"))
    found = Calendar.from_ical(text)
    events = {f"{each.decoded('dtstart'):%Y-%m-%d %H:%M}": each for each in found.walk("VEVENT")}
    assert set(events) == set(dates(organization_license()).values())
    assert len({str(each["uid"]) for each in events.values()}) == len(events)
    assert 'A, B; "C" \\ Söhne' in str(events["2027-03-16 00:00"]["summary"])
    assert [str(each["trigger"].to_ical()) for each in events["2027-03-16 00:00"].walk("VALARM")] == ["b'-P14D'"]
    assert not events["2026-04-15 09:30"].walk("VALARM")
    for each in map(str, (event["summary"] for event in events.values())):  # no quotation is cut
        assert each.count('"') % 2 == 0 and each.count("“") == each.count("”")
    assert "IDX10223" in str(events["2027-03-16 09:30"]["summary"])
    assert found.errors == [] and all(each.errors == [] for each in events.values())


def test_long_lines_are_folded_between_characters() -> None:
    text = calendar_text([Appointment("k", MADE, "许" * 60, "a\nb")], name="n", language="ZH", made_at=MADE)
    [event] = Calendar.from_ical(text).walk("VEVENT")
    assert (str(event["summary"]), str(event["description"])) == ("许" * 60, "a\nb")
    assert text.endswith("END:VCALENDAR\r\n") and "\n" not in text.replace("\r\n", "")


def test_what_is_no_licence_is_said_with_status_2() -> None:
    done = CliRunner().invoke(agenda_command, ["-"], input="{}", obj=None)
    assert (done.exit_code, "Not a license file" in done.output) == (2, True)
    wrong = CliRunner().invoke(agenda_command, ["-", "--tz", "Mars/Base"], input="{}", obj=None)
    assert wrong.exit_code == 2 and "time zone" in wrong.output


@pytest.mark.parametrize("end", ["0001-01-01T00:00:00Z", "0001-02-03T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("member", ["issued", "expires", "refresh", "expirationWithoutGracePeriod"])
@pytest.mark.parametrize("kind", ["organization", "premium"])
def test_the_ends_of_the_calendar_are_dates_too(kind: str, member: str, end: str, tmp_path: Any) -> None:
    file = tmp_path / "l.json"
    premium = {"licenseType": 0, "email": "a@b.example", "version": 1, "expires": end}
    file.write_text(json.dumps((organization_license() if kind == "organization" else premium) | {member: end}))
    for zone in ("Pacific/Kiritimati", "America/New_York"):
        for more in (["--json"], ["--ics", "-"], []):
            told = CliRunner().invoke(agenda_command, [str(file), "--tz", zone, *more])
            assert (told.exit_code, told.exception) == (0, None)
    Calendar.from_ical(CliRunner().invoke(agenda_command, [str(file), "--ics", "-"]).output)


@pytest.mark.parametrize(("version", "token", "understood"), [(16, False, True), (17, False, False), (17, True, True)])
def test_a_version_that_no_release_understands_without_a_token_is_said(
    version: int, token: bool, understood: bool
) -> None:
    file = organization_license(token=token, version=version)
    assert json.loads(run("--json", file=file))["understood"] is understood
    assert ("Version 17: no release understands" in run("--lang", "en", file=file)) is not understood
    assert ("版本 17：没有任何版本的服务器" in run("--lang", "zh", file=file)) is not understood


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "it stops to work on Tue 2027-03-16 08:30 CST. A newer license can be had from Fri 2027-01-15 08:00 CST on",
        ),
        ("zh", "将于 2027-03-16（周二） 08:30 CST 停止工作。自 2027-01-15（周五） 08:00 CST 起"),
    ],
)
def test_when_it_stops_to_work_is_said_first(language: str, said: str) -> None:
    words = ["-", "--tz", "Asia/Shanghai", "--lang", language]
    told = CliRunner().invoke(agenda_command, words, input=json.dumps(organization_license(token=False))).output
    assert said in told and told.index(said) < told.index("2026-04-15")
