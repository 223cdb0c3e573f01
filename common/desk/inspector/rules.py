"""What the inspector concludes from what both sides believe, and how a call is told to other tools. Pure."""

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

State = Mapping[str, Any]
Entry = Mapping[str, Any]

_HIDDEN = frozenset({"host", "content-length", "connection", "accept-encoding", "cookie", "traceparent"})
_REFUSED = 400
_MASK = "…"
_SAID = ("app", "from", "to", "kind", "operation", "path", "status", "message", "subject", "outcome", "facts")
"""What a line of the list says of an entry, but for its time."""


class Verdict(NamedTuple):
    """key: of the text that names it. hint: of the text that says what comes next. good: nothing has to be done."""

    key: str
    hint: str
    good: bool = False


IN_SYNC = Verdict("x.verdictInSync", "x.verdictInSyncHint", good=True)
NOT_SENT = Verdict("x.verdictNotSent", "x.verdictNotSentHint")
CLOUD_AHEAD = Verdict("x.verdictCloudAhead", "x.verdictCloudAheadHint")
REMOVAL = Verdict("x.verdictRemoval", "x.verdictRemovalHint")
CLOUD_ONLY = Verdict("x.verdictCloudOnly", "x.verdictCloudOnlyHint")
HERE_ONLY = Verdict("x.verdictHereOnly", "x.verdictHereOnlyHint")
DIFFERS = Verdict("x.verdictDiffers", "x.verdictDiffersHint")


def verdict_of(both: State) -> Verdict:
    """What is to be said of a sponsorship. both: its two ends, `cloud` and `instance`, None where there is none."""
    there, here = both["cloud"], both["instance"]
    if here is None:
        return CLOUD_ONLY
    if there is None:
        return HERE_ONLY if here["lastSync"] else NOT_SENT
    if both["agree"]:
        return IN_SYNC
    if here["toDelete"] and not there["toDelete"]:
        return REMOVAL
    if there["validUntil"] != here["validUntil"]:
        return CLOUD_AHEAD
    return NOT_SENT if here["awaitingSync"] else DIFFERS


class Check(NamedTuple):
    """Something that must hold for the loop to work. key: of its text. holds: None = nothing can be said of it yet."""

    key: str
    holds: bool | None
    detail: str | None = None


def checks_of(pair: State, instance: State | None) -> list[Check]:
    """The way from the licence to the sponsorships, in the order of the documents. instance: its own facts."""
    cloud, here = pair["cloud"], pair["instance"]
    licence = here["license"] if here else None
    connection = here["connection"] if here else None
    token = cloud["billingSyncToken"] if cloud else None
    issued = {each["installationId"] for each in cloud["issued"]} if cloud else set()
    refused = cloud["wouldIssue"]["refused"] if cloud else None
    return [
        Check("x.checkInstance", instance is not None),
        Check("x.checkIssue", None if cloud is None else refused is None, refused),
        Check("x.checkIssued", None if cloud is None or instance is None else instance["installationId"] in issued),
        Check("x.checkOnInstance", here is not None),
        Check("x.checkLicence", _sound(licence), (licence or {}).get("unreadable") or (licence or {}).get("verdict")),
        Check("x.checkCommunication", None if instance is None else bool(instance["cloudCommunication"])),
        Check("x.checkToken", None if cloud is None else token is not None),
        Check("x.checkConnection", None if here is None else bool(connection and connection["enabled"])),
        Check("x.checkSameToken", _same_token(token, connection)),
        Check("x.checkSynced", _synced(connection), _failure(connection)),
    ]


def _sound(licence: State | None) -> bool | None:
    return None if licence is None else bool(licence["there"] and not licence["unreadable"] and not licence["verdict"])


def _same_token(token: State | None, connection: State | None) -> bool | None:
    if token is None or connection is None or connection["token"] is None:
        return None
    return bool(token["token"] == connection["token"])


def _synced(connection: State | None) -> bool | None:
    if connection is None:
        return None
    return connection["failure"] is None and connection["lastLicenseSync"] is not None


def _failure(connection: State | None) -> str | None:
    failure = connection["failure"] if connection else None
    return str(failure["advice"]) if failure else None


class Exchange(NamedTuple):
    """What one action caused: its entries in order. first: what it began with. failed: something in it was refused.
    times: how often the same came, one after the other."""

    first: Entry
    entries: Sequence[Entry]
    failed: bool
    times: int = 1


def exchanges(entries: Iterable[Entry]) -> list[Exchange]:
    """Entries by what they belong to, the newest action first."""
    groups: dict[str, list[Entry]] = {}
    for each in entries:
        groups.setdefault(str(each["group"] or each["id"]), []).append(each)
    return [Exchange(each[0], each, any(map(_is_refused, each))) for each in reversed(list(groups.values()))]


def folded(found: Iterable[Exchange]) -> list[Exchange]:
    """With single calls that came out the same, one after the other, as one: the newest of them, and how many."""
    runs = (list(run) for _, run in groupby(found, _sameness))
    return [run[0]._replace(times=len(run)) for run in runs]


def _sameness(exchange: Exchange) -> tuple[object, ...]:
    if len(exchange.entries) > 1 or exchange.failed:
        return (exchange.first["id"],)
    return tuple(str(exchange.first.get(name)) for name in _SAID)


def together(entry: Entry, entries: Iterable[Entry]) -> list[Entry]:
    """What one action caused, on all sides, in order: the entry and those of its group."""
    return [each for each in entries if entry["group"] and each["group"] == entry["group"]]


class RowChange(NamedTuple):
    """A row that was changed. kind: `added`, `removed`, `changed`. columns: name, before, after; None = not there."""

    app: str
    table: str
    kind: str
    columns: Sequence[tuple[str, Any, Any]]


def state_diff(entries: Iterable[Entry]) -> list[RowChange]:
    """Every row that an action changed, on both sides, in order."""
    return [
        _row_change(each["app"], change)
        for each in entries
        for change in each.get("changes") or ()
        if change.get("table")
    ]


def _row_change(app: str, change: Mapping[str, Any]) -> RowChange:
    before, after = change.get("before"), change.get("after")
    kind = "added" if before is None else "removed" if after is None else "changed"
    old, new = before or {}, after or {}
    names = dict.fromkeys([*old, *new])
    return RowChange(app, change["table"], kind, [(name, old.get(name), new.get(name)) for name in names])


def calls_nobody(entries: Iterable[Entry]) -> bool:
    """Whether a sync was asked for and no call left the instance: there was nothing to tell the cloud."""
    known = list(entries)
    asked = any("sync" in str(each["operation"]).lower() and each["kind"] == "request" for each in known)
    return asked and not any(each["kind"] == "call" or (each["status"] or 0) >= _REFUSED for each in known)


def _is_refused(entry: Entry) -> bool:
    status = entry.get("status")
    return bool(entry.get("fault") or entry.get("egress") or (status is not None and status >= _REFUSED))


def as_curl(entry: Entry, base_url: str) -> str:
    """The request as a command. Secrets are masked: put your own in."""
    words = ["curl", "-i", "-X", entry["method"], base_url + target(entry)]
    for name, value in _headers(entry):
        words += ["-H", f"{name}: {value}"]
    body = _body(entry)
    return shlex.join(words + (["--data-binary", body] if body else []))


def as_pytest(entry: Entry, base_url: str) -> str:
    """The request as a test that asks for the same status. Secrets are masked: put your own in."""
    headers = json.dumps(dict(_headers(entry)), ensure_ascii=False, indent=4).replace("\n", "\n    ")
    body = f", data={_body(entry)!r}" if _body(entry) else ""
    return (
        "import requests\n\n\n"
        f"def test_{entry['method'].lower()}_{entry['id'][:8]}() -> None:\n"
        f"    headers = {headers}\n"
        f"    answer = requests.request({entry['method']!r}, {base_url + target(entry)!r}, headers=headers{body})\n"
        f"    assert answer.status_code == {entry['status']}\n"
    )


def target(entry: Entry) -> str:
    """Path and query."""
    return str(entry["path"]) + (f"?{entry['query']}" if entry["query"] else "")


def _headers(entry: Entry) -> list[tuple[str, str]]:
    sent = (entry["request"] or {}).get("headers") or []
    return [(name, value) for name, value in sent if name.lower() not in _HIDDEN]


def _body(entry: Entry) -> str:
    body = (entry["request"] or {}).get("body")
    if body is None:
        return ""
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
