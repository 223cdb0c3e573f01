"""Alembic environment of the cloud_sim database."""

from cloud_sim import api, control, pages  # noqa: F401 - they bring in every model
from common.server.migrations import run_in_environment

run_in_environment("cloud_sim")
