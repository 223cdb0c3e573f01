"""The world of a story: an organization with licence and billing sync on both sides, and what people do with it."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qs, urlsplit

from common.enums import ApiKeyType, PlanType
from common.releases import NEWEST, Release
from common.server.locale.texts import ENGLISH, Texts

LICENSES = "/api/organizations/licenses/self-hosted"
CONNECTIONS = "/api/organizations/connections"
SPONSORSHIPS = "/api/organization/sponsorship/self-hosted"
_MAIL_SECONDS = 10.0
_LOOK_SECONDS = 0.2
_NOT_FOUND = 404
_FILE_NAME = "bitwarden_organization_license.json"


class Answer(NamedTuple):
    """What came back. text: what a person sees, "" of a success. asked: method and path, where they are known."""

    status: int
    text: str
    body: Any
    asked: str = ""

    @property
    def ok(self) -> bool:
        return self.status < 400


class Caller(Protocol):
    """Somebody who calls one app: control, or an account that is signed in."""

    def call(self, method: str, path: str, **content: Any) -> Answer:
        """content: `json`, `params`, `data`, `files`, as requests takes them."""


class Mail(NamedTuple):
    """What came to an address."""

    subject: str
    links: tuple[str, ...]


class StoryFailed(Exception):
    """A step of a story did not go as it should.

    key, values: of the text that says which, and what was answered (`text`: literally). refused: an app did not do it.
    why: what the journal says of that, as far as somebody has looked.
    """

    why: dict[str, Any] | None = None

    def __init__(self, key: str, *, refused: bool = False, **values: object) -> None:
        super().__init__(key)
        self.key, self.values, self.refused = key, values, refused

    def told(self, texts: Texts) -> str:
        """In words, beside which stands what is meant by the literal ones."""
        text = str(self.values.get("text", ""))
        meant = texts.gloss(text) if text else None
        return texts(self.key, **self.values | ({"text": f"{text}（{meant}）"} if meant else {}))

    def __str__(self) -> str:
        return self.told(Texts(ENGLISH))


@dataclass
class Scene:
    """cloud, instance: control of the two apps. there, here: the owner on each. secret: the owner's password hash.

    keys: what a new organization sends as its keys. license_folder: the instance's `licenses/organization`.
    restart_as: makes the instance behave as a release. mails: to an address, newest last. somebody: whose access token
    of this region's cloud it is. domain: of the addresses of this region's cloud. client_shows: whether a
    client shows the organization as enabled, which it knows from the profile that it loaded last.
    """

    cloud: Caller
    instance: Caller
    there: Caller
    here: Caller
    secret: str
    installation: str
    license_folder: Path
    keys: Callable[[], Mapping[str, Any]]
    restart_as: Callable[[str], None]
    name: str
    mails: Callable[[str], list[Mail]]
    somebody: Callable[[str], Caller]
    domain: str = "bitwarden.com"
    cloud_id: str = ""
    id: str = ""
    token: str = ""
    good: bytes = b""
    faults: list[tuple[Caller, str]] = field(default_factory=list)
    client_shows: bool = True

    # --- the beginning

    def stage(self) -> None:
        """Buy an organization, make it on the instance from its licence, and connect it."""
        keys = self.keys()
        self.buy(keys)
        self.good = self.download()
        self.make(self.good, keys)
        self.token = self.billing_sync_token()
        done(self.connect(self.token))

    def buy(self, keys: Mapping[str, Any]) -> None:
        """An organization on the cloud."""
        bought = self.there.call("POST", "/api/organizations", json={**self._order(), **keys})
        self.cloud_id = done(bought).body["id"]

    def make(self, content: bytes, keys: Mapping[str, Any]) -> None:
        """The organization of a licence on the instance."""
        made = self.upload(LICENSES, content, key=keys["key"], collectionName=keys["collectionName"])
        self.id = done(made).body["id"]

    def _order(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "billingEmail": "billing@example.com",
            "planType": int(PlanType.ENTERPRISE_ANNUALLY),
            "additionalSeats": 10,
            "skipTrial": True,
        }

    def require_communication(self) -> None:
        """Whoever begins with a world that never talks to the cloud is told how to get one that does."""
        answer = self.sync()
        if not answer.ok:
            raise StoryFailed("x.story.noTalk", text=answer.text)

    # --- licences

    def download(self) -> bytes:
        """The licence file that the cloud issues now, as the web vault saves it."""
        query = {"installationId": self.installation}
        answer = self.there.call("GET", f"/api/organizations/{self.cloud_id}/license", params=query)
        return json.dumps(done(answer).body, indent=2, ensure_ascii=False).encode()

    def forge(self, defects: str) -> bytes:
        """The licence with something wrong."""
        wanted = {"organization": self.cloud_id, "installationId": self.installation}
        answer = self.cloud.call("POST", f"/_sim/forge/{defects}", json=wanted)
        return base64.b64decode(done(answer).body["content"])

    def upload(self, path: str, content: bytes, **fields: str) -> Answer:
        """A licence file in a form."""
        return self.here.call("POST", path, files={"license": (_FILE_NAME, content)}, data=fields)

    def update(self, content: bytes) -> Answer:
        """The owner updates the organization's licence."""
        return self.upload(f"{LICENSES}/{self.id}", content)

    def put_back(self) -> Answer:
        """The owner downloads the licence anew and uploads it."""
        return self.update(self.download())

    def subscription(self) -> Answer:
        """The organization's subscription page asks for this."""
        return self.here.call("GET", f"/api/organizations/{self.id}/subscription")

    def stored(self, content: bytes) -> None:
        """Put a licence straight on the instance's disk, in the spelling that it uses there."""
        members = {f"{name[0].upper()}{name[1:]}": value for name, value in json.loads(content).items()}
        self.file.write_text(json.dumps(members, indent=2))

    @property
    def file(self) -> Path:
        """The organization's licence on the instance's disk."""
        return self.license_folder / f"{self.id}.json"

    def to_newest(self) -> str | None:
        """Have the instance behave as the newest release; as which one it did, where that was another."""
        found = str(done(self.instance.call("GET", "/api/config")).body["version"])
        if Release.parse(found) == NEWEST:
            return None
        self.restart_as(str(NEWEST))
        return found

    def is_enabled(self) -> bool:
        """Whether the instance lets its members in."""
        answer = self.here.call("GET", "/api/accounts/profile")
        mine = done(answer).body["organizations"]
        return any(each["id"] == self.id and each["enabled"] for each in mine)

    def load_client(self) -> None:
        """A client of the owner loads the profile, and shows it until it loads it again."""
        self.client_shows = self.is_enabled()

    def premium(self) -> bytes:
        """The premium licence that the cloud issues to the owner, who has premium there."""
        address = done(self.there.call("GET", "/api/accounts/profile")).body["email"]
        done(self.cloud.call("POST", f"/_sim/users/{address}/premium", json={}))
        answer = self.there.call("GET", "/api/account/billing/vnext/license")
        return json.dumps(done(answer).body, ensure_ascii=False).encode()

    def invite(self, *addresses: str) -> Answer:
        """The owner invites people as members."""
        body = {"emails": addresses, "type": 2, "collections": [], "groups": []}
        return self.here.call("POST", f"/api/organizations/{self.id}/users/invite", json=body)

    def seats(self) -> int:
        """Of the organization on the instance."""
        answer = self.here.call("GET", f"/api/organizations/{self.id}")
        return int(done(answer).body["seats"])

    def awaits_sync(self) -> bool:
        """Whether an offer of the organization was not told to the cloud yet."""
        answer = self.instance.call("GET", f"/_sim/organizations/{self.id}/sponsorships")
        rows = done(answer).body["data"]
        return any(each["awaitingSync"] for each in rows)

    # --- sync

    def billing_sync_token(self, *, rotate: bool = False) -> str:
        """The token behind the master password; a new one."""
        path = f"/api/organizations/{self.cloud_id}/{'rotate-api-key' if rotate else 'api-key'}"
        body = {"type": int(ApiKeyType.BILLING_SYNC), "masterPasswordHash": self.secret}
        return str(done(self.there.call("POST", path, json=body)).body["apiKey"])

    def connect(self, token: str, *, enabled: bool = True) -> Answer:
        """Save a billing sync token on the instance."""
        body = {"type": 1, "organizationId": self.id, "enabled": enabled, "config": {"billingSyncKey": token}}
        known = self.here.call("GET", f"{CONNECTIONS}/{self.id}/1")
        if known.ok and known.body and known.body.get("id"):
            return self.here.call("PUT", f"{CONNECTIONS}/{known.body['id']}", json=body)
        return self.here.call("POST", f"{CONNECTIONS}/", json=body)

    def sync(self) -> Answer:
        """The owner clicks Sync license."""
        return self.here.call("POST", f"{LICENSES}/{self.id}/sync/")

    def sync_sponsorships(self) -> Answer:
        """What Manually Sync of the portal does. The message is what its page says."""
        answer = self.instance.call("POST", f"/_sim/organizations/{self.id}/sponsorships/sync")
        error = (answer.body or {}).get("error") if answer.ok else None
        return answer._replace(status=400, text=error) if error else answer

    def offer(self, address: str) -> Answer:
        """A member offers a Families subscription."""
        body = {"planSponsorshipType": 0, "sponsoredEmail": address, "friendlyName": address}
        return self.here.call("POST", f"{SPONSORSHIPS}/{self.id}/families-for-enterprise", json=body)

    # --- the simulation

    def fault(self, operation: str, do: Mapping[str, Any]) -> None:
        """Have calls of the cloud go wrong until `clear`."""
        self._fault_at(self.cloud, operation, do)

    def fault_here(self, operation: str, do: Mapping[str, Any]) -> None:
        """Have calls of the instance go wrong until `clear`."""
        self._fault_at(self.instance, operation, do)

    def _fault_at(self, app: Caller, operation: str, do: Mapping[str, Any]) -> None:
        body = {"operation": operation, "do": dict(do), "note": self.name}
        added = done(app.call("POST", "/_sim/faults", json=body)).body["data"]
        self.faults.extend((app, str(each["id"])) for each in added)

    def clear(self) -> None:
        """End what `fault` began."""
        while self.faults:
            app, fault = self.faults.pop()
            app.call("DELETE", f"/_sim/faults/{fault}")

    def is_there(self) -> bool:
        """Whether the instance still knows the organization: a world may have taken the place of its own."""
        return knows(self.instance, self.id)

    def egress(self, host: str, rule: str) -> None:
        """How the way from the instance to a host is; `allow` = as it should be, with no rule left."""
        if rule == "allow":
            done(self.instance.call("DELETE", f"/_sim/egress/{host}"))
        else:
            done(self.instance.call("PUT", f"/_sim/egress/{host}", json={"rule": rule}))

    def run_job(self, name: str) -> Answer:
        """One of the instance's jobs runs now."""
        return done(self.instance.call("POST", f"/_sim/jobs/{name}/run"))

    def bill(self, event: str, **details: Any) -> None:
        """The payment provider does something."""
        path = f"/_sim/organizations/{self.cloud_id}/subscription/{event}"
        done(self.cloud.call("POST", path, json=details))

    def switch_installation(self, *, enabled: bool) -> None:
        """Upstream's staff do this."""
        path = f"/_sim/installations/{self.installation}"
        done(self.cloud.call("POST", path, json={"enabled": enabled}))


def knows(instance: Caller, organization_id: str) -> bool:
    """Whether the instance has this organization."""
    return instance.call("GET", f"/_sim/organizations/{organization_id}/sponsorships").status != _NOT_FOUND


def done(answer: Answer) -> Answer:
    """The answer of what went well. Raises StoryFailed."""
    if not answer.ok:
        told = {"asked": answer.asked or "?", "status": answer.status, "text": answer.text}
        raise StoryFailed("x.story.refused", refused=True, **told)
    return answer


def mailed(scene: Scene, address: str, parameter: str, subject: str = "") -> dict[str, str]:
    """The parameters of the newest link to this address that has this one; what is on its way is waited for.

    subject: what the mail's has in it. Raises StoryFailed: there is none.
    """
    deadline = time.monotonic() + _MAIL_SECONDS
    while True:
        for mail in reversed(scene.mails(address)):
            found = [_parameters(link) for link in mail.links if subject in mail.subject]
            for each in found:
                if parameter in each:
                    return each
        if time.monotonic() > deadline:
            raise StoryFailed("x.story.noMail", who=address)
        time.sleep(_LOOK_SECONDS)


def _parameters(link: str) -> dict[str, str]:
    """Of a link of a mail; the real vault's stand behind a hash."""
    parts = urlsplit(link)
    query = parts.fragment.partition("?")[2] or parts.query
    return {name: values[0] for name, values in parse_qs(query).items()}
