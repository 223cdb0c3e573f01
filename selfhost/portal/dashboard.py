"""The portal's first page: versions, mail, and the cloud communication settings in effect.

Source: src/Admin/Views/Home/Index.cshtml; fidelity.md: pages.portal.
"""

from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from common.server.transaction import outside_transaction
from selfhost.cloud.probe import Probe, probe_cloud
from selfhost.context import SelfHostContext
from selfhost.deployment.configuration import SmtpSettings
from selfhost.deployment.outside import unused_credentials
from selfhost.jobs import service as jobs
from selfhost.portal import rules
from selfhost.sponsorships import runs
from selfhost.sponsorships.runs import SyncRun


class Dashboard(NamedTuple):
    """What is in effect. addresses: environment variable -> value as configured. strangers: those of another region.

    mail_replaced: the built-in mailbox takes what would leave this machine. unused_credentials: names of settings.
    host: of the cloud's API, simulated hosts filled in. last_daily: when the last daily sync began. failed: the newest
    run of any organization, if it failed.
    """

    version: str
    installation_id: str
    smtp: SmtpSettings
    mail_replaced: bool
    unused_credentials: list[str]
    registration_open: bool
    push_configured: bool
    communication: bool
    region: str | None
    addresses: dict[str, str | None]
    strangers: tuple[str, ...]
    host: str
    next_daily: datetime | None
    last_daily: datetime | None
    failed: SyncRun | None


def dashboard(ctx: SelfHostContext) -> Dashboard:
    """The configuration this process runs with; edits of the files show only after a rebuild or restart."""
    deployment, way = ctx.deployment, ctx.deployment.mail_way
    addresses = {
        "globalSettings__installation__identityUri": deployment.installation_identity_uri,
        "globalSettings__installation__apiUri": deployment.installation_api_uri,
        "globalSettings__pushRelayBaseUri": deployment.push_relay_base_uri,
    }
    daily = jobs.daily_sync(ctx)
    newest = next(iter(runs.list_runs(ctx, limit=1)), None)
    return Dashboard(
        version=str(deployment.release),
        installation_id=str(deployment.installation_id),
        smtp=deployment.smtp,
        mail_replaced=way is not None and way.replaced is not None,
        unused_credentials=unused_credentials(deployment),
        registration_open=not deployment.disable_user_registration,
        push_configured=deployment.push_relay_base_uri is not None and bool(deployment.installation_key),
        communication=deployment.enable_cloud_communication,
        region=deployment.cloud_region,
        addresses=addresses,
        strangers=rules.check_region(deployment.cloud_region, filter(None, addresses.values())),
        host=cloud_host(ctx),
        next_daily=daily.next_run if daily else None,
        last_daily=daily.last.started_at if daily and daily.last else None,
        failed=newest if newest and newest.error else None,
    )


def cloud_host(ctx: SelfHostContext) -> str:
    """Name and port of the cloud's API, simulated hosts filled in."""
    return urlsplit(ctx.deployment.cloud_api_url).netloc


def try_connection(ctx: SelfHostContext) -> list[Probe]:
    """Whether the cloud can be reached with the settings in effect, also while communication is off."""
    with outside_transaction(ctx.session):
        return probe_cloud(ctx)
