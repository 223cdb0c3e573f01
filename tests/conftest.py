"""Fixtures: each app on its own, and the pair. No sockets, no waiting."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from common.clock import ManualClock
from common.crypto.certificates import load_or_create
from tests.support.harness import START, Person, Side, Workshop

pytest_plugins = ["tests.support.plugins.postgres", "tests.support.plugins.licensing"]


@pytest.fixture(scope="session")
def certificate_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One licence certificate per test process (making an RSA-4096 key takes a second)."""
    directory = tmp_path_factory.mktemp("certificate")
    load_or_create(directory)
    return directory


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What every app of this test process can copy: keys and empty databases."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def clock() -> ManualClock:
    """The time of both sides; moves when told to."""
    return ManualClock(START)


@pytest.fixture
def workshop(tmp_path: Path, certificate_dir: Path, shelf: Path, clock: ManualClock) -> Workshop:
    """Makes apps with settings of the test's own choice."""
    return Workshop(tmp_path, certificate_dir, shelf, clock)


@pytest.fixture
def cloud(workshop: Workshop) -> Side:
    """The US cloud."""
    return workshop.cloud()


@pytest.fixture
def selfhost(workshop: Workshop) -> Side:
    """A self-hosted instance with no cloud to talk to."""
    return workshop.selfhost()


@dataclass
class Pair:
    """A cloud and an instance that is registered there, an owner signed in on both, cloud communication on."""

    cloud: Side
    selfhost: Side
    cloud_owner: Person
    owner: Person
    installation: dict[str, str]


@pytest.fixture
def pair(workshop: Workshop) -> Pair:
    """The US cloud and an instance with an installation of its own."""
    return make_pair(workshop)


def make_pair(workshop: Workshop, region: str = "US", **environment: str) -> Pair:
    """A pair in one region; keywords are more settings of the instance."""
    cloud = workshop.cloud(region)
    installation = cloud.client.post("/api/installations", json={"email": "admin@example.com"}).json()
    domain = {"US": "com", "EU": "eu"}[region]
    selfhost = workshop.selfhost(
        cloud,
        **{
            "globalSettings__enableCloudCommunication": "true",
            "globalSettings__baseServiceUri__cloudRegion": region,
            "globalSettings__installation__id": installation["id"],
            "globalSettings__installation__key": installation["key"],
            "globalSettings__installation__apiUri": f"https://api.bitwarden.{domain}",
            "globalSettings__installation__identityUri": f"https://identity.bitwarden.{domain}",
        }
        | environment,
    )
    email = "owner@acme.example"
    return Pair(cloud, selfhost, cloud.sign_up(email), selfhost.sign_up(email), installation)
