"""The served instance: `gunicorn selfhost.wsgi:app`, with the configuration in effect, database up to date."""

import logging
import sys

from common.server.migrations import ensure_current_or_exit
from common.server.serving import NO_USE_TRYING_AGAIN
from selfhost.app import create_app
from selfhost.deployment.logs import PORTAL, log_to_files
from selfhost.deployment.outside import notices
from selfhost.deployment.settings import load_effective
from selfhost.deployment.values import SettingsError
from selfhost.jobs.service import draw_schedule

try:
    _deployment = load_effective()
except SettingsError as _error:
    sys.stderr.write(f"{_error}\n")
    sys.exit(NO_USE_TRYING_AGAIN)
ensure_current_or_exit("selfhost", _deployment.simulator.database_url)
app = create_app(_deployment)
_clock = app.extensions["wardenloop"].clock
log_to_files(_deployment.log_folder("api"), "Api", _clock)
log_to_files(_deployment.log_folder("admin"), "Admin", _clock, [PORTAL])
with app.app_context():
    draw_schedule(app.extensions["wardenloop"])
    _log = logging.getLogger("selfhost")
    _log.info("Api started.")
    for _notice in notices(_deployment):
        _log.warning(_notice)
