"""Collecting what an instance believes: one statement for each kind of row, beside the licence file of each
organization."""

from common.domains.organizations import service as shared
from common.domains.sponsorships.service import sponsorships_by_organization
from common.wire.state import InstanceOrganization
from selfhost.beliefs import answers
from selfhost.billing_sync import service as billing_sync
from selfhost.context import SelfHostContext
from selfhost.jobs.service import job_states as jobs_of
from selfhost.licensing.validation import judged_organizations
from selfhost.sponsorships import runs

__all__ = ["jobs_of", "organizations_of"]


def organizations_of(ctx: SelfHostContext, wanted: str | None) -> list[InstanceOrganization]:
    """The organizations of this id or name, or all, the oldest first."""
    found = shared.list_organizations(ctx, wanted)
    ids = [each.id for each in found]
    judged, connections = judged_organizations(ctx, found), billing_sync.connections_of(ctx, ids)
    given, synced = sponsorships_by_organization(ctx, ids), runs.last_runs(ctx, ids)
    return [
        answers.organization(
            each, judged[each.id], connections.get(each.id), given.get(each.id, ()), synced.get(each.id)
        )
        for each in found
    ]
