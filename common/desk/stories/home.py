"""The scene of a running stack, as its home describes it: the owners that the stack made, on the US cloud and here."""

import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import requests

from common.configuration.official import REGIONS
from common.crypto import account
from common.crypto.account import Kdf, new_organization_keys
from common.desk.instance import region_of
from common.desk.stories.scene import Answer, Mail, Scene, StoryFailed
from common.files import read_json
from common.server.destinations import Destinations
from common.server.http.session import create_session

INSTANCE = "selfhost"
_PATIENCE = 120.0
_RESTART_SECONDS = 60.0
_DEVICE = {
    "deviceType": "25",
    "deviceIdentifier": "0d9f4a52-5c1f-4d39-9d0a-6f8f4a1c7e21",
    "deviceName": "wardenloop",
}


class HttpCaller:
    """Calls one app, as control or with the access token of an account."""

    def __init__(self, url: str, authority: str | None, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        bundle = Path(authority) if authority else None
        self._url, here = url, Destinations.to(url)
        self._session = create_session(_PATIENCE, destinations=here, headers=headers, ca_bundle=bundle)

    def call(self, method: str, path: str, **content: Any) -> Answer:
        """Raises StoryFailed when nobody answers."""
        try:
            answer = self._session.request(method, self._url + path, **content)
        except requests.RequestException as error:
            raise StoryFailed("x.story.silent", asked=f"{method} {self._url}{path}") from error
        body = _json(answer)
        return Answer(answer.status_code, "" if answer.ok else _message(answer, body), body, f"{method} {path}")


def scene_of(home: Path, restart_as: Callable[[str], None]) -> Scene:
    """The scene. restart_as: restarts the instance as a release. Raises StoryFailed where something is missing."""
    kept, cloud = read_json(home / "accounts.json") or {}, f"cloud_{region_of(home).lower()}"
    return _scene(home, cloud, None, _installation(kept, cloud), restart_as)


def scene_for(
    home: Path, email: str, cloud: str, installation: str, restart_as: Callable[[str], None] | None = None
) -> Scene:
    """The scene of one person. cloud: `cloud_us` or `cloud_eu`. Raises StoryFailed: nobody knows them."""

    def never(_version: str) -> None:
        raise AssertionError("no step of the documents sets the release")

    return _scene(home, cloud, email, installation, restart_as or never)


def _scene(home: Path, cloud: str, email: str | None, installation: str, restart_as: Callable[[str], None]) -> Scene:
    stack, kept = read_json(home / "stack.json") or {}, read_json(home / "accounts.json") or {}
    owner_there, owner_here = _owner(kept, cloud, email), _owner(kept, INSTANCE, email)
    there, here = (signed_in(stack, app, each) for app, each in ((cloud, owner_there), (INSTANCE, owner_here)))
    public = here.call("GET", "/api/accounts/keys").body["publicKey"]
    return Scene(
        cloud=HttpCaller(stack[cloud], stack.get("ca")),
        instance=HttpCaller(stack[INSTANCE], stack.get("ca")),
        there=there,
        here=here,
        secret=_hash(stack, cloud, owner_there),
        installation=installation,
        license_folder=home / "bwdata" / "core" / "licenses" / "organization",
        keys=lambda: keys_for(public),
        restart_as=lambda version: _restarted(restart_as, version, here),
        name=f"Incident {int(time.monotonic() * 1000) % 1_000_000}",
        mails=lambda address: _mails(stack, address),
        somebody=lambda token: HttpCaller(stack[cloud], stack.get("ca"), token),
        domain=REGIONS[region_of(home)],
    )


def _mails(stack: Mapping[str, Any], address: str) -> list[Mail]:
    """The newest last."""
    answer = HttpCaller(stack["start"], stack.get("ca")).call("GET", "/mailbox/api/messages", params={"to": address})
    rows = answer.body if isinstance(answer.body, list) else (answer.body or {}).get("data", ())
    return [Mail(str(each["subject"]), tuple(each["links"])) for each in reversed(rows)]


def owner_here(home: Path) -> str:
    """The address of the owner whom incidents are about, on the instance. Raises StoryFailed without one."""
    return str(_owner(read_json(home / "accounts.json") or {}, INSTANCE, None)["email"])


def _owner(kept: Mapping[str, Any], app: str, email: str | None) -> Mapping[str, Any]:
    for each in kept.get("accounts", ()):
        if each["app"] == app and each.get("client_secret") and email in (None, each["email"]):
            found: Mapping[str, Any] = each
            return found
    raise StoryFailed("x.story.noAccount", who=email or "-", app=app)


def _installation(kept: Mapping[str, Any], cloud: str) -> str:
    for each in kept.get("installations", ()):
        if each["app"] == cloud:
            return str(each["id"])
    raise StoryFailed("x.story.noInstallation")


def signed_in(stack: Mapping[str, Any], app: str, owner: Mapping[str, Any]) -> HttpCaller:
    """Somebody, by the personal API key, as `bw login --apikey`. Raises StoryFailed."""
    form = {
        "grant_type": "client_credentials",
        "scope": "api",
        "client_id": owner["client_id"],
        "client_secret": owner["client_secret"],
    }
    asked = HttpCaller(stack[app], stack.get("ca")).call("POST", "/identity/connect/token", data=form | _DEVICE)
    if not asked.ok:
        raise StoryFailed("x.story.noLogin", refused=True, who=owner["email"], app=app, text=asked.text)
    return HttpCaller(stack[app], stack.get("ca"), asked.body["access_token"])


def _hash(stack: Mapping[str, Any], app: str, owner: Mapping[str, Any]) -> str:
    """What proves the master password to this server."""
    anybody = HttpCaller(stack[app], stack.get("ca"))
    told = anybody.call("POST", "/identity/accounts/prelogin/password", json={"email": owner["email"]}).body
    kdf = Kdf(told["kdf"], told["kdfIterations"], told.get("kdfMemory"), told.get("kdfParallelism"))
    return _server_hash(owner["password"], owner["email"], kdf)


@lru_cache(maxsize=32)
def _server_hash(password: str, email: str, kdf: Kdf) -> str:
    """A quarter of a second, which every step of a story would pay."""
    return account.server_hash(account.master_key(password, email, kdf), password)


def keys_for(public_key: str) -> Mapping[str, Any]:
    made = new_organization_keys(public_key)
    pair = {"publicKey": made.public_key, "encryptedPrivateKey": made.encrypted_private_key}
    return {"key": made.key, "keys": pair, "collectionName": made.collection_name}


def _restarted(restart_as: Callable[[str], None], version: str, here: HttpCaller) -> None:
    """Until it answers again."""
    restart_as(version)
    wait_for(here)


def wait_for(here: HttpCaller) -> None:
    """Until the instance answers again. Raises StoryFailed."""
    deadline = time.monotonic() + _RESTART_SECONDS
    while time.monotonic() < deadline:
        try:
            if here.call("GET", "/api/alive").ok:
                return
        except StoryFailed:
            time.sleep(0.2)
    raise StoryFailed("x.story.notBack")


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _message(answer: requests.Response, body: Any) -> str:
    if isinstance(body, dict) and "message" in body:
        return str(body["message"])
    return answer.text[:200] or answer.reason
