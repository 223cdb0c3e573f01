"""The cloud app factory: the parts of `wiring`, with every route and hook of the cloud."""

from functools import partial

from flask import Flask

from cloud_sim import wrong_side
from cloud_sim.beliefs import routes as beliefs
from cloud_sim.billing import pages as billing_pages
from cloud_sim.billing.premium import pages as premium_pages
from cloud_sim.billing_sync import pages as billing_sync_pages
from cloud_sim.billing_sync import routes as billing_sync
from cloud_sim.forge import routes as forge
from cloud_sim.forge.service import check_defects, spoil_license
from cloud_sim.installations import pages as installation_pages
from cloud_sim.installations import routes as installations
from cloud_sim.jobs import routes as jobs
from cloud_sim.licensing import pages as licensing_pages
from cloud_sim.licensing import routes as licensing
from cloud_sim.organizations import pages as organization_pages
from cloud_sim.organizations import routes as organizations
from cloud_sim.progress import routes as progress
from cloud_sim.push import routes as push
from cloud_sim.releases import routes as releases
from cloud_sim.reporting import pages as reporting_pages
from cloud_sim.reporting import routes as reporting
from cloud_sim.settings import CloudSettings
from cloud_sim.sponsorships import pages as sponsorship_pages
from cloud_sim.sponsorships import routes as sponsorships
from cloud_sim.subscriptions import routes as subscriptions
from cloud_sim.timeline import TIMELINE
from cloud_sim.wiring import wire
from common.clock import Clock
from common.crypto.passwords import PasswordHashes
from common.domains.accounts import routes as accounts
from common.domains.accounts.two_step import routes as two_step
from common.domains.companions import routes as companions
from common.domains.identity import routes as identity
from common.domains.identity.devices import routes as devices
from common.domains.identity.entrances import routes as entrances
from common.domains.organizations import routes as members
from common.domains.pages import GIVEN, PAGES
from common.domains.profile import routes as profile
from common.domains.vault import routes as vault
from common.ids import Ids
from common.server import info
from common.server.app import Hooks, assemble
from common.server.mail.smtp import Mailer
from common.sim import routes as clock_control
from common.sim.faults import hook as faults
from common.sim.faults import routes as fault_control
from common.sim.journal import recorder as journal
from common.sim.journal import routes as journal_control
from common.sim.overview import routes as overview
from common.sim.timeline import routes as timeline_control
from common.sim.timeline.service import give as give_timeline
from common.ui.given import give
from common.ui.routes import show_not_found


def create_app(
    settings: CloudSettings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    mailer: Mailer | None = None,
    passwords: PasswordHashes | None = None,
) -> Flask:
    """One region of the simulated cloud. Parts that are not given are the real ones."""

    build = partial(wire, settings, clock=clock, ids=ids, mailer=mailer, passwords=passwords)
    mounts = {
        "/api": [
            info.bp,
            info.config_bp,
            accounts.bp,
            profile.bp,
            identity.api,
            two_step.bp,
            devices.bp,
            vault.bp,
            companions.api,
            members.bp,
            organizations.bp,
            subscriptions.bp,
            billing_sync.bp,
            wrong_side.bp,
            installations.bp,
            licensing.bp,
            sponsorships.bp,
            reporting.bp,
            push.bp,
        ],
        "/identity": [info.bp, identity.bp],
        "/push": [info.bp, info.config_bp, push.bp],
        "": [
            companions.bp,
            push.bp,
            clock_control.bp,
            journal_control.bp,
            journal_control.har,
            timeline_control.bp,
            fault_control.bp,
            overview.bp,
            installations.control,
            subscriptions.control,
            subscriptions.clients_control,
            sponsorships.control,
            releases.bp,
            forge.bp,
            jobs.bp,
            push.control,
            progress.bp,
            beliefs.bp,
            entrances.bp,
            *PAGES,
            premium_pages.bp,
            billing_pages.bp,
            organization_pages.bp,
            licensing_pages.bp,
            billing_sync_pages.bp,
            installation_pages.bp,
            sponsorship_pages.bp,
            reporting_pages.bp,
        ],
    }
    hooks = Hooks(
        first=[journal.note_time, faults.consult],
        before=[subscriptions.pass_time],
        last=[journal.record],
        unknown=show_not_found,
    )
    app = assemble("cloud_sim", settings.database_url, build, mounts, hooks)
    give(app, GIVEN)
    give_timeline(app, TIMELINE)
    faults.give(app, faults.Licences(check_defects, spoil_license))
    journal.give(app)
    return app
