"""The release dial of a cloud: what it issues and answers as an older server."""

from datetime import timedelta
from typing import Any

import pytest

from common.clock import ManualClock
from common.license.inspection import read_license
from common.license.model import OrganizationLicense
from common.license.tokens import read_unverified_token
from common.releases import NOT_SIMULATED
from tests.support.harness import Pair
from tests.support.license_loop import Loop


def choose(pair: Pair, release: str) -> None:
    answer = pair.cloud.client.put("/_sim/releases/cloud-us", json={"release": release})
    assert answer.status_code == 200, answer.text


def issued(loop: Loop, release: str) -> tuple[list[str], OrganizationLicense]:
    """Names of the members in the answer, and the licence."""
    choose(loop.pair, release)
    answer = loop.pair.cloud_owner.api.get(
        f"/api/organizations/{loop.cloud_id}/license?installationId={loop.pair.installation['id']}"
    )
    licence = read_license(answer.content)
    assert isinstance(licence, OrganizationLicense)
    return list(answer.json()), licence


@pytest.mark.parametrize(
    ("release", "version", "newest", "unknown"),
    [
        ("v2022.8.0", 9, "useScim", "useCustomPermissions"),
        ("v2023.9.0", 11, "expirationWithoutGracePeriod", "useSecretsManager"),
        ("v2024.1.0", 14, "limitCollectionCreationDeletion", "token"),
        ("v2025.5.1", 14, "useAdminSponsoredFamilies", "useOrganizationDomains"),
        ("v2025.5.2", 15, "useOrganizationDomains", "useAutomaticUserConfirmation"),
        ("v2026.8.0", 15, "usePam", None),
    ],
)
def test_an_old_cloud_issues_old_files(pair: Pair, release: str, version: int, newest: str, unknown: Any) -> None:
    names, licence = issued(Loop(pair), release)
    assert licence.version == version
    assert newest in names and unknown not in names


def test_tokens_and_their_claims_came_over_time(pair: Pair) -> None:
    loop = Loop(pair)
    assert issued(loop, "v2025.3.0")[1].token is None
    first = read_unverified_token(issued(loop, "v2025.3.3")[1].token or "")
    latest = read_unverified_token(issued(loop, "v2026.8.0")[1].token or "")
    assert first and latest
    assert (first["PlanType"], latest["PlanType"]) == ("EnterpriseAnnually", "20")
    assert set(latest) - set(first) == {
        *("UseRiskInsights", "UseAdminSponsoredFamilies", "UseOrganizationDomains", "UseAutomaticUserConfirmation"),
        *("UsePhishingBlocker", "UseDisableSmAdsForUsers", "UseMyItems", "UseInviteLinks", "UsePam"),
    }


def test_only_newer_clouds_ask_how_the_subscription_stands(pair: Pair, clock: ManualClock) -> None:
    loop = Loop(pair)
    canceled = pair.cloud.client.post(f"/_sim/organizations/{loop.cloud_id}/subscription/cancel", json={})
    assert canceled.status_code == 200, canceled.text
    clock.advance(timedelta(seconds=1))
    path = f"/api/organizations/{loop.cloud_id}/license?installationId={pair.installation['id']}"
    choose(pair, "v2026.4.2")
    assert pair.cloud_owner.api.get(path).status_code == 200
    choose(pair, "v2026.5.0")
    assert pair.cloud_owner.api.get(path).json()["message"].startswith("Unable to generate license due to a payment")


def test_the_dial_is_seen_where_a_server_says_what_it_is(pair: Pair) -> None:
    choose(pair, "2024.1")
    assert pair.cloud.client.get("/api/version").json() == "2024.1.0"
    assert pair.cloud.client.get("/api/config").json()["version"] == "2024.1.0"


@pytest.mark.parametrize(
    ("app", "release", "message"),
    [
        ("cloud-eu", "v2024.1", "This is cloud-us, not cloud-eu."),
        ("cloud-us", "v2027.1", "Release 2027.1.0 is not known: the table goes from 1.9.0 to 2026.8.0."),
        ("cloud-us", "latest", "'latest' is not a server release such as v2023.10 or 2026.8.0."),
    ],
)
def test_unknown_names_are_refused(pair: Pair, app: str, release: str, message: str) -> None:
    answer = pair.cloud.client.put(f"/_sim/releases/{app}", json={"release": release})
    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_the_list_tells_what_changed_and_what_is_not_simulated(pair: Pair) -> None:
    listed = pair.cloud.client.get("/_sim/releases").json()
    rows = {row["release"]: row for row in listed["data"]}
    assert (listed["release"], len(rows) >= 12) == ("2026.8.0", True)
    assert (rows["2024.1.0"]["accepts"], rows["2024.1.0"]["issues"], rows["2024.1.0"]["readsTokens"]) == (15, 14, False)
    told = {change["name"]: change["simulated"] for row in rows.values() for change in row["changes"]}
    assert {name for name, simulated in told.items() if not simulated} == NOT_SIMULATED
