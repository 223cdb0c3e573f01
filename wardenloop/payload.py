"""Where the simulator's own packages are: not importable for whoever installed wardenloop, only for its processes."""

import os
import sys
from pathlib import Path

_INSTALLED = Path(__file__).with_name("_payload")


def path() -> Path:
    """The folder that holds `common`, `cloud_sim` and `selfhost`: below this package, or the checkout around it."""
    return _INSTALLED if _INSTALLED.is_dir() else Path(__file__).resolve().parents[1]


def environment() -> dict[str, str]:
    """The environment of a process that is to run the simulator, or something of it: ours comes before the user's."""
    found = dict(os.environ)
    others = [each for each in found.get("PYTHONPATH", "").split(os.pathsep) if each and each != str(path())]
    return found | {"PYTHONPATH": os.pathsep.join([str(path()), *others])}


def enter() -> None:
    """Make this process one that runs the simulator, with all that it starts."""
    where = str(path())
    sys.path[:] = [where, *(each for each in sys.path if each != where)]
    os.environ.update(environment())
