"""Rehearsals on licences of other kinds than an annual Enterprise: what is said is what happens, or why it cannot."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from common.cli.worlds.applying import build
from common.cli.worlds.importing import Given, plan_import
from common.crypto import account
from common.desk.rehearsals import service
from common.desk.rehearsals.stories import STORIES
from common.desk.stories.scene import StoryFailed
from common.ids import SystemIds
from common.server.locale.texts import CHINESE, ENGLISH, Texts
from tests.support.brought import organization_license
from tests.support.harness import Workshop
from tests.support.rehearsals import Rehearsed
from tests.support.stages import empty_stage

FAMILIES: dict[str, Any] = {"plan": "Families", "planType": 22, "seats": 6, "useSso": False, "useKeyConnector": False}
TEAMS: dict[str, Any] = {"plan": "Teams (Annually)", "planType": 18, "selfHost": False}


@pytest.fixture(autouse=True)
def one_key_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "new_rsa_key_pair", cache(account.new_rsa_key_pair))
    monkeypatch.setattr(account, "master_key", cache(account.master_key))


def rehearse(
    workshop: Workshop, home: Path, story: str, file: dict[str, Any], steps: int | None = None
) -> tuple[list[dict[str, Any]], str]:
    """What was seen in each step, and in both languages why the next one could not be done, if so."""
    given = Given(json.dumps(file).encode(), users=min(file["seats"], 3))
    planned = plan_import(given, SystemIds(), datetime(2031, 1, 1, tzinfo=UTC))
    outcomes: list[dict[str, Any]] = []
    (home / "desk").mkdir()
    with empty_stage(workshop, journal=5000) as place:
        build(planned.world, place.stage)
        rehearsed = Rehearsed(place, "US", "owner@organization.example", home)
        try:
            for step in STORIES[story][:steps]:
                outcomes.append(service.perform(rehearsed.stage(), story, step, list(step.problems), home))
        except StoryFailed as failed:
            return outcomes, "\n".join(service.worded_failure(failed, Texts(each)) for each in (ENGLISH, CHINESE))
    return outcomes, ""


@pytest.mark.parametrize(
    ("file", "story", "done", "why"),
    [
        (organization_license(**FAMILIES), "billing-sync", 1, ("Only an Enterprise organization", "只有企业版")),
        (organization_license(**TEAMS), "renewal", 0, ("does not allow for on-premise", "无法放到实例上")),
        (organization_license("lapsed"), "update", 0, ("2026-02-01 00:00 UTC", "已于 2026-02-01")),
        (organization_license("unpaid"), "lapse", 0, ("never stops to issue it", "云端会一直签发")),
    ],
    ids=["families", "teams", "lapsed", "unpaid"],
)
def test_what_cannot_be_rehearsed_is_told_with_the_reason(
    workshop: Workshop, tmp_path: Path, file: dict[str, Any], story: str, done: int, why: tuple[str, str]
) -> None:
    outcomes, failed = rehearse(workshop, tmp_path, story, file)
    assert [each["asExpected"] for each in outcomes] == [True] * done
    assert [each for each in why if each not in failed] == []


@pytest.mark.parametrize(
    ("file", "story", "ends"),
    [
        (organization_license("monthly", plan="Enterprise (Monthly)", planType=19), "renewal", "2027-03-28"),
        (organization_license("elsewhere", seats=3), "lapse", "2026-12-31"),
    ],
    ids=["monthly", "reseller-and-full"],
)
def test_every_step_of_another_term_is_as_expected(
    workshop: Workshop, tmp_path: Path, file: dict[str, Any], story: str, ends: str
) -> None:
    """Without grace the organization is off after the night behind its end: the day that is named is that one."""
    outcomes, failed = rehearse(workshop, tmp_path, story, file)
    assert (failed, [each["step"] for each in outcomes if not each["asExpected"]]) == ("", [])
    assert [each["step"] for each in outcomes if each["text"].startswith(ends)][:1] == (
        ["download"] if story == "renewal" else ["cancel"]
    )


def test_a_licence_that_an_old_server_understands_is_not_said_to_be_refused(workshop: Workshop, tmp_path: Path) -> None:
    outcomes, _ = rehearse(workshop, tmp_path, "update", organization_license(token=False, version=9), 2)
    [old] = [each for each in outcomes if each["step"] == "old"]
    assert [each["text"].split(",")[0] for each in old["problems"]] == ["This license is of version 9"]
    assert [each["asExpected"] for each in outcomes] == [True, True]
