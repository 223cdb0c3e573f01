"""The worlds that come along, each with what is true in it; and a world that is described and built again."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest

from common.cli.client import Client, RequestFailed
from common.cli.worlds import files, reading
from common.cli.worlds.applying import build
from common.cli.worlds.exporting import describe
from common.crypto import account
from common.enums import ApiKeyType, ProductTier
from tests.support.harness import Workshop
from tests.support.shelf import Shelf
from tests.support.stages import InProcessStage, empty_stage

OWNER, MEMBER, FAMILY = "owner@acme.example", "member@acme.example", "family@home.example"


@pytest.fixture(autouse=True)
def one_key_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """People's keys are nobody's concern here, and take long to make."""
    monkeypatch.setattr(account, "new_rsa_key_pair", cache(account.new_rsa_key_pair))
    monkeypatch.setattr(account, "master_key", cache(account.master_key))


@pytest.fixture
def place(workshop: Workshop) -> Iterator[InProcessStage]:
    with empty_stage(workshop) as made:
        yield made


def built(place: InProcessStage, name: str) -> InProcessStage:
    build(reading.read(*files.find(name)), place.stage)
    return place


def organizations(place: InProcessStage, email: str = OWNER, app: str = "selfhost") -> list[dict[str, Any]]:
    client: Client = place.stage.clients[app, email]
    client.refresh()
    return list(client.profile()["organizations"])


def billed(place: InProcessStage, app: str = "us") -> dict[str, Any]:
    [one] = place.stage.organizations[:1]
    return dict(place.stage.servers[app].get(f"/_sim/organizations/{one.id}/subscription"))


def test_every_world_that_comes_along_is_tried_here() -> None:
    tried = {name.removeprefix("test_world_") for name in globals() if name.startswith("test_world_")}
    assert tried == {name.replace("-", "_") for name in files.shipped()}


def test_world_empty(place: InProcessStage) -> None:
    built(place, "empty")
    assert place.stage.servers["selfhost"].is_alive()
    assert place.stage.clients == {}
    [installation] = place.stage.installations
    assert place.stage.servers["us"].get(f"/api/installations/{installation.id}")["enabled"] is True


def test_world_licensed(place: InProcessStage) -> None:
    built(place, "licensed")
    [here] = organizations(place)
    assert (here["name"], here["seats"], here["enabled"]) == ("Acme", 10, True)
    assert here["productTierType"] == ProductTier.ENTERPRISE
    with pytest.raises(RequestFailed):
        place.stage.clients["selfhost", OWNER].post(f"/organizations/licenses/self-hosted/{here['id']}/sync/")


def test_world_synced(place: InProcessStage) -> None:
    built(place, "synced")
    facts = place.stage.servers["selfhost"].get("/_sim/progress", email=OWNER)
    [here] = facts["organizations"]
    assert (facts["cloudCommunication"], here["connected"]) == (True, True)
    assert here["lastLicenseSync"] is not None
    [acme] = [each for each in place.stage.organizations if each.app == "cloud_us"]
    owner = place.stage.clients["us", OWNER]
    secret = {"type": int(ApiKeyType.BILLING_SYNC), "masterPasswordHash": owner.password_hash}
    assert acme.billing_sync_token == owner.post(f"/organizations/{acme.id}/api-key", secret)["apiKey"]


def test_world_grace_day_30(place: InProcessStage) -> None:
    built(place, "grace-day-30")
    assert f"{place.stage.now('selfhost'):%Y-%m-%d}" == "2028-01-31"
    [here] = organizations(place)
    assert here["enabled"] is True
    assert billed(place)["status"] == "canceled" and billed(place)["periodEnd"].startswith("2028-01-01")
    stored = place.stage.servers["selfhost"].get("/_sim/agenda", until="2028-12-31T00:00:00Z")["data"]
    ahead = {each["kind"]: each["at"][:10] for each in stored if each["kind"] != "job"}
    assert ahead["grace-end"] == "2028-03-01"


def test_world_suspended(place: InProcessStage) -> None:
    built(place, "suspended")
    [here] = organizations(place)
    assert here["enabled"] is False


def test_world_sponsorship_offered(place: InProcessStage) -> None:
    built(place, "sponsorship-offered")
    [here] = organizations(place, MEMBER)
    assert here["familySponsorshipFriendlyName"] == FAMILY
    assert here["familySponsorshipLastSyncDate"] is not None and here["familySponsorshipValidUntil"] is None
    assert place.stage.mailbox.wait_for(FAMILY, subject="Accept Your Free Families Subscription")


def test_world_sponsorship_active(place: InProcessStage) -> None:
    built(place, "sponsorship-active")
    [here] = organizations(place, MEMBER)
    assert here["familySponsorshipValidUntil"] is not None
    [family] = organizations(place, FAMILY, "us")
    assert family["productTierType"] == ProductTier.FAMILIES


def test_world_trial(place: InProcessStage) -> None:
    built(place, "trial")
    assert billed(place)["status"] == "trialing"
    [here] = organizations(place)
    assert here["enabled"] is True


def test_world_families(place: InProcessStage) -> None:
    built(place, "families")
    [here] = organizations(place, "owner@home.example")
    assert here["productTierType"] == ProductTier.FAMILIES and here["enabled"] is True


def test_world_eu(place: InProcessStage) -> None:
    built(place, "eu")
    facts = place.stage.servers["selfhost"].get("/_sim/progress", email=OWNER)
    assert facts["region"] == "EU" and facts["organizations"][0]["lastLicenseSync"] is not None
    assert place.stage.servers["eu"].get("/_sim/progress", email=OWNER)["organizations"][0]["name"] == "Acme"
    assert ("us", OWNER) not in place.stage.clients


def test_world_eu_empty(place: InProcessStage) -> None:
    built(place, "eu-empty")
    facts = place.stage.servers["selfhost"].get("/_sim/progress", email=OWNER)
    assert (facts["region"], facts["organizations"]) == ("EU", [])
    [installation] = place.stage.installations
    assert place.stage.servers["eu"].get(f"/api/installations/{installation.id}")["enabled"] is True
    assert place.stage.clients.keys() == {("eu", OWNER), ("selfhost", OWNER)}


def test_world_fleet_100(place: InProcessStage) -> None:
    """A few of them: each is as the other."""
    world = reading.read(*files.find("fleet-100"))
    [fleet] = world["organizations"]
    assert fleet["copies"] == 100
    build(world | {"organizations": [fleet | {"copies": 3}]}, place.stage)
    here = organizations(place, "owner@fleet.example")
    assert sorted(each["name"] for each in here) == ["Fleet 001", "Fleet 002", "Fleet 003"]
    assert all(each["enabled"] for each in here)


WORLD = """
time: {begin: "2027-01-01T12:00:00Z", now: "2027-01-03T12:00:00Z", frozen: true, skewSeconds: {selfhost: -360}}
releases: {eu: v2024.1}
egress: {push.bitwarden.com: drop, identity.bitwarden.eu: tls-expired}
settings: {globalSettings__enableCloudCommunication: true, wardenloop__sponsorshipSyncHour: 0}
accounts:
  - {email: owner@acme.example, name: Olivia Owner, at: [us, selfhost], password: another-long-password}
  - {email: member@acme.example, name: Max Member, at: [us, selfhost], premium: true}
  - {email: admin@acme.example, name: Ada Admin, at: [us, eu]}
organizations:
  - name: Acme
    owner: owner@acme.example
    plan: enterprise-annually
    seats: 12
    members:
      - {email: admin@acme.example, role: admin}
      - {email: member@acme.example, status: accepted}
      - {email: stranger@acme.example, status: invited}
    instance:
      connection: synced
      members: [{email: member@acme.example}]
      sponsorships: [{by: member@acme.example, to: family@home.example, state: active}]
  - {name: Monthly, owner: admin@acme.example, plan: teams-monthly, seats: 3, opened: "2027-01-02T12:00:00Z"}
  - {name: Far Away, cloud: eu, owner: admin@acme.example, plan: enterprise-annually, seats: 2, status: past-due}
  - name: Managed
    owner: owner@acme.example
    plan: enterprise-monthly
    seats: 3
    provider: {name: Managers, type: msp}
    instance: {}
  - {name: Leaving, owner: owner@acme.example, plan: enterprise-annually, seats: 2, status: canceling, instance: {}}
"""

_OWN = (
    "id",
    "providerId",
    "userId",
    "organizationUserId",
    "key",
    "identifier",
    "creationDate",
    "revisionDate",
    "ssoExternalId",
)


def told(place: InProcessStage) -> dict[tuple[str, str, str, str], Any]:
    """What everybody's profile says, value by value, but for ids and keys."""
    for client in place.stage.clients.values():
        client.refresh()
    return {
        (*who, each["name"], name): value
        for who, client in place.stage.clients.items()
        for each in client.profile()["organizations"]
        for name, value in each.items()
        if name not in _OWN
    }


@pytest.mark.sweep
def test_a_world_that_is_described_and_built_again_is_the_same(shelf: Shelf, clock: Any) -> None:
    with ExitStack() as stack:
        first, second = (stack.enter_context(empty_stage(_closing(stack, Workshop(shelf, clock)))) for _ in range(2))
        build(reading.read(WORLD, "w"), first.stage)
        exported, left_out = describe(first.stage, first.stage.accounts)
        assert left_out == []
        providers = {each["name"]: each.get("provider") for each in exported["organizations"]}
        assert providers["Managed"] == {"name": "Managers", "type": "msp"}
        assert exported["time"]["skewSeconds"] == {"selfhost": -360}
        again = reading.read(reading.write(exported), "again")
        build(again, second.stage)
        assert describe(second.stage, second.stage.accounts) == (exported, [])
        before, after = told(first), told(second)
        assert {key: (value, after.get(key)) for key, value in before.items() if after.get(key) != value} == {}
        assert after.keys() == before.keys()
        network, versions = (_of_both(path, first, second) for path in ("/_sim/egress", "/api/version"))
        assert network[0] == network[1] and len(network[0]["selfhost"]["data"]) == 2
        assert versions[0] == versions[1] and versions[0]["eu"] != versions[0]["us"]
    assert {each["name"] for each in exported["organizations"]} == {
        "Acme",
        "Far Away",
        "Family",
        "Leaving",
        "Managed",
        "Monthly",
    }
    text = reading.write(exported)
    assert "http" not in text and "127.0.0.1" not in text


def _of_both(path: str, *places: InProcessStage) -> list[dict[str, Any]]:
    """What the apps of each say."""
    apps = ("selfhost",) if "egress" in path else ("us", "eu", "selfhost")
    return [{app: place.stage.servers[app].get(path) for app in apps} for place in places]


def _closing(stack: ExitStack, workshop: Workshop) -> Workshop:
    stack.callback(workshop.close)
    return workshop
