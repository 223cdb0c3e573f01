"""Founding an organization on the cloud's page."""

import re
from typing import Any

import pytest

from tests.support.harness import ENC_STRING, PUBLIC_KEY, WRAPPED_KEY, Person, Side
from tests.support.visitor import Answer, Visitor

KEYS = {
    "key": WRAPPED_KEY,
    "collectionName": ENC_STRING,
    "publicKey": PUBLIC_KEY,
    "encryptedPrivateKey": ENC_STRING,
}
"""What the script of the form fills in."""


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("olivia@acme.example")


@pytest.fixture
def visitor(cloud: Side, owner: Person) -> Visitor:
    return Visitor(cloud).log_in(owner)


def found(visitor: Visitor, **fields: str) -> Answer:
    wanted = {"name": "Acme", "billingEmail": "billing@acme.example", "plan": "enterprise", "additionalSeats": "5"}
    return visitor.submit("/create-organization", KEYS | wanted | fields, script=True)


def organizations(owner: Person) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = owner.api.get("/api/accounts/profile").json()["organizations"]
    return rows


def test_the_form_knows_the_owners_key_and_the_name_of_the_collection(cloud: Side, owner: Person) -> None:
    page = Visitor(cloud, "zh-CN").log_in(owner).get("/create-organization").text
    assert f'data-public-key="{PUBLIC_KEY}"' in page
    assert 'data-collection-name="默认集合"' in page
    assert "每个席位每月 US$7.00 或每年 US$72.00" in page
    assert re.search(r'name="billingEmail" value="olivia@acme.example"', page)


@pytest.mark.parametrize(
    ("fields", "plan", "seats", "status"),
    [
        ({"plan": "enterprise", "period": "annually"}, 20, 5, "active"),
        ({"plan": "enterprise", "period": "monthly", "trial": "true"}, 19, 5, "trialing"),
        ({"plan": "teams", "period": "monthly"}, 17, 5, "active"),
        ({"plan": "families", "period": "monthly", "additionalSeats": ""}, 22, 6, "active"),
        ({"plan": "free", "trial": "true", "card": "declined"}, 0, 2, None),
    ],
)
def test_every_plan_can_be_founded(
    owner: Person, visitor: Visitor, fields: dict[str, str], plan: int, seats: int, status: str | None
) -> None:
    answer = found(visitor, name="Acme <b>", **fields)
    assert answer.status_code == 200, answer.text
    (row,) = organizations(owner)
    assert answer.json["location"] == f"/organizations/{row['id']}"
    made = owner.api.get(f"/api/organizations/{row['id']}").json()
    assert (made["planType"], made["seats"], made["billingEmail"]) == (plan, seats, "billing@acme.example")
    state = owner.side.client.get(f"/_sim/organizations/{row['id']}/subscription").json()
    assert state["status"] == status
    console = visitor.get(f"/organizations/{row['id']}/billing/subscription").text
    assert "Organization created" in console
    assert "Your new organization is ready to go!" in console
    assert "Acme &lt;b&gt;" in console


@pytest.mark.parametrize(
    ("fields", "message", "marked"),
    [
        ({"card": "declined"}, "Your card was declined.", []),
        ({"plan": "gold"}, "This value is not valid.", ["plan"]),
        ({"additionalSeats": "x"}, "This value is not valid.", ["additionalSeats"]),
        ({"additionalSeats": "0"}, "You do not have any Password Manager seats!", []),
    ],
)
def test_what_cannot_be_bought_is_refused(
    owner: Person, visitor: Visitor, fields: dict[str, str], message: str, marked: list[str]
) -> None:
    answer = found(visitor, **fields)
    assert (answer.status_code, answer.json["message"], list(answer.json["fields"])) == (400, message, marked)
    assert organizations(owner) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"name": ""}, "name"), ({"name": "n" * 51}, "name"), ({"billingEmail": "nobody"}, "billingEmail")],
)
def test_what_is_wrong_is_said_at_the_field(visitor: Visitor, fields: dict[str, str], field: str) -> None:
    answer = found(visitor, **fields)
    assert (answer.status_code, list(answer.json["fields"])) == (400, [field])


def test_a_second_free_organization_is_refused(visitor: Visitor) -> None:
    assert found(visitor, plan="free").status_code == 200
    assert found(visitor, plan="free").json["message"] == "You can only be an admin of 1 free organization vault."


def test_nobody_founds_without_an_account(cloud: Side) -> None:
    assert Visitor(cloud).get("/create-organization").location.startswith("/login")
