"""Giving away, taking back and listing on an instance: every rule in its order, with its literal text."""

from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from common.clock import ManualClock
from common.domains.organizations.models import Member, Organization
from common.domains.sponsorships.models import OrganizationSponsorship
from common.enums import MemberStatus, MemberType
from common.server.transaction import db
from tests.support.harness import Side
from tests.support.plugins.licensing import Account, Smith, Vaults, upload
from tests.support.sponsorships import SELF_HOSTED, rows_of

ENC = "2.AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
YOURSELF = "Cannot offer a Families Organization Sponsorship to yourself. Choose a different email."
NOT_SPONSORING = "You are not currently sponsoring an organization."
UNKNOWN_NAME = "The specified sponsored organization could not be found under the given sponsoring organization."
CLOUD_ONLY = "Only allowed when not self hosted."


class Acme:
    """An Enterprise organization on an instance without any cloud."""

    def __init__(self, side: Any, owner: Any, smith: Smith) -> None:
        self.side, self.owner, self.vaults = side, owner, Vaults(side)
        path = "/api/organizations/licenses/self-hosted"
        self.id = upload(owner, path, smith.organization(), key="4.k").json()["id"]

    def join(
        self, email: Any, role: Any = MemberType.USER, status: Any = MemberStatus.CONFIRMED, permissions: Any = None
    ) -> Any:
        account = self.vaults.account(email)
        now = self.side.clock.now()
        self.vaults.add(
            Member(
                id=uuid4(),
                organization_id=UUID(self.id),
                user_id=account.id,
                type=role,
                status=status,
                permissions=permissions,
                creation_date=now,
                revision_date=now,
            )
        )
        return account

    def offer(self, email: Any, by: Any = None, **more: Any) -> Any:
        body = {"planSponsorshipType": 0, "sponsoredEmail": email, "friendlyName": email} | more
        return (by or self.owner).api.post(f"{SELF_HOSTED}/{self.id}/families-for-enterprise", json=body)

    def revoke(self, by: Any = None) -> Any:
        return (by or self.owner).api.delete(f"{SELF_HOSTED}/{self.id}")

    def rows(self) -> Any:
        return rows_of(self.side, self.id)

    def change(self, table: Any = OrganizationSponsorship, **values: Any) -> None:
        with self.side.app.app_context():
            db.session.execute(sa.update(table).values(**values))
            db.session.commit()


@pytest.fixture
def acme(selfhost: Side, owner: Account, smith: Smith) -> Acme:
    return Acme(selfhost, owner, smith)


def refused(answer: Any, status: int = 400) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()["message"]


def test_offer_is_kept_and_awaits_sync_and_nobody_is_mailed(acme: Acme) -> None:
    answer = acme.offer("friend@home.example")
    assert (answer.status_code, answer.content) == (200, b"")
    (row,) = acme.rows()
    assert (row.friendly_name, row.offered_to_email) == ("friend@home.example", "friend@home.example")
    assert (row.last_sync_date, row.valid_until, row.to_delete, row.is_admin_initiated) == (None, None, False, False)
    assert row.pending_since is not None
    assert acme.side.mails == []


def test_create_refuses_in_upstreams_order(acme: Acme) -> None:
    stranger = acme.vaults.account("stranger@contoso.example")
    invited = acme.join("late@contoso.example", status=MemberStatus.ACCEPTED)
    assert refused(acme.offer("x@home.example", by=stranger), 404) == "Resource not found."
    assert refused(acme.offer("LATE@contoso.example", by=invited)) == YOURSELF
    assert refused(acme.offer("x@home.example", by=invited)) == "Only confirmed users can sponsor other organizations."
    acme.change(Organization, plan_type=17)
    for by in (invited, None):
        text = "Specified Organization cannot sponsor other organizations."
        assert refused(acme.offer("x@home.example", by=by)) == text
    assert acme.rows() == []


def test_bodies_that_do_not_fit(acme: Acme) -> None:
    answer = acme.offer("nonsense")
    assert answer.json()["validationErrors"] == {
        "SponsoredEmail": ["The SponsoredEmail field is not a supported e-mail address format."]
    }
    answer = acme.offer("x@home.example", notes="clear text")
    assert answer.json()["validationErrors"] == {"Notes": ["Notes is not a valid encrypted string."]}
    path = f"{SELF_HOSTED}/{acme.id}/families-for-enterprise"
    assert refused(acme.owner.api.post(path, json={})) == "The model state is invalid."


def test_same_friendly_name_changes_nothing(acme: Acme) -> None:
    acme.offer("friend@home.example")
    other = acme.join("other@contoso.example")
    assert acme.offer("else@home.example", by=other, friendlyName="friend@home.example").status_code == 200
    assert [row.offered_to_email for row in acme.rows()] == ["friend@home.example"]


def test_offer_that_never_left_is_overwritten(acme: Acme) -> None:
    acme.offer("friend@home.example")
    assert acme.offer("other@home.example").status_code == 200
    assert [row.friendly_name for row in acme.rows()] == ["other@home.example"]


def test_active_one_is_not_overwritten(acme: Acme, clock: ManualClock) -> None:
    acme.offer("friend@home.example")
    acme.change(last_sync_date=clock.now(), valid_until=clock.now(), was_sent=True)
    text = "Can only sponsor one organization per Organization User."
    assert refused(acme.offer("other@home.example")) == text
    assert [row.friendly_name for row in acme.rows()] == ["friend@home.example"]


def test_offer_that_the_cloud_knows_is_ended_beside_the_new_one(acme: Acme, clock: ManualClock) -> None:
    acme.offer("friend@home.example")
    acme.change(last_sync_date=clock.now(), was_sent=True, pending_since=None)
    assert acme.offer("other@home.example").status_code == 200
    rows = {row.friendly_name: row for row in acme.rows()}
    assert rows["friend@home.example"].to_delete and rows["friend@home.example"].pending_since is not None
    assert not rows["other@home.example"].to_delete
    assert acme.revoke().status_code == 200
    assert [row.friendly_name for row in acme.rows()] == ["friend@home.example"]


def test_admin_initiated_needs_right_ability_and_seat(acme: Acme) -> None:
    plain = acme.join("plain@contoso.example")
    custom = acme.join("custom@contoso.example", MemberType.CUSTOM, permissions={"manageUsers": True})
    admin_initiated = {"isAdminInitiated": True, "notes": ENC}
    assert refused(acme.offer("a@home.example", by=plain, **admin_initiated), 401) == "Unauthorized."
    assert acme.offer("a@home.example", by=custom, **admin_initiated).status_code == 200
    assert acme.offer("b@home.example", by=custom, **admin_initiated).status_code == 200
    acme.change(Organization, seats=5)
    assert refused(acme.offer("c@home.example", **admin_initiated)) == "Cannot autoscale on self-hosted instance."
    acme.change(Organization, use_admin_sponsored_families=False)
    text = "Sponsoring organization cannot send admin-initiated sponsorship invitations"
    assert refused(acme.offer("c@home.example", **admin_initiated)) == text
    assert [row.friendly_name for row in acme.rows()] == ["a@home.example", "b@home.example"]


def test_list_shows_admin_initiated_ones_to_those_who_manage_users(acme: Acme) -> None:
    plain = acme.join("plain@contoso.example")
    acme.offer("own@home.example")
    acme.offer("given@home.example", isAdminInitiated=True, notes=ENC)
    path = f"{SELF_HOSTED}/{acme.id}/sponsored"
    (row,) = acme.owner.api.get(path).json()["data"]
    assert list(row) == [
        "sponsoringOrganizationUserId",
        "friendlyName",
        "offeredToEmail",
        "planSponsorshipType",
        "lastSyncDate",
        "validUntil",
        "toDelete",
        "isAdminInitiated",
        "notes",
        "cloudSponsorshipRemoved",
        "object",
    ]
    assert (row["friendlyName"], row["notes"], row["object"]) == ("given@home.example", ENC, "organizationSponsorship")
    assert refused(plain.api.get(path), 401) == "Unauthorized."
    assert refused(acme.owner.api.get(f"{SELF_HOSTED}/{uuid4()}/sponsored"), 404) == "Resource not found."


@pytest.mark.parametrize("old_form", [False, True])
def test_revoke_deletes_what_never_left_and_marks_the_rest(acme: Acme, clock: ManualClock, old_form: bool) -> None:
    def revoke() -> Any:
        if old_form:
            return acme.owner.api.post(f"{SELF_HOSTED}/{acme.id}/delete")
        return acme.revoke()

    assert refused(revoke()) == NOT_SPONSORING
    acme.offer("friend@home.example")
    assert revoke().status_code == 200
    assert acme.rows() == []
    acme.offer("friend@home.example")
    acme.change(last_sync_date=clock.now(), was_sent=True, pending_since=None)
    assert revoke().status_code == 200
    (row,) = acme.rows()
    assert row.to_delete and row.pending_since is not None


def test_offer_sent_without_an_answer_is_marked_not_forgotten(acme: Acme) -> None:
    """Upstream deletes it; the cloud that got it would keep it for ever."""
    acme.offer("friend@home.example")
    acme.change(was_sent=True)
    assert acme.revoke().status_code == 200
    (row,) = acme.rows()
    assert row.to_delete


def test_revoke_by_somebody_who_is_no_member(acme: Acme) -> None:
    stranger = acme.vaults.account("stranger@contoso.example")
    assert refused(acme.revoke(by=stranger)) == "Unknown Organization User"


def test_revoke_by_an_administrator(acme: Acme) -> None:
    plain = acme.join("plain@contoso.example")
    custom = acme.join("custom@contoso.example", role=MemberType.CUSTOM, permissions={"manageUsers": True})
    acme.offer("Friend@home.example", isAdminInitiated=True)
    path = f"{SELF_HOSTED}/{acme.id}/friend%40HOME.example/revoke"
    forbidden = plain.api.delete(path)
    assert (forbidden.status_code, forbidden.content) == (403, b"")
    assert refused(acme.owner.api.delete(f"{SELF_HOSTED}/{acme.id}/nobody/revoke")) == UNKNOWN_NAME
    assert custom.api.delete(path).status_code == 200
    assert acme.rows() == []
    acme.offer("Friend@home.example", by=plain)
    for manager in (custom, acme.owner):
        assert refused(manager.api.delete(path)) == UNKNOWN_NAME, "a colleague's personal one"
    assert len(acme.rows()) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "{}/families-for-enterprise"),
        ("POST", "{}/families-for-enterprise/resend"),
        ("POST", "validate-token"),
        ("POST", "redeem"),
        ("DELETE", "{}"),
        ("POST", "{}/delete"),
        ("DELETE", "{}/name/revoke"),
        ("DELETE", "sponsored/{}"),
        ("POST", "sponsored/{}/remove"),
        ("GET", "{}/sponsored"),
    ],
)
def test_routes_of_the_cloud_are_refused_after_authentication(acme: Acme, method: str, path: str) -> None:
    url = f"/api/organization/sponsorship/{path.format(acme.id)}"
    body = {"planSponsorshipType": 0, "sponsoredEmail": "friend@home.example", "sponsoredOrganizationId": acme.id}
    assert refused(acme.owner.api.request(method, url, json=body)) == CLOUD_ONLY
    assert acme.side.client.request(method, url).status_code == 401


def test_sync_status_is_the_owners_and_answers_the_newest_sync(acme: Acme, clock: ManualClock) -> None:
    path = f"/api/organization/sponsorship/{acme.id}/sync-status"
    assert acme.owner.api.get(path).json() == {"lastSyncDate": None, "object": "syncStatus"}
    acme.offer("friend@home.example")
    acme.change(last_sync_date=clock.now())
    assert acme.owner.api.get(path).json()["lastSyncDate"] == "2026-08-20T12:00:00Z"
    assert acme.join("plain@contoso.example").api.get(path).status_code == 404
    assert acme.side.client.get(path).status_code == 404
