"""The README as an index shows it: no link that leads nowhere.

Where the project's files can be read is only known to whoever publishes: WARDENLOOP_FILES, such as
https://git.example/wardenloop/blob/v1.0, is put before links to files; without it their text stays.
"""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#)([^)\s]+)\)")


class Readme(MetadataHookInterface):
    """Makes `readme` of README.md."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Called by hatchling for each distribution."""
        text = (Path(self.root) / "README.md").read_text("utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": shown(text, os.environ.get("WARDENLOOP_FILES", "").rstrip("/")),  # noqa: TID251 - of a build
        }


def shown(text: str, files: str) -> str:
    """files: address of the folder that README.md is in; empty = nobody knows."""

    def link(found: re.Match[str]) -> str:
        picture, words, target = found.groups()
        if files:
            return f"{picture}[{words}]({files}/{target})"
        return "" if picture else words

    return _LINK.sub(link, text)
