"""Alembic environment of the selfhost database."""

import selfhost.app  # noqa: F401 - brings in every model
from common.server.migrations import run_in_environment

run_in_environment("selfhost")
