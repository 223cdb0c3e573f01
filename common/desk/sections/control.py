"""Control of the stack: everything below `/_sim`."""

from flask import Flask

from common.desk.beliefs import routes as beliefs
from common.desk.clock import routes as clock
from common.desk.egress import routes as egress
from common.desk.faults import routes as faults
from common.desk.forge import routes as forge
from common.desk.jobs import routes as jobs
from common.desk.journal import routes as journal
from common.desk.openapi import routes as openapi
from common.desk.overview import routes as overview
from common.desk.rehearsals import routes as rehearsals
from common.desk.releases import routes as releases
from common.desk.sections import parts
from common.desk.snapshots import routes as snapshots
from common.desk.stories import routes as stories
from common.desk.time import routes as time
from common.desk.worlds import routes as worlds

RESOURCES = (
    time,
    faults,
    overview,
    journal,
    snapshots,
    releases,
    forge,
    stories,
    rehearsals,
    egress,
    worlds,
    beliefs,
    clock,
    jobs,
    openapi,
)


def mount(app: Flask) -> None:
    """Have the desk answer it."""
    parts.give(app)
    for resource in RESOURCES:
        app.register_blueprint(resource.bp)
