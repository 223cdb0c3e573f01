"""A `bitwarden.sh` twin in a temporary home, driven through its command line."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
import responses
from click.testing import CliRunner, Result

from common.clock import ManualClock
from common.ids import SeededIds
from common.server.destinations import Destinations
from common.server.http.session import create_session
from selfhost.deployment import certificates
from selfhost.deployment.bwdata import DataDirectory
from selfhost.deployment.commands import Tools, cli
from selfhost.deployment.state import InstanceHome

INSTALLATION = "3f1c2f60-6b5e-4d0e-9a55-b2b1a0c0ffee"
US = "http://us.test:4000/api/installations/"
EU = "http://eu.test:4100/api/installations/"


class Twin:
    """Runs commands against one home and reads what they left."""

    installation_id = INSTALLATION
    us = US + INSTALLATION  # where the US cloud is asked about the installation
    eu = EU + INSTALLATION

    def __init__(self, folder: Path) -> None:
        self.home = InstanceHome(folder / "home")
        self.data = DataDirectory(folder / "home/bwdata")
        self.shell: dict[str, str] = {}
        self.root = False
        self.home.path.mkdir()
        stack = '{"cloud_us": "http://us.test:4000", "cloud_eu": "http://eu.test:4100/"}'
        (self.home.path / "stack.json").write_text(stack)

    def __call__(self, *arguments: str, typed: str | None = None) -> Result:
        """Run a command; with `typed` somebody sits at the terminal and types these lines."""
        clock = ManualClock(datetime(2026, 8, 20, 12, 0, tzinfo=UTC))
        tools = Tools(clock, SeededIds(7), self._reach, self.shell, self.root, typed is not None)
        command = [*arguments, "--home", str(self.home.path)]
        return CliRunner().invoke(cli, command, obj=tools, input=typed, catch_exceptions=False)

    @staticmethod
    def _reach(destinations: Destinations) -> requests.Session:
        return create_session(5, destinations=destinations)

    def install(self, *arguments: str, region: str = "EU") -> Result:
        """Install with flags; the caller says what the cloud answers."""
        key = ("--install-id", INSTALLATION, "--install-key", "a key")
        return self("install", "--defaults", *key, "--cloud-region", region, *arguments)

    @property
    def overrides(self) -> dict[str, str]:
        """Lines of global.override.env, values verbatim."""
        lines = self.data.override_env.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def add_line(self, *lines: str) -> None:
        """Append to global.override.env, as an operator does."""
        with self.data.override_env.open("a") as file:
            file.writelines(line + "\n" for line in lines)


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """4096-bit keys cost a second each; that size is asserted where it matters."""
    monkeypatch.setattr(certificates, "IDENTITY_KEY_BITS", 1024)


@pytest.fixture
def cloud() -> Iterator[responses.RequestsMock]:
    """The clouds as seen by requests; everything else is refused."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    """Nothing installed yet."""
    folder = tmp_path / "it's a $ome #folder"
    folder.mkdir()
    return Twin(folder)


@pytest.fixture
def installed(twin: Twin, cloud: responses.RequestsMock) -> Twin:
    """Installed against the EU cloud, not started."""
    cloud.get(EU + INSTALLATION, json={"id": INSTALLATION, "key": None, "enabled": True, "object": "installation"})
    result = twin.install()
    assert "Installation complete" in result.output
    return twin
