"""Alembic environment of the selfhost database."""

from common.server.migrations import run_in_environment
from selfhost import api, control, pages  # noqa: F401 - they bring in every model

run_in_environment("selfhost")
