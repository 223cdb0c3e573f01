"""The jobs process of a cloud or an instance, one look at a time."""

from cloud_sim.jobs import service as of_cloud
from selfhost.jobs import service as of_instance
from tests.support.harness import Side


def look_for_jobs(side: Side) -> None:
    """What the jobs process does every second."""
    with side.app.app_context():
        ctx = side.app.extensions["wardenloop"]
        (of_instance if side.app.name == "selfhost" else of_cloud).run_due_jobs(ctx)
