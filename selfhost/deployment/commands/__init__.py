"""The words of `bitwarden.sh` with its prompts, literal messages and exit statuses, and our own: `release` and `run`.

Importing it registers them all. Source: bitwarden.sh, run.sh.
"""

from selfhost.deployment.commands import install as install
from selfhost.deployment.commands import lifecycle as lifecycle
from selfhost.deployment.commands import upkeep as upkeep
from selfhost.deployment.commands.frame import Tools as Tools
from selfhost.deployment.commands.frame import cli as cli
