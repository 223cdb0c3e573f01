"""Where the files of other people's packages are that pages load: Bootstrap, and the Argon2id of `@noble/hashes`."""

import sys
from functools import cache
from pathlib import Path

from bootstrap_wrapper import get_bootstrap_dir

_BUILT_IN = Path(__file__).resolve().parents[2] / "noble-hashes"
"""Beside the packages of an installed wheel."""

_SET_UP = Path(sys.prefix) / "share" / "wardenloop" / "noble-hashes"
"""Where .ci/web-packages puts it for a checkout."""

NOBLE_HASHES = _BUILT_IN if _BUILT_IN.is_dir() else _SET_UP


@cache
def vendor_directories() -> dict[str, Path]:
    """Folder by the name below `/assets/vendor/`: `bootstrap` (css, js), `noble-hashes` only where set-up had npm."""
    found = {"bootstrap": get_bootstrap_dir(), "noble-hashes": NOBLE_HASHES}
    return {name: folder for name, folder in found.items() if folder.is_dir()}
