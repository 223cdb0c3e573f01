"""Operations in several variants each, answered as upstream's source at the tag says: tests/fixtures/compared.yaml.

What could not be read there, its unhandled errors above all, says `difference`.
"""

import json
from typing import Any

from tests.app.cloud.test_public_api import key_client
from tests.support.club import ADMIN, Club, ok
from tests.support.compared import differences
from tests.support.harness import ENC_STRING, PUBLIC_KEY, WRAPPED_KEY, Api, Pair, Side
from tests.support.scenarios import billing_sync_token, connect, create_from_license, download_license, new_organization

NAMES = {
    "nil": "00000000-0000-0000-0000-0000000000ff",
    "wrapped": WRAPPED_KEY,
    "public": PUBLIC_KEY,
    "enc": ENC_STRING,
    "long": "n" * 51,
    "longer": "n" * 301,
}


def machine(side: Side, scope: str, client_id: str, secret: str) -> Api:
    form = {"grant_type": "client_credentials", "scope": scope, "client_id": client_id, "client_secret": secret}
    client = side.new_client()
    client.headers["Authorization"] = (
        f"Bearer {client.post('/identity/connect/token', data=form).json()['access_token']}"
    )
    return client


def test_a_cloud_answers_as_upstream(cloud: Side) -> None:
    owner = cloud.sign_up("owner@acme.example")
    acme = str(new_organization(owner)["id"])
    free = str(new_organization(owner, "Free", plan_type=0, additionalSeats=0)["id"])
    club = Club(cloud, owner, acme)
    persons = {name: cloud.sign_up(f"{name}@acme.example") for name in ("member", "admin", "stranger", "premium")}
    member, admin = club.join(persons["member"]), club.join(persons["admin"], type=ADMIN)
    ok(cloud.client.post("/_sim/users/premium@acme.example/premium", json={}))
    ok(club.invite("first@acme.example"))
    installation = cloud.client.post("/api/installations", json={"email": "a@b.example"}).json()
    public = key_client(cloud, owner, acme)
    sync_key = billing_sync_token(owner, acme)
    license_file = download_license(owner, acme, installation["id"])
    premium_file = ok(persons["premium"].api.get("/api/account/billing/vnext/license")).json()
    people = {name: person.api for name, person in persons.items()} | {
        "nobody": cloud.client,
        "owner": owner.api,
        "key": public,
    }
    for word, scope in (("push", "api.push"), ("licensing", "api.licensing")):
        people[word] = machine(cloud, scope, f"installation.{installation['id']}", installation["key"])
    names = NAMES | {
        "acme": acme,
        "free": free,
        "installation": installation["id"],
        "hash": owner.password_hash,
        "member.hash": persons["member"].password_hash,
        "admin.hash": persons["admin"].password_hash,
        "member.id": member,
        "admin.id": admin,
        "owner.id": club.member(owner.email)["id"],
        "invited": club.member("first@acme.example")["id"],
        "member.user": persons["member"].user_id,
        "premium.user": persons["premium"].user_id,
        "license.key": license_file["licenseKey"],
        "user.key": premium_file["licenseKey"],
        "sync.key": sync_key,
        "group": ok(public.post("/api/public/groups", json={"name": "Ops"})).json()["id"],
    }
    files = {"file {}": {"files": {"license": ("license.json", "{}")}}}
    assert "\n".join(differences("cloud", people, names, files)) == ""


def test_an_instance_answers_as_upstream(pair: Pair) -> None:
    cloud_id = new_organization(pair.cloud_owner)["id"]
    license_file = download_license(pair.cloud_owner, cloud_id, pair.installation["id"])
    acme = str(create_from_license(pair.owner, license_file)["id"])
    token = billing_sync_token(pair.cloud_owner, cloud_id)
    connection = connect(pair.owner, acme, token)["id"]
    persons = {name: pair.selfhost.sign_up(f"{name}@acme.example") for name in ("member", "stranger")}
    Club(pair.selfhost, pair.owner, acme).join(persons["member"])
    people = {name: person.api for name, person in persons.items()}
    names = NAMES | {
        "acme": acme,
        "connection": connection,
        "token": token,
        "hash": pair.owner.password_hash,
        "member.hash": persons["member"].password_hash,
    }
    people |= {"nobody": pair.selfhost.client, "owner": pair.owner.api}
    files: dict[str, dict[str, Any]] = {"form": {"data": {"a": "b"}}}
    for word, content in (("license", json.dumps(license_file)), ("file {}", "{}"), ("file x", "x")):
        form = {"key": WRAPPED_KEY, "collectionName": ENC_STRING}
        files[word] = {"files": {"license": ("license.json", content)}, "data": form}
    assert "\n".join(differences("selfhost", people, names, files)) == ""
