"""The state folder of one stack (`--home`): where everything lies, which ports it uses, who has an account in it."""

import shlex
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from common.cli.failure import BrokenFile
from common.cli.language import worded
from common.crypto.server_files import CA_CERTIFICATE_FILE, ServerFiles
from common.files import PRIVATE, read_json, write_file, write_json
from common.server.listening import bind_of

DEFAULT_BASE_PORT = 8400
DEFAULT_HOME = ".wardenloop"
HOST = "127.0.0.1"
INSTANCE_PATH = "/selfhost"
"""Where the instance is below a public address, beside `/us` and `/eu`."""
PROXY_FILE = "proxy.json"
"""What a proxy that answers for the official host names says about itself while it runs."""

_SMTP_OFFSET = 25
_HIGHEST_PORT = 65_535
_KEPT = ("snapshots", "tls", "world.lock")
"""What a fresh start leaves alone; the lock is that of who builds a world (common/sim/snapshots/rules.py)."""

_RUNNABLE = 0o755
_ROOM = 256 * 1024


@dataclass(frozen=True)
class Ports:
    """The ports of a stack, all derived from one number."""

    base: int = DEFAULT_BASE_PORT

    @property
    def by_process(self) -> dict[str, int]:
        """Procfile name -> port; the desk listens on two (`desk` HTTP, `smtp`)."""
        return {
            "cloud-us": self.base + 1,
            "cloud-eu": self.base + 2,
            "selfhost": self.base + 3,
            "desk": self.base + 4,
            "smtp": self.base + _SMTP_OFFSET,
        }

    @property
    def fits(self) -> bool:
        """Whether all of them are possible port numbers."""
        return self.base >= 0 and self.base + _SMTP_OFFSET <= _HIGHEST_PORT

    def url(self, process: str, *, tls: bool = False) -> str:
        """Base URL of a process, no final slash."""
        return f"{'https' if tls else 'http'}://{HOST}:{self.by_process[process]}"


@dataclass(frozen=True)
class SavedAccount:
    """An account somebody may sign in to. app: `cloud_us`, `cloud_eu` or `selfhost`. role: what it is there for.

    client_id, client_secret: the personal API key.
    """

    email: str
    password: str
    app: str
    role: str
    user_id: str | None = None
    client_id: str | None = None
    client_secret: str | None = None


@dataclass(frozen=True)
class SavedOrganization:
    """An organization that a run made. owner: an e-mail address. client_id, client_secret: its API key."""

    app: str
    id: str
    name: str
    owner: str
    client_id: str
    client_secret: str
    billing_sync_token: str | None = None


@dataclass(frozen=True)
class SavedInstallation:
    """An installation of a cloud; client_id goes with the key."""

    app: str
    id: str
    key: str
    client_id: str


@dataclass(frozen=True)
class Saved:
    """What accounts.json remembers beside the addresses."""

    accounts: tuple[SavedAccount, ...] = ()
    organizations: tuple[SavedOrganization, ...] = ()
    installations: tuple[SavedInstallation, ...] = ()


@dataclass(frozen=True)
class Home:
    """Paths inside the state folder, and the two JSON files that say what is in it."""

    root: Path

    @property
    def stack_file(self) -> Path:
        """Ports and base URLs; also read by `python -m selfhost.deployment`. Its presence marks a wardenloop home."""
        return self.root / "stack.json"

    @property
    def accounts_file(self) -> Path:
        """What `wardenloop urls --json` knows without asking; written when the first world is complete."""
        return self.root / "accounts.json"

    @property
    def lock_file(self) -> Path:
        """Locked for as long as the stack runs; says which process its supervisor is, and whether it is ending."""
        return self.root / "stack.lock"

    def tell_supervisor(self, pid: int, *, ending: bool = False) -> None:
        """Said by the supervisor itself, which holds the lock."""
        said = f"{pid} ending" if ending else str(pid)
        with self.lock_file.open("r+", encoding="utf-8") as lock:
            lock.write(said)  # over what is there: that needs no room on a full disk
            lock.truncate()

    def supervisor(self) -> tuple[int | None, bool]:
        """Process id of the one that holds the lock, None when it has not said so yet; whether it is ending."""
        pid, _, ending = self.lock_file.read_text("utf-8").partition(" ")
        return int(pid) if pid.isdecimal() else None, bool(ending)

    @property
    def log_file(self) -> Path:
        """Output of all processes, each line with the name of its process."""
        return self.root / "logs" / "stack.log"

    @property
    def certificate_dir(self) -> Path:
        """The licence certificate of both regions."""
        return self.root / "certificate"

    @property
    def tls_dir(self) -> Path:
        """The local certificate authority and the server certificate. Kept by a fresh start: somebody may trust it."""
        return self.root / "tls"

    @property
    def environment_file(self) -> Path:
        """The self-hosted instance's own settings, the one that the documents tell people to edit."""
        return self.root / "bwdata" / "env" / "global.override.env"

    def reported_state(self, service: str) -> str | None:
        """What the runner of the instance's `api` or `jobs` last reported about it, such as `healthy` or `down`."""
        status = read_json(self.root / "selfhost" / f"{service}.status.json")
        return str(status.get("state")) if status else None

    def reported_error(self, service: str) -> str:
        """What a service of the instance that crashed has said last."""
        return str((read_json(self.root / "selfhost" / f"{service}.status.json") or {}).get("error", ""))

    @property
    def instance_is_wanted(self) -> bool:
        """Whether the self-hosted instance was started (and not stopped since)."""
        desired = read_json(self.root / "selfhost" / "desired.json")
        return desired is not None and desired.get("state") == "up"

    @property
    def is_ours(self) -> bool:
        """Whether it may be emptied: made by a stack, or of the name that says so, or empty (but for what stays)."""
        if self.stack_file.exists() or self.root.name == DEFAULT_HOME:
            return True
        return all(path == self.lock_file or path.name in _KEPT for path in self.root.iterdir())

    def owned(self) -> Iterator[Path]:
        """Everything a stack creates in its home, so that a fresh start removes that and nothing else."""
        folders = ("bwdata", "certificate", "cloud-eu", "cloud-us", "desk", "logs", "mail", "run", "selfhost")
        files = ("accounts.json", "bitwarden.json", "stack.json", "snapshots/before-world.json")
        return (self.root / name for name in (*folders, *files))

    def require_room(self) -> None:
        """Find out now whether something can be written here, and not in some process later. Raises OSError."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        trial = self.root / ".room"
        try:
            write_file(trial, bytes(_ROOM))
        finally:
            trial.unlink(missing_ok=True)

    def keep_private(self) -> None:
        """Make the folders of keys, databases, mails and logs, closed to others. `bwdata` is as the real one."""
        for name in ("certificate", "cloud-eu", "cloud-us", "desk", "logs", "mail", "run", "selfhost", "tls"):
            folder = self.root / name
            folder.mkdir(mode=0o700, exist_ok=True)
            folder.chmod(0o700)

    def ports(self) -> Ports | None:
        """The ports this home was made with; None when there is no stack in it."""
        saved = self._stack()
        return Ports(saved["base_port"]) if saved else None

    def _stack(self) -> dict[str, Any]:
        """stack.json; empty where there is none. Raises BrokenFile."""
        saved = self._read(self.stack_file)
        if saved is not None and not isinstance(saved.get("base_port"), int):
            raise BrokenFile(self.stack_file, worded("x.cli.brokenPort"))
        return saved or {}

    @staticmethod
    def _read(path: Path) -> dict[str, Any] | None:
        """The JSON object in a file of ours, None without one. Raises BrokenFile for anything else."""
        document = read_json(path)
        if document is None and path.exists():
            raise BrokenFile(path, worded("x.cli.brokenObject"))
        return document

    @property
    def seed(self) -> int | None:
        """What ids and secrets of this world are made of; None = chance."""
        found = self._stack().get("seed")
        return found if isinstance(found, int) else None

    @property
    def at(self) -> str | None:
        """The moment at which this world began, and its clocks stood still; None = it began now."""
        found = self._stack().get("at")
        return found if isinstance(found, str) else None

    @property
    def public_url(self) -> str | None:
        """Where a reverse proxy shows the apps of this stack, no final slash; None = nowhere."""
        found = self._stack().get("public_url")
        return found if isinstance(found, str) else None

    @property
    def host(self) -> str | None:
        """The address, beside loopback, at which the apps of this stack listen; None = at none."""
        found = self._stack().get("host")
        return found if isinstance(found, str) else None

    @property
    def shown(self) -> dict[str, str]:
        """Base URL of an app -> its address in links and mails, where others reach it elsewhere."""
        public, places = self.public_url, {"cloud_us": "/us", "cloud_eu": "/eu", "selfhost": INSTANCE_PATH}
        urls = {app: str(self._stack().get(app, "")) for app in places}
        if public:
            return {urls[app]: public + path for app, path in places.items()}
        return {url: url.replace(HOST, self.host) for url in urls.values()} if self.host else {}

    def save_stack(
        self,
        ports: Ports,
        tls: ServerFiles | None = None,
        seed: int | None = None,
        public_url: str | None = None,
        at: str | None = None,
        host: str | None = None,
    ) -> None:
        """Write stack.json. tls: the files of an https stack; None for plain http. The others: None = as before.

        public_url, host: "" = none. Whoever is on this machine goes on reaching everything at its ports.
        """
        seed = self.seed if seed is None else seed
        public = (self.public_url if public_url is None else public_url) or ""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        https = tls is not None
        host = (self.host if host is None else host) or ""
        document: dict[str, Any] = {
            "base_port": ports.base,
            "tls": https,
            "cloud_us": ports.url("cloud-us", tls=https),
            "cloud_eu": ports.url("cloud-eu", tls=https),
            "selfhost": ports.url("selfhost", tls=https),
            "selfhost_url": ports.url("selfhost", tls=https),
            "selfhost_listen": f"{HOST}:{ports.by_process['selfhost']}",
            "start": ports.url("desk", tls=https),
            "mailbox": ports.url("desk", tls=https) + "/mailbox",
            "smtp_port": ports.by_process["smtp"],
            "mailbox_smtp": f"{HOST}:{ports.by_process['smtp']}",
        }
        at = self.at if at is None else at
        if seed is not None:
            document["seed"] = seed
        if at is not None:
            document["at"] = at
        if host:
            port = ports.by_process["selfhost"]
            document |= {"host": host, "selfhost_url": f"http://{host}:{port}"}
            document["selfhost_listen"] = bind_of(host, port)
        if public:
            document |= {"public_url": public, "selfhost_url": public + INSTANCE_PATH}
            document["selfhost_path"] = urlsplit(public).path + INSTANCE_PATH
        if tls is not None:
            document |= {"ca": str(tls.ca), "tls_certificate": str(tls.certificate), "tls_key": str(tls.key)}
        write_json(self.stack_file, document)
        self._write_script()

    def _write_script(self) -> None:
        """`bitwarden.sh` in the folder of the instance, so that the documents' commands work word by word."""
        ours = Path(__file__).parents[2]
        script = (
            "#!/bin/sh\n# The instance's own commands: ./bitwarden.sh rebuild, start, stop, update, help ...\n"
            'home=$(cd "$(dirname "$0")" && pwd)\n'
            f"export PYTHONPATH={shlex.quote(str(ours))}${{PYTHONPATH:+:$PYTHONPATH}}\n"
            f'exec {shlex.quote(sys.executable)} -P -m common.cli.main --home "$home" selfhost "$@"\n'
        )
        write_file(self.root / "bitwarden.sh", script, _RUNNABLE)

    @property
    def uses_tls(self) -> bool:
        """Whether the stack of this home speaks https."""
        return bool(self._stack().get("tls"))

    @property
    def ca(self) -> Path | None:
        """What clients of an https stack have to trust; None for plain http."""
        return self.tls_dir / CA_CERTIFICATE_FILE if self.uses_tls else None

    def urls(self) -> dict[str, str]:
        """Base URL of `start` (the start page), `cloud_us`, `cloud_eu`, `selfhost` and `mailbox`."""
        saved = self._stack()
        return {
            name: str(saved[name]) for name in ("start", "cloud_us", "cloud_eu", "selfhost", "mailbox") if name in saved
        }

    def saved(self) -> Saved:
        """Who and what was made by the seed and the guided runs. Raises BrokenFile."""
        found = self._read(self.accounts_file) or {}
        try:
            return Saved(
                tuple(SavedAccount(**each) for each in found.get("accounts", ())),
                tuple(SavedOrganization(**each) for each in found.get("organizations", ())),
                tuple(SavedInstallation(**each) for each in found.get("installations", ())),
            )
        except TypeError as error:
            raise BrokenFile(self.accounts_file, worded("x.cli.brokenAccounts")) from error

    def accounts(self) -> list[SavedAccount]:
        """Everybody who was registered by the seed or a guided run."""
        return list(self.saved().accounts)

    def add_accounts(
        self,
        *new: SavedAccount,
        organizations: Iterable[SavedOrganization] = (),
        installations: Iterable[SavedInstallation] = (),
    ) -> None:
        """Remember accounts, and what they own, beside what is known already."""
        known = self.saved()
        document = asdict(
            Saved(
                (*known.accounts, *new),
                (*known.organizations, *organizations),
                (*known.installations, *installations),
            )
        )
        write_json(self.accounts_file, {**self.urls(), **document}, PRIVATE)

    @property
    def is_half_built(self) -> bool:
        """Whether a world was begun here and is not whole: what was there before is kept."""
        return (self.root / "snapshots" / "before-world.json").exists()

    @property
    def is_seeded(self) -> bool:
        """Whether the first world was completed here."""
        return self.accounts_file.exists()
