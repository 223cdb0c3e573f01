"""The watcher of the tests (tests/support/plugins/locks.py) sees what jobs change as it sees what requests change."""

from collections.abc import Callable
from uuid import UUID

import pytest

from common.domains.organizations.models import Organization
from common.server.jobs.schedules import Cron
from common.server.jobs.service import Job, run_due_jobs
from common.server.locks import lock_row
from common.server.transaction import db
from tests.support.harness import Workshop
from tests.support.plugins import locks
from tests.support.scenarios import new_organization


def locked(organization: UUID) -> Organization | None:
    return lock_row(db.session(), Organization, organization)


def only_read(organization: UUID) -> Organization | None:
    return db.session.get(Organization, organization)


@pytest.mark.parametrize("find", [locked, only_read])
def test_a_job_that_changes_what_it_has_not_locked_is_found(
    workshop: Workshop, find: Callable[[UUID], Organization | None]
) -> None:
    cloud = workshop.cloud()
    organization = UUID(str(new_organization(cloud.sign_up("owner@acme.example"))["id"]))

    def rename() -> None:
        row = find(organization)
        assert row is not None
        row.name = "Changed"

    with cloud.app.app_context():
        ctx = cloud.app.extensions["wardenloop"]
        run_due_jobs(ctx, [Job("Rename", Cron("* * * * *"), rename, each_look=True)])
        row = db.session.get(Organization, organization)
        assert row is not None and row.name == "Changed"
    found, locks._found[:] = list(locks._found), []
    told = ["organizations: a row is changed that was not locked before it was read"]
    assert found == ([] if find is locked else told)
