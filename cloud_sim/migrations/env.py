"""Alembic environment of the cloud_sim database."""

import cloud_sim.app  # noqa: F401 - brings in every model
from common.server.migrations import run_in_environment

run_in_environment("cloud_sim")
