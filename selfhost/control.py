"""Control of the simulator in an instance: all below `/_sim`."""

from flask import Flask

from common.domains.identity.entrances import routes as entrances
from common.domains.reporting import control as events
from common.server.app import Mounts
from common.server.app import mount as mount_below
from common.sim import routes as clock
from common.sim.faults import routes as faults
from common.sim.journal import routes as journal
from common.sim.overview import routes as overview
from common.sim.timeline import routes as timeline
from common.sim.timeline.service import give as give_timeline
from selfhost.beliefs import routes as beliefs
from selfhost.egress import routes as egress
from selfhost.egress.service import read_rules
from selfhost.jobs import routes as jobs
from selfhost.portal.login import routes as portal_entrances
from selfhost.progress import routes as progress
from selfhost.sponsorships import routes as sponsorships
from selfhost.timeline import TIMELINE

MOUNTS: Mounts = {
    "": [
        clock.bp,
        journal.bp,
        journal.har,
        timeline.bp,
        faults.bp,
        overview.bp,
        events.bp,
        beliefs.bp,
        entrances.bp,
        portal_entrances.bp,
        jobs.bp,
        egress.bp,
        sponsorships.control_bp,
        progress.bp,
    ]
}


def mount(app: Flask) -> None:
    """Have the app answer it."""
    mount_below(app, MOUNTS)
    give_timeline(app, TIMELINE)
    overview.give(app, lambda ctx: read_rules(ctx.session))
