"""Fixtures: each app on its own, and the pair. No sockets, no waiting."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings

from common.clock import ManualClock
from common.crypto.certificates import create_license_certificate
from tests.support.harness import START, Pair, Side, Workshop, make_pair
from tests.support.shelf import Shelf

settings.register_profile("nightly", settings.get_profile("ci"), derandomize=False)  # more, and others in each run

pytest_plugins = [
    "tests.support.plugins.garbage",
    "tests.support.plugins.order",
    "tests.support.plugins.postgres",
    "tests.support.plugins.skips",
    "tests.support.plugins.licensing",
    "tests.support.silence",
    "tests.support.plugins.locks",
]


@pytest.fixture(scope="session")
def certificate_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One licence certificate per test process, whose key signs five times as fast as one of the real size."""
    directory = tmp_path_factory.mktemp("certificate")
    create_license_certificate(directory, key_bits=2048)
    return directory


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory, certificate_dir: Path) -> Shelf:
    """What every workshop of this test process can use: keys, empty databases, apps."""
    return Shelf(tmp_path_factory.mktemp("shelf"), certificate_dir)


@pytest.fixture
def clock() -> ManualClock:
    """The time of both sides; moves when told to."""
    return ManualClock(START)


@pytest.fixture
def workshop(shelf: Shelf, clock: ManualClock) -> Iterator[Workshop]:
    """Makes apps with settings of the test's own choice."""
    with closing(Workshop(shelf, clock)) as made:
        yield made


@pytest.fixture
def cloud(workshop: Workshop) -> Side:
    """The US cloud."""
    return workshop.cloud()


@pytest.fixture
def selfhost(workshop: Workshop) -> Side:
    """A self-hosted instance with no cloud to talk to."""
    return workshop.selfhost()


@pytest.fixture
def pair(workshop: Workshop) -> Pair:
    """The US cloud and an instance with an installation of its own."""
    return make_pair(workshop)
