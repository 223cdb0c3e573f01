"""The blocks of README.md and docs/testing.md, run as a reader would run them, but for those that are named here."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from common.sim.timeline.entries import Kind

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "docs" / "testing.md")
NOT_RUN = {
    "pip install wardenloop pytest": ".ci/package installs it with all it needs",
    "wardenloop up --detach  ": "takes the usual ports; the block with --base-port is run",
    "wardenloop demo --yes": "takes a minute; tests/ui and tests/process walk the same steps",
    "make demo": "the same",
    "wardenloop license inspect": "needs a file of the reader's; tests/unit/cli",
    "WARDENLOOP_DATABASE_URL": "needs a database server; tests/process",
}
"""The beginning of a block, or a part of it -> why not."""


def blocks(language: str) -> list[str]:
    texts = (page.read_text("utf-8") for page in PAGES)
    return [
        block for text in texts for block in re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    ]


def test_python(tmp_path: Path) -> None:
    found = blocks("python")
    assert len(found) == 7
    for number, block in enumerate(found):
        (tmp_path / f"test_{number}.py").write_text(block)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:schemathesis",  # of ours, and dear
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_shell(tmp_path: Path) -> None:
    """In one shell, from the top of the page to its end."""
    found = [block for block in blocks("sh") if not any(part in block for part in NOT_RUN)]
    assert len(found) == 3
    (tmp_path / "wardenloop").write_text(f'#!/bin/sh\nexec {sys.executable} -m wardenloop "$@"\n')
    (tmp_path / "wardenloop").chmod(0o755)
    script = "\n".join(["set -eu", *found]).replace("/tmp/world", str(tmp_path / "world"))
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    try:
        done = subprocess.run(
            ["sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
    finally:
        subprocess.run(
            [tmp_path / "wardenloop", "--home", tmp_path / "world", "down"],
            env=environment,
            check=True,
            capture_output=True,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('"email":"owner@acme.example"') == 2, done.stdout


@pytest.mark.parametrize("part", NOT_RUN)
def test_what_is_not_run_is_there(part: str) -> None:
    assert len([block for block in blocks("sh") if part in block]) == 1


def test_every_kind_that_can_be_waited_for_is_named() -> None:
    page = (ROOT / "docs" / "testing.md").read_text("utf-8")
    [said] = re.findall(r"^`advance\(until=.*?\n\n", page, re.DOTALL | re.MULTILINE)
    assert {*re.findall(r"`([a-z-]+)`", said)} == {*Kind, "next"}


def test_links_lead_somewhere() -> None:
    for page in (*PAGES, ROOT / "docs" / "contract.md", ROOT / "docs" / "recipes" / "README.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), (page.name, target)
