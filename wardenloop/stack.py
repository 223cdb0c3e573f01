"""The whole, as a test holds it in the hand: two clouds, an instance, the mailbox, time, and what goes wrong."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from wardenloop.cloud import Cloud
from wardenloop.errors import Refused, WardenloopError
from wardenloop.http import Http
from wardenloop.journal import Journal
from wardenloop.licenses import License
from wardenloop.mailbox import Mailbox
from wardenloop.selfhost import SelfHost
from wardenloop.server import BARE, Saved, Server

_SPELLED = {"delay_seconds": "delaySeconds"}
_LOOK = 30


class Clock:
    """Simulated time. Real time until somebody moves it."""

    def __init__(self, stack: "Stack") -> None:
        self._stack = stack

    @property
    def now(self) -> datetime:
        """Of the clouds; aware."""
        return datetime.fromisoformat(self._stack.cloud.http.get("/_sim/clock")["now"])

    @property
    def is_frozen(self) -> bool:
        """Whether it stands still."""
        return bool(self._stack.cloud.http.get("/_sim/clock")["frozen"])

    def set(self, moment: "datetime | str", *, freeze: bool = False) -> None:
        """Make it that moment (a text is ISO 8601). Nothing of what would become due on the way is done: see
        `Stack.advance` for that."""
        self._move(now=_iso(moment), freeze=freeze)

    def freeze(self) -> None:
        """Time stands still from now on."""
        self._move(now=self.now.isoformat(), freeze=True)

    def reset(self) -> None:
        """Real time again."""
        self._move(reset=True)

    def _move(self, **change: Any) -> None:
        for app in self._stack.apps:
            app.post("/_sim/clock", {**change, "jump": True})


class Faults:
    """What a server does wrong on purpose. Gone after the test."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def add(
        self,
        app: str,
        operation: str,
        *,
        times: int | None = None,
        skip: int = 0,
        when: Mapping[str, str] | None = None,
        **do: Any,
    ) -> dict[str, Any]:
        """Have calls of an operation go wrong; the rule.

        app: `cloud-us`, `cloud-eu`, `selfhost`. operation: method and path as `/openapi.json` writes them
        (`GET /api/organizations/{organization_id}/license`), `*`, or a group (`identity`).
        times: how often, None = until it is cleared. do: one of `status=503` (with `message`, `headers`, `location`),
        `delay_seconds=10`, `hang=True`, `reset="before"` or `"after"`, `truncate=100`, `trickle=20`,
        `body="html"`, `licence="expired"`.
        """
        wanted = {
            "app": app,
            "operation": operation,
            "skip": skip,
            "times": times,
            "when": dict(when) if when else None,
            "do": {_SPELLED.get(name, name): value for name, value in do.items()},
        }
        told = self._http.post("/_sim/faults", {name: value for name, value in wanted.items() if value is not None})
        added: dict[str, Any] = told["data"][0]
        return added

    def add_mail(self, *, to: str | None = None, times: int | None = None, **do: Any) -> dict[str, Any]:
        """Have the mail server go wrong: `status=550`, `hang=True`, `reset="after"` ..."""
        wanted = {"to": to, "times": times, "do": do}
        told = self._http.post("/_sim/mail/faults", {key: value for key, value in wanted.items() if value is not None})
        added: dict[str, Any] = told["data"][0]
        return added

    def list(self) -> list[dict[str, Any]]:
        """What is on."""
        told: list[dict[str, Any]] = self._http.get("/_sim/faults")["data"]
        return told

    def clear(self) -> None:
        """Switch all off, those of mails too."""
        self._http.delete("/_sim/faults")


class Egress:
    """The network between the instance and others. Gone after the test."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def set(self, host: str, rule: str) -> None:
        """What becomes of connections to a host: `refuse`, `drop`, `dns`, `tls-untrusted`, `html`, ..., `allow`."""
        self._http.put(f"/_sim/egress/{host}", {"rule": rule})

    def list(self) -> list[dict[str, Any]]:
        """The rules in force."""
        told: list[dict[str, Any]] = self._http.get("/_sim/egress")["data"]
        return told

    def clear(self) -> None:
        """Let everything through."""
        self._http.delete("/_sim/egress")


class Forge:
    """Licences with something wrong, signed by the stack's test certificate, a foreign one or nobody."""

    def __init__(self, http: Http, saved: Saved) -> None:
        self._http = http
        self._saved = saved

    def __call__(
        self,
        defects: str,
        *,
        organization: Any = None,
        account: Any = None,
        installation: Any = None,
        license: Any = None,
        app: str = "cloud-us",
    ) -> License:
        """A licence with a defect, or several with commas (`expired,foreign-certificate`); `list` has them all.

        organization, account: whose; needless where there is only one. installation: which it is for; that of the
        stack's instance when left out, as in `download_license`. license: begin with this one.

        >>> forged = stack.forge("expired,no-token", organization=acme)  # doctest: +SKIP
        >>> forged["Seats"], forged.save("license.json")  # doctest: +SKIP
        (10, PosixPath('license.json'))
        """
        own = self._saved.installation
        if installation is None and license is None and own.get("app") == app.replace("-", "_"):
            installation = own["id"]
        given = {
            "organization": getattr(organization, "id", organization),
            "user": getattr(account, "email", account),
            "installationId": getattr(installation, "id", installation),
            "file": base64.b64encode(License.of(license).content).decode() if license is not None else None,
            "app": app,
        }
        wanted = {name: value for name, value in given.items() if value is not None}
        told = self._http.post(f"/_sim/forge/{defects}", wanted)
        return License(base64.b64decode(told["content"]), str(told["fileName"]))

    def list(self) -> list[dict[str, Any]]:
        """Every defect, and what each kind of release answers to it."""
        told: list[dict[str, Any]] = self._http.get("/_sim/forge")["data"]
        return told


class Snapshot:
    """The world at a moment. As a context manager it is brought back at the end, and forgotten."""

    def __init__(self, http: Http, name: str) -> None:
        self._http = http
        self.name = name

    def load(self) -> None:
        """Bring exactly that back."""
        self._http.post(f"/_sim/snapshots/{self.name}")

    def remove(self) -> None:
        """Forget it."""
        self._http.delete(f"/_sim/snapshots/{self.name}")

    def __enter__(self) -> "Snapshot":
        return self

    def __exit__(self, *_error: object) -> None:
        self.load()
        self.remove()


class Stack:
    """Everything that a test needs of the simulator.

    cloud: the US region, `cloud_us` and `cloud_eu` by name. selfhost: the instance. mailbox: mails of all. clock,
    faults, egress, journal, forge: the tester's tools.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        told, desk = server.told, server.desk
        self.mailbox = Mailbox(Http(str(told["mailbox"]), told["ca"], number=4, seed=server.seed))

        def http(app: str, number: int) -> Http:
            return Http(str(told[app]), told["ca"], self._explain, number=number, seed=server.seed)

        self.cloud_us = Cloud("cloud-us", http("cloud_us", 1), self.mailbox, server.saved, desk)
        self.cloud_eu = Cloud("cloud-eu", http("cloud_eu", 2), self.mailbox, server.saved, desk)
        self.cloud = self.cloud_us
        self.selfhost = SelfHost(
            http("selfhost", 3), self.mailbox, server.saved, desk, self._instance_command, server.home
        )
        self.clock = Clock(self)
        self.faults = Faults(desk)
        self.egress = Egress(desk)
        self.journal = Journal(desk)
        self.forge = Forge(desk, server.saved)

    @property
    def apps(self) -> tuple[Http, Http, Http]:
        """The three servers."""
        return self.cloud_us.http, self.cloud_eu.http, self.selfhost.http

    @property
    def ca(self) -> str | None:
        """PEM file of the authority to trust, with `tls`."""
        found: str | None = self.server.told["ca"]
        return found

    def advance(
        self,
        by: "str | timedelta | None" = None,
        *,
        to: "datetime | str | None" = None,
        until: str | None = None,
        organization: Any = None,
    ) -> list[dict[str, Any]]:
        """Play time: what becomes due on the way is done at its moment, on every side. What happened, in order.

        by: such as `61d` or `1w12h`. until: the next of a kind of the agenda: `trial-end`, `renewal`, `cancellation`,
        `payment-due`, `grace-begin`, `grace-end`, `license-expiry`, `suspension`, `sponsorship-end`,
        `sponsorship-purge`, `job`, or `next`. organization: with until, of this one (an object with `id`, an id, a
        name).
        """
        wanted = {
            "by": _duration(by) if by is not None else None,
            "to": _iso(to) if to is not None else None,
            "until": until,
            "organization": getattr(organization, "id", organization),
        }
        body = {name: value for name, value in wanted.items() if value is not None}
        told = self.server.desk.call("POST", "/_sim/advance", json=body, params={"wait": "true"})
        if told.get("error"):
            raise WardenloopError(f"time cannot be advanced: {told['error']}")
        events: list[dict[str, Any]] = told["events"]
        return events

    def agenda(self, *, days: int | None = None, organization: Any = None) -> list[dict[str, Any]]:
        """What will happen when, on every side; nothing is done. days: how far, 500 when left out."""
        until = (self.clock.now + timedelta(days=days)).isoformat() if days is not None else None
        query = {"until": until, "organization": getattr(organization, "id", organization)}
        told: list[dict[str, Any]] = self.server.desk.get("/_sim/agenda", **query)["data"]
        return told

    def snapshot(self, name: str) -> Snapshot:
        """Keep everything as it is now under a name.

        >>> with stack.snapshot("before"):  # doctest: +SKIP
        ...     ...  # whatever happens here is taken back
        """
        self.server.desk.put(f"/_sim/snapshots/{name}")
        return Snapshot(self.server.desk, name)

    def reset(self) -> None:
        """Back to the beginning: the world that the server was started with, nothing in the journal."""
        self.server.reset()
        self.journal.clear()

    def begin(
        self,
        *,
        world: "str | Path | None" = None,
        time: "datetime | str | None" = None,
        frozen: bool = False,
        release: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin a test: a clean world, or one of `wardenloop world list` or a file; then the rest.

        What takes long is done once for a server, and brought back from a snapshot afterwards.
        """
        if world is None and release is None and not settings:
            self.server.reset()
        else:
            self._prepare(world, release, settings or {})
        if time is not None or frozen:
            self.clock.set(time if time is not None else self.clock.now, freeze=frozen)
        self.journal.clear()
        for each in (*self.apps, self.server.desk):
            each.begin_anew()

    def _prepare(self, world: "str | Path | None", release: str | None, settings: Mapping[str, Any]) -> None:
        text = json.dumps([str(world), release, dict(settings)], sort_keys=True, default=str)
        kept = Snapshot(self.server.desk, f"kit-{hashlib.sha256(text.encode()).hexdigest()[:16]}")
        try:
            kept.load()
        except Refused as refused:
            if refused.status != 404:
                raise
        else:
            return
        self.server.reset()
        if world is not None:
            self._apply(world)
        if settings:
            self.selfhost.configure(**settings)
        if release is not None:
            self.selfhost.release = release
        self.snapshot(kept.name)
        if self.server.seed is not None:
            kept.load()  # as every other time: what is drawn begins there

    def _apply(self, world: "str | Path") -> None:
        file = Path(world)
        if file.suffix in (".yaml", ".yml", ".json"):
            self.server.desk.call("POST", "/_sim/world", data=file.read_bytes())
        else:
            self.server.desk.post("/_sim/world", {"name": str(world)})

    def _instance_command(self, *words: str) -> str:
        return self.server.command("selfhost", *words, "--yes")

    def _explain(self, method: str, path: str, status: int) -> Mapping[str, Any] | None:
        """The journal's entry of what has just been refused."""
        try:
            told = self.server.desk.get("/_sim/journal", limit=_LOOK, status=status, kind="request")["data"]
        except Refused:
            return None
        plain = path.partition("?")[0].rstrip("/")
        found = [each for each in told if each["method"] == method and str(each["path"]).rstrip("/") == plain]
        return found[-1] if found else None


@contextmanager
def start(
    *, tls: bool = False, world: "str | Path | None" = BARE, seed: int | None = None, **begin: Any
) -> Iterator[Stack]:
    """Start a stack of its own, for whoever does not use pytest; it is gone at the end of the block.

    seed: ids and tokens are made of this number, so that the same calls bring the same after each reset, too.
    begin: as `Stack.begin` takes it.

    >>> import wardenloop
    >>> with wardenloop.start() as stack:
    ...     acme = stack.cloud.organization("Acme", seats=12)
    ...     acme.download_license()["Seats"]
    12
    """
    with Server(tls=tls, world=world, seed=seed) as server:
        stack = Stack(server)
        if begin:
            stack.begin(**begin)
        else:
            stack.journal.clear()  # a world that was never built before has just been
        yield stack


def _iso(moment: "datetime | str") -> str:
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


def _duration(length: "str | timedelta") -> str:
    return length if isinstance(length, str) else f"{int(length.total_seconds())}s"
