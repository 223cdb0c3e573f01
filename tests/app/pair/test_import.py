"""Worlds that are made out of a real licence: both sides have it, and the cloud issues it again."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from common.cli.worlds.applying import build
from common.cli.worlds.bringing import issued_now
from common.cli.worlds.importing import Given, Import, compared, plan_import
from common.crypto import account
from common.ids import SystemIds
from tests.support.brought import INSTALLATION, ISSUED, ORGANIZATION, organization_license, pascal
from tests.support.harness import Workshop
from tests.support.stages import InProcessStage, empty_stage

ENVIRONMENT = """globalSettings__baseServiceUri__cloudRegion=EU
globalSettings__enableCloudCommunication=true
globalSettings__installation__identityUri=https://identity.bitwarden.eu
globalSettings__installation__apiUri=https://api.bitwarden.eu
globalSettings__mail__smtp__password=hunter2
"""
LONG_AFTER = datetime(2031, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def one_key_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "new_rsa_key_pair", cache(account.new_rsa_key_pair))
    monkeypatch.setattr(account, "master_key", cache(account.master_key))


@pytest.fixture
def place(workshop: Workshop) -> Iterator[InProcessStage]:
    with empty_stage(workshop) as made:
        yield made


def planned(file: dict[str, Any], now: datetime = LONG_AFTER, **given: Any) -> Import:
    return plan_import(Given(json.dumps(file).encode(), **given), SystemIds(), now)


def of_instance(place: InProcessStage, owner: str = "owner@organization.example") -> list[dict[str, Any]]:
    client = place.stage.clients["selfhost", owner]
    client.refresh()
    return list(client.profile()["organizations"])


def test_both_sides_have_the_organization_of_the_file(place: InProcessStage) -> None:
    made = planned(pascal(organization_license(seats=12)), environment=ENVIRONMENT.encode(), users=3)
    build(made.world, place.stage)
    issued = issued_now(place.stage, made)
    assert place.stage.refusals == []
    assert issued is not None and compared(made.file, issued, made.not_compared) == []
    assert (str(issued.id), str(issued.installation_id)) == (ORGANIZATION, INSTALLATION)
    [here] = of_instance(place)
    assert (here["name"], here["seats"], here["enabled"], here["usePam"]) == ("Müller & Söhne", 12, True, True)
    assert {email for where, email in place.stage.clients if where == "selfhost"} == {
        "owner@organization.example",
        "user-002@organization.example",
        "user-003@organization.example",
    }
    facts = place.stage.servers["selfhost"].get("/_sim/progress", email="owner@organization.example")
    assert (facts["region"], facts["cloudCommunication"]) == ("EU", True)
    assert place.stage.now() - ISSUED < (LONG_AFTER - ISSUED) / 1000  # its period is over by then: not played


def test_a_licence_that_no_instance_takes_is_on_the_cloud_alone(place: InProcessStage) -> None:
    made = planned(organization_license(selfHost=False, planType=18, plan="Teams (Annually)"))
    build(made.world, place.stage)
    assert place.stage.refusals == [
        "Invalid license. The license does not allow for on-premise hosting of organizations."
    ]
    issued = issued_now(place.stage, made)
    assert issued is not None and compared(made.file, issued, made.not_compared) == []
    assert of_instance(place) == []


def test_pseudonyms_stand_for_everything_that_tells_who_it_is(place: InProcessStage) -> None:
    file = organization_license(businessName="Müller Holding")
    made = planned(file, pseudonymous=True)
    build(made.world, place.stage)
    told = json.dumps(made.world)
    for name in made.replaced:
        value = file[name[0].lower() + name[1:]]
        assert value not in told
    issued = issued_now(place.stage, made)
    assert issued is not None and compared(made.file, issued, made.not_compared) == []
    [here] = of_instance(place)
    assert here["name"] == "Example Organization"
