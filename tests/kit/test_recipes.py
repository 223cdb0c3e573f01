"""The files of docs/recipes, run as a reader runs them, each where its tool chain is."""

import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "docs" / "recipes"
RUN = {
    "licence.sh": ("sh",),
    "licence.test.mjs": ("node", "--test"),
    "licence_test.go": ("go", "test", "-count=1"),
    "Licence.java": ("java",),
}
NOT_RUN = {"licence.ps1", "Licence.cs", "github.yml", "gitlab.yml"}
_NEEDS = {"licence.sh": ("curl", "jq")}
_PATIENCE = 300


@pytest.mark.parametrize("name", RUN)
def test_it_passes(name: str, tmp_path: Path) -> None:
    for program in (RUN[name][0], *_NEEDS.get(name, ())):
        _require(name, program)
    (tmp_path / "wardenloop").write_text(f'#!/bin/sh\nexec {sys.executable} -m wardenloop "$@"\n')
    (tmp_path / "wardenloop").chmod(0o755)
    shutil.copy(FOLDER / name, tmp_path)
    done = subprocess.run(
        [*RUN[name], name],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _require(name: str, program: str) -> None:
    if shutil.which(program) is not None:
        return
    reason = f"docs/recipes/{name} IS NOT RUN: there is no {program} here."
    warnings.warn(pytest.PytestWarning(reason), stacklevel=2)
    pytest.skip(reason)


def test_the_page_says_of_each_whether_it_is_run() -> None:
    rows = [line for line in (FOLDER / "README.md").read_text("utf-8").splitlines() if line.startswith("| [")]
    said = {name: "**no" in row for row in rows for name in re.findall(r"\]\(([^)]+)\)", row)}
    assert said == dict.fromkeys(RUN, False) | dict.fromkeys(NOT_RUN, True)
    assert {path.name for path in FOLDER.iterdir()} == {"README.md", *said}
    for name in NOT_RUN:
        assert "NOT RUN" in (FOLDER / name).read_text("utf-8").partition("\n")[0]


@pytest.mark.parametrize("name", ["github.yml", "gitlab.yml"])
def test_ci_files_install_and_run_pytest(name: str) -> None:
    told = yaml.safe_load((FOLDER / name).read_text("utf-8"))
    job = told["jobs"]["test"] if "jobs" in told else told["test"]
    commands = job.get("script") or [step["run"] for step in job["steps"] if "run" in step]
    assert commands == ["pip install wardenloop pytest", "pytest"]
