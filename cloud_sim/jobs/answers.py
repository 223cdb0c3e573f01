"""The cloud's jobs as the control routes tell them."""

from common.server.jobs.service import JobState
from common.wire.control import CloudJob


def job(state: JobState) -> CloudJob:
    """A job, when it is due and when it ran."""
    return CloudJob(name=state.name, next_run=state.next_run, last_run=state.last.started_at if state.last else None)
