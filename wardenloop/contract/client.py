"""What a client did that upstream would not take, or not notice: read from a journal, or from an HTTP Archive.

The rules are pure functions over exchanges. A finding is *refused* (upstream answers otherwise than a success),
*unnoticed* (upstream takes it and does not look at it) or a *habit* (it works, until there is load or an audit).
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

OWN_AGENT = "wardenloop"
"""What calls of the kit say they are: they set up what a test is about."""

SEVERITIES = ("refused", "unnoticed", "habit")
_PATHS_FILE = Path(__file__).with_name("deprecated.yaml")
_TOKEN = "/connect/token"
_JSON = re.compile(r"(application|text)/(.+\+)?json\b")
_SECRET = re.compile(
    r"(?i)^(access_?token|.*secret|.*password(hash)?|api_?key|billingsynckey|client_secret|code|otp|token)$"
)
_IN_URLS_UPSTREAM = {"sponsorshiptoken", "key", "email"}
_FEW_TOKENS, _FEW_CALLS = 3, 1.5
_TOKENS_A_MINUTE = 10
_IDENTIFIER = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|\d+")


@dataclass(frozen=True)
class Exchange:
    """A request and its status. path: with service, without query; headers: names in lower case; body: text."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str
    status: int
    answered: str = ""
    unread: Sequence[str] = ()
    caller: str | None = None
    at: datetime | None = None

    @property
    def route(self) -> str:
        """`POST /organizations/{}/api-key`: without service, identifiers and a final slash."""
        bare = re.sub(r"^/(api|identity|push)(?=/)", "", self.path)
        parts = ("{}" if _IDENTIFIER.fullmatch(part) else part for part in bare.rstrip("/").split("/"))
        return f"{self.method} {'/'.join(parts)}"

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form, names in lower case."""
        return {name.lower(): value for name, value in parse_qsl(self.body)} if "=" in self.body else {}

    @property
    def is_for_a_token(self) -> bool:
        """Whether it asks for an access token."""
        return self.method == "POST" and self.path.endswith(_TOKEN)

    @property
    def of_a_person(self) -> bool:
        """Whether a person's client sent it: machines need no device."""
        if self.is_for_a_token:
            return self.form.get("grant_type") == "password" or self.form.get("client_id", "").startswith("user.")
        return self.caller is None or not self.caller.startswith(("installation", "organization"))


@dataclass(frozen=True)
class Finding:
    """Something that a client did. times: how often; example: where first."""

    severity: str
    rule: str
    says: str
    example: str
    times: int = 1


@dataclass
class _Found:
    """What the rules found so far, alike findings counted."""

    rows: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def add(self, severity: str, rule: str, says: str, example: str) -> None:
        row = self.rows.setdefault((rule, says), [severity, example, 0])
        row[2] += 1

    def findings(self) -> list[Finding]:
        found = [Finding(row[0], rule, says, row[1], row[2]) for (rule, says), row in self.rows.items()]
        return sorted(found, key=lambda each: (SEVERITIES.index(each.severity), each.rule, each.says))


def judge(exchanges: Iterable[Exchange]) -> list[Finding]:
    """All findings, the worst first."""
    told, found = list(exchanges), _Found()
    for each in told:
        for rule in _OF_ONE:
            for severity, says in rule(each):
                found.add(severity, rule.__name__.strip("_").replace("_", "-"), says, f"{each.method} {each.path}")
    for of_all in _OF_ALL:
        for severity, says, example in of_all(told):
            found.add(severity, of_all.__name__.strip("_").replace("_", "-"), says, example)
    return found.findings()


Told = Iterator[tuple[str, str]]


def _unknown_member(each: Exchange) -> Told:
    for name in each.unread:
        yield "unnoticed", f"{each.route} has no member {name}"


def _content_type(each: Exchange) -> Told:
    kind = each.headers.get("content-type", "").lower()
    if not each.body or (each.method in ("GET", "HEAD", "DELETE") and not kind):
        return
    if each.is_for_a_token:
        if not kind.startswith("application/x-www-form-urlencoded"):
            yield "refused", "the token endpoint reads forms only (400 invalid_request)"
    elif not kind.startswith("multipart/form-data") and not _JSON.match(kind):
        yield "refused", f"{each.route}: a body of type {kind or 'none'} is not read (415)"


def _client_version(each: Exchange) -> Told:
    if each.is_for_a_token and each.of_a_person and "bitwarden-client-version" not in each.headers:
        yield "refused", "a sign-in without Bitwarden-Client-Version (400 version_header_missing)"


def _device_type(each: Exchange) -> Told:
    if each.is_for_a_token or not each.of_a_person or "authorization" not in each.headers:
        return
    if "device-type" not in each.headers:
        yield "unnoticed", "calls of a person without Device-Type: events name no device"


def _deprecated_path(each: Exchange) -> Told:
    if other := _paths()["deprecated"].get(each.route):
        yield "habit", f"{each.route} is obsolete upstream: {other}"
    if other := _paths()["gone"].get(each.route):
        yield "refused", f"{each.route} is gone upstream (404): {other}"


def _no_route(each: Exchange) -> Told:
    if "//" in each.path:
        yield "refused", f"{each.method} {each.path} has an empty part: upstream's routes have none (404)"
    elif each.status == 404 and not each.answered and each.route not in _paths()["gone"]:
        yield "refused", f"{each.route}: nothing is there"
    elif each.status == 405:
        yield "refused", f"{each.route}: not by this method"


def _secret_in_url(each: Exchange) -> Told:
    for name, _ in parse_qsl(each.query, keep_blank_values=True):
        if _SECRET.match(name) and name.lower() not in _IN_URLS_UPSTREAM:
            yield "habit", f"{each.route} carries a secret in its address ({name}): addresses are logged"


_OF_ONE: tuple[Callable[[Exchange], Told], ...] = (
    _unknown_member,
    _content_type,
    _client_version,
    _device_type,
    _deprecated_path,
    _no_route,
    _secret_in_url,
)


def _retry_after_400(told: Sequence[Exchange]) -> Iterator[tuple[str, str, str]]:
    refused: set[tuple[str, ...]] = set()
    for each in told:
        key = (each.method, each.path, each.query, each.body, each.headers.get("authorization", ""))
        if key in refused:
            yield "habit", f"{each.route}: sent again as it was after a 400", f"{each.method} {each.path}"
        if each.status == 400:
            refused.add(key)


def _token_per_call(told: Sequence[Exchange]) -> Iterator[tuple[str, str, str]]:
    tokens: Counter[str] = Counter()
    calls = 0
    for each in told:
        if each.is_for_a_token and each.status == 200 and each.form.get("grant_type") != "refresh_token":
            tokens[f"{each.form.get('client_id', '?')} {each.form.get('scope', '')}".strip()] += 1
        elif "authorization" in each.headers:
            calls += 1
    fetched = sum(tokens.values())
    for client, count in tokens.items():
        if count >= _FEW_TOKENS and calls < _FEW_CALLS * fetched:
            kept = "a day" if client.startswith("installation.") else "an hour"
            yield "habit", f"{count} tokens for {client} and {calls} calls: a token lives {kept}, keep it", _TOKEN


def _rate(told: Sequence[Exchange]) -> Iterator[tuple[str, str, str]]:
    moments: dict[str, list[datetime]] = defaultdict(list)
    for each in told:
        if each.is_for_a_token and each.at is not None:
            moments["all"].append(each.at)
    for found in moments.values():
        found.sort()
        for first, last in zip(found, found[_TOKENS_A_MINUTE:], strict=False):
            if last - first < timedelta(minutes=1):
                yield (
                    "refused",
                    f"more than {_TOKENS_A_MINUTE} tokens asked for in a minute (429 of a real cloud)",
                    _TOKEN,
                )
                break


_OF_ALL: tuple[Callable[[Sequence[Exchange]], Iterator[tuple[str, str, str]]], ...] = (
    _retry_after_400,
    _token_per_call,
    _rate,
)


@cache
def _paths() -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = yaml.safe_load(_PATHS_FILE.read_text("utf-8"))
    return read


def read_exchanges(told: Any) -> list[Exchange]:
    """Of a journal (`{"data": [...]}`) or an HTTP Archive (`{"log": {"entries": [...]}}`). Raises ValueError."""
    if isinstance(told, Mapping) and isinstance(told.get("log"), Mapping):
        found = [_of_har(each) for each in told["log"]["entries"]]
    elif isinstance(told, Mapping) and isinstance(told.get("data"), list):
        found = [_of_entry(each) for each in told["data"] if _is_a_clients(each)]
    else:
        raise ValueError("neither a journal nor an HTTP Archive")
    return [each for each in found if not each.headers.get("user-agent", "").startswith(OWN_AGENT)]


def _is_a_clients(entry: Mapping[str, Any]) -> bool:
    """Whether a program outside sent it: no page's form, no call of a simulated instance, no control.

    A client that calls itself `cli` is one, as `bw` does; wardenloop's own command is told by its user agent.
    """
    path = str(entry.get("path") or "")
    ours = entry.get("trigger") in ("page", "job") or entry.get("peer")
    return entry.get("kind") == "request" and not ours and path.startswith(("/api/", "/identity/", "/push/"))


def _of_entry(entry: Mapping[str, Any]) -> Exchange:
    request, response = entry["request"], entry.get("response") or {}
    return Exchange(
        entry["method"],
        entry["path"],
        entry.get("query") or "",
        {name.lower(): value for name, value in request["headers"]},
        _as_text(request.get("body")) or ("?" if request.get("size") else ""),
        entry.get("status") or 0,
        _as_text(response.get("body")) or ("?" if response.get("size") else ""),
        tuple(entry.get("unread") or ()),
        entry.get("caller"),
        _moment(entry.get("realAt")),
    )


def _of_har(entry: Mapping[str, Any]) -> Exchange:
    request, response = entry["request"], entry["response"]
    url = urlsplit(request["url"])
    content = response.get("content") or {}
    return Exchange(
        request["method"],
        url.path,
        url.query,
        {each["name"].lower(): each["value"] for each in request["headers"]},
        (request.get("postData") or {}).get("text") or "",
        response["status"],
        content.get("text") or ("?" if (content.get("size") or 0) > 0 else ""),
        at=_moment(entry.get("startedDateTime")),
    )


def _as_text(body: Any) -> str:
    return body if isinstance(body, str) else "" if body is None else json.dumps(body)


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
