"""Asking an app once more what it was asked, as whoever asked; the journal masks secrets, so tokens are new."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests

from common.desk.inspector.rules import target
from common.errors import conflict
from common.files import read_json
from common.ids import SystemIds
from common.server.destinations import Destinations
from common.server.http.session import create_session
from common.sim.journal.entries import peer_of

_PATIENCE = 120.0
_MASKS = ("…", "%E2%80%A6")
_TOKEN = "/identity/connect/token"
_DEVICE = {"deviceType": "25", "deviceIdentifier": "0d9f4a52-5c1f-4d39-9d0a-6f8f4a1c7e21", "deviceName": "wardenloop"}
_SCOPES = {"user": "api", "installation": "api.installation", "organization": "api.organization"}
_SENT = frozenset({"content-type", "accept", "accept-language", "bitwarden-client-version", "bitwarden-client-name"})


def replay(home: Path, entry: Mapping[str, Any], url: str) -> str:
    """The id of the new exchange. url: of the app. Errors: 409 why it cannot be asked again."""
    body = _body_of(entry)
    if any(mask in body or mask in str(entry["query"]) for mask in _MASKS):
        raise conflict("What was sent holds a secret, which the journal has masked. Copy it as curl.", rule=_RULE)
    stack = read_json(home / "stack.json") or {}
    bundle = Path(stack["ca"]) if stack.get("ca") else None
    group, number = (SystemIds().uuid().hex for _ in range(2))
    headers = {name: value for name, value in entry["request"]["headers"] if name.lower() in _SENT}
    headers["traceparent"] = f"00-{group}-{number[16:]}-01"
    with create_session(_PATIENCE, destinations=Destinations.to(url), ca_bundle=bundle) as http:
        if any(name.lower() == "authorization" for name, _ in entry["request"]["headers"]):
            headers["Authorization"] = f"Bearer {_token(http, url, _client_of(home, entry))}"
        try:
            asked = requests.Request(entry["method"], url + target(entry), data=body.encode(), headers=headers)
            _require_same_path(http.prepare_request(asked), entry)
            http.request(asked.method, asked.url, data=asked.data, headers=headers)
        except requests.RequestException as error:
            raise conflict(f"{url} does not answer: {error}", rule=_RULE) from error
    return peer_of(number[16:])


_RULE = "sim.replay"


def _require_same_path(asked: requests.PreparedRequest, entry: Mapping[str, Any]) -> None:
    """What led nowhere must lead nowhere again: a client resolves `..`, and so it would ask for something else."""
    path = unquote(str(entry["path"]))
    if unquote(urlsplit(asked.url or "").path) != path or {".", ".."} & set(path.split("/")):
        raise conflict("Such a path is not asked as it was. Copy it as curl, with --path-as-is.", rule=_RULE)


def _body_of(entry: Mapping[str, Any]) -> str:
    if entry["method"] is None or entry["request"] is None or entry["trigger"] == "page":
        raise conflict("Pages are not asked again: a person sent this.", rule=_RULE)
    body = entry["request"]["body"]
    if entry["request"].get("cutAt"):
        raise conflict("The journal has kept only the beginning of what was sent.", rule=_RULE)
    return "" if body is None else body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)


def _client_of(home: Path, entry: Mapping[str, Any]) -> dict[str, str]:
    """Id, secret and scope of whoever asked, as far as the stack knows them."""
    kept = read_json(home / "accounts.json") or {}
    kind, _, name = str(entry["caller"] or "").replace(" ", ".").partition(".")
    for each in kept.get(f"{'account' if kind == 'user' else kind}s", ()):
        if name in (each.get("user_id"), each.get("id")) and each.get("client_id"):
            secret = each.get("client_secret") or each["key"]
            return {"client_id": each["client_id"], "client_secret": secret, "scope": _SCOPES[kind]}
    who = entry["caller"] or "whoever asked"
    raise conflict(f"The stack does not know the secret of {who}. Copy it as curl.", rule=_RULE)


def _token(http: requests.Session, url: str, client: Mapping[str, str]) -> str:
    form = {"grant_type": "client_credentials", **client, **(_DEVICE if client["scope"] == "api" else {})}
    answer = http.post(url + _TOKEN, data=form)
    if not answer.ok:
        raise conflict(f"No token for {client['client_id']}: {answer.status_code} {answer.text[:200]}", rule=_RULE)
    return str(answer.json()["access_token"])
