"""The rehearsals as data: steps in order, what is done in each, and what can go wrong there.

Words are the catalogue's: `x.rehearse.{story}`, `x.rehearse.{story}.{step}.do` (on the real server) and `.see`,
`x.rehearse.problem.{problem}`. Source: fidelity.md: license.expiration, license.update, license.sync,
billing-sync.connection, sponsorship.sync, deployment.settings, deployment.releases.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from common.configuration.official import addresses_of
from common.desk.rehearsals import family
from common.desk.rehearsals.causes import FAULT
from common.desk.rehearsals.stage import FAMILY, Seen, Stage, day, seen
from common.desk.stories.scene import Answer, StoryFailed, done
from common.ids import SystemIds
from common.releases import NEWEST, Release, abilities

_GENERIC = "An error has occurred. Check your internet connection and ensure the billing token is correct."
_PAYMENT = "Unable to generate license due to a payment issue."
_INSTALLATION = "Invalid license. The installation ID does not match the current installation."
_NOT_SYNCED = "Organization sync failed"
_TOO_OLD = "Version "
_OLD, _OLDER = "2025.12.0", "2023.10.0"
_G = "globalSettings__"


class Problem(NamedTuple):
    """stage: makes it go wrong, and puts it right again. seen: what a person then reads begins so. cause: what the
    journal calls it, because one text has many causes."""

    stage: Callable[[Stage], Answer]
    seen: str
    cause: str


class Step(NamedTuple):
    """perform: does it for real, in the simulator, and looks whether it did."""

    name: str
    perform: Callable[[Stage], Seen]
    problems: Mapping[str, Problem] = {}


def _expiry(stage: Stage) -> Seen:
    return Seen(day(stage.expiration()), True)


def _still_good(stage: Stage) -> Seen:
    """Nothing is to be seen of what happens to a licence where it has ended before."""
    ends = stage.expiration()
    if ends is not None and ends < stage.now():
        raise StoryFailed("x.story.ended", day=day(ends))
    return Seen(day(ends), True)


# --- renewal


def _too_early(stage: Stage) -> Seen:
    _, ends = stage.fresh()
    now = stage.expiration()
    return Seen(day(ends), now is None or ends is None or ends <= now)


def _renewed(stage: Stage) -> Seen:
    before = stage.billing()
    if before["status"] in ("past_due", "unpaid"):
        stage.scene.bill("pay")
    elif before["periodEnd"] is None:
        paid = (stage.expiration() or stage.now()) + timedelta(days=365)
        stage.scene.bill("set-expiration", expirationDate=paid.isoformat())
    else:
        stage.play_past(datetime.fromisoformat(before["periodEnd"]))
    after = stage.billing()
    until = after["periodEnd"] or after["expirationDate"]
    return Seen(day(datetime.fromisoformat(until)), until != before["periodEnd"])


def _fetched(stage: Stage) -> Seen:
    _, ends = stage.fresh()
    now = stage.expiration()
    return Seen(day(ends), ends is not None and (now is None or ends > now))


def _uploaded(stage: Stage) -> Seen:
    file, ends = stage.fresh()
    answer = stage.scene.update(file)
    if not answer.ok:
        return seen(answer)
    now = stage.expiration()
    return Seen(day(now), now is not None and ends is not None and abs(now - ends) < timedelta(minutes=1))


def _checked(stage: Stage) -> Seen:
    stage.scene.run_job("ValidateOrganizationsJob")
    return Seen("", stage.scene.is_enabled())


def _other_installation(stage: Stage) -> Answer:
    return stage.scene.update(stage.scene.forge("wrong-installation"))


def _half(stage: Stage) -> Answer:
    return stage.scene.update(stage.scene.forge("truncated"))


def _utf_16(stage: Stage) -> Answer:
    return stage.scene.update(stage.scene.download().decode().encode("utf-16"))


_UPLOAD = {
    "wrong-installation": Problem(_other_installation, _INSTALLATION, "license.can-use.installation"),
    "half-file": Problem(_half, "Invalid license", "license.unreadable"),
    "utf-16": Problem(_utf_16, "Invalid license", "license.unreadable"),
}

# --- billing sync


def _allowed(stage: Stage) -> Seen:
    stage.configure({f"{_G}enableCloudCommunication": "true"})
    answer = stage.scene.here.call("GET", "/api/organizations/connections/enabled")
    return Seen("", answer.ok and answer.body is True)


def _token(stage: Stage) -> Seen:
    token = stage.scene.billing_sync_token()
    return Seen("•" * len(token), bool(token))


def _connected(stage: Stage) -> Seen:
    return seen(stage.scene.connect(stage.scene.billing_sync_token()))


def _synced(stage: Stage) -> Seen:
    return seen(stage.scene.sync())


def _told(stage: Stage) -> Seen:
    return seen(stage.scene.sync_sponsorships())


def _wrong_token(stage: Stage) -> Answer:
    scene = stage.scene
    done(scene.connect("x" * 30))
    answer = scene.sync()
    done(scene.connect(scene.billing_sync_token()))
    return answer


def _through(rule: str, call: Callable[[Stage], Answer]) -> Callable[[Stage], Answer]:
    def stage_it(stage: Stage) -> Answer:
        with _way(stage, rule):
            return call(stage)

    return stage_it


@contextmanager
def _way(stage: Stage, rule: str) -> Iterator[None]:
    stage.scene.egress(stage.api_host, rule)
    try:
        yield
    finally:
        stage.scene.egress(stage.api_host, "allow")


def _cloud_down(stage: Stage) -> Answer:
    stage.scene.fault("GET /api/licenses/organization/{organization_id}", {"status": 503})
    try:
        return stage.scene.sync()
    finally:
        stage.scene.clear()


def _rotated(stage: Stage) -> Answer:
    scene = stage.scene
    token = scene.billing_sync_token(rotate=True)
    answer = scene.sync()
    done(scene.connect(token))
    return answer


def _sync(stage: Stage) -> Answer:
    return stage.scene.sync()


def _manually(stage: Stage) -> Answer:
    return stage.scene.sync_sponsorships()


_SYNC = {
    "firewall": Problem(_through("refuse", _sync), _GENERIC, "egress.refuse"),
    "no-dns": Problem(_through("dns", _sync), _GENERIC, "egress.dns"),
    "proxy-page": Problem(_through("html", _sync), _GENERIC, "egress.html"),
    "cloud-down": Problem(_cloud_down, _GENERIC, FAULT),
    "rotated-token": Problem(_rotated, _GENERIC, "billing-sync.key-mismatch"),
}

# --- families


def _ready(stage: Stage) -> Seen:
    allowed = stage.scene.here.call("GET", "/api/organizations/connections/enabled")
    if allowed.body is not True:
        _allowed(stage)
    return _connected(stage)


def _offered(stage: Stage) -> Seen:
    if family.has_redeemed(stage):
        raise StoryFailed("x.story.redeemed")
    path = f"/api/organization/sponsorship/self-hosted/{stage.scene.id}"
    stage.scene.here.call("DELETE", path)  # of a rehearsal before this one
    stage.scene.sync_sponsorships()
    return seen(stage.scene.offer(FAMILY))


def _waiting(stage: Stage) -> Seen:
    return Seen("", stage.scene.awaits_sync())


def _mailed(stage: Stage) -> Seen:
    found = stage.scene.mails(FAMILY)
    return Seen(found[-1].subject if found else "", any("Families" in each.subject for each in found))


def _no_longer_waiting(stage: Stage) -> Seen:
    return Seen("", not stage.scene.awaits_sync())


_MANUALLY = {"firewall-sponsorships": Problem(_through("refuse", _manually), _NOT_SYNCED, "egress.refuse")}

# --- lapse


def _cancelled(stage: Stage) -> Seen:
    _still_good(stage)
    billing = stage.billing()
    if billing["periodEnd"] is None:
        if billing["expirationDate"] is None:
            raise StoryFailed("x.story.noEnd")
        return Seen(day(datetime.fromisoformat(billing["expirationDate"])), True)
    if billing["status"] not in ("canceled", "unpaid") and not billing["cancelAt"]:
        stage.scene.bill("cancel-at-period-end")
    return Seen(day(datetime.fromisoformat(billing["periodEnd"])), True)


def _over(stage: Stage) -> Seen:
    billing = stage.billing()
    stage.play_past(datetime.fromisoformat(billing["periodEnd"] or billing["expirationDate"]))
    ends = stage.expiration()
    return Seen(day(ends), stage.scene.is_enabled() or (ends is not None and ends < stage.now()))


def _refused(stage: Stage) -> Seen:
    query = {"installationId": stage.scene.installation}
    answer = stage.scene.there.call("GET", f"/api/organizations/{stage.scene.cloud_id}/license", params=query)
    return Seen(answer.text, answer.text.startswith((_PAYMENT, "No active subscription found.")))


def _off(stage: Stage) -> Seen:
    ends = stage.expiration()
    if ends is not None:
        stage.play_past(ends + timedelta(hours=13))
    return Seen("", not stage.scene.is_enabled())


def _back(stage: Stage) -> Seen:
    billing = stage.billing()
    if billing["periodEnd"] is None:
        stage.scene.bill("set-expiration", expirationDate=(stage.now() + timedelta(days=365)).isoformat())
    elif billing["status"] == "canceled":
        stage.scene.bill("start", trialDays=0)
    elif billing["status"] == "unpaid":
        stage.scene.bill("pay")
    answer = stage.scene.put_back()
    return Seen(answer.text, answer.ok and stage.scene.is_enabled())


# --- region move


def _moved(stage: Stage) -> Seen:
    """The same organization, bought in the other region: another id, another licence key."""
    other, ids = stage.elsewhere(), SystemIds()
    file = json.loads(stage.scene.download())
    if _there(stage) is not None:
        return Seen(other.region, True)
    file |= {"id": str(ids.uuid()), "licenseKey": ids.secret(20), "hash": None, "signature": None, "token": None}
    body = {"owner": other.owner, "license": file, "token": True, **other.keys()}
    return seen(other.cloud.call("POST", "/_sim/imports", json=body), other.region)


def _there(stage: Stage) -> str | None:
    profile = done(stage.elsewhere().there.call("GET", "/api/accounts/profile")).body
    return next((str(each["id"]) for each in profile["organizations"] if each["type"] == 0), None)


def _relocated(stage: Stage) -> Seen:
    """A new installation of that region, and the six lines."""
    other = stage.elsewhere()
    made = done(other.cloud.call("POST", "/api/installations", json={"email": other.owner})).body
    stage.configure(_lines(other.region) | {f"{_G}installation__id": made["id"], f"{_G}installation__key": made["key"]})
    return Seen(made["id"], True)


def _lines(region: str) -> dict[str, str]:
    return {f"{_G}baseServiceUri__cloudRegion": region} | addresses_of(region)


def _old_id(stage: Stage) -> Answer:
    """Addresses of the new region, id and key of the old one."""
    here = stage.region
    _ready(stage)
    stage.configure(_lines(stage.elsewhere().region))
    try:
        return stage.scene.sync()
    finally:
        stage.configure(_lines(here))


# --- update


def _version(stage: Stage) -> str:
    body = done(stage.scene.instance.call("GET", "/api/version")).body
    return str(body["version"] if isinstance(body, dict) else body)


def _old_release(stage: Stage) -> Seen:
    stage.scene.restart_as(_OLD)
    return Seen(_version(stage), _version(stage) == _OLD)


def _updated(stage: Stage) -> Seen:
    stage.scene.restart_as(str(NEWEST))
    return Seen(_version(stage), _version(stage) == str(NEWEST))


def _too_old(stage: Stage) -> Answer:
    file = stage.scene.forge("no-token")
    version = json.loads(file)["version"]
    if version <= abilities(Release.parse(_OLDER)).accepts:
        raise StoryFailed("x.story.understood", version=version, release=_OLDER)
    stage.scene.restart_as(_OLDER)
    try:
        return stage.scene.update(file)
    finally:
        stage.scene.restart_as(_OLD)


STORIES: Mapping[str, tuple[Step, ...]] = {
    "renewal": (
        Step("look", _expiry),
        Step("early", _too_early),
        Step("renew", _renewed),
        Step("download", _fetched),
        Step("upload", _uploaded, _UPLOAD),
        Step("check", _checked),
    ),
    "billing-sync": (
        Step("allow", _allowed),
        Step("token", _token),
        Step("save", _connected, {"wrong-token": Problem(_wrong_token, _GENERIC, "billing-sync.key-mismatch")}),
        Step("sync", _synced, _SYNC),
        Step("sponsorships", _told),
    ),
    "families": (
        Step("ready", _ready),
        Step("offer", _offered),
        Step("waiting", _waiting),
        Step("sync", _told, _MANUALLY),
        Step("sent", _no_longer_waiting),
        Step("mail", _mailed),
        Step("redeem", family.redeem),
        Step("active", family.become_active),
    ),
    "region-move": (
        Step("buy", _moved),
        Step("lines", _relocated, {"old-id": Problem(_old_id, _GENERIC, "token.invalid-client.other-region")}),
        Step("upload", _uploaded, _UPLOAD),
        Step("connect", _ready),
        Step("sync", _synced),
    ),
    "lapse": (
        Step("cancel", _cancelled),
        Step("over", _over),
        Step("refused", _refused),
        Step("off", _off),
        Step("back", _back),
    ),
    "update": (
        Step("backup", _still_good),
        Step("old", _old_release, {"too-old": Problem(_too_old, _TOO_OLD, "license.version")}),
        Step("update", _updated),
        Step("check", _checked),
        Step("page", _expiry),
    ),
}
"""Name -> steps."""
