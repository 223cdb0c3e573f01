"""Jobs as the control routes of both sides tell them."""

from common.server.jobs import models
from common.server.jobs.schedules import told_schedule
from common.server.jobs.service import JobState
from common.wire.control import Job, JobRun


def job(state: JobState) -> Job:
    """A job with its last run and when it is due next."""
    return Job(
        name=state.name,
        schedule=told_schedule(state.schedule),
        next_run=state.next_run,
        last_run=job_run(state.last) if state.last else None,
    )


def job_run(row: models.JobRun) -> JobRun:
    """One run."""
    return JobRun(
        job=row.job, due_at=row.due_at, started_at=row.started_at, finished_at=row.finished_at, error=row.error
    )
