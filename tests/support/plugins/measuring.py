"""Coverage of a run: `-p tests.support.plugins.measuring`, with COVERAGE_FILE in the environment.

It has to be loaded before the product is, and so by the command line. The process that only hands out tests to workers
measures nothing.
"""

import os
from pathlib import Path

import pytest

from tests.support.probes import ROOT, Measuring, file_of_findings


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Here, as conftest.py loads the product."""
    if early_config.known_args_namespace.numprocesses and "PYTEST_XDIST_WORKER" not in os.environ:
        return
    measuring = Measuring(file_of_findings(Path(os.environ["COVERAGE_FILE"])))
    measuring.begin()
    early_config.add_cleanup(measuring.save)
    os.environ["COVERAGE_PROCESS_START"] = str(ROOT / "pyproject.toml")  # what tests start is traced
