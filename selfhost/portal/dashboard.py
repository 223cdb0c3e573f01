"""The portal's first page: versions, mail, and the cloud communication settings in effect.

Source: src/Admin/Views/Home/Index.cshtml; spec/screens.md E3.
"""

from dataclasses import dataclass
from datetime import datetime

from selfhost.context import SelfHostContext
from selfhost.deployment.settings import SmtpSettings
from selfhost.jobs import service as jobs
from selfhost.portal import rules
from selfhost.sponsorships import runs
from selfhost.sponsorships.runs import SyncRun


@dataclass(frozen=True)
class Dashboard:
    """What is in effect. settings: environment variable -> value as configured. strangers: addresses of another region.

    last_daily: when the last daily sync began. failed: the newest run of any organization, if it failed.
    """

    version: str
    installation_id: str
    smtp: SmtpSettings
    registration_open: bool
    push_configured: bool
    settings: dict[str, str]
    strangers: tuple[str, ...]
    next_daily: datetime | None
    last_daily: datetime | None
    failed: SyncRun | None


def dashboard(ctx: SelfHostContext) -> Dashboard:
    """The configuration this process runs with; edits of the files show only after a rebuild or restart."""
    deployment = ctx.deployment
    addresses = [deployment.installation_identity_uri, deployment.installation_api_uri]
    if deployment.push_relay_base_uri:
        addresses.append(deployment.push_relay_base_uri)
    daily = next((each for each in jobs.job_states(ctx) if each.name == jobs.SPONSORSHIP_SYNC), None)
    newest = next(iter(runs.list_runs(ctx, limit=1)), None)
    return Dashboard(
        version=str(deployment.release),
        installation_id=str(deployment.installation_id),
        smtp=deployment.smtp,
        registration_open=not deployment.disable_user_registration,
        push_configured=deployment.push_relay_base_uri is not None and bool(deployment.installation_key),
        settings={
            "globalSettings__enableCloudCommunication": str(deployment.enable_cloud_communication).lower(),
            "globalSettings__baseServiceUri__cloudRegion": deployment.cloud_region or "",
            "globalSettings__installation__identityUri": deployment.installation_identity_uri,
            "globalSettings__installation__apiUri": deployment.installation_api_uri,
            "globalSettings__pushRelayBaseUri": deployment.push_relay_base_uri or "",
        },
        strangers=rules.check_region(deployment.cloud_region, addresses),
        next_daily=daily.next_run if daily else None,
        last_daily=daily.last.started_at if daily and daily.last else None,
        failed=newest if newest and newest.error else None,
    )
