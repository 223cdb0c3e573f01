"""The stage of a rehearsal in process: an imported world, whose instance begins anew with other lines."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from common.cli.client import Client, RequestFailed, Server
from common.crypto.account import new_organization_keys
from common.desk.rehearsals.stage import Elsewhere, Stage, organization_of
from common.desk.stories.scene import Answer, Mail, Scene
from tests.support.playing import InProcess
from tests.support.stages import InProcessStage


class _Calls:
    """A server, or somebody signed in to it, as stories call them."""

    def __init__(self, server: Callable[[], Server], client: Client | None = None, bearer: str | None = None) -> None:
        self._server, self._client, self._bearer = server, client, bearer

    def call(self, method: str, path: str, **content: Any) -> Answer:
        try:
            if self._client is None:
                return Answer(200, "", self._server().call(method, path, bearer=self._bearer, **content))
            self._client.server = self._server()
            return Answer(200, "", self._client.call(method, path.removeprefix("/api"), **content))
        except RequestFailed as failed:
            return Answer(failed.status, failed.message, None)


class Rehearsed:
    """The world of a test. `stage()` is made anew for each step, as on a running stack."""

    def __init__(self, place: InProcessStage, region: str, owner: str, licenses: Path) -> None:
        self.place, self.region, self.owner, self.licenses = place, region, owner, licenses
        self.lines: dict[str, str] = place.stage.instance.settings()

    def stage(self) -> Stage:
        cloud = self.region.lower()
        return Stage(
            organization_of(self._scene(cloud)),
            self.region,
            self.place.stage.play_to,
            self._configure,
            lambda: self._elsewhere("US" if self.region == "EU" else "EU"),
            lambda: {name: InProcess(side) for name, side in self.place.sides.items()},
        )

    def _scene(self, cloud: str) -> Scene:
        there, here = self._client(cloud), self._client("selfhost")
        return Scene(
            cloud=_Calls(self._server(cloud)),
            instance=_Calls(self._server("selfhost")),
            there=_Calls(self._server(cloud), there),
            here=_Calls(self._server("selfhost"), here),
            secret=there.password_hash,
            installation=self._installation(),
            license_folder=self.licenses,
            keys=_keys_of(here),
            restart_as=self._behave_as,
            name="Rehearsal",
            mails=self._mails,
            somebody=lambda token: _Calls(self._server(cloud), bearer=token),
        )

    def _server(self, place: str) -> Callable[[], Server]:
        """The app that it is by then."""
        return lambda: self.place.stage.servers[place]

    def _client(self, place: str) -> Client:
        """As somebody who signs in anew: the instance's app may be another one since."""
        known = self.place.stage.clients[place, self.owner]
        known.server = self.place.stage.servers[place]
        known.refresh()
        return known

    def _installation(self) -> str:
        told = self.place.stage.servers["selfhost"].get("/_sim/progress", email=self.owner)
        return str(told["installationId"])

    def _configure(self, lines: Mapping[str, str]) -> None:
        self.lines |= lines
        self.region = self.lines.get("globalSettings__baseServiceUri__cloudRegion", self.region)
        installation = {"id": self._installation(), "key": self.place.stage.installations[0].key}
        instance: Any = self.place.stage.instance
        instance.workshop.stop(self.place.sides["selfhost"])
        instance.install(self.region, installation, self.lines)
        self.place.stage.servers["selfhost"].move_clock({"now": self.place.stage.now().isoformat(), "freeze": False})

    def _behave_as(self, version: str) -> None:
        self._configure({"wardenloop__release": version})

    def _mails(self, address: str) -> list[Mail]:
        found = (mail for side in self.place.sides.values() for mail in side.mails if mail.to == address)
        return [Mail(mail.subject, tuple(re.findall(r"https?://[^\s<>\"]+", mail.text))) for mail in found]

    def _elsewhere(self, region: str) -> Elsewhere:
        there = self._client(region.lower())
        app = self._server(region.lower())
        return Elsewhere(region, _Calls(app, there), _Calls(app), self.owner, _keys_of(there))


def _keys_of(client: Client) -> Callable[[], Mapping[str, Any]]:
    def keys() -> Mapping[str, Any]:
        made = new_organization_keys(client.public_key)
        pair = {"publicKey": made.public_key, "encryptedPrivateKey": made.encrypted_private_key}
        return {"key": made.key, "keys": pair, "collectionName": made.collection_name}

    return keys
