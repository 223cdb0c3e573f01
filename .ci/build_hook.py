"""Puts into a distribution what lies elsewhere: the Procfile, and `@noble/hashes`, which pages need, out of npm."""

import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLED = "noble-hashes"
"""Folder of a source distribution that has it already, and its name beside the simulator's packages in a wheel."""


class WebPackages(BuildHookInterface):
    """Wheel and source distribution hold the scripts and their licence; without npm the pages do without them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """version: `editable` for a checkout, which gets them from the Makefile."""
        if version == "editable":
            return
        root = Path(self.root)
        if self.target_name == "wheel":
            build_data["force_include"][str(root / "Procfile")] = "wardenloop/_payload/common/cli/Procfile"
        folder = root / BUNDLED
        if not folder.is_dir():
            made = root / "build" / "web"
            subprocess.run([root / ".ci" / "web-packages", made], check=True)  # noqa: S603 - our own script
            folder = made / "share" / "wardenloop" / "noble-hashes"
        target = BUNDLED if self.target_name == "sdist" else f"wardenloop/_payload/{BUNDLED}"
        for file in (*folder.glob("*.js"), *folder.glob("package.json"), *folder.glob("LICENSE")):
            build_data["force_include"][str(file)] = f"{target}/{file.name}"
