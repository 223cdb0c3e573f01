"""`python -m selfhost.deployment`: the program behind `wardenloop selfhost`."""

import os
import sys

import requests

from common.clock import SystemClock
from common.ids import SystemIds
from common.server.destinations import Destinations
from common.server.http.session import create_session
from common.server.terminal import accept_any_character, open_standard_files, unwritable_output_told
from common.settings import process_environment
from selfhost.deployment.commands import Tools, cli
from selfhost.deployment.setup import VALIDATION_TIMEOUT


def main() -> None:
    """Run the command line with this machine's clock, randomness, network and terminal."""

    def reach(destinations: Destinations) -> requests.Session:
        return create_session(VALIDATION_TIMEOUT, destinations=destinations)

    tools = Tools(SystemClock(), SystemIds(), reach, process_environment(), os.geteuid() == 0, sys.stdin.isatty())
    open_standard_files()
    accept_any_character()
    with unwritable_output_told():
        cli(obj=tools, prog_name="wardenloop selfhost")


if __name__ == "__main__":
    main()
