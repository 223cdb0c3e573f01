"""What clients ask an instance for: API, identity, and what comes with the web vault."""

from flask import Flask

from common.domains.accounts import routes as accounts
from common.domains.accounts.two_step import routes as two_step
from common.domains.companions import routes as companions
from common.domains.identity import routes as identity
from common.domains.identity.devices import routes as devices
from common.domains.organizations import routes as organizations
from common.domains.profile import routes as profile
from common.domains.reporting import routes as reporting
from common.domains.vault import routes as vault
from common.server import config
from common.server.app import Mounts
from common.server.app import mount as mount_below
from selfhost import wrong_side
from selfhost.accounts import routes as own_accounts
from selfhost.billing_sync import routes as billing_sync
from selfhost.licensing import routes as licensing
from selfhost.organizations import routes as own_organizations
from selfhost.sponsorships import routes as sponsorships

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
        organizations.bp,
        reporting.bp,
        reporting.public,
        own_accounts.bp,
        own_organizations.bp,
        licensing.bp,
        billing_sync.bp,
        sponsorships.bp,
        wrong_side.bp,
    ],
    "/identity": [identity.bp],
    "": [companions.bp],
}


def mount(app: Flask) -> None:
    """Have the app answer it."""
    mount_below(app, MOUNTS)
