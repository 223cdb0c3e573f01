"""The self-hosted app factory: the parts of `wiring`, with every route and hook of an instance."""

from functools import partial

import requests
from flask import Flask

from common.clock import Clock
from common.crypto.passwords import PasswordHashes
from common.domains.accounts import routes as accounts
from common.domains.accounts.two_step import routes as two_step
from common.domains.companions import routes as companions
from common.domains.identity import routes as identity
from common.domains.identity.devices import routes as devices
from common.domains.identity.entrances import routes as entrances
from common.domains.organizations import routes as organizations
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
from selfhost import wrong_side
from selfhost.accounts import routes as own_accounts
from selfhost.beliefs import routes as beliefs
from selfhost.billing_sync import pages as billing_sync_pages
from selfhost.billing_sync import routes as billing_sync
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.egress import routes as egress
from selfhost.egress.service import read_rules
from selfhost.jobs import routes as jobs
from selfhost.licensing import pages as licensing_pages
from selfhost.licensing import routes as licensing
from selfhost.organizations import routes as own_organizations
from selfhost.portal import pages as portal
from selfhost.progress import routes as progress
from selfhost.sponsorships import pages as sponsorship_pages
from selfhost.sponsorships import routes as sponsorships
from selfhost.timeline import TIMELINE
from selfhost.wiring import peers, wire


def create_app(
    deployment: SelfHostSettings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    http: requests.Session | None = None,
    mailer: Mailer | None = None,
    passwords: PasswordHashes | None = None,
) -> Flask:
    """One self-hosted instance with this configuration in effect. Parts that are not given are the real ones."""
    build = partial(wire, deployment, clock=clock, ids=ids, http=http, mailer=mailer, passwords=passwords)
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
            organizations.bp,
            own_accounts.bp,
            own_organizations.bp,
            licensing.bp,
            billing_sync.bp,
            sponsorships.bp,
            wrong_side.bp,
        ],
        "/identity": [info.bp, identity.bp],
        "/admin": [portal.bp],
        "": [
            companions.bp,
            clock_control.bp,
            journal_control.bp,
            journal_control.har,
            timeline_control.bp,
            fault_control.bp,
            overview.bp,
            jobs.bp,
            egress.bp,
            sponsorships.control_bp,
            progress.bp,
            beliefs.bp,
            entrances.bp,
            *PAGES,
            licensing_pages.bp,
            billing_sync_pages.bp,
            sponsorship_pages.bp,
        ],
    }
    hooks = Hooks(
        first=[journal.note_time, faults.consult],
        before=[licensing.finish_what_was_begun],
        last=[journal.record],
        unknown=show_not_found,
    )
    app = assemble("selfhost", deployment.simulator.database_url, build, mounts, hooks)
    give(app, GIVEN)
    give_timeline(app, TIMELINE)
    faults.give(app)
    overview.give(app, lambda ctx: read_rules(ctx.session))
    journal.give(app, peers(deployment))
    return app
