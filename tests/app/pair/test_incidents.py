"""Every incident is staged, broken, seen in the words that it says, explained by the journal, repaired."""

from dataclasses import replace
from typing import Any

import pytest

from common.desk.stories import service
from common.desk.stories.incidents import INCIDENTS
from common.desk.stories.scene import Answer, Scene
from common.releases import Release
from tests.support.harness import ENC_STRING, PUBLIC_KEY, WRAPPED_KEY, Api, Pair, Workshop, make_pair

KEYS = {
    "key": WRAPPED_KEY,
    "keys": {"publicKey": PUBLIC_KEY, "encryptedPrivateKey": ENC_STRING},
    "collectionName": ENC_STRING,
}


class InProcess:
    """Calls one app of a pair."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def call(self, method: str, path: str, **content: Any) -> Answer:
        answer = self.api.request(method, path, **content)
        body: Any = answer.json() if answer.content else None
        return Answer(answer.status_code, "" if answer.ok else str(body["message"]), body)


@pytest.fixture
def scene(workshop: Workshop) -> Scene:
    pair = make_pair(workshop, wardenloop__journal="10000")
    return Scene(
        cloud=InProcess(pair.cloud.client),
        instance=InProcess(pair.selfhost.client),
        there=InProcess(pair.cloud_owner.api),
        here=InProcess(pair.owner.api),
        secret=pair.cloud_owner.password_hash,
        installation=pair.installation["id"],
        license_folder=pair.selfhost.app.extensions["wardenloop"].deployment.license_directory / "organization",
        keys=lambda: KEYS,
        restart_as=lambda version: behave_as(pair, version),
        name="Incident 1",
    )


def behave_as(pair: Pair, version: str) -> None:
    """What a restart as another release changes."""
    parts = pair.selfhost.app.extensions["wardenloop"]
    deployment = replace(parts.deployment, release=Release.parse(version))
    pair.selfhost.app.extensions["wardenloop"] = replace(parts, deployment=deployment)


OF_THE_CLOUD = {
    "rotated-token": "billing-sync.key-mismatch",
    "disabled-installation": "token.invalid-client",
    "firewall": "license-sync.cloud-failed",
}
"""The rule that refused where the instance only says that the cloud was asked in vain."""


@pytest.mark.parametrize("name", INCIDENTS)
def test_an_incident(scene: Scene, name: str) -> None:
    steps = list(service.tell(INCIDENTS[name], scene, "en"))
    assert [each.step for each in steps] == ["stage", "see", "explain", "repair", "works"]
    assert [(each.step, each.text) for each in steps if not each.as_expected] == []
    explained = steps[2]
    assert (explained.rule is not None) == (INCIDENTS[name].operation is not None)
    if name in OF_THE_CLOUD:
        assert explained.rule == OF_THE_CLOUD[name]
