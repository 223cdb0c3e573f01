"""What a strict client of another make sees: bytes of errors, headers of empty answers, names in any case."""

from datetime import timedelta
from uuid import uuid4

import pytest

from common.crypto.tokens import sign_access_token
from common.domains.identity.rules import lifetime_claims
from tests.support.harness import Pair, Side
from tests.support.scenarios import new_organization

ELSEWHERE = "8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1"
ENVELOPE_TAIL = '"exceptionMessage":null,"exceptionStackTrace":null,"innerExceptionMessage":null}'


def installation_token(pair: Pair) -> dict[str, str]:
    form = {
        "grant_type": "client_credentials",
        "scope": "api.licensing",
        "client_id": f"installation.{pair.installation['id']}",
        "client_secret": pair.installation["key"],
    }
    token = pair.cloud.client.post("/identity/connect/token", data=form).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def test_an_error_is_compact_json_in_upstreams_order(cloud: Side) -> None:
    refused = cloud.client.get(f"/api/installations/{uuid4()}")
    assert refused.headers["Content-Type"] == "application/json; charset=utf-8"
    assert refused.text == '{"object":"error","message":"Resource not found.","validationErrors":null,' + ENVELOPE_TAIL


def test_an_oauth_error_ends_with_its_brace(cloud: Side) -> None:
    refused = cloud.client.post("/identity/connect/token", data={"client_id": "nobody"})
    assert (refused.status_code, refused.text) == (400, '{"error":"invalid_client"}')


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/accounts/profile", 401), ("GET", "/api/nowhere", 404), ("PUT", "/api/installations", 405)],
)
def test_an_answer_without_body_names_no_content_type(cloud: Side, method: str, path: str, status: int) -> None:
    answer = cloud.client.request(method, path)
    assert (answer.status_code, answer.content) == (status, b"")
    assert "Content-Type" not in answer.headers


def test_a_wrong_method_is_told_which_are_right(cloud: Side) -> None:
    assert "POST" in cloud.client.put("/api/installations").headers["Allow"].split(", ")


@pytest.mark.parametrize("name", ["installationId", "InstallationId", "installationid"])
def test_query_parameters_are_found_in_any_case(pair: Pair, name: str) -> None:
    organization = uuid4()
    answer = pair.cloud_owner.api.get(f"/api/organizations/{organization}/license", params={name: "no-uuid"})
    assert answer.json()["validationErrors"] == {"installationId": ["The value 'no-uuid' is not valid."]}


def test_null_in_a_sync_request_is_a_wrong_key_and_no_unfit_body(pair: Pair) -> None:
    organization = new_organization(pair.cloud_owner)["id"]
    answer = pair.cloud.client.get(
        f"/api/licenses/organization/{organization}",
        json={"licenseKey": None, "billingSyncKey": None},
        headers=installation_token(pair),
    )
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid license key.")


@pytest.mark.parametrize(
    "odd", [{"scope": None}, {"scope": 5}, {"amr": None}, {"amr": [[]]}, {"sub": 7}, {"scope": [{}]}]
)
def test_a_genuine_token_with_claims_of_another_shape_is_401(cloud: Side, odd: dict[str, object]) -> None:
    parts = cloud.app.extensions["wardenloop"]
    claims = {"scope": ["api"], "amr": ["Application"], "client_id": "web", "sub": str(uuid4())}
    frame = lifetime_claims(parts.settings.issuer, cloud.clock.now(), 3600, "A" * 32)
    token = sign_access_token({**frame, **claims, **odd}, parts.signing_key)
    answer = cloud.client.get("/api/accounts/profile", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.content) == (401, b"")


def test_a_401_says_what_is_wrong_with_the_token(cloud: Side) -> None:
    """fidelity.md: identity.challenge."""
    owner, path = cloud.sign_up("owner@acme.example"), "/api/accounts/profile"
    token = owner.token["access_token"]

    def challenge(authorization: str) -> str:
        answer = cloud.client.get(path, headers={"Authorization": authorization})
        assert (answer.status_code, answer.content) == (401, b"")
        return answer.headers["WWW-Authenticate"]

    assert cloud.client.get(path).headers["WWW-Authenticate"] == "Bearer"
    assert challenge("Bearer ") == "Bearer"
    assert challenge("Bearer junk") == 'Bearer error="invalid_token"'
    head, payload, signature = token.split(".")
    forged = f"{head}.{payload}.{signature[:-8]}AAAAAAAA"
    assert challenge(f"Bearer {forged}") == 'Bearer error="invalid_token", error_description="The signature is invalid"'
    cloud.clock.advance(timedelta(hours=2))
    expired = 'Bearer error="invalid_token", error_description="The token expired at \'08/20/2026 13:00:00\'"'
    assert challenge(f"Bearer {token}") == expired


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/organizations/licenses/self-hosted"),
        ("POST", f"/api/organizations/licenses/self-hosted/{ELSEWHERE}"),
        ("POST", f"/api/organizations/licenses/self-hosted/{ELSEWHERE}/sync/"),
        ("POST", "/api/account/billing/vnext/self-host/license"),
        ("GET", "/api/accounts/subscription"),
    ],
)
def test_what_only_an_instance_does_is_refused_after_authentication(cloud: Side, method: str, path: str) -> None:
    assert cloud.client.request(method, path).status_code == 401
    refused = cloud.sign_up("owner@acme.example").api.request(method, path)
    assert (refused.status_code, refused.json()["message"]) == (400, "Only allowed when self hosted.")


def test_a_licence_has_to_be_there_before_the_cloud_says_whose_route_it_is(cloud: Side) -> None:
    owner = cloud.sign_up("owner@acme.example")
    empty = owner.api.post("/api/accounts/license")
    assert empty.json()["validationErrors"] == {"License": ["The License field is required."]}
    refused = owner.api.post("/api/accounts/license", files={"license": ("license.json", b"{}")})
    assert refused.json()["message"] == "Only allowed when self hosted."


def test_the_cloud_has_scim_connections(cloud: Side) -> None:
    owner = cloud.sign_up("owner@acme.example")
    organization = new_organization(owner)["id"]
    url = "/api/organizations/connections"
    nothing = owner.api.get(f"{url}/{organization}/2").json()
    assert (nothing["id"], nothing["enabled"], nothing["config"]) == (None, False, None)
    body = {"type": 2, "organizationId": organization, "enabled": True, "config": {"enabled": True}}
    made = owner.api.post(f"{url}/", json=body).json()
    assert (made["type"], made["config"]) == (2, {"ScimProvider": None, "Enabled": True})
    assert owner.api.get(f"{url}/{organization}/Scim").json() == made
    again = owner.api.post(url, json=body).json()["message"]
    assert again.startswith("The requested organization already has a connection of type Scim.")
    changed = owner.api.put(f"{url}/{made['id']}", json=body | {"enabled": False, "config": {"enabled": False}}).json()
    assert (changed["enabled"], changed["config"]["Enabled"]) == (False, False)
    other_type = owner.api.put(f"{url}/{made['id']}", json=body | {"type": 1})
    assert other_type.json()["message"] == "The connection type cannot be changed."
    stranger = cloud.sign_up("stranger@example.com")
    refused = [
        stranger.api.get(f"{url}/{organization}/2"),
        stranger.api.post(url, json=body),
        stranger.api.put(f"{url}/{made['id']}", json=body),
        stranger.api.delete(f"{url}/{made['id']}"),
    ]
    assert [answer.status_code for answer in refused] == [400] * 4
    assert all("do not have permission" in answer.json()["message"] for answer in refused)
    elsewhere = new_organization(owner, "Other")["id"]
    assert owner.api.put(f"{url}/{made['id']}", json=body | {"organizationId": elsewhere}).status_code == 404
    assert owner.api.delete(f"{url}/{made['id']}").status_code == 200
    assert owner.api.get(f"{url}/{organization}/2").json()["id"] is None
    assert owner.api.delete(f"{url}/{made['id']}").status_code == 404


def test_the_cloud_has_no_billing_sync_connections(cloud: Side) -> None:
    owner = cloud.sign_up("owner@acme.example")
    organization = new_organization(owner)["id"]
    url = "/api/organizations/connections"
    body = {"type": 1, "organizationId": organization, "enabled": True, "config": {"billingSyncKey": "key"}}
    outside = "a CloudBillingSync connection outside of a self-hosted instance."
    assert owner.api.get(f"{url}/enabled").json() is False
    assert owner.api.post(f"{url}/", json=body).json()["message"] == f"Cannot create {outside}"
    assert owner.api.get(f"{url}/{organization}/1").json()["message"] == f"Cannot get {outside}"
    assert owner.api.put(f"{url}/{uuid4()}", json=body).status_code == 404
    stranger = cloud.sign_up("stranger@example.com")
    assert stranger.api.get(f"{url}/{organization}/1").json()["message"] == (
        "You do not have permission to retrieve a connection of type CloudBillingSync."
    )
