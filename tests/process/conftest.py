"""The stack with TLS that real clients meet: one a worker, because the guided run takes its time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import Stack, Wardenloop, free_base_port


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Stack]:
    command = Wardenloop(tmp_path_factory.mktemp("tls") / "home", free_base_port(worker_id))
    command.done("up", "--tls", "--detach", "--base-port", str(command.base_port))
    try:
        command.done("loop", "--document", "002", "--region", "us")
        urls = command.urls()
        yield Stack(command, Path(command.done("ca").strip()), urls, urls["accounts"])
    finally:
        command("down")
