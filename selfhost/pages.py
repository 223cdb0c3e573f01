"""The pages of an instance, its portal, and the page for everything that nothing else answers."""

from flask import Flask

from common.domains.pages import GIVEN, PAGES
from common.server.app import Mounts
from common.server.app import mount as mount_below
from common.ui.given import give
from common.ui.routes import show_not_found
from selfhost.billing_sync import pages as billing_sync
from selfhost.licensing import pages as licensing
from selfhost.portal import pages as portal
from selfhost.sponsorships import pages as sponsorships

MOUNTS: Mounts = {"/admin": [portal.bp], "": [*PAGES, licensing.bp, billing_sync.bp, sponsorships.bp]}


def mount(app: Flask) -> None:
    """Have the app answer it."""
    mount_below(app, MOUNTS)
    give(app, GIVEN)
    app.register_error_handler(404, show_not_found)
