"""The process that serves everything, and what it said about itself."""

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wardenloop import payload
from wardenloop.errors import NotStarted, WardenloopError
from wardenloop.http import Http

_PATIENCE = 60.0
_LAST_LINES = 30

BARE = Path(__file__).with_name("world.yaml")
"""An installed instance that may talk to the cloud, and nobody anywhere."""


class Saved:
    """What the world of the present test began with: accounts, organizations, the instance's installation."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def _read(self, name: str) -> list[dict[str, Any]]:
        try:
            told = json.loads((self._home / "accounts.json").read_bytes())
        except FileNotFoundError:
            return []
        found: list[dict[str, Any]] = told.get(name, [])
        return found

    @property
    def accounts(self) -> list[dict[str, Any]]:
        """`app`, `email`, `password`, `user_id`, `client_id`, `client_secret`, `role`."""
        return self._read("accounts")

    @property
    def organizations(self) -> list[dict[str, Any]]:
        """`app`, `id`, `name`, `owner`, `client_id`, `client_secret`."""
        return self._read("organizations")

    @property
    def installation(self) -> dict[str, Any]:
        """`id`, `key`, `client_id`."""
        return self._read("installations")[0]


class Server:
    """`wardenloop serve` as a child of this process. It ends with it, however that ends."""

    def __init__(self, *, tls: bool = False, world: "str | Path | None" = BARE, seed: int | None = None) -> None:
        """world: name or file that `reset` goes back to; None = that of `wardenloop up`."""
        words = ["serve", "--parent", str(os.getpid())]
        words += ["--tls"] if tls else []
        words += ["--world", str(world)] if world else []
        words += ["--seed", str(seed)] if seed is not None else []
        self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-P", "-m", "common.cli.main", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=payload.environment(),
            text=True,
        )
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        threading.Thread(target=self._listen, name="wardenloop", daemon=True).start()
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            self._process.wait(_PATIENCE)
            raise NotStarted("".join(self._said) or f"the server ended with status {self._process.returncode}")
        self.told: Mapping[str, Any] = json.loads(line)
        self.tls = tls
        self.seed = seed
        self.home = Path(self.told["home"])
        self.saved = Saved(self.home)
        self.desk = Http(str(self.told["start"]), self.told["ca"], seed=seed)

    def _listen(self) -> None:
        for line in self._process.stderr or ():
            self._said.append(line)

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def reset(self) -> None:
        """Go back to the world that it began with."""
        self.desk.post("/_sim/reset")

    def command(self, *words: str) -> str:
        """Run a `wardenloop` command on this stack; what it printed. Raises WardenloopError."""
        return self.command_in(self.home, *words)

    @staticmethod
    def command_in(home: Path, *words: str) -> str:
        """The same on the stack of another home."""
        done = subprocess.run(  # noqa: S603 - our own program, no shell
            [sys.executable, "-P", "-m", "common.cli.main", "--home", str(home), *words],
            env=payload.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise WardenloopError(f"wardenloop {' '.join(words)}: {done.stderr or done.stdout}".strip())
        return done.stdout

    def close(self) -> None:
        """End it; nothing of it is left."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
