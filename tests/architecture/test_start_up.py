"""What a process must not load: each of these costs time at every start, and none of it is used there."""

import json
import os
import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.processes

HEAVY = r"flask|sqlalchemy|pydantic|requests|rich|cryptography|jwt|alembic|aiosmtpd|cloud_sim|selfhost"
PROGRAMS = r"common\.(cli|desk)"
SERVING = r"pydantic|.*\.pages|(cloud_sim|selfhost|common\.(domains|sim|ui))\.(.*\.)?routes"

UNWANTED = {
    "common.cli.main": HEAVY,
    "common.cli.running": HEAVY,
    "common.cli.supervisor": HEAVY,
    "cloud_sim.worker": rf"{SERVING}|requests|alembic|aiosmtpd|rich|sqlalchemy\.dialects\.postgresql",
    "selfhost.worker": rf"{SERVING}|cloud_sim|alembic|aiosmtpd|rich|sqlalchemy\.dialects\.postgresql",
    "cloud_sim.app": rf"{SERVING}|requests|alembic|aiosmtpd|rich|selfhost|{PROGRAMS}|sqlalchemy\.dialects\.postgresql",
    "selfhost.app": rf"{SERVING}|alembic|aiosmtpd|rich|cloud_sim|{PROGRAMS}|sqlalchemy\.dialects\.postgresql",
    "common.desk.__main__": r"pydantic|common\.desk\.(.*\.)?pages|common\.desk\.sections\..*|requests|aiosmtpd"
    r"|sqlalchemy|yaml|alembic|rich|cloud_sim|selfhost|common\.cli",
}


@pytest.mark.parametrize("module", UNWANTED)
def test_a_process_loads_nothing_that_it_does_not_serve(module: str) -> None:
    code = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(_said(code))
    assert module in loaded
    assert [name for name in loaded if re.fullmatch(UNWANTED[module], name)] == []


def test_the_list_of_commands_loads_click_and_nothing_else_of_others() -> None:
    code = "import sys; old = set(sys.modules); import common.cli.main; print(*set(sys.modules) - old)"
    loaded = _said(code).split()
    ours_or_standard = {"click", "common", *sys.stdlib_module_names}
    assert {name.partition(".")[0] for name in loaded} - ours_or_standard == set()


def _said(code: str) -> str:
    """What an interpreter of its own prints; nobody traces it, as it only imports."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, check=True, text=True, env=environment).stdout
