"""The desk of a stack that consists of a pair, in process."""

from dataclasses import replace

from tests.support.harness import Side

DESK = "http://127.0.0.1:8404"
"""Where the apps of the pair believe their desk to be."""


def know(side: Side) -> None:
    """Tell an app of its desk."""
    parts = side.app.extensions["wardenloop"]
    side.app.extensions["wardenloop"] = replace(parts, settings=replace(parts.settings, mailbox_url=f"{DESK}/mailbox"))
