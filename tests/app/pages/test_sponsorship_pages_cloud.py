"""Pages of Families sponsorships on the cloud: giving away, mailing again, taking back, and taking what was offered."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
import sqlalchemy as sa

from common.domains.organizations.models import Organization
from common.errors import bad_request
from common.server.transaction import db
from tests.support.answers import ok
from tests.support.harness import ENC_STRING, PUBLIC_KEY, WRAPPED_KEY, Person, Side
from tests.support.offers import ADMIN, CUSTOM, USER, Family, Instance, Sponsor, make_instance, make_sponsor, told
from tests.support.scenarios import new_organization
from tests.support.statements import statements_of
from tests.support.visitor import Visitor

TEAMS_ANNUALLY = 18
OWN = "/settings/sponsored-families"
LANDING, REDEEM = "/accept-families-for-enterprise", "/setup/families-for-enterprise"
FRIEND = "friend@home.example"
NASTY = '"<img/src=x>"@home.example'


@pytest.fixture
def sponsor(cloud: Side) -> Sponsor:
    """Acme & Co."""
    return make_sponsor(cloud)


@pytest.fixture
def ann(sponsor: Sponsor) -> Person:
    """An ordinary member."""
    return sponsor.person("ann@acme.example")


def visit(side: Side, person: Person, language: str = "en") -> Visitor:
    return Visitor(side, language).log_in(person)


def admin_page(sponsor: Sponsor) -> str:
    return f"/organizations/{sponsor.id}/members/sponsored-families"


def states(text: str) -> list[str]:
    return re.findall(r'data-state="(\w+)"', text)


def marks(text: str) -> set[str]:
    return set(re.findall(r'data-testid="([^"]+)"', text))


# --- D1


def test_a_member_gives_one_away_and_the_mail_goes_out_at_once(cloud: Side, sponsor: Sponsor, ann: Person) -> None:
    browser = visit(cloud, ann)
    before = browser.get(OWN).text
    assert f'<option value="{sponsor.id}" selected>Acme &amp; Co</option>' in before
    assert "sponsorships" not in marks(before)

    answer = browser.submit(OWN, {"organizationId": sponsor.id, "sponsoredEmail": f" {FRIEND} "})
    assert (answer.status_code, answer.location) == (303, OWN)
    row = sponsor.row()
    assert (row.offered_to_email, row.friendly_name, row.is_admin_initiated) == (FRIEND, FRIEND, False)
    assert [mail.to for mail in sponsor.mails()] == [FRIEND]

    after = browser.get(OWN).text
    assert "Sponsorship created" in after
    assert states(after) == ["sent"]
    assert {"resendEmail", "remove", "x.leaveHint"} <= marks(after)
    assert not {"redeem", "x.awaitingSync", "x.noSyncYet"} & marks(after)


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({"sponsoredEmail": ""}, "sponsoredEmail", "Input is required."),
        ({"sponsoredEmail": "friend"}, "sponsoredEmail", "Invalid email address."),
        ({"sponsoredEmail": f"{'f' * 250}@home.example"}, "sponsoredEmail", "Invalid email address."),
        (
            {"sponsoredEmail": "ANN@acme.example"},
            "sponsoredEmail",
            "Use a different email than the one you are logged in with.",
        ),
        ({"sponsoredEmail": FRIEND, "organizationId": ""}, "organizationId", "Input is required."),
    ],
)
def test_a_form_that_cannot_be_sent_says_which_field_is_wrong(
    cloud: Side, sponsor: Sponsor, ann: Person, fields: dict[str, str], field: str, text: str
) -> None:
    given = {"organizationId": sponsor.id} | fields
    answer = visit(cloud, ann).submit(OWN, given, script=True)
    assert (answer.status_code, answer.json["fields"]) == (400, {field: [text]})
    assert sponsor.rows() == []


def test_an_offer_is_mailed_again_by_whoever_made_it(cloud: Side, sponsor: Sponsor, ann: Person) -> None:
    ok(sponsor.offer(FRIEND, by=ann))
    browser = visit(cloud, ann)
    answer = browser.submit(OWN, {}, action=f"{OWN}/{sponsor.id}/resend")
    assert answer.location == OWN
    assert [mail.to for mail in sponsor.mails()] == [FRIEND, FRIEND]
    assert "Email sent" in browser.get(OWN).text


def test_nobody_mails_the_offer_of_somebody_else(cloud: Side, sponsor: Sponsor, ann: Person) -> None:
    """The page of a member knows only the own one."""
    ok(sponsor.offer(FRIEND))
    ok(sponsor.offer("other@home.example", by=ann))
    browser = visit(cloud, ann)
    text = browser.get(OWN).text
    assert FRIEND not in text
    browser.submit(OWN, {}, action=f"{OWN}/{sponsor.id}/resend")
    assert [mail.to for mail in sponsor.mails()] == [FRIEND, "other@home.example", "other@home.example"]


def test_a_taken_offer_is_active_and_cannot_be_mailed(cloud: Side, sponsor: Sponsor, ann: Person) -> None:
    ok(sponsor.offer(FRIEND, by=ann))
    browser = visit(cloud, ann)
    stale = browser.get(OWN)
    assert "resendEmail" in marks(stale.text)
    ok(sponsor.family(FRIEND).redeem())
    shown = browser.get(OWN).text
    assert states(shown) == ["active"]
    assert "resendEmail" not in marks(shown)
    form = tokens(stale.text)
    late = browser.client.post(f"{OWN}/{sponsor.id}/resend", data=form, headers={"X-Wardenloop-Form": "1"})
    assert late.json["message"] == "Cannot find an outstanding sponsorship offer for this organization."


def test_an_open_offer_is_taken_back_at_once(cloud: Side, sponsor: Sponsor, ann: Person) -> None:
    ok(sponsor.offer(FRIEND, by=ann))
    browser = visit(cloud, ann)
    asked = browser.get(f"{OWN}/{sponsor.id}/remove").text
    assert "Remove sponsorship?" in asked
    assert f"{FRIEND} will no longer be able to redeem this offer." in asked
    assert browser.submit(f"{OWN}/{sponsor.id}/remove", {}).location == OWN
    assert sponsor.rows() == []
    shown = browser.get(OWN).text
    assert "Reclaimed free plan" in shown
    assert "redeem" in marks(shown)


def test_a_taken_offer_ends_with_its_period(cloud: Side, sponsor: Sponsor, ann: Person) -> None:
    ok(sponsor.offer(FRIEND, by=ann))
    ok(sponsor.family(FRIEND).redeem())
    browser = visit(cloud, ann)
    asked = unescape(browser.get(f"{OWN}/{sponsor.id}/remove").text)
    assert f"The sponsorship of {FRIEND} ends on Aug 20, 2027;" in asked
    browser.submit(f"{OWN}/{sponsor.id}/remove", {})
    assert sponsor.row().to_delete
    shown = browser.get(OWN).text
    assert states(shown) == ["revoke_when_expired"]
    assert "Expires Aug 20, 2027" in shown
    assert not {"options", "remove", "redeem"} & marks(shown)


def test_there_is_nothing_to_take_back_without_an_offer(cloud: Side, sponsor: Sponsor, ann: Person) -> None:
    answer = visit(cloud, ann).get(f"{OWN}/{sponsor.id}/remove")
    assert (answer.status_code, "You are not currently sponsoring an organization." in answer.text) == (400, True)
    stranger = visit(cloud, cloud.sign_up("eve@example.com")).get(f"{OWN}/{sponsor.id}/remove")
    assert "Can only revoke a sponsorship you granted." in stranger.text


def test_who_has_nothing_to_give_is_told_why(cloud: Side, sponsor: Sponsor, ann: Person) -> None:
    alone = visit(cloud, cloud.sign_up("bob@example.com")).get(OWN).text
    assert "x.noEnterpriseMembership" in marks(alone)
    sponsor.policy(True)
    forbidden = visit(cloud, ann).get(OWN).text
    assert "x.familiesPolicyOnIn" in marks(forbidden)
    assert "turned Free Bitwarden Families off in Acme &amp; Co." in forbidden
    assert "redeem" not in marks(forbidden)


def test_a_policy_keeps_the_row_but_not_its_mail(cloud: Side, sponsor: Sponsor, ann: Person) -> None:
    ok(sponsor.offer(FRIEND, by=ann))
    browser = visit(cloud, ann)
    form = browser.get(OWN)
    assert "resendEmail" in marks(form.text)
    sponsor.policy(True)
    shown = browser.get(OWN).text
    assert states(shown) == ["sent"]
    assert "remove" in marks(shown)
    assert "resendEmail" not in marks(shown)


def test_a_policy_that_came_in_between_refuses_in_both_languages(cloud: Side, sponsor: Sponsor, ann: Person) -> None:
    browser = visit(cloud, ann, "zh-CN")
    fields = {"organizationId": sponsor.id, "sponsoredEmail": FRIEND} | tokens(browser.get(OWN).text)
    sponsor.policy(True)
    answer = browser.client.post(OWN, data=fields, headers={"X-Wardenloop-Form": "1", "Accept-Language": "zh-CN"})
    assert answer.status_code == 400
    assert answer.json["message"].startswith("Free Bitwarden Families sponsorship has been disabled")
    assert answer.json["gloss"] == "您的组织管理员已禁用免费家庭版赞助。"


def tokens(text: str) -> dict[str, str]:
    """The field that every form of the page carries."""
    found = re.search(r'name="(__RequestVerificationToken)" value="([^"]+)"', text)
    assert found is not None
    return {found[1]: found[2]}


def test_names_full_of_markup_stay_text(cloud: Side, sponsor: Sponsor, ann: Person) -> None:
    ok(sponsor.owner.api.put(f"/api/organizations/{sponsor.id}", json={"name": "<b>Acme</b>"}))
    ok(sponsor.offer(FRIEND, by=ann, friendlyName=NASTY))
    browser = visit(cloud, ann)
    for path in (OWN, f"{OWN}/{sponsor.id}/remove"):
        text = browser.get(path).text
        assert "<img/src=x>" not in text
        assert "&lt;img/src=x&gt;" in text
    assert "&lt;b&gt;Acme&lt;/b&gt;" in browser.get(OWN).text
    ok(sponsor.offer("other@home.example", isAdminInitiated=True, friendlyName=f"a{NASTY}"))
    owner = visit(cloud, sponsor.owner)
    page = admin_page(sponsor)
    for path in (page, f"{page}/{sponsor.row_of(f'a{NASTY}').id}/remove"):
        text = owner.get(path).text
        assert "<img/src=x>" not in text
        assert "&lt;img/src=x&gt;" in text


def test_pages_of_a_member_want_a_login(cloud: Side, sponsor: Sponsor) -> None:
    for path in (OWN, f"{OWN}/{sponsor.id}/remove", admin_page(sponsor), f"{admin_page(sponsor)}/add"):
        assert Visitor(cloud).get(path).location.startswith("/login?next=")


def test_the_list_of_a_member_costs_the_same_statements_however_long(cloud: Side, ann: Person) -> None:
    browser = visit(cloud, ann)

    def join(number: int) -> None:
        owner = cloud.sign_up(f"owner{number}@other.example")
        other = Sponsor(cloud, owner, new_organization(owner, f"Other {number}")["id"])
        other.join(ann)
        ok(other.offer(f"friend{number}@home.example", by=ann))

    join(0)
    few = statements_of(cloud, lambda: browser.get(OWN))
    for number in range(1, 4):
        join(number)
    assert browser.get(OWN).text.count("data-state=") == 4
    assert statements_of(cloud, lambda: browser.get(OWN)) == few


# --- D6 and D7


def test_an_administrator_sponsors_somebody_who_is_no_member(cloud: Side, sponsor: Sponsor) -> None:
    browser, page = visit(cloud, sponsor.owner), admin_page(sponsor)
    empty = browser.get(page).text
    assert {"addSponsorship", "noSponsoredFamiliesMessage"} <= marks(empty)

    answer = browser.submit(f"{page}/add", {"sponsoredEmail": FRIEND, "notes": ENC_STRING})
    assert answer.location == page
    row = sponsor.row()
    assert (row.offered_to_email, row.is_admin_initiated, row.notes) == (FRIEND, True, ENC_STRING)
    assert [mail.to for mail in sponsor.mails()] == [FRIEND]

    shown = browser.get(page).text
    assert states(shown) == ["sent"]
    assert f'data-encrypted="{ENC_STRING}">Encrypted<' in shown
    assert f'data-organization-key="{WRAPPED_KEY}"' in shown
    assert {"resendInvitation", "remove", "x.adminRemoveHint"} <= marks(shown)
    assert FRIEND not in visit(cloud, sponsor.owner).get(OWN).text


def test_notes_are_not_named_by_the_form_and_never_taken_in_clear(cloud: Side, sponsor: Sponsor) -> None:
    browser, page = visit(cloud, sponsor.owner), f"{admin_page(sponsor)}/add"
    textarea = re.search(r"<textarea[^>]*>", browser.get(page).text)
    assert textarea is not None
    assert "name=" not in textarea[0]
    answer = browser.submit(page, {"sponsoredEmail": FRIEND, "notes": "our neighbour"}, script=True)
    assert answer.status_code == 400
    assert answer.json["message"] == "Notes is not a valid encrypted string."
    assert sponsor.rows() == []


def test_members_are_not_sponsored_as_outsiders(cloud: Side, sponsor: Sponsor, ann: Person) -> None:
    page = f"{admin_page(sponsor)}/add"
    answer = visit(cloud, sponsor.owner).submit(page, {"sponsoredEmail": "Ann@Acme.example"}, script=True)
    expected = "Ann@Acme.example is already a member of your organization."
    assert (answer.status_code, answer.json["fields"]) == (400, {"sponsoredEmail": [expected]})
    assert sponsor.rows() == []


def test_an_administrator_mails_again_and_takes_back(cloud: Side, sponsor: Sponsor) -> None:
    ok(sponsor.offer(FRIEND, isAdminInitiated=True))
    browser, page = visit(cloud, sponsor.owner), admin_page(sponsor)
    item = f"{page}/{sponsor.row().id}"
    assert browser.submit(page, {}, action=f"{item}/resend").location == page
    assert [mail.to for mail in sponsor.mails()] == [FRIEND, FRIEND]
    assert "Email sent" in browser.get(page).text
    assert f"{FRIEND} will no longer be able to redeem this offer." in browser.get(f"{item}/remove").text
    assert browser.submit(f"{item}/remove", {}).location == page
    assert sponsor.rows() == []
    gone = browser.get(f"{item}/remove")
    assert (gone.status_code, "could not be found under the given sponsoring organization" in gone.text) == (400, True)


def test_an_administrator_touches_nothing_that_a_member_gave_away(cloud: Side, sponsor: Sponsor, ann: Person) -> None:
    ok(sponsor.offer(FRIEND, by=ann))
    browser, page = visit(cloud, sponsor.owner), admin_page(sponsor)
    assert FRIEND not in browser.get(page).text
    assert browser.get(f"{page}/{sponsor.row().id}/remove").status_code == 400


def test_an_administrator_of_one_organization_does_nothing_to_another(cloud: Side, sponsor: Sponsor) -> None:
    ok(sponsor.offer(FRIEND, isAdminInitiated=True))
    eve = cloud.sign_up("eve@example.com")
    other = Sponsor(cloud, eve, new_organization(eve, "Other")["id"])
    browser = visit(cloud, eve)
    form = tokens(browser.get(admin_page(other)).text)
    item = sponsor.row().id
    for path in (admin_page(other), admin_page(sponsor)):
        for action in ("resend", "remove"):
            answer = browser.client.post(f"{path}/{item}/{action}", data=form)
            assert answer.status_code in (400, 404)
    assert len(sponsor.rows()) == len(sponsor.mails()) == 1


@pytest.mark.parametrize(
    ("role", "more", "status"),
    [
        (USER, {}, 404),
        (CUSTOM, {"permissions": {"manageUsers": False}}, 404),
        (CUSTOM, {"permissions": {"manageUsers": True}}, 200),
        (ADMIN, {}, 200),
    ],
)
def test_only_who_manages_users_sees_the_list(
    cloud: Side, sponsor: Sponsor, role: int, more: dict[str, object], status: int
) -> None:
    browser = visit(cloud, sponsor.person("bob@acme.example", role, **more))
    page = admin_page(sponsor)
    assert [browser.get(path).status_code for path in (page, f"{page}/add")] == [status, status]


def become_teams(sponsor: Sponsor) -> None:
    """The plan shrinks."""
    with sponsor.side.app.app_context():
        mine = sa.update(Organization).where(Organization.id == UUID(sponsor.id))
        db.session.execute(mine.values(plan_type=TEAMS_ANNUALLY))
        db.session.commit()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda sponsor: sponsor.settings(useAdminSponsoredFamilies=False), "x.adminSponsorOff"),
        (become_teams, "x.notEnterprise"),
        (lambda sponsor: sponsor.policy(True), "x.familiesPolicyOn"),
    ],
)
def test_an_organization_that_may_not_says_why_and_still_takes_back(
    cloud: Side, sponsor: Sponsor, change: Callable[[Sponsor], None], why: str
) -> None:
    ok(sponsor.offer(FRIEND, isAdminInitiated=True))
    change(sponsor)
    shown = visit(cloud, sponsor.owner).get(admin_page(sponsor)).text
    assert {why, "remove"} <= marks(shown)
    assert "addSponsorship" not in marks(shown)


def test_without_the_ability_nothing_is_stored(cloud: Side, sponsor: Sponsor) -> None:
    sponsor.settings(useAdminSponsoredFamilies=False)
    browser = visit(cloud, sponsor.owner)
    answer = browser.submit(f"{admin_page(sponsor)}/add", {"sponsoredEmail": FRIEND}, script=True)
    expected = "Sponsoring organization cannot send admin-initiated sponsorship invitations"
    assert (answer.status_code, answer.json["message"]) == (400, expected)
    assert sponsor.rows() == []


def test_a_second_one_is_no_trouble_on_the_cloud(cloud: Side, sponsor: Sponsor) -> None:
    ok(sponsor.offer(FRIEND, isAdminInitiated=True))
    assert "callout" not in visit(cloud, sponsor.owner).get(f"{admin_page(sponsor)}/add").text


def test_the_list_of_an_organization_costs_the_same_statements_however_long(cloud: Side, sponsor: Sponsor) -> None:
    browser, page = visit(cloud, sponsor.owner), admin_page(sponsor)
    ok(sponsor.offer(FRIEND, isAdminInitiated=True))
    few = statements_of(cloud, lambda: browser.get(page))
    for number in range(4):
        ok(sponsor.offer(f"friend{number}@home.example", isAdminInitiated=True))
    assert statements_of(cloud, lambda: browser.get(page)) == few


# --- D2


def landing(sponsor: Sponsor, email: str = FRIEND) -> str:
    """The link of the newest offer, as hash.js makes a path of it."""
    mail = next(mail for mail in reversed(sponsor.mails()) if mail.to == email)
    found = re.search(r"/#(/accept-families-for-enterprise\?\S+)", mail.text)
    assert found is not None
    return found[1]


def test_the_mail_leads_somebody_without_account_through_registration_to_the_offer(
    cloud: Side, sponsor: Sponsor
) -> None:
    ok(sponsor.offer(FRIEND))
    link = landing(sponsor)
    stranger = Visitor(cloud)
    way = stranger.get(link)
    assert way.location.startswith("/finish-signup?")
    form = {
        "masterPasswordHash": "aGFzaA==",
        "kdf": "0",
        "kdfIterations": "600000",
        "userSymmetricKey": ENC_STRING,
        "userAsymmetricPublicKey": PUBLIC_KEY,
        "userAsymmetricEncryptedPrivateKey": ENC_STRING,
    }
    made = stranger.submit(way.location, form)
    assert (made.status_code, urlsplit(made.location).path) == (303, LANDING)
    offer = stranger.get(made.location)
    assert urlsplit(offer.location).path == REDEEM
    assert "acceptOffer" in marks(stranger.get(offer.location).text)

    later = Visitor(cloud).get(link)
    assert urlsplit(later.location).path == "/login", "the account is there by now"


def test_the_mail_leads_somebody_with_an_account_through_login(cloud: Side, sponsor: Sponsor) -> None:
    family = sponsor.family()
    ok(sponsor.offer(FRIEND))
    stranger, link = Visitor(cloud), landing(sponsor)
    way = urlsplit(stranger.get(link).location)
    query = parse_qs(way.query)
    assert (way.path, query["email"]) == ("/login", [FRIEND])
    fields = {"email": FRIEND, "masterPasswordHash": family.person.password_hash}
    after = stranger.submit(f"{way.path}?{way.query}", fields).location
    assert stranger.get(after).location.startswith(f"{REDEEM}?token=")


def test_another_account_is_asked_to_log_out_and_comes_back(cloud: Side, sponsor: Sponsor, ann: Person) -> None:
    ok(sponsor.offer(FRIEND))
    browser, link = visit(cloud, ann), landing(sponsor)
    shown = browser.get(link)
    assert f"You are not logged in as {FRIEND}." in shown.text
    answer = browser.submit(link, {})
    assert urlsplit(answer.location).path == LANDING
    assert parse_qs(urlsplit(answer.location).query)["email"] == [FRIEND]
    assert browser.get(OWN).location.startswith("/login")


@pytest.mark.parametrize("query", ["", "?token=x", "?email=a@b.example", "?token=&email="])
def test_a_link_that_lost_its_parts_says_so(cloud: Side, query: str) -> None:
    answer = Visitor(cloud).get(LANDING + query)
    assert (answer.status_code, "x.offerFailed" in marks(answer.text)) == (400, True)


# --- D3


@pytest.fixture
def family(sponsor: Sponsor) -> Family:
    """Somebody with an account, a Families organization and an offer."""
    made = sponsor.family()
    ok(sponsor.offer(FRIEND))
    return made


def redemption(sponsor: Sponsor) -> str:
    return f"{REDEEM}?{landing(sponsor).partition('?')[2].partition('&')[0]}"


def test_an_offer_is_taken_for_an_organization_that_is_there(cloud: Side, sponsor: Sponsor, family: Family) -> None:
    browser = visit(cloud, family.person)
    shown = browser.get(redemption(sponsor)).text
    assert f'<option value="{family.id}">The &lt;Friends&gt;</option>' in shown
    assert '<option value="new">New Families organization</option>' in shown

    answer = browser.submit(redemption(sponsor), {"organizationId": family.id})
    assert answer.location == "/"
    assert str(sponsor.row().sponsored_organization_id) == family.id
    assert family.sponsored_item()
    assert "Free Bitwarden Families offer successfully redeemed" in browser.get("/vault").text
    again = browser.get(redemption(sponsor))
    assert (again.status_code, "badToken" in marks(again.text)) == (400, True)


def test_only_owners_choose_a_family(cloud: Side, sponsor: Sponsor) -> None:
    family = sponsor.family("mother@home.example")
    daughter = Sponsor(cloud, family.person, family.id).person(FRIEND)
    ok(sponsor.offer(FRIEND))
    assert family.id not in visit(cloud, daughter).get(redemption(sponsor)).text


def test_whoever_owns_no_family_makes_a_new_one(cloud: Side, sponsor: Sponsor) -> None:
    person = cloud.sign_up(FRIEND)
    ok(sponsor.offer(FRIEND))
    browser = visit(cloud, person)
    shown = browser.get(redemption(sponsor)).text
    assert '<option value="new" selected>' in shown
    assert f'value="{FRIEND}"' in shown, "the billing email is proposed"
    answer = browser.submit(redemption(sponsor), NEW_FAMILY, action=f"{REDEEM}/new")
    assert answer.location == "/"
    [made] = ok(person.api.get("/api/accounts/profile"))["organizations"]
    assert (made["name"], made["productTierType"], made["key"]) == ("Our <Family>", 1, WRAPPED_KEY)
    assert str(sponsor.row().sponsored_organization_id) == made["id"]
    assert Family(sponsor, person, made["id"]).sponsored_item()
    subscription = ok(person.api.get(f"/api/organizations/{made['id']}/subscription"))["subscription"]
    assert (subscription["status"], subscription["trialEndDate"]) == ("active", None)


NEW_FAMILY = {
    "name": "Our <Family>",
    "billingEmail": FRIEND,
    "key": WRAPPED_KEY,
    "collectionName": ENC_STRING,
    "publicKey": PUBLIC_KEY,
    "encryptedPrivateKey": ENC_STRING,
}


@pytest.mark.parametrize(
    ("change", "field"),
    [({"name": ""}, "name"), ({"name": "x" * 51}, "name"), ({"billingEmail": "nobody"}, "billingEmail")],
)
def test_a_new_family_needs_a_name_and_an_address(
    cloud: Side, sponsor: Sponsor, change: dict[str, str], field: str
) -> None:
    person = cloud.sign_up(FRIEND)
    ok(sponsor.offer(FRIEND))
    fields = NEW_FAMILY | change
    answer = visit(cloud, person).submit(redemption(sponsor), fields, action=f"{REDEEM}/new", script=True)
    assert (answer.status_code, list(answer.json["fields"])) == (400, [field])
    assert ok(person.api.get("/api/accounts/profile"))["organizations"] == []


def test_a_declined_card_makes_nothing_and_takes_nothing(cloud: Side, sponsor: Sponsor) -> None:
    person = cloud.sign_up(FRIEND)
    ok(sponsor.offer(FRIEND))
    fields = NEW_FAMILY | {"card": "declined"}
    answer = visit(cloud, person).submit(redemption(sponsor), fields, action=f"{REDEEM}/new", script=True)
    assert (answer.status_code, answer.json["message"]) == (400, "Your card was declined.")
    assert ok(person.api.get("/api/accounts/profile"))["organizations"] == []
    assert sponsor.row().sponsored_organization_id is None


def refuse_policy(sponsor: Sponsor, family: Family) -> None:
    sponsor.policy(True)


def refuse_sponsored(sponsor: Sponsor, family: Family) -> None:
    ok(family.redeem())
    ok(sponsor.offer(FRIEND, by=sponsor.person("carl@acme.example"), friendlyName="another"))


@pytest.mark.parametrize(
    ("prepare", "chosen", "text", "chinese"),
    [
        (refuse_sponsored, None, "Cannot redeem a sponsorship offer for an organization that is", "该组织已被赞助"),
        (None, "sponsor", "Can only redeem sponsorship for an organization you own.", "只能为您拥有的组织兑换赞助。"),
        (refuse_policy, None, "Free Bitwarden Families sponsorship has been disabled", "已禁用免费家庭版赞助"),
    ],
)
def test_a_refused_redemption_says_what_upstream_says_and_why(
    cloud: Side,
    sponsor: Sponsor,
    family: Family,
    prepare: Callable[[Sponsor, Family], None] | None,
    chosen: str | None,
    text: str,
    chinese: str,
) -> None:
    browser = visit(cloud, family.person, "zh-CN")
    token = sponsor.token(FRIEND)
    form = tokens(browser.get(redemption(sponsor)).text)
    if prepare is not None:
        prepare(sponsor, family)
        token = sponsor.token(FRIEND)
    data = form | {"token": token, "organizationId": sponsor.id if chosen else family.id}
    headers = {"X-Wardenloop-Form": "1", "Accept-Language": "zh-CN"}
    answer = browser.client.post(REDEEM, data=data, headers=headers)
    assert answer.status_code == 400
    assert answer.json["message"].startswith(text)
    assert answer.json["gloss"].startswith("此赞助邀请已过期。")
    assert chinese in answer.json["gloss"]
    plain = browser.client.post(REDEEM, data=data, headers={"Accept-Language": "en"})
    assert "The sponsorship offer has expired." in plain.text
    assert text in plain.text


def test_nothing_chosen_is_a_field_to_fill(cloud: Side, sponsor: Sponsor, family: Family) -> None:
    answer = visit(cloud, family.person).submit(redemption(sponsor), {"organizationId": ""}, script=True)
    assert answer.json["fields"] == {"organizationId": ["Input is required."]}


def test_a_policy_ends_the_offer_on_its_page(cloud: Side, sponsor: Sponsor, family: Family) -> None:
    sponsor.policy(True)
    answer = visit(cloud, family.person).get(redemption(sponsor))
    assert (answer.status_code, "x.offerPolicy" in marks(answer.text)) == (400, True)


@pytest.mark.parametrize(("query", "why"), [("", "x.offerFailed"), ("?token=nonsense", "badToken")])
def test_a_token_that_is_none_is_told_apart(cloud: Side, family: Family, query: str, why: str) -> None:
    answer = visit(cloud, family.person).get(REDEEM + query)
    assert (answer.status_code, why in marks(answer.text)) == (400, True)


def test_an_offer_to_somebody_else_is_no_offer(cloud: Side, sponsor: Sponsor, family: Family, ann: Person) -> None:
    assert "badToken" in marks(visit(cloud, ann).get(redemption(sponsor)).text)


# --- D5


@pytest.fixture
def stale(sponsor: Sponsor) -> Instance:
    """An instance that has synced an offer, half a year and more ago."""
    instance = make_instance(sponsor)
    instance.synced(told(FRIEND))
    sponsor.side.clock.advance(timedelta(days=200))
    return instance


def rescued(sponsor: Sponsor, stale: Instance) -> tuple[Person, Visitor, str, str]:
    """Who tried, the browser, the organization that was made, and the page that followed."""
    person = sponsor.side.sign_up(FRIEND)
    browser = visit(sponsor.side, person)
    answer = browser.submit(redemption(sponsor), NEW_FAMILY, action=f"{REDEEM}/new")
    assert answer.status_code == 303
    [made] = ok(person.api.get("/api/accounts/profile"))["organizations"]
    return person, browser, made["id"], browser.get(answer.location).text


def test_an_organization_made_for_an_offer_that_ended_is_deleted_on_request(sponsor: Sponsor, stale: Instance) -> None:
    person, browser, made, text = rescued(sponsor, stale)
    assert "Deleting Our &lt;Family&gt; is permanent and irreversible." in text
    assert "This sponsorship offer is more than 6 months old and has expired." in text
    page = f"{REDEEM}/rescue/{made}"
    assert "Our words" not in browser.get(f"{page}?reason=Our+words").text
    wrong = browser.submit(page, {"masterPasswordHash": "d3Jvbmc="}, script=True)
    assert wrong.status_code == 400
    assert len(ok(person.api.get("/api/accounts/profile"))["organizations"]) == 1
    answer = browser.submit(page, {"masterPasswordHash": person.password_hash})
    assert answer.location == "/"
    assert "Organization deleted" in browser.get("/vault").text
    assert ok(person.api.get("/api/accounts/profile"))["organizations"] == []


def test_an_organization_outlives_an_offer_that_somebody_took_meanwhile(
    cloud: Side, sponsor: Sponsor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_given: object) -> None:
        raise bad_request("Failed to parse sponsorship token.")

    person = cloud.sign_up(FRIEND)
    ok(sponsor.offer(FRIEND))
    monkeypatch.setattr("cloud_sim.sponsorships.service.redeem_sponsorship", taken)
    browser = visit(cloud, person)
    answer = browser.submit(redemption(sponsor), NEW_FAMILY, action=f"{REDEEM}/new")
    [made] = ok(person.api.get("/api/accounts/profile"))["organizations"]
    assert urlsplit(answer.location).path == f"{REDEEM}/rescue/{made['id']}"
    assert "Failed to parse sponsorship token." in browser.get(answer.location).text


def test_an_organization_made_for_an_offer_that_ended_can_be_kept(sponsor: Sponsor, stale: Instance) -> None:
    person, _browser, made, text = rescued(sponsor, stale)
    assert f'href="/organizations/{made}/billing/subscription"' in text
    assert not Family(sponsor, person, made).sponsored_item()
    assert visit(sponsor.side, sponsor.owner).get(f"{REDEEM}/rescue/{made}").status_code == 404
