"""Collecting what a region believes: one statement for each kind of row, however many organizations there are."""

from cloud_sim.beliefs import answers
from cloud_sim.context import CloudContext
from cloud_sim.installations import service as installations
from cloud_sim.jobs.service import job_states as jobs_of
from cloud_sim.licensing import service as licensing
from cloud_sim.releases.service import simulated_release
from cloud_sim.subscriptions import service as subscriptions
from cloud_sim.subscriptions.views import billing_views
from common.domains.organizations import service as shared
from common.domains.organizations.api_keys.service import keys_of
from common.domains.sponsorships.service import sponsorships_by_organization
from common.enums import ApiKeyType
from common.license.dates import organization_dates
from common.quirks import Quirk
from common.releases import abilities
from common.wire.state import CloudOrganization, StateInstallation

__all__ = ["installations_of", "jobs_of", "organizations_of"]


def organizations_of(ctx: CloudContext, wanted: str | None) -> list[CloudOrganization]:
    """The organizations of this id or name, or all, the oldest first."""
    found = shared.list_organizations(ctx, wanted)
    ids = [each.id for each in found]
    paying = subscriptions.paying_subscriptions(ctx, found)
    billing, downloads = billing_views(found, paying), licensing.downloads_of(ctx, ids)
    tokens, given = keys_of(ctx, ids, ApiKeyType.BILLING_SYNC), sponsorships_by_organization(ctx, ids)
    release, now = abilities(simulated_release(ctx)), ctx.clock.now()
    renews = not ctx.settings.quirk(Quirk.SPONSORSHIP_RENEWAL_IGNORED)
    return [
        answers.organization(
            each,
            paying.get(each.id),
            answers.issue(
                licensing.refused_download(ctx, each, billing[each.id], release),
                release.issues,
                organization_dates(billing[each.id], ctx.clock.ticks()),
            ),
            downloads.get(each.id, ()),
            tokens.get(each.id),
            [answers.sponsorship(row, each if renews else None, now) for row in given.get(each.id, ())],
        )
        for each in found
    ]


def installations_of(ctx: CloudContext) -> list[StateInstallation]:
    """All that are registered here."""
    return [answers.installation(each) for each in installations.list_installations(ctx)]
