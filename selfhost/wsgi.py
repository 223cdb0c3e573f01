"""The served instance: `gunicorn selfhost.wsgi:app`, with the configuration in effect, database up to date."""

import sys

from common.configuration.values import SettingsError
from common.server.serving import NO_USE_TRYING_AGAIN
from selfhost.deployment.settings import load_effective
from selfhost.served import made

try:
    _deployment = load_effective()
except SettingsError as _error:
    sys.stderr.write(f"{_error}\n")
    sys.exit(NO_USE_TRYING_AGAIN)
app = made(_deployment)
