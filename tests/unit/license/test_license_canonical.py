"""The canonical string beyond the recorded runs: version gates, order, plan names, the release dial."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import Refusal
from common.license.canonical import license_hash, organization_string, user_string
from common.license.files import read_any
from common.license.model import OrganizationLicense, UserLicense

EXAMPLE = b"""{"licenseKey":"Jk3sD8fQ2pLm9XvT1aZw","installationId":"3f2b9c1e-6a57-4d0b-9b1a-b2c40101aaaa",
"id":"8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1","name":"Contoso &amp; Sons","billingEmail":"billing@contoso.example",
"businessName":null,"enabled":true,"plan":"Enterprise (Annually)","planType":20,"seats":10,"maxCollections":null,
"usePolicies":true,"useSso":true,"useKeyConnector":true,"useScim":true,"useGroups":true,"useEvents":true,
"useDirectory":true,"useTotp":true,"use2fa":true,"useApi":true,"useResetPassword":true,"maxStorageGb":1,"selfHost":true,
"usersGetPremium":true,"useCustomPermissions":true,"version":15,"issued":"2026-08-20T19:16:19.1234567Z",
"refresh":"2026-09-19T19:16:19.1234567Z","expires":"2027-03-16T00:00:00Z",
"expirationWithoutGracePeriod":"2027-01-15T00:00:00Z","usePasswordManager":true,"useSecretsManager":false,
"limitCollectionCreationDeletion":false,"allowAdminAccessToAllCollectionItems":true,"trial":false,"licenseType":1}"""


def test_hash_of_the_specifications_example() -> None:
    file = read_any(EXAMPLE, OrganizationLicense)
    assert license_hash(organization_string(file, for_hash=True)) == "+qDwsRmSTEIAKnjT4sxVUEgvUuo/LWs55CpVA6Fl4tA="


def names_in(text: Any) -> list[Any]:
    return [pair.partition(":")[0] for pair in text.split("|")[1:]]


GATES = {
    2: {"UsersGetPremium"},
    3: {"UseEvents"},
    4: {"Use2fa"},
    5: {"UseApi"},
    6: {"UsePolicies"},
    7: {"UseSso"},
    8: {"UseResetPassword"},
    9: {"UseKeyConnector"},
    10: {"UseScim"},
    11: {"UseCustomPermissions"},
    12: {"ExpirationWithoutGracePeriod"},
    13: {"UseSecretsManager", "UsePasswordManager", "SmSeats", "SmServiceAccounts"},
    14: {"LimitCollectionCreationDeletion"},
    15: {"AllowAdminAccessToAllCollectionItems"},
    16: set(),
}


@pytest.mark.parametrize("version", GATES)
def test_each_version_adds_its_fields(version: Any) -> None:
    def signed(of: Any) -> Any:
        return set(names_in(organization_string(OrganizationLicense(version=of), for_hash=False)))

    assert signed(version) - signed(version - 1) == GATES[version]
    assert signed(version) >= signed(version - 1)


def test_order_is_linguistic() -> None:
    names = names_in(organization_string(OrganizationLicense(version=15), for_hash=False))
    at = names.index("UseResetPassword")
    assert names[at : at + 3] == ["UseResetPassword", "UsersGetPremium", "UseScim"]
    assert names == sorted(names, key=str.lower)


def test_hash_leaves_out_three_fields() -> None:
    file = UserLicense(version=1)
    with_all = names_in(user_string(file, for_hash=False))
    assert set(with_all) - set(names_in(user_string(file, for_hash=True))) == {"Hash", "Issued", "Refresh"}


@pytest.mark.parametrize(
    ("plan", "text"), [(0, "Free"), (1, "FamiliesAnnually"), (6, "Custom"), (7, "7"), (22, "22"), (255, "255")]
)
def test_plan_in_the_signed_string(plan: int, text: str) -> None:
    assert f"|PlanType:{text}|" in organization_string(OrganizationLicense(version=1, plan_type=plan), for_hash=True)


@pytest.mark.parametrize(("version", "newest"), [(0, 16), (-1, 16), (17, 16), (15, 13), (99, 16)])
def test_versions_that_the_release_does_not_understand(version: Any, newest: int) -> None:
    with pytest.raises(Refusal) as refusal:
        organization_string(OrganizationLicense(version=version), for_hash=True, max_version=newest)
    assert (refusal.value.status, refusal.value.message) == (400, f"Version {version} is not supported.")


@pytest.mark.parametrize("version", [0, 2, 15])
def test_premium_licences_know_one_version(version: int) -> None:
    with pytest.raises(Refusal, match=f"^Version {version} is not supported.$"):
        user_string(UserLicense(version=version), for_hash=True)


@given(
    name=st.text(st.characters(exclude_categories=["Cs"])),
    email=st.text(st.characters(exclude_categories=["Cs"])),
    premium=st.booleans(),
    storage=st.none() | st.integers(-32768, 32767),
)
def test_values_stand_unescaped_between_fixed_neighbours(name: Any, email: Any, premium: Any, storage: Any) -> None:
    file = UserLicense(version=1, name=name, email=email, premium=premium, max_storage_gb=storage)
    assert user_string(file, for_hash=True) == (
        f"license:user|Email:{email}|Expires:|Id:00000000-0000-0000-0000-000000000000|LicenseKey:"
        f"|MaxStorageGb:{'' if storage is None else storage}|Name:{name}|Premium:{str(premium).lower()}"
        "|Trial:false|Version:1"
    )


@given(st.sampled_from(["seats", "sm_seats", "max_collections"]), st.integers(0, 32767))
def test_every_signed_value_changes_the_hash(attribute: Any, value: Any) -> None:
    before = OrganizationLicense(version=15)
    after = dataclasses.replace(before, **{attribute: value})
    assert organization_string(before, for_hash=True) != organization_string(after, for_hash=True)
