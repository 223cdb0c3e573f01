"""Where the parts of a stack lie in its home, and the files among them: copied out, compared, brought back."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from common.files import PRIVATE, blocks_of, read_json, write_blocks
from common.settings import variables_in, with_driver
from common.sim.snapshots import rules
from common.sim.snapshots.databases import Database

APPS = ("selfhost", "cloud-us", "cloud-eu")
"""In the order in which their gates are closed: who asks others first, so that what it asks is still answered."""

CLIENTS = "desk"
"""Where commands keep what belongs to a world."""

SNAPSHOTS = "snapshots"
MAIL = "mail"
_MAIL_FAULTS = ".faults/faults-1.sqlite3"
_FOLDERS = ("bwdata", "certificate", "cloud-eu", "cloud-us", "desk", "selfhost")
_FILES = ("accounts.json", "bitwarden.json")
_EFFECTIVE, _DESIRED = "selfhost/effective.json", "selfhost/desired.json"
_LEFT_OUT = ("bwdata/logs", _EFFECTIVE, _DESIRED)
_OF_PROCESSES = ("gate-", "journal")
_ENDINGS = (".db", ".db-wal", ".db-shm", ".db-journal", ".lock", ".status.json", ".sqlite3")
_INSTANCE_DATABASE = "bwdata/mssql/data/wardenloop.db"

Change = Callable[[Iterable[bytes]], Iterator[bytes]]
"""What becomes of a file's content on its way, a block at a time: it may be larger than memory."""


class Instance(NamedTuple):
    """What the instance's runners shall bring about. effective: its configuration, None where it never ran."""

    up: bool
    generation: int
    effective: Mapping[str, Any] | None

    def same(self, other: "Instance") -> bool:
        """Whether nothing need be stopped or started to come from one to the other."""
        return self.up == other.up and self._configuration() == other._configuration()

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables it runs with; none where it never ran."""
        found: Mapping[str, str] = (self.effective or {}).get("environment", {})
        return found

    def _configuration(self) -> tuple[object, object]:
        found = self.effective or {}
        return found.get("environment"), found.get("release")


class Layout(NamedTuple):
    """The home of one stack. environment: what its clouds would be started with."""

    root: Path
    environment: Mapping[str, str]

    def database(self, app: str) -> Database:
        """Where this app keeps its rows. Errors: 409 what is configured is none."""
        if app == "selfhost":
            lines = {key.lower(): value for key, value in self.instance().environment.items()}
            named, own = lines.get("wardenloop__databaseurl", ""), self.root / _INSTANCE_DATABASE
        else:
            named = self.environment.get("WARDENLOOP_DATABASE_URL", "").replace("{region}", app.removeprefix("cloud-"))
            own = self.root / app / "cloud.db"
        try:
            url = with_driver(named) or f"sqlite:///{own}"
            sa.engine.make_url(url)
        except (ValueError, sa.exc.ArgumentError) as error:
            raise rules.no_database(app, error) from error
        return Database(url)

    def gate(self, app: str) -> Path:
        """The folder with the gate of this app."""
        return self.root / app

    @property
    def shelf(self) -> Path:
        """The folder of the snapshots."""
        return self.root / SNAPSHOTS

    @property
    def mails(self) -> Path:
        """The folder of the mailbox."""
        return self.root / MAIL

    @property
    def mail_faults(self) -> Path:
        """The file with what the mailbox's server is to do wrong."""
        return self.mails / _MAIL_FAULTS

    def addresses(self) -> dict[str, str]:
        """What is written into a world about where it is: the home, base URLs, `host:port`."""
        stack = read_json(self.root / "stack.json") or {}
        names = ("cloud_us", "cloud_eu", "selfhost", "start")
        urls = {name: str(stack[name]) for name in names if name in stack}
        hosts = {f"{name} host": url.partition("://")[2] for name, url in urls.items()}
        smtp = {name: str(stack[name]) for name in ("mailbox_smtp",) if name in stack}
        written = {"line": "mail__smtp__port={}", "json": 'mail__smtp__port": "{}'}
        port = {f"smtp {how}": text.format(stack.get("smtp_port")) for how, text in written.items()}
        return {"home": str(self.root.absolute()), **urls, **hosts, **smtp, **port}

    # --- the instance

    def instance(self) -> Instance:
        """As it shall be now. Errors: 409 somebody has damaged what it runs with."""
        desired = read_json(self.root / _DESIRED) or {}
        generation = desired.get("generation")
        number = generation if isinstance(generation, int) else 0
        return Instance(desired.get("state") == "up", number, self._effective())

    def _effective(self) -> Mapping[str, Any] | None:
        path = self.root / _EFFECTIVE
        if not path.exists():
            return None
        effective = read_json(path)
        try:
            variables_in(effective)
        except ValueError as error:
            raise rules.broken_configuration(path, error) from error
        return effective

    def states(self) -> set[str]:
        """What the runners of the instance last said about their services."""
        said = (read_json(self.root / "selfhost" / f"{each}.status.json") for each in ("api", "jobs"))
        return {f"{each.get('generation')} {each.get('state')}" for each in said if each}

    # --- files

    def files(self) -> Iterator[str]:
        """Paths below the home of all files that belong to the world, mails and databases aside."""
        for name in _FILES:
            if (self.root / name).is_file():
                yield name
        for folder in _FOLDERS:
            yield from self._below(folder)

    def folders(self) -> Iterator[str]:
        """Paths of the folders that they lie in, the empty ones too."""
        for folder in _FOLDERS:
            for here, _, _ in os.walk(self.root / folder):
                yield str(Path(here).relative_to(self.root))

    def _below(self, folder: str) -> Iterator[str]:
        try:
            entries = sorted(os.scandir(self.root / folder), key=attrgetter("name"))
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            path = f"{folder}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if path not in _LEFT_OUT:
                    yield from self._below(path)
            elif entry.is_file(follow_symlinks=False) and belongs(path):
                yield path


def belongs(path: str) -> bool:
    """Whether a file at this place below a home is one of a world's, so that a snapshot may bring it."""
    parts = path.split("/")
    if path.startswith("/") or ".." in parts:
        return False
    known = path in _FILES or parts[0] in _FOLDERS
    own = parts[-1].startswith(_OF_PROCESSES) or parts[-1].endswith(_ENDINGS)
    return known and not own and not any(path == each or path.startswith(f"{each}/") for each in _LEFT_OUT)


def may_be_made(folder: str) -> bool:
    """Whether a folder at this place below a home is one of a world's."""
    parts = Path(folder).parts
    return bool(parts) and parts[0] in _FOLDERS and ".." not in parts


def copy_out(layout: Layout, target: Path) -> None:
    """Copy the files of a home below `target`."""
    for path in layout.files():
        source = layout.root / path
        write_blocks(target / path, blocks_of(source), source.stat().st_mode & 0o777)


def bring_back(source: Path, root: Path, present: Iterable[str], change: Change) -> None:
    """Make the files of a home be those below `source`: what differs is replaced, what is not there is removed."""
    wanted = {str(each.relative_to(source)) for each in source.rglob("*") if each.is_file()}
    for path in wanted:
        there = root / path
        if not there.is_file() or not _holds(there, change(blocks_of(source / path))):
            write_blocks(there, change(blocks_of(source / path)), (source / path).stat().st_mode & 0o777)
    for path in set(present) - wanted:
        (root / path).unlink(missing_ok=True)


def _holds(path: Path, blocks: Iterable[bytes]) -> bool:
    with path.open("rb") as file:
        return all(file.read(len(block)) == block for block in blocks) and not file.read(1)


def mails_in(folder: Path) -> dict[str, Path]:
    """The mails of a mailbox by name."""
    if not folder.is_dir():
        return {}
    with os.scandir(folder) as entries:
        return {entry.name: Path(entry.path) for entry in entries if entry.name.endswith(".eml")}


def link_all(mails: Mapping[str, Path], target: Path) -> None:
    """Have the same mails in `target`. A mail never changes, so a second name for it is enough."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, path in mails.items():
        try:
            (target / name).hardlink_to(path)
        except FileExistsError:
            continue
        except OSError:  # another file system, or one that knows no links
            write_blocks(target / name, blocks_of(path), PRIVATE)


def bring_mails_back(source: Path, folder: Path, change: Change, *, changed: bool) -> None:
    """Make the mailbox hold what it held. changed: addresses in it are others now."""
    wanted, present = mails_in(source), mails_in(folder)
    for name in present.keys() - wanted.keys():
        present[name].unlink(missing_ok=True)
    if changed:
        for name, path in wanted.items():
            write_blocks(folder / name, change(blocks_of(path)), PRIVATE)
    else:
        link_all({name: wanted[name] for name in wanted.keys() - present.keys()}, folder)
