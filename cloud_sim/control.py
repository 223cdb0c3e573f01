"""Control of the simulator in a region: all below `/_sim`."""

from flask import Flask

from cloud_sim.beliefs import routes as beliefs
from cloud_sim.forge import routes as forge
from cloud_sim.imported import routes as imported
from cloud_sim.installations import routes as installations
from cloud_sim.jobs import routes as jobs
from cloud_sim.progress import routes as progress
from cloud_sim.push import routes as push
from cloud_sim.releases import routes as releases
from cloud_sim.sponsorships import routes as sponsorships
from cloud_sim.subscriptions.clients import routes as clients
from cloud_sim.subscriptions.control import routes as subscriptions
from cloud_sim.timeline import TIMELINE
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
        installations.control,
        subscriptions.bp,
        clients.bp,
        sponsorships.control,
        releases.bp,
        forge.bp,
        imported.bp,
        jobs.bp,
        push.control,
        progress.bp,
    ]
}


def mount(app: Flask) -> None:
    """Have the app answer it."""
    mount_below(app, MOUNTS)
    give_timeline(app, TIMELINE)
