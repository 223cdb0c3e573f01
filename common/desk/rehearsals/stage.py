"""What the steps of a rehearsal work on: one organization on both sides, time, the instance's file, mails."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from common.configuration.official import REGIONS
from common.desk.faults.service import Transport
from common.desk.stories.scene import Answer, Caller, Scene, StoryFailed, done

FAMILY = "family@home.example"


class Seen(NamedTuple):
    """text: what a person sees, literally; "" = nothing to read. ok: it is what this step is about."""

    text: str
    ok: bool


@dataclass
class Stage:
    """scene: the organization, with its owner on both sides. region: `US`, `EU`, of the instance. play: has time pass
    until then. configure: writes lines of the instance's file and starts it anew. elsewhere: the owner on the cloud of
    the other region, its control, and what an installation there is registered as. apps: of the stack, by the names
    that journals have.
    """

    scene: Scene
    region: str
    play: Callable[[datetime], None]
    configure: Callable[[Mapping[str, str]], None]
    elsewhere: Callable[[], "Elsewhere"]
    apps: Callable[[], Mapping[str, Transport]]

    @property
    def api_host(self) -> str:
        return f"api.{REGIONS[self.region]}"

    def now(self) -> datetime:
        """Simulated time."""
        told = done(self.scene.cloud.call("GET", "/_sim/clock")).body["now"]
        return datetime.fromisoformat(told)

    def billing(self) -> Mapping[str, Any]:
        """Of the organization on the cloud."""
        path = f"/_sim/organizations/{self.scene.cloud_id}/subscription"
        found: Mapping[str, Any] = done(self.scene.cloud.call("GET", path)).body
        return found

    def expiration(self) -> datetime | None:
        """What the instance's subscription page says; where the licence's token, of a year, has ended and the page is
        refused, what the instance keeps."""
        page = self.scene.subscription()
        return _moment(page.body["expiration"] if page.ok else self._kept("expirationDate"))

    def _kept(self, name: str) -> Any:
        asked = {"organization": self.scene.id}
        told = done(self.scene.instance.call("GET", "/_sim/state", params=asked)).body
        [organization] = told["organizations"]
        return next(each["row"] for each in organization["license"]["values"] if each["name"] == name)

    def fresh(self) -> tuple[bytes, datetime | None]:
        """The licence that the cloud issues now, and its end."""
        file = self.scene.download()
        return file, _moment(json.loads(file)["expires"])

    def play_past(self, moment: datetime) -> None:
        """An hour beyond it; a moment that is over is left alone."""
        if moment + timedelta(hours=1) > self.now():
            self.play(moment + timedelta(hours=1))


class Elsewhere(NamedTuple):
    """The cloud of another region. there: the owner's account on it, cloud: its control, keys: of an organization."""

    region: str
    there: Caller
    cloud: Caller
    owner: str
    keys: Callable[[], Mapping[str, Any]]


def organization_of(scene: Scene) -> Scene:
    """The scene with the organization that its owner has: made on the instance where it is on the cloud alone.

    Raises StoryFailed: there is none, or the instance takes no licence of it.
    """
    there = [each["id"] for each in _owned(scene.there)]
    here = [each["id"] for each in _owned(scene.here)]
    if not there:
        raise StoryFailed("x.story.noOrganization")
    found = replace(scene, cloud_id=str(there[-1]), id=str(here[0]) if here else "")
    if not here:
        _bring(found)
    return found


def _bring(scene: Scene) -> None:
    """Raises StoryFailed, with what the server said that does not want it."""
    keys = scene.keys()
    try:
        scene.make(scene.download(), keys)
    except StoryFailed as failed:
        if not failed.refused:
            raise
        raise StoryFailed("x.story.notTaken", text=failed.values.get("text", "")) from failed


def _owned(caller: Caller) -> list[dict[str, Any]]:
    profile = done(caller.call("GET", "/api/accounts/profile")).body
    return [each for each in profile["organizations"] if each["type"] == 0]


def seen(answer: Answer, text: str = "") -> Seen:
    """Of a call that should go well; a refusal is shown literally."""
    return Seen(text if answer.ok else answer.text, answer.ok)


MOMENT = "%Y-%m-%d %H:%M UTC"
"""How `day` writes a moment."""


def day(moment: datetime | None) -> str:
    """For people, in UTC."""
    return moment.strftime(MOMENT) if moment else "-"


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    found = datetime.fromisoformat(text[:19])
    return datetime.fromisoformat(f"{found.isoformat()}+00:00")
