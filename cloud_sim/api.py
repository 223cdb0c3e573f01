"""What clients and instances ask a region for: API, identity, push relay, and what comes with the web vault."""

from flask import Flask

from cloud_sim import wrong_side
from cloud_sim.billing_sync import routes as billing_sync
from cloud_sim.installations import routes as installations
from cloud_sim.licensing import routes as licensing
from cloud_sim.older import routes as older
from cloud_sim.organizations import routes as organizations
from cloud_sim.push import routes as push
from cloud_sim.sponsorships import routes as sponsorships
from cloud_sim.subscriptions import routes as subscriptions
from common.domains.accounts import routes as accounts
from common.domains.accounts.two_step import routes as two_step
from common.domains.companions import routes as companions
from common.domains.identity import routes as identity
from common.domains.identity.devices import routes as devices
from common.domains.organizations import routes as members
from common.domains.profile import routes as profile
from common.domains.reporting import routes as reporting
from common.domains.vault import routes as vault
from common.server import config
from common.server.app import Mounts
from common.server.app import mount as mount_below

MOUNTS: Mounts = {
    "/api": [
        config.bp,
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
        older.bp,
        sponsorships.bp,
        reporting.bp,
        reporting.public,
        push.bp,
    ],
    "/identity": [identity.bp],
    "/push": [config.bp, push.bp],
    "": [companions.bp, push.bp],
}


def mount(app: Flask) -> None:
    """Have the app answer it."""
    mount_below(app, MOUNTS)
