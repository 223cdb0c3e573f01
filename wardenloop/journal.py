"""What crossed the wire, and assertions about it. Calls by which the kit sets a test up do not count, nor what a server
asks another for them, or in its jobs."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from wardenloop.http import SETUP, Http

_MOST = 10_000
_SHOWN = 8


class Entry(NamedTuple):
    """One exchange. raw: all that the journal says of it (docs/simulation.md)."""

    app: str
    operation: str
    method: str
    path: str
    status: int
    caller: str | None
    rule: str | None
    raw: Mapping[str, Any]

    @property
    def request(self) -> Any:
        """`headers` and `body`, secrets masked."""
        return self.raw.get("request")

    @property
    def response(self) -> Any:
        """`status`, `headers` and `body`, secrets masked."""
        return self.raw.get("response")

    @property
    def unread(self) -> list[str]:
        """Members that were sent and nobody read."""
        return list(self.raw.get("unread") or ())

    def __str__(self) -> str:
        rule = f"  [{self.rule}]" if self.rule else ""
        return f"{self.app:<9} {self.status or '---'} {self.method} {self.path}  by {self.caller or 'nobody'}{rule}"


class Journal:
    """The journals of all three servers, in order."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def requests(
        self,
        operation: str = "*",
        caller: str | None = None,
        *,
        status: int | None = None,
        app: str | None = None,
        setup: bool = False,
    ) -> list[Entry]:
        """Requests that were answered, oldest first.

        operation: a route such as `GET /api/licenses/organization/{organization_id}`, `*` = any. caller: such as
        `installation.ID`, only the kind or only the id. app: `cloud-us`, `cloud-eu`, `selfhost`. setup: also the
        calls of the kit itself, and what servers ask each other for them or in their jobs.
        """
        query = {"operation": None if operation == "*" else operation, "caller": caller, "status": status}
        told = self._http.get("/_sim/journal", limit=_MOST, kind="request", **query)
        return self._counted(map(_of, told["data"]), app, setup=setup)

    def unread(self) -> list[Entry]:
        """Requests with members that no server reads: misspelt, or of another version."""
        return [each for each in self.requests() if each.unread]

    def assert_called(
        self,
        operation: str,
        *,
        status: int | None = None,
        caller: str | None = None,
        times: int | None = None,
        body: Any = None,
        app: str | None = None,
        setup: bool = False,
    ) -> list[Entry]:
        """There were such requests (times: exactly so many). A failure tells what there was instead.

        body: members that the request has to have. app, setup: as `requests` takes them.
        """
        found = self._counted(self._matching(operation, status, caller, body), app, setup=setup)
        if len(found) == times or (times is None and found):
            return found
        wanted = f"{operation}" + (f" with status {status}" if status else "") + (f" by {caller}" if caller else "")
        often = "at all" if times is None else f"{times} times, but {len(found)} times"
        raise AssertionError(f"{wanted} was not called {often}.\n{self._near(operation, status, caller, body)}")

    def assert_nothing_called(self) -> None:
        """No server was asked anything, but by the kit."""
        found = self.requests()
        if found:
            raise AssertionError(f"{len(found)} calls were made:\n{_listed(found)}")

    def clear(self) -> None:
        """Forget all."""
        self._http.delete("/_sim/journal")

    def raw(self, limit: int = 100) -> list[dict[str, Any]]:
        """The newest entries of all kinds: requests, calls, mails, jobs, clock moves."""
        told: list[dict[str, Any]] = self._http.get("/_sim/journal", limit=limit)["data"]
        return told

    def _counted(self, entries: Iterable[Entry], app: str | None, *, setup: bool) -> list[Entry]:
        found = [each for each in entries if (setup or not _is_setup(each.raw)) and app in (None, each.app)]
        if setup or not any(each.raw["peer"] for each in found):
            return found
        calls = self._http.get("/_sim/journal", limit=_MOST, kind="call")["data"]
        of_jobs = {each["peer"] for each in calls if each["trigger"] == "job"}
        return [each for each in found if each.raw["id"] not in of_jobs]

    def _pattern(self, operation: str, status: int | None, caller: str | None, body: Any) -> dict[str, Any]:
        wanted = {"operation": operation, "status": status, "caller": caller, "body": body, "kind": "request"}
        if operation == "*":
            del wanted["operation"]
        return {name: value for name, value in wanted.items() if value is not None}

    def _matching(self, operation: str, status: int | None, caller: str | None, body: Any) -> list[Entry]:
        told = self._http.post("/_sim/journal/find", self._pattern(operation, status, caller, body))
        return [_of(each) for each in told["matches"]]

    def _near(self, operation: str, status: int | None, caller: str | None, body: Any) -> str:
        told = self._http.post("/_sim/journal/find", self._pattern(operation, status, caller, body))
        near = [(_of(each["entry"]), each["reasons"]) for each in told["nearMisses"]]
        lines = [f"  {entry}\n      but {', '.join(reasons)}" for entry, reasons in near if not _is_setup(entry.raw)]
        if lines:
            return "\n".join(["Nearly:", *lines[:_SHOWN]])
        others = self.requests()
        return f"All calls:\n{_listed(others)}" if others else "Nothing was called."


def _of(told: Mapping[str, Any]) -> Entry:
    return Entry(
        str(told["app"]),
        str(told["operation"]),
        str(told.get("method") or ""),
        str(told.get("path") or ""),
        int(told.get("status") or 0),
        told.get("caller"),
        told.get("rule"),
        told,
    )


def _is_setup(told: Mapping[str, Any]) -> bool:
    return str(told["group"]).startswith(SETUP)


def line_of(told: Mapping[str, Any]) -> str | None:
    """An entry of any kind in a line; None for what crossed the wire because of the kit."""
    match told["kind"]:
        case "request" | "call" | "mail" if _is_setup(told):
            return None
        case "request":
            return str(_of(told))
        case "call":
            what = f"asks {told['method']} {told['path']}"
        case _:
            what = str(told["operation"])
    return f"{told['app']:<9} {what} {told.get('outcome') or told.get('status') or ''}".rstrip()


def _listed(entries: Iterable[Entry]) -> str:
    return "\n".join(f"  {each}" for each in list(entries)[-_SHOWN * 3 :])
