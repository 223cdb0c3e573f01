"""Giving a Families organization away on the cloud: who may, in which order it is refused, revoking, listing."""

from typing import Any

import pytest

from common.quirks import Quirk
from tests.support.answers import ok, said
from tests.support.harness import ENC_STRING, Side, Workshop
from tests.support.offers import ADMIN, BASE, CUSTOM, Sponsor, make_sponsor

FRIEND = "friend@home.example"
TEAMS_ANNUALLY = 18
POLICY = "Free Bitwarden Families sponsorship has been disabled by your organization administrator."
YOURSELF = "Cannot offer a Families Organization Sponsorship to yourself. Choose a different email."
NOT_ENTERPRISE = "Specified Organization cannot sponsor other organizations."
UNCONFIRMED = "Only confirmed users can sponsor other organizations."
ONE_EACH = "Can only sponsor one organization per Organization User."


@pytest.fixture
def sponsor(cloud: Side) -> Sponsor:
    return make_sponsor(cloud)


def test_offer_is_stored_and_mailed(sponsor: Sponsor) -> None:
    answer = sponsor.offer(FRIEND)
    assert (answer.status_code, answer.content) == (200, b"")
    row = sponsor.row()
    assert (row.friendly_name, row.offered_to_email, row.is_admin_initiated) == (FRIEND, FRIEND, False)
    assert (row.last_sync_date, row.valid_until, row.to_delete, row.pending_since) == (None, None, False, None)
    [mail] = sponsor.mails()
    assert mail.to == FRIEND
    assert "Acme & Co offers you" in mail.text
    link = next(line for line in mail.text.splitlines() if "/#/" in line)
    start = f"{sponsor.side.base_url}/#/accept-families-for-enterprise?token=BWOrganizationSponsorship_"
    assert link.startswith(start)
    assert link.endswith("&email=friend%40home.example&register=true")
    assert "Create account" in mail.text


def test_mail_to_an_existing_account_does_not_ask_to_register(sponsor: Sponsor) -> None:
    sponsor.side.sign_up(FRIEND)
    ok(sponsor.offer("Friend@home.example"))
    [mail] = sponsor.mails()
    assert "register=true" not in mail.text
    assert "Accept offer" in mail.text


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (
            {"sponsoredEmail": "no address"},
            {"SponsoredEmail": ["The SponsoredEmail field is not a supported e-mail address format."]},
        ),
        (
            {"sponsoredEmail": None},
            {
                "SponsoredEmail": [
                    "The SponsoredEmail field is required.",
                    "The SponsoredEmail field is not a supported e-mail address format.",
                ]
            },
        ),
        ({"notes": "plain text"}, {"Notes": ["Notes is not a valid encrypted string."]}),
        (
            {"notes": "2." + "A" * 512 + "|AAAA|AAAA"},
            {"Notes": ["The field Notes exceeds the maximum encrypted value length of 512 characters."]},
        ),
        (
            {"friendlyName": "n" * 257},
            {"FriendlyName": ["The field FriendlyName must be a string with a maximum length of 256."]},
        ),
    ],
)
def test_body_is_checked(sponsor: Sponsor, body: dict[str, Any], errors: dict[str, list[str]]) -> None:
    answer = sponsor.offer(FRIEND, **body)
    assert said(answer) == (400, "The model state is invalid.")
    assert answer.json()["validationErrors"] == errors


@pytest.mark.parametrize("number", [1, "x", None])
def test_unknown_kind_of_sponsorship_is_refused(sponsor: Sponsor, number: object) -> None:
    assert sponsor.offer(FRIEND, planSponsorshipType=number).status_code == 400


def test_stranger_and_unknown_organization_are_not_found(sponsor: Sponsor) -> None:
    stranger = sponsor.side.sign_up("stranger@else.example")
    assert said(sponsor.offer(FRIEND, by=stranger)) == (404, "Resource not found.")
    path = f"{BASE}/00000000-0000-4000-8000-000000000001/families-for-enterprise"
    body = {"sponsoredEmail": FRIEND}
    assert sponsor.owner.api.post(path, json=body).status_code == 404
    assert sponsor.side.client.post(path, json=body).status_code == 401


def test_refusals_come_in_order(sponsor: Sponsor) -> None:
    accepted = sponsor.side.sign_up("new@acme.example")
    sponsor.join(accepted, confirmed=False)
    sponsor.policy(True)
    sponsor.bill("plan", planType=TEAMS_ANNUALLY)
    assert said(sponsor.offer("NEW@acme.example", by=accepted)) == (400, POLICY)
    sponsor.bill("plan", planType=20)
    sponsor.policy(False)
    sponsor.bill("plan", planType=TEAMS_ANNUALLY)
    assert said(sponsor.offer("NEW@acme.example", by=accepted)) == (400, YOURSELF)
    assert said(sponsor.offer(FRIEND, by=accepted)) == (400, NOT_ENTERPRISE)
    sponsor.bill("plan", planType=20)
    assert said(sponsor.offer(FRIEND, by=accepted)) == (400, UNCONFIRMED)
    assert sponsor.rows() == []


@pytest.mark.parametrize("plan_type", [0, 7, 22, 1, 17, 18, 12, 21])
def test_only_enterprise_sponsors(sponsor: Sponsor, plan_type: int) -> None:
    sponsor.bill("plan", planType=plan_type)
    assert said(sponsor.offer(FRIEND)) == (400, NOT_ENTERPRISE)


def test_same_name_again_only_mails_again(sponsor: Sponsor) -> None:
    ok(sponsor.offer(FRIEND))
    ok(sponsor.offer("other@home.example", friendlyName=FRIEND))
    assert sponsor.row().offered_to_email == FRIEND
    assert [mail.to for mail in sponsor.mails()] == [FRIEND, FRIEND]


def test_name_is_compared_with_its_case_and_null_is_a_name(sponsor: Sponsor) -> None:
    ok(sponsor.offer(FRIEND, friendlyName=None))
    ok(sponsor.offer("other@home.example", friendlyName=None))
    assert sponsor.row().offered_to_email == FRIEND
    ok(sponsor.offer("other@home.example", friendlyName="Name"))
    ok(sponsor.offer("third@home.example", friendlyName="NAME"))
    assert (sponsor.row().friendly_name, sponsor.row().offered_to_email) == ("NAME", "third@home.example")


def test_new_offer_takes_the_place_of_an_open_one_and_kills_its_token(sponsor: Sponsor) -> None:
    family = sponsor.family()
    ok(sponsor.offer(FRIEND))
    old = sponsor.row().id
    ok(sponsor.offer("other@home.example"))
    assert sponsor.row().id == old
    assert family.validate(sponsor.token(FRIEND))["isTokenValid"] is False


def test_second_offer_after_redemption_is_refused(sponsor: Sponsor) -> None:
    family = sponsor.family()
    ok(sponsor.offer(FRIEND))
    ok(family.redeem())
    assert said(sponsor.offer("other@home.example")) == (400, ONE_EACH)


@pytest.mark.parametrize(
    ("role", "more"), [(2, {}), (CUSTOM, {"permissions": {"manageUsers": False, "manageGroups": True}})]
)
def test_admin_initiated_needs_the_right(sponsor: Sponsor, role: int, more: dict[str, Any]) -> None:
    member = sponsor.person("member@acme.example", role, **more)
    assert said(sponsor.offer(FRIEND, by=member, isAdminInitiated=True)) == (401, "Unauthorized.")


@pytest.mark.parametrize(("role", "more"), [(ADMIN, {}), (CUSTOM, {"permissions": {"manageUsers": True}})])
def test_admin_initiated_by_those_who_may(sponsor: Sponsor, role: int, more: dict[str, Any]) -> None:
    manager = sponsor.person("manager@acme.example", role, **more)
    ok(sponsor.offer(FRIEND, by=manager, isAdminInitiated=True, notes=ENC_STRING))
    ok(sponsor.offer("second@home.example", by=manager, isAdminInitiated=True))
    ok(sponsor.offer("own@home.example", by=manager))
    rows = ok(sponsor.listed(by=manager))
    assert (rows["object"], rows["continuationToken"]) == ("list", None)
    rows["data"].sort(key=lambda row: row["friendlyName"])
    assert [row["friendlyName"] for row in rows["data"]] == [FRIEND, "second@home.example"]
    assert rows["data"][0] == {
        "sponsoringOrganizationUserId": rows["data"][1]["sponsoringOrganizationUserId"],
        "friendlyName": FRIEND,
        "offeredToEmail": FRIEND,
        "planSponsorshipType": 0,
        "lastSyncDate": None,
        "validUntil": None,
        "toDelete": False,
        "isAdminInitiated": True,
        "notes": ENC_STRING,
        "cloudSponsorshipRemoved": False,
        "object": "organizationSponsorship",
    }


def test_admin_initiated_needs_the_ability(sponsor: Sponsor) -> None:
    sponsor.settings(useAdminSponsoredFamilies=False)
    text = "Sponsoring organization cannot send admin-initiated sponsorship invitations"
    assert said(sponsor.offer(FRIEND, isAdminInitiated=True)) == (400, text)


def test_admin_initiated_takes_a_seat_and_grows_the_organization(sponsor: Sponsor) -> None:
    sponsor.bill("seats", seats=2)
    ok(sponsor.offer(FRIEND, isAdminInitiated=True))
    assert ok(sponsor.owner.api.get(f"/api/organizations/{sponsor.id}"))["seats"] == 2
    ok(sponsor.offer("second@home.example", isAdminInitiated=True))
    assert ok(sponsor.owner.api.get(f"/api/organizations/{sponsor.id}"))["seats"] == 3


def test_admin_initiated_without_a_seat_to_get_is_refused(sponsor: Sponsor) -> None:
    sponsor.bill("seats", seats=1)
    path = f"/api/organizations/{sponsor.id}/subscription"
    ok(sponsor.owner.api.post(path, json={"seatAdjustment": 0, "maxAutoscaleSeats": 1}))
    assert said(sponsor.offer(FRIEND, isAdminInitiated=True)) == (400, "Seat limit has been reached.")
    assert sponsor.rows() == []
    ok(sponsor.offer(FRIEND))
    assert sponsor.row().is_admin_initiated is False


def test_revoking_an_open_offer_deletes_it(sponsor: Sponsor) -> None:
    text = "You are not currently sponsoring an organization."
    assert said(sponsor.revoke()) == (400, text)
    ok(sponsor.offer(FRIEND, isAdminInitiated=True))
    assert said(sponsor.revoke()) == (400, text)
    ok(sponsor.offer("own@home.example"))
    ok(sponsor.revoke())
    assert [row.friendly_name for row in sponsor.rows()] == [FRIEND]
    ok(sponsor.offer("own@home.example"))
    ok(sponsor.owner.api.post(f"{BASE}/{sponsor.id}/delete"))
    assert [row.friendly_name for row in sponsor.rows()] == [FRIEND]


def test_revoking_a_redeemed_one_ends_it_with_its_period(sponsor: Sponsor) -> None:
    family = sponsor.family()
    ok(sponsor.offer(FRIEND))
    ok(family.redeem())
    ok(sponsor.revoke())
    assert sponsor.row().to_delete is True
    assert sponsor.row().sponsored_organization_id is not None


def test_stranger_cannot_revoke(sponsor: Sponsor) -> None:
    stranger = sponsor.side.sign_up("stranger@else.example")
    assert said(sponsor.revoke(by=stranger)) == (400, "Can only revoke a sponsorship you granted.")


UNKNOWN_NAME = "The specified sponsored organization could not be found under the given sponsoring organization."


def test_administrators_revoke_by_name_what_the_organization_gave(sponsor: Sponsor) -> None:
    manager = sponsor.person("manager@acme.example", CUSTOM, permissions={"manageUsers": True})
    ok(sponsor.offer("a/b@home.example", friendlyName="A/b @home", isAdminInitiated=True))
    assert said(sponsor.revoke_named("nobody", by=manager)) == (400, UNKNOWN_NAME)
    ok(sponsor.revoke_named("a%2FB%20@HOME", by=manager))
    assert sponsor.rows() == []


def test_a_name_never_finds_what_a_colleague_gave_away(sponsor: Sponsor) -> None:
    """Not to revoke it, and not to mail it: a personal sponsorship is its member's own."""
    member = sponsor.person("member@acme.example")
    manager = sponsor.person("manager@acme.example", CUSTOM, permissions={"manageUsers": True})
    ok(sponsor.offer(FRIEND, by=member))
    for person in (manager, sponsor.owner):
        assert said(sponsor.revoke_named(FRIEND, by=person)) == (400, UNKNOWN_NAME)
        ok(sponsor.resend(FRIEND, by=person))
        ok(sponsor.offer("other@home.example", by=person, friendlyName=FRIEND))
    assert (len(sponsor.rows()), len(sponsor.mails())) == (1, 1)
    ok(sponsor.offer(FRIEND, by=member))
    assert len(sponsor.mails()) == 2


def test_upstream_finds_anybodys_sponsorship_by_its_name(workshop: Workshop) -> None:
    sponsor = make_sponsor(workshop.cloud(quirks=frozenset({Quirk.NAME_FINDS_ANYBODYS_SPONSORSHIP})))
    manager = sponsor.person("manager@acme.example", CUSTOM, permissions={"manageUsers": True})
    ok(sponsor.offer(FRIEND))
    ok(sponsor.resend(FRIEND, by=manager))
    assert len(sponsor.mails()) == 2
    ok(sponsor.revoke_named(FRIEND, by=manager))
    assert sponsor.rows() == []


def test_only_those_who_manage_users_resend_and_revoke_by_name(sponsor: Sponsor) -> None:
    member = sponsor.person("member@acme.example")
    stranger = sponsor.side.sign_up("stranger@else.example")
    ok(sponsor.offer(FRIEND, by=member))
    for person in (member, stranger):
        for answer in (sponsor.resend(FRIEND, by=person), sponsor.revoke_named(FRIEND, by=person)):
            assert (answer.status_code, answer.content) == (403, b"")
    assert len(sponsor.mails()) == len(sponsor.rows()) == 1


def test_resend(sponsor: Sponsor) -> None:
    family = sponsor.family()
    ok(sponsor.offer(FRIEND))
    assert ok(sponsor.resend("FRIEND@home.example")) is None
    assert len(sponsor.mails()) == 2
    ok(sponsor.resend("nobody"))
    ok(sponsor.resend(None))
    assert len(sponsor.mails()) == 2
    sponsor.policy(True)
    assert said(sponsor.resend("nobody")) == (400, POLICY)
    sponsor.policy(False)
    ok(family.redeem())
    text = "Cannot find an outstanding sponsorship offer for this organization."
    assert said(sponsor.resend(FRIEND)) == (400, text)


def test_list_is_for_those_who_manage_users(sponsor: Sponsor) -> None:
    member = sponsor.person("member@acme.example")
    stranger = sponsor.side.sign_up("stranger@else.example")
    assert said(sponsor.listed(by=member)) == (401, "Unauthorized.")
    assert sponsor.listed(by=stranger).status_code == 404
    unknown = f"{BASE}/00000000-0000-4000-8000-000000000001/sponsored"
    assert sponsor.owner.api.get(unknown).status_code == 404


def test_sync_status_is_for_owners(sponsor: Sponsor) -> None:
    path = f"{BASE}/{sponsor.id}/sync-status"
    assert ok(sponsor.owner.api.get(path)) == {"lastSyncDate": None, "object": "syncStatus"}
    admin = sponsor.person("admin@acme.example", ADMIN)
    assert admin.api.get(path).status_code == 404
    assert sponsor.owner.api.get(path.replace(sponsor.id, "00000000-0000-4000-8000-000000000001")).status_code == 404
    assert sponsor.side.client.get(path).status_code == 404


def test_routes_of_an_instance_are_refused_after_authentication(sponsor: Sponsor) -> None:
    base = f"{BASE}/self-hosted/{sponsor.id}"
    calls = [
        ("POST", f"{base}/families-for-enterprise"),
        ("DELETE", base),
        ("POST", f"{base}/delete"),
        ("DELETE", f"{base}/name/revoke"),
        ("GET", f"{base}/sponsored"),
    ]
    for method, path in calls:
        assert sponsor.side.client.request(method, path).status_code == 401
        refused = sponsor.owner.api.request(method, path, json={} if method == "POST" else None)
        assert said(refused) == (400, "Only allowed when self hosted.")


def test_server_without_mail_refuses_what_needs_one(workshop: Workshop) -> None:
    sponsor = make_sponsor(workshop.cloud())
    sponsor.side.app.extensions["wardenloop"].mailer.configured = False
    answer = sponsor.offer(FRIEND)
    assert answer.status_code == 400
    assert "SMTP" in answer.json()["message"]
    assert sponsor.rows() == []


def test_of_two_names_that_differ_in_case_the_one_that_is_meant_goes(sponsor: Sponsor) -> None:
    """Creating tells them apart, so taking back does, too."""
    admin = sponsor.person("admin@acme.example", ADMIN)
    ok(sponsor.offer("older@home.example", friendlyName="Tom", isAdminInitiated=True))
    ok(sponsor.offer("newer@home.example", admin, friendlyName="tom", isAdminInitiated=True))
    assert sponsor.revoke_named("tom").status_code == 200
    assert [each["friendlyName"] for each in sponsor.listed().json()["data"]] == ["Tom"]
    assert sponsor.revoke_named("TOM").status_code == 200
    assert sponsor.listed().json()["data"] == []
