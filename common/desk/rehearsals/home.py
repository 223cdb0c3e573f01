"""The stage of a running stack, as its home describes it."""

import stat
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from common.desk import instance
from common.desk.rehearsals.stage import Elsewhere, Stage, organization_of
from common.desk.releases.routes import restart_instance
from common.desk.stories.home import HttpCaller, keys_for, scene_for, signed_in, wait_for
from common.desk.stories.scene import Answer, StoryFailed
from common.desk.time.http import transports_of
from common.files import read_json, write_file
from common.releases import Release
from common.wire.base import iso

_UNAUTHORIZED = 401
_CLOUDS = {"US": "cloud_us", "EU": "cloud_eu"}


def stage_of(home: Path) -> Stage:
    """Raises StoryFailed where something is missing."""
    stack, kept = read_json(home / "stack.json") or {}, read_json(home / "accounts.json") or {}
    region, owner = instance.region_of(home), _owner(kept)
    own = HttpCaller(stack["selfhost"], stack.get("ca"))
    known_as = (own.call("GET", "/_sim/progress", params={"email": owner}).body or {}).get("installationId", "")

    def restart_as(version: str) -> None:
        restart_instance(home, Release.parse(version))

    scene = scene_for(home, owner, _CLOUDS[region], str(known_as), restart_as)
    people = {app: _account(kept, app, owner) for app in (_CLOUDS[region], "selfhost")}
    there, here = (Renewing(partial(signed_in, stack, app, each)) for app, each in people.items())
    return Stage(
        organization_of(replace(scene, there=there, here=here)),
        region,
        lambda moment: _play(stack, moment),
        lambda lines: _configure(home, lines, own),
        lambda: _elsewhere(stack, kept, owner, "US" if region == "EU" else "EU"),
        lambda: transports_of(home),
    )


def _owner(kept: Mapping[str, Any]) -> str:
    """Who owns an organization: of the instance, or else of a cloud."""
    found = sorted(kept.get("organizations", ()), key=lambda each: each["app"] != "selfhost")
    if not found:
        raise StoryFailed("x.story.noOrganization")
    return str(found[0]["owner"])


def _play(stack: Mapping[str, Any], moment: datetime) -> None:
    desk = HttpCaller(stack["start"], stack.get("ca"))
    answer = desk.call("POST", "/_sim/advance", json={"to": iso(moment)}, params={"wait": "true"})
    if not answer.ok or (answer.body or {}).get("error"):
        raise StoryFailed("x.story.notPlayed", refused=True, text=answer.text or answer.body["error"])


def _configure(home: Path, lines: Mapping[str, str], own: HttpCaller) -> None:
    """Lines of `global.override.env`, then `restart`."""
    file = instance.files_of(home).environment
    kept = [line for line in file.read_text("utf-8").splitlines() if line.partition("=")[0] not in lines]
    text = "\n".join([*kept, *(f"{name}={value}" for name, value in lines.items())]) + "\n"
    write_file(file, text, stat.S_IMODE(file.stat().st_mode))
    instance.do(home, "restart", rule="sim.instance")
    wait_for(own)


def _elsewhere(stack: Mapping[str, Any], kept: Mapping[str, Any], owner: str, region: str) -> Elsewhere:
    app = _CLOUDS[region]
    there = Renewing(partial(signed_in, stack, app, _account(kept, app, owner)))
    public = there.call("GET", "/api/accounts/keys").body["publicKey"]
    return Elsewhere(region, there, HttpCaller(stack[app], stack.get("ca")), owner, lambda: keys_for(public))


def _account(kept: Mapping[str, Any], app: str, email: str) -> Mapping[str, Any]:
    for each in kept.get("accounts", ()):
        if each["app"] == app and each["email"] == email and each.get("client_secret"):
            found: Mapping[str, Any] = each
            return found
    raise StoryFailed("x.story.notImported", who=email, app=app)


class Renewing:
    """Somebody who signs in anew when time has taken the token."""

    def __init__(self, sign_in: Callable[[], HttpCaller]) -> None:
        self._sign_in, self._caller = sign_in, sign_in()

    def call(self, method: str, path: str, **content: Any) -> Answer:
        answer = self._caller.call(method, path, **content)
        if answer.status == _UNAUTHORIZED:
            self._caller = self._sign_in()
            answer = self._caller.call(method, path, **content)
        return answer
