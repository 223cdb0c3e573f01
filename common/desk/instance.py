"""The instance's own words (`bitwarden.sh`), and its `global.override.env`, for those who sit at the desk."""

import stat
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from common.errors import conflict
from common.files import write_file

COMMUNICATION = "globalSettings__enableCloudCommunication"
_REGION = "globalSettings__baseServiceUri__cloudRegion"
_PATIENCE_SECONDS = 180.0


class Files(NamedTuple):
    """Of the instance, for people. script: `bitwarden.sh`. environment: `global.override.env`."""

    script: Path
    environment: Path


def files_of(home: Path) -> Files:
    """Of the stack with this home."""
    return Files(home / "bitwarden.sh", home / "bwdata" / "env" / "global.override.env")


def region_of(home: Path) -> str:
    """The data region that the instance is configured for: `US` or `EU`; known also while it is stopped."""
    file = files_of(home).environment
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    values = [value for name, _, value in (line.partition("=") for line in lines) if name == _REGION]
    return "EU" if values and values[-1].strip().upper() == "EU" else "US"


def do(home: Path, *words: str, rule: str) -> None:
    """Do what the instance's script does for these words. Errors: 409 with what it printed."""
    done = subprocess.run(  # noqa: S603 - our own program, no shell
        [sys.executable, "-P", "-m", "selfhost.deployment", "--home", str(home), *words, "--yes"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    if done.returncode:
        raise conflict(done.stdout.decode("utf-8", "replace").strip(), rule=rule)


def allow_communication(home: Path) -> None:
    """Step 1 of the documents: the line in the file, then rebuild and start. Errors: 409."""
    file = files_of(home).environment
    if not file.exists():
        raise conflict(f"There is no {file}. Is the instance installed?", rule="sim.instance")
    lines = [line for line in file.read_text("utf-8").splitlines() if line.partition("=")[0] != COMMUNICATION]
    write_file(file, "\n".join([*lines, f"{COMMUNICATION}=true"]) + "\n", stat.S_IMODE(file.stat().st_mode))
    do(home, "rebuild", rule="sim.instance")
    do(home, "start", rule="sim.instance")
