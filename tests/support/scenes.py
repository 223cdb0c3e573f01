"""The scene of a story in process: a pair, and its two owners."""

import re
from collections.abc import Callable
from typing import Any

from common.desk.stories.scene import Answer, Mail, Scene
from tests.support.harness import ENC_STRING, PUBLIC_KEY, WRAPPED_KEY, Api, Pair

KEYS = {
    "key": WRAPPED_KEY,
    "keys": {"publicKey": PUBLIC_KEY, "encryptedPrivateKey": ENC_STRING},
    "collectionName": ENC_STRING,
}


class InProcess:
    """Calls one app of a pair."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def call(self, method: str, path: str, **content: Any) -> Answer:
        answer = self.api.request(method, path, **content)
        body: Any = answer.json() if answer.content else None
        return Answer(answer.status_code, "" if answer.ok else str(body["message"]), body)


def scene_in(pair: Pair, restart_as: Callable[[str], None]) -> Scene:
    """Nothing is staged yet."""
    return Scene(
        cloud=InProcess(pair.cloud.client),
        instance=InProcess(pair.selfhost.client),
        there=InProcess(pair.cloud_owner.api),
        here=InProcess(pair.owner.api),
        secret=pair.cloud_owner.password_hash,
        installation=pair.installation["id"],
        license_folder=pair.selfhost.app.extensions["wardenloop"].deployment.license_directory / "organization",
        keys=lambda: KEYS,
        restart_as=restart_as,
        name="Incident 1",
        mails=lambda address: mails_in(pair, address),
        somebody=lambda token: InProcess(bearing(pair, token)),
    )


def mails_in(pair: Pair, address: str) -> list[Mail]:
    """To an address, newest last."""
    found = (mail for side in (pair.cloud, pair.selfhost) for mail in side.mails if mail.to == address)
    return [Mail(mail.subject, tuple(re.findall(r"https?://[^\s<>\"]+", mail.text))) for mail in found]


def bearing(pair: Pair, token: str) -> Api:
    """Somebody with this token of the cloud."""
    api = pair.cloud.new_client()
    api.headers["Authorization"] = f"Bearer {token}"
    return api
