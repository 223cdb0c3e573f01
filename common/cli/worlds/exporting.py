"""Describing a running world: what its people see, in the words of a world file. No addresses, no keys.

People whose passwords nobody kept cannot be asked; what only they know is left out and named.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from common.cli.client import Client
from common.cli.home import SavedAccount
from common.cli.worlds.applying import PASSWORD
from common.cli.worlds.reading import NEVER
from common.cli.worlds.stage import APPS, Stage
from common.enums import MemberStatus, MemberType, PlanType
from common.settings import CommonSettings

_PLACES = {app: place for place, app in APPS.items()}
_ROLES = {MemberType.OWNER: "owner", MemberType.ADMIN: "admin", MemberType.USER: "user"}
_STATUSES = {
    MemberStatus.INVITED: "invited",
    MemberStatus.ACCEPTED: "accepted",
    MemberStatus.CONFIRMED: "confirmed",
}
_PLANS = (
    PlanType.FREE,
    PlanType.FAMILIES_ANNUALLY,
    PlanType.TEAMS_MONTHLY,
    PlanType.TEAMS_ANNUALLY,
    PlanType.ENTERPRISE_MONTHLY,
    PlanType.ENTERPRISE_ANNUALLY,
)
_PROVIDERS = ("msp", "reseller", "business-unit")
_SEATED = _PLANS[2:]
_BILLED = {"canceled": "canceled", "past_due": "past-due", "unpaid": "unpaid"}
_GENERATED = frozenset(
    f"globalsettings__{name}"
    for name in (
        "baseserviceuri__vault",
        "baseserviceuri__cloudregion",
        "sqlserver__connectionstring",
        "identityserver__certificatepassword",
        "internalidentitykey",
        "oidcidentityclientkey",
        "duo__akey",
        "installation__id",
        "installation__key",
        "mail__replytoemail",
        "mail__smtp__host",
        "mail__smtp__port",
        "mail__smtp__ssl",
        "mail__smtp__username",
        "mail__smtp__password",
        "enableemailverification",
    )
) | {"adminsettings__admins"}
"""Lines that the stack writes itself, with keys and addresses."""

_DEFAULTS = frozenset(
    {("globalsettings__disableuserregistration", "false")}
    | {(f"globalsettings__{name}", "REPLACE") for name in ("yubico__clientid", "yubico__key", "hibpapikey")}
)
_SAME_TIME = 5.0
"""Seconds: clocks that differ by no more are alike."""

_SECRET = ("key", "password", "secret", "token", "connectionstring", "username", "url", "uri", "host", "proxy")


def describe(stage: Stage, known: Iterable[SavedAccount]) -> tuple[dict[str, Any], list[str]]:
    """A world that can be applied, and what was left out of it, in words.

    known: who may be asked. Raises RequestFailed, LookupError.
    """
    left_out: list[str] = []
    accounts = list(known)
    for each in accounts:
        place = _PLACES[each.app]
        client = Client(stage.servers[place], each.email, each.password, stage.ids).sign_in()
        stage.clients[place, each.email] = client
    facts = stage.servers["selfhost"].get("/_sim/progress", email="")
    region = str(facts["region"]).lower()
    organizations = _organizations(stage, region, left_out)
    world = {
        "time": _time(stage, organizations),
        "installation": {"region": region},
        "release": _release(stage),
        "releases": _releases(stage),
        "egress": {each["host"]: each["rule"] for each in stage.servers["selfhost"].get("/_sim/egress")["data"]},
        "settings": _settings(stage.instance.settings(), left_out),
        "accounts": _accounts(stage, accounts, region),
        "organizations": organizations,
        "faults": _faults(stage, left_out),
    }
    return {name: value for name, value in world.items() if value}, left_out


def _time(stage: Stage, organizations: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    now = stage.now().replace(microsecond=0)
    begin = min((each["opened"] for each in organizations), default=_written(now))
    frozen = {"frozen": True} if stage.servers["us"].clock()["frozen"] else {}
    skews = _skews(stage)
    told = {"begin": begin, "now": max(_written(now), begin)} | frozen
    return told | ({"skewSeconds": skews} if skews else {})


def _skews(stage: Stage) -> dict[str, int]:
    """Whose clock departs from the US cloud's by more than what lies between two questions."""
    first = datetime.fromisoformat(stage.servers["us"].clock()["now"])
    found = {}
    for place in ("eu", "selfhost"):
        seconds = (datetime.fromisoformat(stage.servers[place].clock()["now"]) - first).total_seconds()
        if abs(seconds) > _SAME_TIME:
            found[place] = round(seconds)
    return found


def _release(stage: Stage) -> str | None:
    here = str(stage.servers["selfhost"].get("/api/version"))
    return None if here == CommonSettings.version else f"v{here}"


def _releases(stage: Stage) -> dict[str, str]:
    """Of the clouds that do not simulate the newest."""
    here = {cloud: str(stage.servers[cloud].get("/api/version")) for cloud in ("us", "eu")}
    return {cloud: f"v{release}" for cloud, release in here.items() if release != CommonSettings.version}


def _settings(lines: Mapping[str, str], left_out: list[str]) -> dict[str, str]:
    kept = {}
    for name, value in lines.items():
        key = name.lower()
        if key.startswith("#") or key in _GENERATED or (key, value) in _DEFAULTS:
            continue
        if any(word in key for word in (*_SECRET, *NEVER)):
            left_out.append(f"the line {name}: it may hold a secret or an address, or lead out of the world")
        else:
            kept[name] = value
    return kept


def _faults(stage: Stage, left_out: list[str]) -> list[dict[str, Any]]:
    """The rules that are on and not spent, with so many calls as are left."""
    told = []
    for each in stage.desk.get("/_sim/faults")["data"]:
        rule = {key: each.get(key) for key in ("app", "operation", "skip", "every", "do", "note")}
        if any((each.get("when") or {}).values()):
            left_out.append(f"a fault of {each['operation']}: it is for one installation, account or organization")
        elif each.get("left") != 0:
            told.append({key: value for key, value in {**rule, "times": each.get("left")}.items() if value is not None})
    return told


def _accounts(stage: Stage, known: Iterable[SavedAccount], region: str) -> list[dict[str, Any]]:
    told: dict[str, dict[str, Any]] = {}
    for each in known:
        place = _PLACES[each.app]
        profile = stage.clients[place, each.email].profile()
        named = {"name": profile["name"]} if profile["name"] else {}
        account = told.setdefault(each.email, {"email": each.email, **named, "at": []})
        account["at"].append(place)
        if each.password != PASSWORD:
            account["password"] = each.password
        if place == region and profile["premiumFromOrganization"] is False and profile["premium"]:
            account["premium"] = True
    return list(told.values())


def _organizations(stage: Stage, region: str, left_out: list[str]) -> list[dict[str, Any]]:
    twins = _twins(stage)
    found: dict[str, dict[str, Any]] = {}
    for (place, _), client in stage.clients.items():
        for each in client.profile()["organizations"] if place != "selfhost" else ():
            if each["type"] != MemberType.OWNER or each["id"] in found or each["status"] != MemberStatus.CONFIRMED:
                continue
            told = _organization(stage, place, client, each, region, left_out)
            if told is not None:
                found[each["id"]] = told
                if each["id"] in twins:
                    told["instance"] = _twin(stage, *twins[each["id"]], told["owner"], left_out)
    return sorted(found.values(), key=lambda each: (each["opened"], each["name"]))


def _organization(
    stage: Stage, place: str, owner: Client, seen: Mapping[str, Any], region: str, left_out: list[str]
) -> dict[str, Any] | None:
    known_as = seen["id"]
    details = owner.get(f"/organizations/{known_as}")
    billed = stage.servers[place].get(f"/_sim/organizations/{known_as}/subscription")
    if details["planType"] not in _PLANS:
        left_out.append(f"{seen['name']}: its plan is no longer sold")
        return None
    plan = PlanType(details["planType"])
    opened = billed["periodStart"] or _written(stage.now(place))
    told: dict[str, Any] = {
        "name": seen["name"],
        "owner": owner.email,
        "plan": plan.name.lower().replace("_", "-"),
        "opened": _written(datetime.fromisoformat(opened)),
    }
    if place != region:
        told["cloud"] = place
    if plan in _SEATED:
        told["seats"] = details["seats"]
    if billed["trialEnd"] and datetime.fromisoformat(billed["trialEnd"]) >= stage.now(place):
        told["trial"] = True
    status = _status(billed)
    if status != "active":
        told["status"] = status
    if seen["providerId"]:
        told["provider"] = {"name": seen["providerName"], "type": _PROVIDERS[seen["providerType"]]}
    members = _members(owner, known_as, seen["name"], left_out)
    return told | ({"members": members} if members else {})


def _status(billed: Mapping[str, Any]) -> str:
    if billed["cancelAt"] and billed["status"] != "canceled":
        return "canceling"
    ended_by_itself = billed["canceledAt"] and billed["cancelAt"] == billed["periodEnd"]
    if billed["status"] == "canceled" and ended_by_itself:
        return "canceling"
    return _BILLED.get(billed["status"] or "", "active")


def _members(owner: Client, organization: str, name: str, left_out: list[str]) -> list[dict[str, Any]]:
    told = []
    for each in owner.get(f"/organizations/{organization}/users")["data"]:
        if each["email"] == owner.email:
            continue
        if each["type"] not in _ROLES or each["status"] not in _STATUSES:
            left_out.append(f"{each['email']} in {name}: revoked, or of a custom role")
            continue
        member = {"email": each["email"]}
        if each["type"] != MemberType.USER:
            member["role"] = _ROLES[MemberType(each["type"])]
        if each["status"] != MemberStatus.CONFIRMED:
            member["status"] = _STATUSES[MemberStatus(each["status"])]
        told.append(member)
    return sorted(told, key=lambda each: each["email"])


# --- the instance


def _twins(stage: Stage) -> dict[str, tuple[Client, Mapping[str, Any]]]:
    """Who owns which organization of the instance, by the id of that on the cloud."""
    found: dict[str, tuple[Client, Mapping[str, Any]]] = {}
    for (place, email), client in stage.clients.items():
        if place == "selfhost":
            for each in stage.servers["selfhost"].get("/_sim/progress", email=email)["organizations"]:
                if each["cloudOrganizationId"]:
                    found.setdefault(each["cloudOrganizationId"], (client, each))
    return found


def _twin(stage: Stage, owner: Client, facts: Mapping[str, Any], on_cloud: str, left_out: list[str]) -> dict[str, Any]:
    told: dict[str, Any] = {} if owner.email == on_cloud else {"owner": owner.email}
    if facts["connected"]:
        told["connection"] = "synced" if facts["lastLicenseSync"] else "saved"
    if members := _members(owner, facts["id"], facts["name"], left_out):
        told["members"] = members
    if sponsorships := _sponsorships(stage, facts["id"]):
        told["sponsorships"] = sponsorships
    return told


def _sponsorships(stage: Stage, twin: str) -> list[dict[str, str]]:
    """What its members give away, as each sees it."""
    told = []
    for (place, email), client in sorted(stage.clients.items(), key=lambda each: each[0]):
        if place != "selfhost":
            continue
        for each in client.profile()["organizations"]:
            name = each["familySponsorshipFriendlyName"]
            if each["id"] == twin and name:
                sent = "sent" if each["familySponsorshipLastSyncDate"] else "requested"
                state = "active" if each["familySponsorshipValidUntil"] else sent
                told.append({"by": email, "to": name, "state": state})
    return told


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
