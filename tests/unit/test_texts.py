"""How dates and money are written for people. The values are those of CLDR for en_US and zh_Hans_CN."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from common.server.locale.texts import CHINESE, ENGLISH, Texts

MOMENT = datetime(2026, 11, 7, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "date", "moment"),
    [
        (ENGLISH, "Nov 7, 2026", "Nov 7, 2026, 09:05 UTC"),
        (CHINESE, "2026-11-07", "2026-11-07 09:05 UTC"),
    ],
)
def test_dates(language: str, date: str, moment: str) -> None:
    texts = Texts(language)
    assert (texts.date(MOMENT), texts.moment(MOMENT)) == (date, moment)


def test_a_day_is_a_day_in_utc() -> None:
    evening_in_new_york = datetime(2026, 12, 31, 20, 0, tzinfo=timezone(timedelta(hours=-5)))
    assert Texts(ENGLISH).date(evening_in_new_york) == "Jan 1, 2027"


@pytest.mark.parametrize(
    ("amount", "english", "chinese"),
    [
        (0, "$0.00", "US$0.00"),
        (1234.5, "$1,234.50", "US$1,234.50"),
        (-3, "-$3.00", "-US$3.00"),
        (0.125, "$0.12", "US$0.12"),
    ],
)
def test_money(amount: float, english: str, chinese: str) -> None:
    assert (Texts(ENGLISH).money(amount), Texts(CHINESE).money(amount)) == (english, chinese)


def test_plans_of_licences_in_words() -> None:
    chinese = Texts(CHINESE)
    assert [chinese.plan(each) for each in ("Enterprise (Annually)", "Families", "Teams (Monthly)", "Custom")] == [
        "企业版（每年）",
        "家庭版",
        "团队版（每月）",
        "Custom",
    ]
    assert Texts(ENGLISH).plan("Enterprise (Annually)") == "Enterprise (Annually)"


def test_a_gloss_has_no_american_dates() -> None:
    """The wire text beside it keeps its own."""
    refused = "Invalid license. The lifetime is over: 11/28/2026 00:00:00."
    assert "2026-11-28 00:00:00" in (Texts(CHINESE).gloss(refused) or "")


def test_what_somebody_typed_is_looked_up_so_deep_and_no_deeper() -> None:
    texts = Texts(CHINESE)
    assert (texts.gloss("x" + " is an address." * 200) or "").count("应为地址。") == 5
    assert texts.gloss("x" + " is an address." * 4000) is None
