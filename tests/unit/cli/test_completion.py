"""Completion in the shells that the page of commands names."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class

from common.cli.main import main

PAGE = (Path(__file__).parents[3] / "docs/commands.md").read_text("utf-8")
LINES = dict(re.findall(r"^\| (bash|zsh|fish) \| `[^`]+` \| `(.+?)` \|$", PAGE.replace("\\|", "|"), re.MULTILINE))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_commands_and_values(shell: str) -> None:
    found = get_completion_class(shell)
    assert found is not None and f"{shell}_source" in LINES[shell]
    completion = found(main, {}, "wardenloop", "_WARDENLOOP_COMPLETE")
    assert [each.value for each in completion.get_completions(["license"], "ins")] == ["inspect"]
    assert [each.value for each in completion.get_completions(["doctor", "--lang"], "")] == ["en", "zh"]
    assert {each.value for each in completion.get_completions([], "jo")} == {"jobs", "journal"}


@pytest.mark.processes
@pytest.mark.parametrize(
    ("shell", "ask"),
    [
        (
            "bash",
            "COMP_WORDS=(wardenloop license ins) COMP_CWORD=2; _wardenloop_completion wardenloop; echo ${COMPREPLY[@]}",
        ),
        ("fish", 'complete -C "wardenloop license ins"'),
    ],
)
def test_the_line_of_the_page_works(tmp_path: Path, shell: str, ask: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    command = tmp_path / "wardenloop"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wardenloop "$@"\n')
    command.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        [program, "-c", f"{LINES[shell]}\n{ask}"], capture_output=True, text=True, env=environment, check=False
    )
    assert done.stdout.split()[:1] == ["inspect"], done.stderr
