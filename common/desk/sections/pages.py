"""The pages of the desk, and the files that they consist of."""

from flask import Flask

from common.desk import pages
from common.desk.doctor import pages as doctor
from common.desk.faults import pages as faults
from common.desk.forge import pages as forge
from common.desk.frame import give_frame
from common.desk.inspector import pages as inspector
from common.desk.rehearsals import pages as rehearsals
from common.desk.sections import parts
from common.desk.stories import pages as stories
from common.desk.time import pages as time
from common.desk.worlds import pages as worlds
from common.ui import routes as ui

SUBJECTS = (inspector, worlds, time, forge, stories, faults, rehearsals, doctor)


def mount(app: Flask) -> None:
    """Have the desk answer it."""
    parts.give(app)
    give_frame(app)
    app.extensions[stories.TELLINGS] = stories.Tellings()
    for blueprint in (ui.assets, pages.bp, pages.actions, *(each.bp for each in SUBJECTS)):
        app.register_blueprint(blueprint)
