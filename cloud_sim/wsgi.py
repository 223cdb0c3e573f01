"""The served cloud app: `gunicorn cloud_sim.wsgi:app`, configured by environment variables, database up to date."""

from cloud_sim.app import create_app
from cloud_sim.settings import settings_or_exit
from common.server.migrations import ensure_current_or_exit
from common.sim.row import begin_at

_settings = settings_or_exit()
ensure_current_or_exit("cloud_sim", _settings.database_url, begin_at(_settings.at))
app = create_app(_settings)
