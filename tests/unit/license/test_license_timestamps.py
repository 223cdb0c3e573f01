"""Dates of a licence: seven fraction digits, .NET's rounding, claim texts, calendar steps."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.license.timestamps import MAX_TICKS, MIN_TIMESTAMP, Timestamp

timestamps = st.builds(Timestamp, st.integers(0, MAX_TICKS), st.booleans())


@given(timestamps)
def test_wire_text_reads_back_to_the_last_tick(moment: Any) -> None:
    again = Timestamp.parse(moment.wire())
    assert (again.ticks, again.utc) == (moment.ticks, moment.utc)


@given(timestamps)
def test_claim_text_reads_back_without_fraction_and_zone(moment: Any) -> None:
    again = Timestamp.read_claim(moment.claim())
    assert again.ticks == moment.ticks - moment.ticks % 10_000_000
    assert not again.utc


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_datetime_survives(moment: Any) -> None:
    assert Timestamp.of(moment).datetime() == moment


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("2026-08-20T19:16:19.1234567Z", "2026-08-20T19:16:19.1234567Z"),
        ("2026-08-20T19:16:19.1200000Z", "2026-08-20T19:16:19.12Z"),
        ("2027-03-16T00:00:00.000Z", "2027-03-16T00:00:00Z"),
        ("2027-03-16T00:00:00", "2027-03-16T00:00:00"),
        ("2027-03-16", "2027-03-16T00:00:00"),
        ("2027-03-16T10:30Z", "2027-03-16T10:30:00Z"),
        ("2027-03-16T01:30:00+02:00", "2027-03-15T23:30:00Z"),
        ("2027-03-15T21:30:00.5-02:30", "2027-03-16T00:00:00.5Z"),
        ("2026-08-20T19:16:19.12345678901Z", "2026-08-20T19:16:19.1234567Z"),
        ("0001-01-01T00:00:00", "0001-01-01T00:00:00"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"),
    ],
)
def test_file_spellings(text: str, wire: str) -> None:
    assert Timestamp.parse(text).wire() == wire


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2027-02-29T00:00:00Z",
        "2027-03-16T24:00:00Z",
        "2027-03-16T00:00:60Z",
        "2027-3-16T00:00:00Z",
        "2027-03-16 00:00:00",
        "2027-03-16t00:00:00z",
        "2027-03-16T00:00:00.Z",
        "2027-03-16T00:00:00Z ",
        "2027-03-16T00:00:00+15:00",
        "0001-01-01T00:00:00+01:00",
        "03/16/2027 00:00:00",
        "٢٠٢٧-03-16T00:00:00Z",
    ],
)
def test_not_a_file_spelling(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Timestamp.parse(text)


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("03/16/2027 00:00:00", "2027-03-16T00:00:00"),
        ("3/18/2026 9:07:04 AM", "2026-03-18T09:07:04"),
        ("3/18/2026 9:07:04\u202fPM", "2026-03-18T21:07:04"),
        ("12/1/2026 12:00 AM", "2026-12-01T00:00:00"),
        ("12/1/2026", "2026-12-01T00:00:00"),
        ("2027-03-16T00:00:00Z", "2027-03-16T00:00:00Z"),
    ],
)
def test_claim_spellings(text: str, wire: str) -> None:
    assert Timestamp.read_claim(text).wire() == wire


@pytest.mark.parametrize("text", ["", "not a date", "16/03/2027 00:00:00", "3/18/2026 13:00:00 PM"])
def test_not_a_claim_spelling(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Timestamp.read_claim(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.5Z", 0),
        ("1969-12-31T23:59:58.5Z", -2),
        ("2027-01-01T00:00:00.5Z", 1798761600),
        ("2027-01-01T00:00:01.5Z", 1798761602),
        ("2027-01-01T00:00:00.4999999Z", 1798761600),
        ("2027-01-01T00:00:00.5000001Z", 1798761600),  # below the step of a double at this size
        ("2027-01-01T00:00:00.5000002Z", 1798761601),
        ("0001-01-01T00:00:00", -62135596800),
    ],
)
def test_signed_seconds_round_half_to_even_after_double_division(text: str, seconds: Any) -> None:
    assert Timestamp.parse(text).epoch_seconds() == seconds


def test_token_seconds_drop_the_fraction() -> None:
    assert Timestamp.parse("2027-01-01T00:00:00.9999999Z").whole_epoch_seconds() == 1798761600


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2027-03-31T21:09:04.7162160Z", 11, "2028-02-29T21:09:04.716216Z"),
        ("2028-02-29T00:00:00Z", 12, "2029-02-28T00:00:00Z"),
        ("2026-12-31T23:59:59.9999999Z", 2, "2027-02-28T23:59:59.9999999Z"),
        ("2026-12-15T00:00:00", 1, "2027-01-15T00:00:00"),
    ],
)
def test_calendar_months_clamp_the_day(start: str, months: int, end: str) -> None:
    assert Timestamp.parse(start).plus_months(months).wire() == end


def test_midnight_and_days() -> None:
    moment = Timestamp.parse("2026-12-31T23:59:59.9999999Z")
    assert moment.midnight().wire() == "2026-12-31T00:00:00Z"
    assert moment.plus_days(60).wire() == "2027-03-01T23:59:59.9999999Z"


def test_dates_compare_as_they_stand_whatever_their_zone() -> None:
    assert Timestamp(5, utc=True) == Timestamp(5, utc=False)
    assert MIN_TIMESTAMP < Timestamp.of(datetime(2026, 1, 1, tzinfo=UTC)) < Timestamp(MAX_TICKS)


@pytest.mark.parametrize("step", [lambda: Timestamp(-1), lambda: Timestamp(MAX_TICKS).plus_years(1)])
def test_the_calendar_has_ends(step: Any) -> None:
    with pytest.raises(ValueError, match="years 1 to 9999"):
        step()
