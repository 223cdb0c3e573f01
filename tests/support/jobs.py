"""The cloud's jobs process, one look at a time."""

from cloud_sim.jobs.service import run_due_jobs
from tests.support.harness import Side


def look_for_jobs(side: Side) -> None:
    """What the jobs process does every second."""
    with side.app.app_context():
        run_due_jobs(side.app.extensions["wardenloop"])
