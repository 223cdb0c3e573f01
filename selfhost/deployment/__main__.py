"""`python -m selfhost.deployment`: the program behind `wardenloop selfhost`."""

import os
import sys

import requests

from common.clock import SystemClock
from common.ids import SystemIds
from common.settings import process_environment
from selfhost.deployment.commands import Tools, cli


def main() -> None:
    """Run the command line with this machine's clock, randomness, network and terminal."""
    http = requests.Session()
    http.trust_env = False  # a proxy of this machine has no business between two local programs
    tools = Tools(SystemClock(), SystemIds(), http, process_environment(), os.geteuid() == 0, sys.stdin.isatty())
    cli(obj=tools, prog_name="wardenloop selfhost")


if __name__ == "__main__":
    main()
