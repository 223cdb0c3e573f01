"""A process that was killed while it put a licence in place is made good for."""

from flask import current_app

from selfhost.context import context
from selfhost.license_files import service as files

_PUBLISHED = "wardenloop-licenses-published"


def finish_what_was_begun() -> None:
    """Once in each process and for each state: put on the disk what a killed one had only decided."""
    ctx = context()
    if current_app.extensions.get(_PUBLISHED) is not ctx and files.publish_leftovers(ctx):
        current_app.extensions[_PUBLISHED] = ctx
