"""Where the files of other people's packages are that pages load: Bootstrap, and the Argon2id of `@noble/hashes`."""

import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

NOBLE_HASHES = Path(sys.prefix) / "share" / "wardenloop" / "noble-hashes"
"""Where .ci/web-packages puts it."""


@cache
def vendor_directories() -> dict[str, Path]:
    """Folder by the name below `/assets/vendor/`: `bootstrap` (css, js, umd), `noble-hashes` only where set-up had npm.

    Bootstrap-Flask is not imported: only its files are wanted.
    """
    package = find_spec("flask_bootstrap")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("Bootstrap-Flask is not installed.")
    found = {"bootstrap": Path(package.origin).parent / "static" / "bootstrap5", "noble-hashes": NOBLE_HASHES}
    return {name: folder for name, folder in found.items() if folder.is_dir()}
