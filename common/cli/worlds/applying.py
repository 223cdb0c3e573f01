"""Building a world on an empty stage, step by step, with what people and their clients do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from common.cli.client import Client, RequestFailed, Server, link_parameters, open_account, register
from common.cli.credentials import account_of, installation_of, organization_of
from common.cli.members import MOST_INVITED, confirm_members, invite
from common.cli.organizations import buy_organization, license_text, open_organization
from common.cli.worlds.stage import APPS, Stage
from common.configuration.official import addresses_of
from common.crypto.account import new_organization_keys
from common.enums import ApiKeyType, ConnectionType, MemberType, PlanType

PASSWORD = "correct-horse-battery-staple"
OFFER_SUBJECT = "Accept Your Free Families Subscription"
EMPTY_OWNER = "owner@acme.example"
"""Who asks for the installation of a world without accounts."""

_FAMILIES = 0
_EVENTS = {"canceled": "cancel", "past-due": "past-due", "unpaid": "unpaid"}

World = Mapping[str, Any]


def steps_of(world: World) -> int:
    """How often a stage comes on while this world is built: for each account, and each member who accepts."""
    accounts = sum(len(each["at"]) for each in world.get("accounts", ()))
    members = 0
    for one in world.get("organizations", ()):
        there = [*one.get("members", ()), *((one.get("instance") or {}).get("members", ()))]
        members += one.get("copies", 1) * sum(each.get("status") != "invited" for each in there)
    return accounts + members


def build(world: World, stage: Stage) -> None:
    """Make the stage hold this world. Raises RequestFailed, CommandFailed, LookupError, TimeoutError."""
    time, region = world.get("time", {}), world.get("installation", {}).get("region", "us")
    begin = _moment(time.get("begin"))
    if begin is not None:
        for cloud in ("us", "eu"):
            stage.servers[cloud].move_clock({"now": begin.isoformat(), "freeze": True})
    for cloud, release in world.get("releases", {}).items():
        stage.servers[cloud].call("PUT", f"/_sim/releases/cloud-{cloud}", json={"release": release})
    _install(world, stage, region)
    if begin is not None:
        stage.servers["selfhost"].move_clock({"now": begin.isoformat(), "freeze": True})
    for account in world.get("accounts", ()):
        _open_accounts(account, stage, region)
    built = [(each, _organization(each, stage, region)) for each in _in_order(world, begin)]
    for organization, twin in built:
        if twin is not None:
            _sponsor(organization, twin, stage, region)
    if now := _moment(time.get("now")):
        stage.play_to(now)
    for fault in world.get("faults", ()):
        stage.desk.post("/_sim/faults", fault)
    if rules := world.get("egress"):
        data = [{"host": host, "rule": rule} for host, rule in rules.items()]
        stage.servers["selfhost"].call("PUT", "/_sim/egress", json={"data": data})
    skews = time.get("skewSeconds", {})
    if begin is not None or time.get("frozen") or skews:
        _let_time_run(stage, skews, frozen=time.get("frozen", False))


def _let_time_run(stage: Stage, skews: Mapping[str, float], *, frozen: bool) -> None:
    """Time stood still while a world that begins at a moment was built; the instance's clock goes on first."""
    now = stage.now()
    for place in ("selfhost", "us", "eu"):
        there = now + timedelta(seconds=skews.get(place, 0))
        stage.servers[place].move_clock({"now": there.isoformat(), "freeze": frozen})


def _install(world: World, stage: Stage, region: str) -> None:
    owner = next((each["email"] for each in world.get("accounts", ())), EMPTY_OWNER)
    if known_as := world.get("installation", {}).get("id"):
        installation = stage.servers[region].post("/_sim/installations", {"email": owner, "id": known_as})
    else:
        installation = stage.servers[region].post("/api/installations", {"email": owner})
    stage.instance.install(region.upper(), installation, _led_to(region, _lines(world.get("settings", {}))))
    if "release" in world:
        stage.instance.simulate(world["release"])
    stage.installations.append(installation_of(APPS[region], installation))


def _led_to(region: str, lines: dict[str, str]) -> dict[str, str]:
    """With the addresses of the region, where the world says no others: `install` writes only its name."""
    said = {name.lower() for name in lines}
    own = addresses_of(region.upper()) if region != "us" else {}
    return {name: value for name, value in own.items() if name.lower() not in said} | lines


def _lines(settings: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in settings.items()}


def _in_order(world: World, begin: datetime | None) -> list[dict[str, Any]]:
    """Every organization, the numbered ones each, by the moment that it is opened."""
    early = begin or datetime.min.replace(tzinfo=UTC)

    def opened(each: Mapping[str, Any]) -> datetime:
        return _moment(each.get("opened")) or early

    return sorted((each for one in world.get("organizations", ()) for each in _copies(one)), key=opened)


def _copies(organization: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    count = organization.get("copies", 1)
    for number in range(1, count + 1):
        name = f"{organization['name']} {number:03}" if "copies" in organization else organization.get("name")
        yield {**organization, "name": name}


# --- people


def _open_accounts(account: Mapping[str, Any], stage: Stage, region: str) -> None:
    email, password = account["email"].lower(), account.get("password", PASSWORD)
    for place in account["at"]:
        name = account.get("name") or _name_of(email)
        client = register(stage.servers[place], stage.mailbox, email, password, name, stage.ids, stage.kdf)
        _remember(stage, place, client, password)
    if brought := account.get("license"):
        _bring_premium(email, brought, stage, region)
    elif account.get("premium"):
        stage.servers[region].post(f"/_sim/users/{email}/premium")


def _bring_premium(email: str, license_: Mapping[str, Any], stage: Stage, region: str) -> None:
    """A premium licence that somebody has: bought on the cloud, applied here if the instance takes it."""
    body = {"email": email, "license": license_["file"], "token": license_["token"], "lacks": license_["lacks"]}
    stage.servers[region].post("/_sim/imports/premium", body)
    issued = _client(stage, region, email).get("/account/billing/vnext/license")
    try:
        _client(stage, "selfhost", email).upload("/accounts/license", license_text(issued))
    except RequestFailed as refused:
        stage.refusals.append(refused.message)


def _name_of(email: str) -> str:
    return email.partition("@")[0]


def _remember(stage: Stage, place: str, client: Client, password: str) -> None:
    stage.clients[place, client.email] = client
    stage.accounts.append(account_of(client, password, APPS[place], "account"))
    stage.came_on()


def _client(stage: Stage, place: str, email: str) -> Client:
    client = stage.clients[place, email.lower()]
    client.refresh()
    return client


# --- organizations


def _organization(organization: Mapping[str, Any], stage: Stage, region: str) -> str | None:
    """Open it, and its twin on the instance; the twin's id."""
    if opened := _moment(organization.get("opened")):
        stage.play_to(opened)
    cloud = organization.get("cloud", region)
    owner = _client(stage, cloud, organization["owner"])
    made = _bring(organization, owner) if "license" in organization else _buy(organization, owner)
    stage.organizations.append(organization_of(owner, APPS[cloud], made))
    _join_all(organization.get("members", ()), owner, made, stage, cloud)
    if "provider" in organization:
        _hand_over(organization["provider"], made, stage.servers[cloud])
    twin = _twin_if_it_may(organization, made, stage, region) if "instance" in organization else None
    status = organization.get("status", "active")
    if status == "canceling":
        owner.post(f"/organizations/{made}/cancel", {})
    elif status in _EVENTS:
        stage.servers[cloud].post(f"/_sim/organizations/{made}/subscription/{_EVENTS[status]}")
    return twin


def _buy(organization: Mapping[str, Any], owner: Client) -> str:
    plan = PlanType[organization["plan"].replace("-", "_").upper()]
    return buy_organization(
        owner, organization["name"], plan, seats=organization.get("seats", 0), trial=organization.get("trial", False)
    )


def _bring(organization: Mapping[str, Any], owner: Client) -> str:
    """The organization of a licence file."""
    keys, brought = new_organization_keys(owner.public_key, draw=owner.draw), organization["license"]
    made = owner.server.post(
        "/_sim/imports",
        {
            "owner": owner.email,
            "license": brought["file"],
            "token": brought["token"],
            "lacks": brought["lacks"],
            "key": keys.key,
            "keys": {"publicKey": keys.public_key, "encryptedPrivateKey": keys.encrypted_private_key},
            "collectionName": keys.collection_name,
        },
    )
    owner.refresh()
    return str(made["id"])


def _hand_over(provider: Mapping[str, Any], organization: str, cloud: Server) -> None:
    """To a provider, who is made where there is none of that name."""
    there = cloud.get("/_sim/providers")["data"]
    known = next((each["id"] for each in there if each["name"] == provider["name"]), None)
    found = known or cloud.post("/_sim/providers", dict(provider))["id"]
    cloud.post(f"/_sim/organizations/{organization}/provider", {"providerId": found})


def _join_all(members: Sequence[Mapping[str, Any]], owner: Client, organization: str, stage: Stage, place: str) -> None:
    """Each is invited and accepts; all are confirmed at once, by one unlocked key."""
    for group in _groups(members):
        owner.refresh()
        known = invite(owner, [each["email"] for each in group], organization, _role(group[0]))
        for member in group:
            if member.get("status") != "invited":
                _accept(member["email"], known[member["email"].lower()], owner, organization, stage, place)
        wanted = [each for each in group if each.get("status", "confirmed") == "confirmed"]
        confirm_members(owner, [known[each["email"].lower()] for each in wanted], organization)


def _groups(members: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Of one role each, as many as one invitation takes."""
    for role in dict.fromkeys(map(_role, members)):
        those = [each for each in members if _role(each) is role]
        yield from (those[start : start + MOST_INVITED] for start in range(0, len(those), MOST_INVITED))


def _role(member: Mapping[str, Any]) -> MemberType:
    return MemberType[member.get("role", "user").upper()]


def _accept(email: str, membership: str, owner: Client, organization: str, stage: Stage, place: str) -> None:
    person = _client(stage, place, email)
    mail = stage.mailbox.wait_for(person.email, link_to=owner.server.base_url, carrying=membership)
    token = link_parameters(mail, "organizationUserId")["token"]
    person.post(f"/organizations/{organization}/users/{membership}/accept", {"token": token})
    stage.came_on()


def _twin_if_it_may(organization: Mapping[str, Any], made: str, stage: Stage, region: str) -> str | None:
    """A licence that somebody brings may be one that no instance takes: then the cloud alone has it."""
    if "license" not in organization:
        return _twin(organization, made, stage, region)
    try:
        return _twin(organization, made, stage, region)
    except RequestFailed as refused:
        stage.refusals.append(refused.message)
        return None


def _twin(organization: Mapping[str, Any], made: str, stage: Stage, region: str) -> str:
    told, on_cloud = organization["instance"] or {}, _client(stage, region, organization["owner"])
    owner = _client(stage, "selfhost", told.get("owner", organization["owner"]))
    installation = stage.installations[0].id
    twin = open_organization(owner, on_cloud.get(f"/organizations/{made}/license", installationId=installation))
    connection = told.get("connection", "none")
    stage.organizations.append(organization_of(owner, APPS["selfhost"], twin))
    if connection != "none":
        _keep_token(stage, made, _connect(on_cloud, made, owner, twin))
    if connection == "synced":
        owner.post(f"/organizations/licenses/self-hosted/{twin}/sync/")
        owner.refresh()
    _join_all(told.get("members", ()), owner, twin, stage, "selfhost")
    return twin


def _keep_token(stage: Stage, organization: str, token: str) -> None:
    """Whose billing sync token this is: it is printed with the organization."""
    for number, each in enumerate(stage.organizations):
        if each.id == organization:
            stage.organizations[number] = replace(each, billing_sync_token=token)


def _connect(on_cloud: Client, organization: str, here: Client, twin: str) -> str:
    """Give the instance a billing sync token; it."""
    secret = {"type": int(ApiKeyType.BILLING_SYNC), "masterPasswordHash": on_cloud.password_hash}
    token = on_cloud.post(f"/organizations/{organization}/api-key", secret)["apiKey"]
    config = {"billingSyncKey": token}
    connection = {"type": int(ConnectionType.CLOUD_BILLING_SYNC), "organizationId": twin, "enabled": True}
    here.post("/organizations/connections/", connection | {"config": config})
    return str(token)


# --- sponsorships


def _sponsor(organization: Mapping[str, Any], twin: str, stage: Stage, region: str) -> None:
    """Offer everything, tell the cloud once, have it redeemed, tell the instance."""
    wanted = (organization["instance"] or {}).get("sponsorships", ())
    told = [each for each in wanted if each.get("state", "sent") != "requested"]
    active = [each for each in told if each.get("state") == "active"]
    for each in told:
        _offer(each, twin, stage)
    if told:
        _sync(stage, twin)
    for each in active:
        _redeem(each["to"].lower(), stage, region)
    if active:
        _sync(stage, twin)
    for each in wanted:
        if each not in told:
            _offer(each, twin, stage)


def _offer(sponsorship: Mapping[str, Any], twin: str, stage: Stage) -> None:
    to = sponsorship["to"].lower()
    body = {"planSponsorshipType": _FAMILIES, "sponsoredEmail": to, "friendlyName": to}
    sponsor = _client(stage, "selfhost", sponsorship["by"])
    sponsor.post(f"/organization/sponsorship/self-hosted/{twin}/families-for-enterprise", body)


def _sync(stage: Stage, twin: str) -> None:
    run = stage.servers["selfhost"].post(f"/_sim/organizations/{twin}/sponsorships/sync")
    if run.get("error"):
        raise LookupError(f"sponsorships cannot be synced: {run['error']}")


def _redeem(email: str, stage: Stage, region: str) -> None:
    """Take the offer for a Families organization, which is opened where there is none."""
    cloud = stage.servers[region]
    mail = stage.mailbox.wait_for(email, subject=OFFER_SUBJECT, link_to=cloud.base_url)
    token = link_parameters(mail, "token")["token"]
    if (region, email) not in stage.clients:
        proof = {"orgSponsoredFreeFamilyPlanToken": token}
        opened = open_account(cloud, email, PASSWORD, proof, stage.ids, stage.kdf)
        opened.call("PUT", "/accounts/profile", json={"name": _name_of(email)})
        _remember(stage, region, opened, PASSWORD)
    family = _client(stage, region, email)
    organization = _families_of(family) or _open_family(family, stage, region)
    wanted = {"planSponsorshipType": _FAMILIES, "sponsoredOrganizationId": organization}
    family.call("POST", "/organization/sponsorship/redeem", params={"sponsorshipToken": token}, json=wanted)


def _families_of(family: Client) -> str | None:
    owned = (each for each in family.profile()["organizations"] if each["type"] == MemberType.OWNER)
    plans = ((each["id"], family.get(f"/organizations/{each['id']}")["planType"]) for each in owned)
    return next((str(known_as) for known_as, plan in plans if plan == PlanType.FAMILIES_ANNUALLY), None)


def _open_family(family: Client, stage: Stage, region: str) -> str:
    made = buy_organization(family, "Family", PlanType.FAMILIES_ANNUALLY)
    stage.organizations.append(organization_of(family, APPS[region], made))
    return made


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
