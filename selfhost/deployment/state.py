"""What stands beside `bwdata` in a home folder: the script's versions, the configuration in effect, and what the
runners are told and report. Files are written whole and locks die with their holder, so nothing here needs a server.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from common.files import PRIVATE, read_json, write_json
from common.releases import NEWEST
from selfhost.deployment.image_tags import NEWEST_KEY_CONNECTOR, ImageTags

ServiceState = Literal["down", "starting", "healthy", "crashed", "stopping", "gone"]
NEWEST_TAGS = ImageTags(core=str(NEWEST), web=str(NEWEST), key_connector=NEWEST_KEY_CONNECTOR)


@dataclass(frozen=True)
class Script:
    """The constants pinned inside `bitwarden.sh`, and the release dial.

    pinned: the release chosen with the control word `release`; it survives a rebuild and ends with `update`.
    """

    tags: ImageTags
    pinned: str | None = None

    @property
    def image_tags(self) -> ImageTags:
        """What rebuild writes into docker-compose.yml."""
        return ImageTags(self.pinned, self.pinned, self.tags.key_connector) if self.pinned else self.tags


@dataclass(frozen=True)
class Desired:
    """What the runners shall bring about. generation: grows with every start and stop."""

    generation: int
    up: bool


@dataclass(frozen=True)
class Status:
    """What a runner reports about its service. pid: of the service, None while there is none."""

    generation: int
    state: ServiceState
    pid: int | None = None
    error: str = ""


@dataclass(frozen=True)
class InstanceHome:
    """The paths of one home folder."""

    path: Path

    @property
    def script(self) -> Path:
        return self.path / "bitwarden.json"

    @property
    def state(self) -> Path:
        return self.path / "selfhost"

    @property
    def effective(self) -> Path:
        """The configuration in effect: environment, release, generation, started_at."""
        return self.state / "effective.json"

    def status(self, service: str) -> Path:
        return self.state / f"{service}.status.json"

    def lock(self, name: str) -> Path:
        return self.state / f"{name}.lock"


def read_script(home: InstanceHome) -> Script:
    """The script's constants; those of the newest release where bitwarden.json is missing or incomplete."""
    document = read_json(home.script) or {}

    def entry(key: str, default: str) -> str:
        value = document.get(key)
        return value if isinstance(value, str) and value else default

    tags = ImageTags(
        core=entry("coreVersion", NEWEST_TAGS.core),
        web=entry("webVersion", NEWEST_TAGS.web),
        key_connector=entry("keyConnectorVersion", NEWEST_TAGS.key_connector),
    )
    return Script(tags, entry("as", "") or None)


def write_script(home: InstanceHome, script: Script) -> None:
    document = {
        "coreVersion": script.tags.core,
        "webVersion": script.tags.web,
        "keyConnectorVersion": script.tags.key_connector,
        "as": script.pinned,
    }
    write_json(home.script, document)


def write_effective(
    home: InstanceHome, environment: Mapping[str, str], release: str, generation: int, started_at: str
) -> None:
    """The snapshot that the apps read at their start; it holds secrets."""
    document = {
        "generation": generation,
        "release": release,
        "started_at": started_at,
        "environment": dict(environment),
    }
    write_json(home.effective, document, PRIVATE)


def read_desired(home: InstanceHome) -> Desired:
    """Nothing written yet means down."""
    document = read_json(home.state / "desired.json") or {}
    generation = document.get("generation")
    return Desired(generation if isinstance(generation, int) else 0, document.get("state") == "up")


def write_desired(home: InstanceHome, desired: Desired) -> None:
    write_json(home.state / "desired.json", {"generation": desired.generation, "state": "up" if desired.up else "down"})


def running_tag(home: InstanceHome) -> str | None:
    """Release tag of the running instance; None while it is down."""
    if not read_desired(home).up:
        return None
    release = (read_json(home.effective) or {}).get("release")
    return release if isinstance(release, str) else None


def read_status(home: InstanceHome, service: str) -> Status | None:
    """The last report of a runner, whether or not it still lives."""
    document = read_json(home.status(service))
    if document is None:
        return None
    pid, error = document.get("pid"), document.get("error")
    generation, state = document.get("generation"), document.get("state")
    if not isinstance(generation, int) or not isinstance(state, str):
        return None
    return Status(
        generation,
        state,  # type: ignore[arg-type]  # written by write_status only
        pid if isinstance(pid, int) else None,
        error if isinstance(error, str) else "",
    )


def write_status(home: InstanceHome, service: str, status: Status) -> None:
    document = {
        "generation": status.generation,
        "state": status.state,
        "pid": status.pid,
        "error": status.error,
        "runner": os.getpid(),
    }
    write_json(home.status(service), document)


class Held(Exception):
    """Somebody else has the lock."""


@contextmanager
def locked(home: InstanceHome, name: str, *, patience: float) -> Iterator[None]:
    """Hold a lock of this home; the system frees it when the holder dies. Held after `patience` seconds in vain."""
    home.state.mkdir(parents=True, exist_ok=True)
    with home.lock(name).open("w") as file:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise Held(name) from error
                time.sleep(0.05)
        yield


def runner_alive(home: InstanceHome, service: str) -> bool:
    """Whether a runner of this service lives: it holds its lock for as long as it does."""
    if not home.lock(f"runner-{service}").exists():
        return False
    try:
        with locked(home, f"runner-{service}", patience=0):
            return False
    except Held:
        return True
