"""The guided story: each step leads to its control, is done by the desk, ticks itself off; no server, no verdict."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from common.desk.app import create_desk
from common.desk.guide import WAYS
from common.desk.rules import CLOUD, Step, checklist
from common.desk.stories.doing import DOES
from common.documents import documents
from tests.support.harness import Pair
from tests.support.scenarios import make_unverified
from tests.support.scenes import scene_in
from tests.support.visitor import Visitor

ROOT = Path(__file__).parents[3]
BY_THE_SCRIPT = {"x.stepCommunication"}
"""Done by `bitwarden.sh`, which a test in process does not have."""


def never(_version: str) -> None:
    raise AssertionError


def facts(pair: Pair) -> list[dict[str, Any]]:
    email = pair.owner.email
    return [side.client.get("/_sim/progress", params={"email": email}).json() for side in (pair.cloud, pair.selfhost)]


def steps_of(pair: Pair) -> dict[str, Step]:
    return {step.key: step for document in checklist(*facts(pair)) for step in document.steps}


def _newest(told: dict[str, Any]) -> str:
    return str(told["organizations"][0]["id"]) if told["organizations"] else ""


def test_every_step_leads_to_its_control_and_what_the_desk_does_ticks_it_off(pair: Pair) -> None:
    make_unverified(pair.owner)
    scene = scene_in(pair, never)
    browsers = {True: Visitor(pair.cloud).log_in(pair.cloud_owner), False: Visitor(pair.selfhost).log_in(pair.owner)}
    told = [task.task for document in documents().values() for each in document.chapters for task in each.tasks]
    for key in filter(DOES.__contains__, dict.fromkeys(map(str, told))):
        step, way = steps_of(pair)[key], WAYS[key]
        if way.controls and not way.portal and not way.mailbox and not step.done:
            page = browsers[step.app == CLOUD].get(str(step.path)).text
            assert any(f'data-testid="{control}"' in page for control in way.controls), (key, step.path)
        assert step.done == (key in {"x.stepInstallation", "x.stepApplyPremium"}), key
        scene.cloud_id, scene.id = (_newest(each) for each in facts(pair))
        pair.cloud.clock.advance(timedelta(seconds=2))  # a licence that is newer than the organization says so
        DOES[key](scene)
        assert steps_of(pair)[key].done, key
    assert set(WAYS) - set(DOES) == BY_THE_SCRIPT
    assert facts(pair)[0]["installations"] == 2


def test_the_calls_that_are_told_exist(pair: Pair) -> None:
    known = {
        f"{method} {re.sub('<[^>]+>', '{id}', rule.rule).rstrip('/')}"
        for side in (pair.cloud, pair.selfhost)
        for rule in side.app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    told = {call.partition("?")[0] for way in WAYS.values() for call in way.wire}
    assert told - known == set()


def test_a_silent_server_makes_nothing_undone(pair: Pair) -> None:
    there, here = facts(pair)
    unknown = {step.key for document in checklist(there, {}) for step in document.steps if step.done is None}
    assert "x.stepApply" in unknown
    assert "x.stepCloudOrganization" not in unknown
    (first, *_) = checklist({}, here)
    assert first.next is None


def test_the_calls_that_pages_show_as_command_exist(pair: Pair, tmp_path: Path) -> None:
    desk = create_desk(tmp_path / "mails", tmp_path)
    known = {
        f"{method} {re.sub('<[^>]+>', '', rule.rule)}"
        for app in (desk, pair.cloud.app, pair.selfhost.app)
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    sources = [path.read_text() for folder in ("desk", "ui") for path in (ROOT / "common" / folder).rglob("*.html")]
    told = {
        call for source in sources for call in re.findall(r"<code[^>]*>([A-Z]+ /(?:_sim|mailbox)[^<]*)</code>", source)
    }
    assert len(told) > 8
    bare = {re.sub(r"\{\{[^}]*\}\}|(?<=/)[A-Z]+(?=/|$)|\?.*", "", call) for call in told}
    assert bare - known == set()
