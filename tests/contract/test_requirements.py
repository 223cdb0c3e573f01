"""Which routes ask for a requirement of upstream's, and that they refuse before they look at anything.

Source: `[Authorize<XRequirement>]` of upstream's controllers at v2026.8.0; fidelity.md: wire.requirements.
"""

from typing import Any
from uuid import uuid4

import pytest

from common.server.openapi.document import Route, routes_of
from common.server.policy import name_of
from tests.support.harness import Side
from tests.support.scenarios import new_organization

USERS = {
    ("GET", "/{member_id}"): "ManageUsers",
    ("GET", "/mini-details"): "MemberOrProvider",
    ("POST", "/invite"): "ManageUsers",
    ("POST", "/reinvite"): "ManageUsers",
    ("POST", "/{member_id}/reinvite"): "ManageUsers",
    ("POST", "/{member_id}/confirm"): "ManageUsers",
    ("POST", "/confirm"): "ManageUsers",
    ("POST", "/public-keys"): "ManageUsers",
    ("PUT", "/{member_id}"): "ManageUsers",
    ("DELETE", "/{member_id}"): "ManageUsers",
    ("POST", "/{member_id}/remove"): "ManageUsers",
    ("DELETE", ""): "ManageUsers",
    ("POST", "/remove"): "ManageUsers",
    ("DELETE", "/{member_id}/delete-account"): "ManageUsers",
    ("POST", "/{member_id}/delete-account"): "ManageUsers",
    ("DELETE", "/delete-account"): "ManageUsers",
    ("POST", "/delete-account"): "ManageUsers",
    ("PUT", "/{member_id}/revoke"): "ManageUsers",
    ("PATCH", "/{member_id}/revoke"): "ManageUsers",
    ("PUT", "/revoke"): "ManageUsers",
    ("PATCH", "/revoke"): "ManageUsers",
    ("PUT", "/revoke-self"): "Member",
    ("PUT", "/{member_id}/restore"): "ManageUsers",
    ("PUT", "/{member_id}/restore/vnext"): "ManageUsers",
    ("PATCH", "/{member_id}/restore"): "ManageUsers",
    ("PUT", "/restore"): "ManageUsers",
    ("PATCH", "/restore"): "ManageUsers",
    ("PUT", "/enable-secrets-manager"): "ManageUsers",
    ("GET", "/{member_id}/reset-password-details"): "ManageAccountRecovery",
    ("POST", "/account-recovery-details"): "ManageAccountRecovery",
    ("PUT", "/{member_id}/recover-account"): "ManageAccountRecovery",
    ("POST", "/{member_id}/auto-confirm"): "ManageUsers",
    ("GET", "/pending-auto-confirm"): "ManageUsers",
    ("POST", "/bulk-auto-confirm"): "ManageUsers",
}
GROUPS = {
    ("GET", ""): "OrganizationCollectionManagementAccess",
    ("GET", "/details"): "ManageUsersOrGroups",
    ("GET", "/{group_id}"): "ManageGroups",
    ("GET", "/{group_id}/details"): "ManageGroups",
    ("GET", "/{group_id}/users"): "ManageGroups",
    ("POST", ""): "ManageGroups",
    ("PUT", "/{group_id}"): "ManageGroups",
    ("POST", "/{group_id}"): "ManageGroups",
    ("DELETE", "/{group_id}"): "ManageGroups",
    ("POST", "/{group_id}/delete"): "ManageGroups",
    ("DELETE", ""): "ManageGroups",
    ("POST", "/delete"): "ManageGroups",
    ("DELETE", "/{group_id}/user/{member_id}"): "ManageGroups",
    ("POST", "/{group_id}/delete-user/{member_id}"): "ManageGroups",
}
POLICIES = {
    ("GET", ""): "ManagePolicies",
    ("GET", "/{policy_type}"): "ManagePolicies",
    ("PUT", "/{policy_type}"): "ManagePolicies",
    ("GET", "/master-password"): "OrgUserLinkedToUserId",
}
BILLING = {
    ("GET", "/address"): "ManageOrganizationBilling",
    ("PUT", "/address"): "ManageOrganizationBilling",
    ("GET", "/credit"): "ManageOrganizationBilling",
    ("POST", "/credit/bitpay"): "ManageOrganizationBilling",
    ("GET", "/payment-method"): "ManageOrganizationBilling",
    ("PUT", "/payment-method"): "ManageOrganizationBilling",
    ("POST", "/subscription/restart"): "ManageOrganizationBilling",
    ("GET", "/churn-mitigation-offer"): "ManageOrganizationBilling",
    ("POST", "/churn-mitigation-offer/redeem"): "ManageOrganizationBilling",
    ("GET", "/metadata"): "MemberOrProvider",
    ("GET", "/warnings"): "MemberOrProvider",
    ("GET", "/self-host/metadata"): "MemberOrProvider",
}
SPONSORSHIPS = {
    ("POST", "/{organization_id}/families-for-enterprise/resend"): "ManageUsers",
    ("DELETE", "/{organization_id}/{friendly_name}/revoke"): "ManageUsers",
    ("DELETE", "/self-hosted/{organization_id}/{friendly_name}/revoke"): "ManageUsers",
}
PREVIEWS = {
    ("POST", "/subscription/plan-change"): "ManageOrganizationBilling",
    ("PUT", "/subscription/update"): "ManageOrganizationBilling",
}
OF_ORGANIZATION = "/api/organizations/{organization_id}"
UPSTREAM = {
    (method, base + path): requirement
    for base, table in (
        (f"{OF_ORGANIZATION}/users", USERS),
        (f"{OF_ORGANIZATION}/groups", GROUPS),
        (f"{OF_ORGANIZATION}/policies", POLICIES),
        (f"{OF_ORGANIZATION}/billing/vnext", BILLING),
        ("/api/organization/sponsorship", SPONSORSHIPS),
        ("/api/billing/preview-invoice/organizations/{organization_id}", PREVIEWS),
    )
    for (method, path), requirement in table.items()
}
"""Method and path -> requirement, also of routes that are not served here: whoever adds one finds its policy."""


@pytest.fixture(params=["cloud", "selfhost"])
def side(request: pytest.FixtureRequest) -> Any:
    """Either app."""
    return request.getfixturevalue(request.param)


def _guarded(side: Side) -> list[Route]:
    return [route for route in routes_of(side.app) if route.policy == "organization"]


def _path(route: Route, organization_id: str) -> str:
    names = {"organization_id": organization_id, "friendly_name": "home"}
    parts = (part.strip("{}") if part.startswith("{") else None for part in route.path.split("/"))
    return "/".join(
        text if name is None else names.get(name, "0" if name.endswith("_type") else str(uuid4()))
        for text, name in zip(route.path.split("/"), parts, strict=True)
    )


def test_every_route_asks_for_what_upstream_asks(side: Side) -> None:
    wrong = {
        (route.method, route.path): name_of(route.view)
        for route in routes_of(side.app)
        if UPSTREAM.get((route.method, route.path)) != _requirement(route)
    }
    assert wrong == {}
    assert len(_guarded(side)) > 20


def _requirement(route: Route) -> str | None:
    return route.view.requirement.name if route.policy == "organization" else None  # type: ignore[attr-defined]


def test_a_stranger_gets_403_without_a_body_before_anything_is_read(cloud: Side) -> None:
    owner, stranger = cloud.sign_up("owner@acme.example"), cloud.sign_up("stranger@example.com")
    organization = new_organization(owner)["id"]
    for route in _guarded(cloud):
        for known in (organization, str(uuid4())):
            answer = stranger.api.request(route.method, _path(route, known), data=b"no json")
            assert (answer.status_code, answer.content) == (403, b""), (route.method, route.path)
        assert cloud.client.request(route.method, _path(route, organization)).status_code == 401, route.path


def test_an_instance_refuses_in_the_same_way(selfhost: Side) -> None:
    """Also what only the cloud serves: the requirement comes before *Only allowed when not self hosted.*"""
    stranger = selfhost.sign_up("stranger@example.com")
    for route in _guarded(selfhost):
        answer = stranger.api.request(route.method, _path(route, str(uuid4())))
        assert (answer.status_code, answer.content) == (403, b""), (route.method, route.path)
