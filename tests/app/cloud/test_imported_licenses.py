"""Organizations made from a licence file: the cloud holds what the file says, and issues it again."""

import itertools
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from common.enums import PlanType
from common.license.bringing import bring
from common.license.files import read_any, to_wire
from common.license.inspection import inspect_license
from common.license.model import OrganizationLicense, fields_of
from tests.support.brought import INSTALLATION, ISSUED, ORGANIZATION, TERMS, organization_license
from tests.support.club import ok
from tests.support.harness import ENC_STRING, PUBLIC_KEY, WRAPPED_KEY, Person, Side

FREE_PLANS = {PlanType.FREE, PlanType.CUSTOM}
NEVER_EQUAL = {"Signature", "Token", "Issued"}


@pytest.fixture
def owner(cloud: Side) -> Person:
    cloud.clock.set(ISSUED)
    return cloud.sign_up("owner@organization.example")


def import_(owner: Person, file: dict[str, Any]) -> dict[str, Any]:
    """As `wardenloop world import` does."""
    brought = bring(json.dumps(file).encode())
    assert isinstance(brought.file, OrganizationLicense)
    known = {"email": owner.email, "id": file["installationId"]}
    owner.side.client.post("/_sim/installations", json=known)
    body = {
        "owner": owner.email,
        "license": {name: value for name, value in to_wire(brought.file).items() if name not in ("signature", "token")},
        "token": bool(file.get("token")),
        "lacks": list(brought.lacks),
        "key": WRAPPED_KEY,
        "keys": {"publicKey": PUBLIC_KEY, "encryptedPrivateKey": ENC_STRING},
    }
    made = ok(owner.side.client.post("/_sim/imports", json=body)).json()
    owner.log_in()
    return dict(made)


def issued(owner: Person, file: dict[str, Any]) -> dict[str, Any]:
    path = f"/api/organizations/{file['id']}/license?installationId={file['installationId']}"
    return dict(ok(owner.api.get(path)).json())


def differing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Field by field, as a server reads the two."""
    first, second = (read_any(json.dumps(each).encode(), OrganizationLicense) for each in (before, after))
    return {
        each.name: (getattr(first, each.attribute), getattr(second, each.attribute))
        for each in fields_of(OrganizationLicense)
        if each.name not in {*NEVER_EQUAL, "Hash"} and getattr(first, each.attribute) != getattr(second, each.attribute)
    }


def cases() -> list[tuple[int, str, int, bool]]:
    """Every plan with every term, every version with and without token."""
    versions = itertools.cycle(itertools.product(range(1, 17), (True, False)))
    return [(int(plan), term, *next(versions)) for plan in PlanType for term in TERMS]


def test_every_plan_term_and_version_is_issued_again_as_it_was(owner: Person) -> None:
    assert {case[2:] for case in cases()} == set(itertools.product(range(1, 17), (True, False)))
    wrong = {}
    for number, (plan, term, version, token) in enumerate(cases()):
        own = {"id": str(uuid.UUID(int=1000 + number)), "installationId": str(uuid.UUID(int=9000 + number))}
        file = organization_license(term, token=token, planType=plan, version=version, **own)
        made = import_(owner, file)
        again = issued(owner, file)
        if found := differing(file, again):
            wrong[plan, term, version, token] = found
        assert bool(again["token"]) is token
        assert inspect_license(json.dumps(again).encode(), now_ticks=0).hash.finding == "good"
        assert made["exact"] is True, (plan, term)
    assert wrong == {}


def test_a_file_of_an_older_cloud_comes_back_without_what_it_did_not_know(owner: Person) -> None:
    file = organization_license(token=False, version=12)
    for name in (
        "usePam",
        "useInviteLinks",
        "smSeats",
        "useSecretsManager",
        "limitCollectionCreationDeletion",
        "token",
    ):
        del file[name]
    import_(owner, file)
    again = issued(owner, file)
    assert set(again) == set(file)


def test_what_only_the_token_tells_is_the_organizations(owner: Person) -> None:
    file = organization_license()
    import_(owner, file)
    [organization] = owner.api.get("/api/accounts/profile").json()["organizations"]
    assert (organization["id"], organization["usePam"], organization["useMyItems"]) == (ORGANIZATION, True, False)
    assert issued(owner, file)["usePam"] is False


def test_the_paid_period_ends_and_the_cloud_issues_what_clouds_issue_now(owner: Person) -> None:
    file = organization_license("annual", token=False, version=12)
    import_(owner, file)
    owner.side.clock.set(ISSUED.replace(year=2027, month=1, day=15) + timedelta(hours=1))
    owner.log_in()
    renewed = issued(owner, file)
    assert (renewed["version"], bool(renewed["token"])) == (15, True)
    assert renewed["expires"] == "2028-03-15T00:00:00Z"
    assert renewed["refresh"][:10] == "2027-02-14"


def test_a_changed_file_counts_as_its_token_says(owner: Person) -> None:
    file = organization_license() | {"seats": 5000}
    import_(owner, file)
    assert issued(owner, file)["seats"] == 300


def test_dates_that_no_rule_gives_are_kept_until_the_period_ends(owner: Person) -> None:
    odd: Any = {"expires": "2027-01-02T03:04:05Z", "refresh": "2026-05-06T07:08:09.1234567Z"}
    file = organization_license("annual", **odd)
    assert import_(owner, file)["exact"] is False
    assert differing(file, issued(owner, file)) == {}


def test_one_id_is_imported_once(owner: Person) -> None:
    file = organization_license()
    import_(owner, file)
    with pytest.raises(AssertionError, match="has an organization of this id already"):
        import_(owner, file)
    known = owner.side.client.post("/_sim/installations", json={"email": owner.email, "id": INSTALLATION})
    assert (known.status_code, known.json()["message"]) == (400, "There is an installation of this id.")
