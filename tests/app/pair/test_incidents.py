"""Every incident is staged, broken, seen in the words that it says, explained by the journal, repaired."""

from dataclasses import replace

import pytest

from common.desk.stories import service
from common.desk.stories.incidents import INCIDENTS
from common.desk.stories.scene import Scene
from common.releases import Release
from tests.support.harness import Pair, Workshop, make_pair
from tests.support.scenes import scene_in


@pytest.fixture
def scene(workshop: Workshop) -> Scene:
    pair = make_pair(workshop, wardenloop__journal="10000")
    return scene_in(pair, lambda version: behave_as(pair, version))


def behave_as(pair: Pair, version: str) -> None:
    """What a restart as another release changes."""
    parts = pair.selfhost.app.extensions["wardenloop"]
    release = Release.parse(version)
    deployment = replace(parts.deployment, release=release)
    settings = replace(parts.settings, version=str(release))
    pair.selfhost.app.extensions["wardenloop"] = replace(parts, deployment=deployment, settings=settings)


def test_an_incident_on_an_older_release_gives_it_back(workshop: Workshop) -> None:
    pair = make_pair(workshop, wardenloop__journal="10000")
    scene = scene_in(pair, lambda version: behave_as(pair, version))
    behave_as(pair, "2023.10.0")
    steps = list(service.tell(INCIDENTS["2065"], scene, "en"))
    assert [(each.step, each.text) for each in steps if not each.as_expected] == []
    assert scene.instance.call("GET", "/api/config").body["version"] == "2023.10.0"


RULES: dict[str, str | None] = {
    "rotated-token": "billing-sync.key-mismatch",
    "disabled-installation": "token.invalid-client",
    "firewall": "license-sync.cloud-failed",
    "4274": "license.can-use.email",
    "919": "license.version",
    "invite-over-seats": "seats.self-hosted",
    "other-installation": "license.can-use.installation",
    "disabled-in-the-cloud": "license.can-use.disabled",
    "lapsed": "validation.organization",
    "3412": "validation.organization",
    "5223": None,
}
"""The rule that refused: the cloud's where the instance only says that it was asked in vain; None = a fault did it."""


@pytest.mark.parametrize("name", INCIDENTS)
def test_an_incident(scene: Scene, name: str) -> None:
    steps = list(service.tell(INCIDENTS[name], scene, "en"))
    assert [each.step for each in steps] == ["stage", "see", "explain", "repair", "works"]
    assert [(each.step, each.text) for each in steps if not each.as_expected] == []
    explained = steps[2]
    assert bool(explained.entries) == (INCIDENTS[name].operation is not None)
    if name in RULES:
        assert explained.rule == RULES[name]
    else:
        assert (explained.rule is not None) == (INCIDENTS[name].operation is not None)
