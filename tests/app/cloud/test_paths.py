"""What stands in a path and does not fit: which parts upstream binds (400), constrains (404, empty) or parses by hand
(500 there, 404 here). fidelity.md: wire.paths.
"""

from typing import Any

import pytest

from tests.support.harness import Pair, Person, Side
from tests.support.scenarios import license_loop, new_organization

NO_ID = "b2c4-0101"
SPONSORSHIP = "/api/organization/sponsorship"
OFFER = {"planSponsorshipType": 0, "sponsoredEmail": "family@home.example"}

BOUND_ON_BOTH = [
    ("GET", f"{SPONSORSHIP}/{{}}/sync-status", "sponsoringOrgId", None),
    ("GET", "/api/organizations/connections/{}/1", "organizationId", None),
    ("DELETE", "/api/organizations/connections/{}", "organizationConnectionId", None),
    ("GET", "/api/organizations/{}/api-key-information/1", "id", None),
    ("GET", "/api/organizations/{}/domain", "orgId", None),
    ("GET", "/api/organizations/{}/auth-requests", "orgId", None),
    ("POST", "/api/organizations/{}/leave", "id", None),
    ("GET", "/api/organizations/{}/policies/token", "orgId", None),
    ("GET", "/api/organizations/{}/collections", "orgId", None),
    ("GET", "/api/users/{}/public-key", "id", None),
    ("GET", "/api/ciphers/{}", "id", None),
    ("PUT", "/api/ciphers/{}/delete-admin", "id", None),
]
BOUND_ON_THE_CLOUD = [
    ("POST", f"{SPONSORSHIP}/{{}}/families-for-enterprise", "sponsoringOrgId", OFFER),
    ("DELETE", f"{SPONSORSHIP}/{{}}", "sponsoringOrganizationId", None),
    ("POST", f"{SPONSORSHIP}/{{}}/delete", "sponsoringOrganizationId", None),
    ("DELETE", f"{SPONSORSHIP}/sponsored/{{}}", "sponsoredOrgId", None),
    ("POST", f"{SPONSORSHIP}/sponsored/{{}}/remove", "sponsoredOrgId", None),
    ("GET", f"{SPONSORSHIP}/{{}}/sponsored", "sponsoringOrgId", None),
    ("GET", "/api/installations/{}", "id", None),
    ("POST", "/api/organizations/{}/cancel", "id", {}),
]
BOUND_ON_AN_INSTANCE = [
    ("POST", f"{SPONSORSHIP}/self-hosted/{{}}/families-for-enterprise", "sponsoringOrgId", OFFER),
    ("DELETE", f"{SPONSORSHIP}/self-hosted/{{}}", "sponsoringOrgId", None),
    ("GET", f"{SPONSORSHIP}/self-hosted/{{}}/sponsored", "orgId", None),
    ("DELETE", f"{SPONSORSHIP}/{{}}", "sponsoringOrganizationId", None),  # its own input before whose route it is
]
CONSTRAINED = [
    ("GET", "/api/organizations/{}/subscription"),
    ("GET", "/api/organizations/{}/license"),
    ("GET", "/api/organizations/{}/sso"),
    ("GET", "/api/organizations/{}/billing/history"),
    ("GET", "/api/organizations/{}/billing/vnext/metadata"),
]
PARSED = [
    ("GET", "/api/organizations/{}"),
    ("GET", "/api/organizations/{}/public-key"),
    ("GET", "/api/organizations/{}/events"),
    ("GET", "/api/organizations/{}/policies"),  # upstream's requirement needs an id: 500 before anything is looked at
    ("GET", "/api/folders/{}"),
    ("GET", "/api/devices/{}"),
]


def ask(person: Person, method: str, path: str, body: Any = None) -> Any:
    return person.api.request(method, path.format(NO_ID), json=body)


def check(person: Person, bound: list[tuple[str, str, str, Any]]) -> None:
    told = {
        (method, path): ask(person, method, path, body).json()["validationErrors"] for method, path, _, body in bound
    }
    text = f"The value '{NO_ID}' is not valid."
    assert told == {(method, path): {name: [text]} for method, path, name, _ in bound}


def test_what_is_bound_and_no_guid_is_400_by_upstreams_name(pair: Pair) -> None:
    check(pair.cloud_owner, BOUND_ON_BOTH + BOUND_ON_THE_CLOUD)
    check(pair.owner, BOUND_ON_BOTH + BOUND_ON_AN_INSTANCE)


def test_what_is_constrained_matches_nothing(cloud: Side) -> None:
    owner = cloud.sign_up("owner@acme.example")
    for method, path in CONSTRAINED:
        answer = ask(owner, method, path)
        assert (answer.status_code, answer.content) == (404, b""), path


def test_what_is_parsed_by_hand_is_not_found(cloud: Side) -> None:
    owner = cloud.sign_up("owner@acme.example")
    for method, path in PARSED:
        answer = ask(owner, method, path)
        assert (answer.status_code, answer.json()["message"]) == (404, "Resource not found."), path


def test_path_and_body_are_told_together_after_the_caller_was_let_in(cloud: Side) -> None:
    path = f"{SPONSORSHIP}/{{}}/families-for-enterprise"
    assert cloud.client.post(path.format(NO_ID), json={}).status_code == 401
    owner = cloud.sign_up("owner@acme.example")
    assert set(ask(owner, "POST", path, {}).json()["validationErrors"]) == {"sponsoringOrgId", "SponsoredEmail"}
    organization = new_organization(owner)["id"]
    answer = owner.api.put(f"/api/organizations/{organization}/policies/junk", json={})
    assert set(answer.json()["validationErrors"]) == {"type", "Policy"}


def test_a_whole_controller_of_the_other_side_looks_at_no_path(pair: Pair) -> None:
    refused = ask(pair.cloud_owner, "DELETE", f"{SPONSORSHIP}/self-hosted/{{}}")
    assert (refused.status_code, refused.json()["message"]) == (400, "Only allowed when self hosted.")
    refused = ask(pair.owner, "GET", "/api/installations/{}")
    assert (refused.status_code, refused.json()["message"]) == (400, "Only allowed when not self hosted.")


@pytest.mark.parametrize("written", ["{}", "{{{}}}", "({})", " {} "])
def test_a_guid_in_any_form_of_dotnets(cloud: Side, written: str) -> None:
    owner = cloud.sign_up("owner@acme.example")
    organization = new_organization(owner)["id"]
    assert owner.api.get(f"/api/organizations/{written.format(organization)}").json()["id"] == organization
    bare = organization.replace("-", "")
    assert owner.api.get(f"/api/organizations/{bare}/subscription").json()["id"] == organization


def test_words_of_upstream_that_are_not_served_are_no_ids(cloud: Side) -> None:
    owner = cloud.sign_up("owner@acme.example")
    organization = new_organization(owner)["id"]
    for method, path in (("PUT", "ciphers/archive"), ("PUT", f"organizations/{organization}/users/revoke-self")):
        answer = owner.api.request(method, f"/api/{path}", json={})
        assert (answer.status_code, answer.content) == (404, b"")


def test_query_parameters_that_do_not_fit(cloud: Side) -> None:
    """They are parameters of the action too, so the text names none."""
    owner = cloud.sign_up("owner@acme.example")
    organization = new_organization(owner)["id"]
    wrong = {
        f"/api/organizations/{organization}/users?includeGroups=maybe": ("includeGroups", "maybe"),
        f"/api/organizations/{organization}/events?start=soon": ("start", "soon"),
        "/api/ciphers/organization-details?organizationId=x": ("organizationId", "x"),
    }
    for url, (name, value) in wrong.items():
        text = f"The value '{value}' is not valid."
        assert owner.api.get(url).json()["validationErrors"] == {name: [text]}
    assert owner.api.get("/api/ciphers/organization-details").status_code == 404


def test_cancelling_on_an_instance_is_the_payment_providers_error(pair: Pair) -> None:
    """Upstream has no guard there: whoever owns it gets as far as the subscription that is not there."""
    organization = license_loop(pair)
    stranger = pair.selfhost.sign_up("stranger@acme.example")
    path, text = f"/api/organizations/{organization}/cancel", "Something went wrong with your request. "
    assert stranger.api.post(path, json={}).status_code == 404
    for refused in (pair.owner.api.post(path, json={}), pair.owner.api.post("/api/accounts/cancel", json={})):
        assert (refused.status_code, refused.json()["message"]) == (500, f"{text}Please contact support.")
