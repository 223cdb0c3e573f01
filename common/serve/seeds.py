"""Worlds that were built before, kept for each user and machine: building one takes seconds, copying it a moment."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from common.cli import keys
from common.cli.home import Home
from common.errors import Refusal
from common.server import seeding
from common.settings import process_environment
from common.sim.snapshots import descriptions, rules, service
from common.sim.snapshots.folders import Layout

_KEPT = 12
"""Worlds; of those beyond the ones that were not used for longest go."""


class World(NamedTuple):
    """A world file as it was found. One that was built before is known by its text, and not read again."""

    text: str
    name: str


class Seed(NamedTuple):
    """A world by everything that it depends on. folder: where it is kept, or would be."""

    folder: Path

    @classmethod
    def of(cls, world: World | None, *, https: bool, number: int | None = None, at: str | None = None) -> "Seed":
        """world: None = the one that `up` makes."""
        text = json.dumps([world and world.text, https, number, at, _version()])
        name = hashlib.sha256(text.encode()).hexdigest()[:32]
        return cls(keys.cache_folder(process_environment()).parent / "seeds" / name)

    def plant(self, home: Home) -> bool:
        """Make an empty home hold it, under the home's own addresses; False when it was never built."""
        there = Layout(self.folder, {})
        with suppress(OSError, Refusal, KeyError, ValueError):
            os.utime(self.folder)
            here = Layout(home.root, process_environment())
            service.settle(here, descriptions.find(there, rules.SEED), there)
            if home.seed is not None:
                service.draw_from(here, seeding.PLANTED)
            self._bring_blank(home)
            return True
        return False

    def _bring_blank(self, home: Home) -> None:
        """What worlds are built on."""
        shelf = home.root / "snapshots"
        shelf.mkdir(mode=0o700, exist_ok=True)
        blank = descriptions.find(Layout(self.folder, {}), rules.BLANK)
        shutil.copytree(self.folder / "snapshots" / blank.data, shelf / blank.data, copy_function=_linked)
        shutil.copy2(self.folder / "snapshots" / f"{rules.BLANK}.json", shelf)

    def keep(self, home: Home) -> None:
        """Remember the world that a home began with. Without a cache nothing is lost."""
        with suppress(OSError):
            unfinished = self.folder.with_name(f"{self.folder.name}.{os.getpid()}")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(mode=0o700, parents=True)
            shutil.copytree(home.root / "snapshots", unfinished / "snapshots")
            shutil.copy2(home.stack_file, unfinished)
            try:
                unfinished.rename(self.folder)
            except OSError:  # somebody else was faster
                shutil.rmtree(unfinished, ignore_errors=True)
            _forget_oldest(self.folder.parent)


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _forget_oldest(folder: Path) -> None:
    found = sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)
    for each in found[_KEPT:]:
        shutil.rmtree(each, ignore_errors=True)


def _version() -> str:
    """Of the code that builds worlds: the package's, and what its files are."""
    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256(metadata.version("wardenloop").encode())
    for package in ("common", "cloud_sim", "selfhost"):
        for entry in _sources(root / package):
            status = entry.stat()
            digest.update(f"{entry.path} {status.st_mtime_ns} {status.st_size}".encode())
    return digest.hexdigest()


def _sources(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """The modules below a folder. By hand, as each start does it: `Path.rglob` takes five times as long."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=attrgetter("name")):
            if entry.name.endswith(".py"):
                yield entry
            elif "." not in entry.name and entry.name != "__pycache__" and entry.is_dir():
                yield from _sources(entry.path)
