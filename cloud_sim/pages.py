"""The pages of a region, and the page for everything that nothing else answers."""

from flask import Flask

from cloud_sim.billing import pages as billing
from cloud_sim.billing.premium import pages as premium
from cloud_sim.billing_sync import pages as billing_sync
from cloud_sim.installations import pages as installations
from cloud_sim.licensing import pages as licensing
from cloud_sim.organizations import pages as organizations
from cloud_sim.sponsorships import pages as sponsorships
from common.domains.pages import GIVEN, PAGES
from common.server.app import Mounts
from common.server.app import mount as mount_below
from common.ui.given import give
from common.ui.routes import show_not_found

MOUNTS: Mounts = {
    "": [
        *PAGES,
        premium.bp,
        billing.bp,
        organizations.bp,
        licensing.bp,
        billing_sync.bp,
        installations.bp,
        sponsorships.bp,
    ]
}


def mount(app: Flask) -> None:
    """Have the app answer it."""
    mount_below(app, MOUNTS)
    give(app, GIVEN)
    app.register_error_handler(404, show_not_found)
