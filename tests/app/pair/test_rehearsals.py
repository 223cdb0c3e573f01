"""Each rehearsal on an imported world, every problem staged: what is said is what is seen, and the report says it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from common.cli.rehearse import NAMES
from common.cli.worlds.applying import build
from common.cli.worlds.importing import Given, plan_import
from common.crypto import account
from common.desk.rehearsals import report, service
from common.desk.rehearsals.stage import FAMILY, Seen
from common.desk.rehearsals.stories import STORIES, Step
from common.desk.stories.scene import StoryFailed
from common.errors import Refusal
from common.ids import SystemIds
from common.server.locale.texts import CHINESE, ENGLISH, Texts
from tests.support.brought import organization_license
from tests.support.harness import Workshop
from tests.support.rehearsals import Rehearsed
from tests.support.stages import empty_stage

OWNER = "owner@organization.example"


@pytest.fixture(autouse=True)
def one_key_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "new_rsa_key_pair", cache(account.new_rsa_key_pair))
    monkeypatch.setattr(account, "master_key", cache(account.master_key))


@contextmanager
def imported(workshop: Workshop, tmp_path: Path, region: str = "US", lines: str = "") -> Iterator[Rehearsed]:
    with empty_stage(workshop, journal=5000) as place:
        given = Given(json.dumps(organization_license("annual")).encode(), lines.encode() or None)
        build(plan_import(given, SystemIds(), datetime(2031, 1, 1, tzinfo=UTC)).world, place.stage)
        (tmp_path / "desk").mkdir()
        yield Rehearsed(place, region, OWNER, tmp_path)


@pytest.fixture
def rehearsed(workshop: Workshop, tmp_path: Path) -> Iterator[Rehearsed]:
    with imported(workshop, tmp_path) as found:
        yield found


def run(rehearsed: Rehearsed, story: str, home: Path) -> list[dict[str, Any]]:
    outcomes = []
    for step in STORIES[story]:
        problems = list(step.problems)
        outcomes.append(service.perform(rehearsed.stage(), story, step, problems, home))
        assert [(each["name"], each["text"]) for each in outcomes[-1]["problems"] if not each["asExpected"]] == []
        assert [each["name"] for each in outcomes[-1]["problems"] if not each["why"]] == []  # a journal is kept
        assert outcomes[-1]["asExpected"], (step.name, outcomes[-1]["text"])
    return outcomes


@pytest.mark.parametrize("story", STORIES)
def test_a_rehearsal(rehearsed: Rehearsed, story: str, tmp_path: Path) -> None:
    outcomes = run(rehearsed, story, tmp_path)
    record = service.record_of(tmp_path)
    assert record is not None and list(record["steps"]) == [each["step"] for each in outcomes]
    if story == "lapse":
        assert [each["at"][:10] for each in outcomes] == ["2026-03-16", "2027-01-15", "2027-01-15", *["2027-03-16"] * 2]
    if story == "renewal":
        ends = [each["text"][:10] for each in outcomes]
        assert ends == [
            "2027-03-16",
            "2027-03-16",
            "2028-01-15",
            *["2028-03-15"] * 2,
            "",
        ]
    for texts in (Texts(ENGLISH), Texts(CHINESE)):
        written, page = report.markdown(record, texts), report.page(record, texts)
        for each in outcomes:
            for problem in each["problems"]:
                assert problem["text"].split("\n")[0] in written
        assert written.count("\n## ") == page.count("<section>") == len(STORIES[story])
        HTMLParser().feed(page)


def test_a_renewal_when_the_token_of_the_licence_has_ended(rehearsed: Rehearsed, tmp_path: Path) -> None:
    """As where it was uploaded on the first day of its year: the subscription page is refused on the last."""
    run(rehearsed, "renewal", tmp_path)
    stage = rehearsed.stage()
    stage.play_past(stage.now() + timedelta(days=366))
    assert "IDX10223" in stage.scene.subscription().text
    assert stage.expiration() == datetime(2028, 3, 15, tzinfo=UTC)
    done = [service.perform(rehearsed.stage(), "renewal", step, (), tmp_path) for step in STORIES["renewal"][3:]]
    assert [each["step"] for each in done if each["asExpected"]] == ["download", "upload", "check"]


STAGED_IN_SYNC = ["firewall", "no-dns", "proxy-page", "cloud-down", "rotated-token"]


def test_what_fails_for_another_reason_than_the_staged_one_is_not_as_expected(
    workshop: Workshop, tmp_path: Path
) -> None:
    """One line of four: the region is the EU's, the addresses are the others. The text is that of every cause."""
    lines = "globalSettings__baseServiceUri__cloudRegion=EU\nglobalSettings__enableCloudCommunication=true\n"
    with imported(workshop, tmp_path, "EU", lines) as wrong:
        steps = {step.name: step for step in STORIES["billing-sync"]}
        perform = service.perform
        saved = perform(wrong.stage(), "billing-sync", steps["save"], ["wrong-token"], tmp_path)
        synced = perform(wrong.stage(), "billing-sync", steps["sync"], STAGED_IN_SYNC, tmp_path)
    staged = [*saved["problems"], *synced["problems"]]
    assert [each["name"] for each in staged if each["asExpected"] or not each["otherCause"]] == []
    assert {each["why"]["names"][0] for each in (*staged, synced)} == {"token.invalid-client.other-region"}
    english, chinese = (service.told(synced, Texts(language)) for language in (ENGLISH, CHINESE))
    assert "token.invalid-client.other-region: The installation is registered in the other region" in english["why"]
    assert "区域" in chinese["why"] and "区域" in chinese["problems"][0]["why"]
    record = service.record_of(tmp_path)
    assert record is not None
    assert "other reason than the one that was staged (firewall)" in " ".join(
        report.markdown(record, Texts(ENGLISH)).split("\\")
    )


def test_a_step_that_cannot_be_done_says_why(rehearsed: Rehearsed, tmp_path: Path) -> None:
    """The cloud knows the installation no more: the download is refused, literally, with what the journal advises."""
    stage = rehearsed.stage()
    stage.scene.switch_installation(enabled=False)
    fetch = next(step for step in STORIES["renewal"] if step.name == "download")
    with pytest.raises(StoryFailed) as failed:
        service.perform(stage, "renewal", fetch, [], tmp_path)
    english, chinese = (service.worded_failure(failed.value, Texts(each)) for each in (ENGLISH, CHINESE))
    assert "was refused: 400 Invalid installation id" in english and "Register it in this region" in english
    assert "被拒绝：400 Invalid installation id（" in chinese and "请在此区域注册" in chinese


def test_every_rehearsal_has_a_command() -> None:
    assert set(NAMES) == set(STORIES)


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_menus_are_named_as_they_are(language: str) -> None:
    texts = Texts(language)
    upload = next(step for step in STORIES["renewal"] if step.name == "upload")
    words = service.words_of("renewal", upload, texts)
    assert all(texts(key) in words.do for key in ("adminConsole", "billing", "subscription", "manualUpload", "submit"))


def _said(text: str) -> dict[str, Any]:
    return {"step": "look", "text": text, "asExpected": True, "at": "-", "why": None, "problems": []}


def test_one_step_at_a_time(tmp_path: Path) -> None:
    class Still:
        def now(self) -> datetime:
            return datetime(2031, 1, 1, tzinfo=UTC)

    (tmp_path / "desk").mkdir()
    stage, refused = Still(), []

    def again(_stage: Any) -> Seen:
        with pytest.raises(Refusal) as told:
            service.perform(stage, "renewal", Step("look", again), (), tmp_path)  # type: ignore[arg-type]
        refused.append(told.value.status)
        return Seen("", ok=True)

    for _ in range(2):
        service.perform(stage, "renewal", Step("look", again), (), tmp_path)  # type: ignore[arg-type]
    assert refused == [409, 409]


def test_nothing_of_a_text_becomes_markup() -> None:
    written = report.markdown({"story": "renewal", "steps": {"look": _said("<b>[x](y)\n\n# `*_")}}, Texts(ENGLISH))
    assert r"\<b\>\[x\](y) # \`\*\_" in written
    page = report.page({"story": "renewal", "steps": {"look": _said("<b>&")}}, Texts(ENGLISH))
    assert "&lt;b&gt;&amp;" in page and "<b>" not in page


def test_unknown_names_are_refused_with_those_that_there_are() -> None:
    with pytest.raises(service.UnknownRehearsal, match="renewal, billing-sync"):
        service.find_step("x", "y")
    with pytest.raises(service.UnknownRehearsal, match="look, early"):
        service.find_step("renewal", "y")
    with pytest.raises(service.UnknownRehearsal, match="wrong-installation"):
        service.find_step("renewal", "upload", ["y"])


def test_a_family_redeems_on_the_cloud_and_the_instance_learns_of_it(rehearsed: Rehearsed, tmp_path: Path) -> None:
    """Looked at past the steps: the Families organization's price, and the status on the instance."""
    outcomes = {each["step"]: each for each in run(rehearsed, "families", tmp_path)}
    stage = rehearsed.place.stage
    [offer] = stage.servers["selfhost"].get(f"/_sim/organizations/{rehearsed.stage().scene.id}/sponsorships")["data"]
    assert (offer["status"], offer["awaitingSync"]) == ("active", False)
    assert outcomes["active"]["text"] == offer["validUntil"]
    family = stage.servers["us"].get("/_sim/progress", email=FAMILY)["organizations"]
    billed = stage.servers["us"].get(f"/_sim/organizations/{family[0]['id']}/subscription")
    assert billed["periodEnd"] == offer["validUntil"]
    with pytest.raises(StoryFailed, match="snapshot load"):
        service.perform(rehearsed.stage(), "families", STORIES["families"][1], [], tmp_path)
