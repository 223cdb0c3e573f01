"""The stack with TLS that real clients meet: one a run, because the guided run takes its time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.shared import run_folder, shared
from tests.support.stack import Stack, Wardenloop, free_base_port


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Stack]:
    def start(folder: Path) -> int:
        command = Wardenloop(folder / "home", free_base_port(worker_id))
        command.done("up", "--tls", "--detach", "--base-port", str(command.base_port))
        command.done("loop", "--document", "002", "--region", "us")
        return command.base_port

    folder = run_folder(tmp_path_factory) / "clients"
    with shared(folder, start) as base_port:
        yield Stack.running(Wardenloop(folder / "home", base_port), tls=True)
