"""Pages of an instance on which licences are applied: premium, a new organization, an organization's licence."""

import re
from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
import sqlalchemy as sa

from common.clock import ManualClock
from common.domains.accounts.models import User
from common.domains.organizations.models import Member, Organization
from common.enums import MemberStatus, MemberType
from common.license.dates import BillingView
from common.license.timestamps import Timestamp
from common.server.locale.texts import Texts
from common.server.transaction import db
from common.wire.organizations import OrganizationResponse
from selfhost.license_files import service as files
from selfhost.licensing.rules import Usage, in_use
from tests.support.harness import ENC_STRING, PUBLIC_KEY, WRAPPED_KEY, Person, Side, Workshop
from tests.support.plugins.licensing import Smith, Vaults, upload
from tests.support.screen import shown, tag
from tests.support.visitor import Answer, Visitor

EMAIL = "owner@contoso.example"
PREMIUM = "/settings/subscription/premium"
MEMBERSHIP = "/settings/subscription/user-subscription"
UPDATE = "/settings/subscription/update-license"
CREATE = "/create-organization"
API = "/api/organizations/licenses/self-hosted"
KEYS = {
    "key": WRAPPED_KEY,
    "collectionName": ENC_STRING,
    "publicKey": PUBLIC_KEY,
    "encryptedPrivateKey": ENC_STRING,
}


def file(content: bytes) -> tuple[BytesIO, str]:
    """What a file input sends."""
    return BytesIO(content), "license.json"


@pytest.fixture
def person(selfhost: Side) -> Person:
    return selfhost.sign_up(EMAIL)


@pytest.fixture
def visitor(selfhost: Side, person: Person) -> Visitor:
    return Visitor(selfhost).log_in(person)


@pytest.fixture
def acme(person: Person, smith: Smith) -> str:
    """Id of an organization that was made of a licence for 10 seats, 30 days into its year."""
    made = upload(person, API, smith.organization(), key=WRAPPED_KEY)
    return str(made.json()["id"])


def billing(organization_id: str) -> str:
    return f"/organizations/{organization_id}/billing/subscription"


def uploaded(visitor: Visitor, organization_id: str, content: bytes, *, script: bool = False) -> Answer:
    page = billing(organization_id)
    return visitor.submit(page, {"license": file(content)}, f"{page}/license", script=script)


# --- premium


def test_subscription_leads_to_where_the_person_is(visitor: Visitor, smith: Smith) -> None:
    assert visitor.get("/settings/subscription").location == PREMIUM
    assert visitor.get(MEMBERSHIP).location == PREMIUM
    visitor.submit(PREMIUM, {"license": file(smith.user(EMAIL))})
    assert visitor.get("/settings/subscription").location == MEMBERSHIP
    assert visitor.get(PREMIUM).location == MEMBERSHIP


def test_a_premium_file_makes_premium_until_its_end(visitor: Visitor, smith: Smith, person: Person) -> None:
    answer = visitor.submit(PREMIUM, {"license": file(smith.user(EMAIL))})
    assert (answer.status_code, answer.location) == (303, MEMBERSHIP)
    page = visitor.get(MEMBERSHIP)
    assert "You&#39;ve upgraded to Premium." in page.text
    assert shown(page, "expiration") == "Aug 27, 2027 Active"
    assert person.api.get("/api/accounts/profile").json()["premium"] is True


def test_the_membership_says_when_it_has_ended(
    selfhost: Side, visitor: Visitor, smith: Smith, clock: ManualClock
) -> None:
    visitor.submit(PREMIUM, {"license": file(smith.user(EMAIL))})
    change_user(selfhost, premium_expiration_date=clock.now() - timedelta(hours=1))
    assert shown(visitor.get(MEMBERSHIP), "status") == "Subscription expired"
    change_user(selfhost, premium_expiration_date=None)
    assert shown(visitor.get(MEMBERSHIP), "expiration") == "Never expires Active"


def test_a_newer_premium_file_lengthens_it(visitor: Visitor, smith: Smith, clock: ManualClock, person: Person) -> None:
    visitor.submit(PREMIUM, {"license": file(smith.user(EMAIL))})
    clock.advance(timedelta(days=100))
    visitor.log_in(person)
    answer = visitor.submit(UPDATE, {"license": file(smith.user(EMAIL))})
    assert (answer.status_code, answer.location) == (303, MEMBERSHIP)
    page = visitor.get(MEMBERSHIP)
    assert "Successfully uploaded license" in page.text
    assert shown(page, "expiration") == "Dec 5, 2027 Active"


def test_premium_is_for_the_address_of_the_account(visitor: Visitor, smith: Smith) -> None:
    answer = visitor.submit(PREMIUM, {"license": file(smith.user("else@contoso.example"))}, script=True)
    assert answer.status_code == 400
    assert answer.json["message"] == "Invalid license. The user's email does not match the license email."
    assert visitor.get(MEMBERSHIP).location == PREMIUM


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no JSON", "Invalid license"),
        (None, "Select a file."),
        (
            "organization",
            "Organization licenses cannot be applied to a user. Upload this license from the Organization",
        ),
    ],
)
def test_other_files_do_not_make_premium(
    visitor: Visitor, smith: Smith, content: bytes | str | None, message: str
) -> None:
    sent = content if isinstance(content, bytes | None) else smith.organization()
    answer = visitor.submit(PREMIUM, {"license": file(sent) if sent else (BytesIO(b""), "")}, script=True)
    assert answer.status_code == 400
    assert answer.json["message"].startswith(message)
    assert visitor.get(MEMBERSHIP).location == PREMIUM


def test_the_address_has_to_be_verified_first(selfhost: Side, person: Person, smith: Smith) -> None:
    change_user(selfhost, email_verified=False)
    visitor = Visitor(selfhost, "zh-CN").log_in(person)
    page = visitor.get(PREMIUM)
    assert shown(page, "verifyEmailFirst") == "首先必须验证您的账户电子邮箱地址。"
    assert 'href="/settings/verify-email"' in tag(page, "sendEmail")
    answer = visitor.submit(PREMIUM, {"license": file(smith.user(EMAIL))}, script=True)
    assert answer.json["fields"] == {"license": ["首先必须验证您的账户电子邮箱地址。"]}
    assert visitor.get(MEMBERSHIP).location == PREMIUM


def change_user(side: Side, **values: object) -> None:
    with side.app.app_context():
        db.session.execute(sa.update(User).values(**values))
        db.session.commit()


# --- a new organization


def test_an_organization_is_made_with_its_keys_in_one_request(visitor: Visitor, smith: Smith, person: Person) -> None:
    page = visitor.get(CREATE)
    assert f'data-public-key="{PUBLIC_KEY}"' in page.text
    assert 'data-collection-name="Default collection"' in page.text
    answer = visitor.submit(CREATE, {"license": file(smith.organization()), **KEYS})
    assert answer.status_code == 303
    organization_id = answer.location.removeprefix("/organizations/")
    found = OrganizationResponse.model_validate(person.api.get(f"/api/organizations/{organization_id}").json())
    assert (found.name, found.seats, found.has_public_and_private_keys) == ("Contoso & Sons", 10, True)
    collections = person.api.get(f"/api/organizations/{organization_id}/collections").json()["data"]
    assert [each["name"] for each in collections] == [ENC_STRING]


def test_nothing_is_made_without_keys(visitor: Visitor, smith: Smith, person: Person) -> None:
    answer = visitor.submit(CREATE, {"license": file(smith.organization())})
    assert answer.status_code == 400
    assert person.api.get("/api/accounts/profile").json()["organizations"] == []


def test_several_reasons_come_one_per_line(visitor: Visitor, smith: Smith) -> None:
    content = smith.organization(installation=UUID(int=7), self_host=False)
    answer = visitor.submit(CREATE, {"license": file(content), **KEYS}, script=True)
    assert answer.status_code == 400
    assert answer.json["message"].split("\n") == [
        "Invalid license. The installation ID does not match the current installation.",
        "The license does not allow for on-premise hosting of organizations.",
    ]


def test_reasons_are_explained_in_chinese(selfhost: Side, person: Person, smith: Smith) -> None:
    content = smith.organization(installation=UUID(int=7))
    visitor = Visitor(selfhost, "zh-CN").log_in(person)
    answer = visitor.submit(CREATE, {"license": file(content), **KEYS}, script=True)
    assert answer.json["gloss"] == "许可证无效。许可证中的安装 ID 与当前安装不一致。"


def test_a_premium_file_makes_no_organization(visitor: Visitor, smith: Smith) -> None:
    answer = visitor.submit(CREATE, {"license": file(smith.user(EMAIL)), **KEYS}, script=True)
    assert answer.json["message"].startswith("Premium licenses cannot be applied to an organization vault.")


def test_a_license_is_taken_once(visitor: Visitor, smith: Smith, acme: str) -> None:
    answer = visitor.submit(CREATE, {"license": file(smith.organization()), **KEYS}, script=True)
    assert answer.json["message"] == "License is already in use by another organization vault."


# --- the licence of an organization


def test_plan_and_both_ends_are_shown(visitor: Visitor, acme: str) -> None:
    page = visitor.get(billing(acme))
    assert shown(page, "billingPlan") == "Enterprise (Annually)"
    assert shown(page, "x.lastSponsorshipSync") == "Never"
    assert shown(page, "subscriptionExpiration") == (
        "Jul 21, 2027 Apply an updated license before Sep 19, 2027; after that the organization is suspended."
    )
    assert shown(page, "banner") is None


def test_the_grace_of_a_customer_without_a_trial_is_known_too(visitor: Visitor, acme: str, smith: Smith) -> None:
    """The file then keeps the end of the paid period to itself."""
    content = smith.organization(
        claims={"ExpirationWithoutGracePeriod": None}, edit={"expirationWithoutGracePeriod": None}
    )
    assert uploaded(visitor, acme, content).status_code == 303
    assert (shown(visitor.get(billing(acme)), "subscriptionExpiration") or "").startswith("Jul 21, 2027 Apply")


def test_a_monthly_plan_has_no_grace(visitor: Visitor, acme: str, smith: Smith) -> None:
    smith.billing = BillingView(expiration_date=Timestamp.of(smith.clock.now() + timedelta(days=20)))
    assert uploaded(visitor, acme, smith.organization()).status_code == 303
    assert shown(visitor.get(billing(acme)), "subscriptionExpiration") == "Sep 9, 2026"


def test_a_trial_has_no_grace(visitor: Visitor, acme: str, smith: Smith, clock: ManualClock) -> None:
    end = clock.now() + timedelta(days=7)
    date = end.strftime("%Y-%m-%dT%H:%M:%SZ")
    claims = {"Expires": end.strftime("%m/%d/%Y %H:%M:%S"), "ExpirationWithoutGracePeriod": None, "Trial": "true"}
    edit = {"expires": date, "expirationWithoutGracePeriod": None, "trial": True}
    assert uploaded(visitor, acme, smith.organization(claims=claims, edit=edit)).status_code == 303
    assert shown(visitor.get(billing(acme)), "subscriptionExpiration") == "Aug 27, 2026"


def test_what_an_upload_changed_is_told_once(visitor: Visitor, acme: str, smith: Smith) -> None:
    answer = uploaded(visitor, acme, smith.organization(seats=60, use_groups=False, name="&lt;b&gt;Contoso"))
    assert (answer.status_code, answer.location) == (303, billing(acme))
    page = visitor.get(billing(acme))
    assert "Successfully uploaded license" in page.text
    told = re.findall(r'data-state="(\w+)">(.*?)</dd>', page.text)
    assert [(name, re.sub(r"</?strong>", "", change)) for name, change in told] == [
        ("Name", "Contoso &amp; Sons → &lt;b&gt;Contoso"),
        ("Seats", "10 → 60"),
        ("UseGroups", "Yes → No"),
    ]
    assert 'data-testid="x.licenseDiffTitle"' not in visitor.get(billing(acme)).text


def test_an_upload_that_changes_nothing_says_so(visitor: Visitor, acme: str, smith: Smith) -> None:
    uploaded(visitor, acme, smith.organization())
    assert "No change" in visitor.get(billing(acme)).text


def test_changes_of_one_organization_are_not_told_of_another(
    visitor: Visitor, acme: str, smith: Smith, person: Person
) -> None:
    other = smith.organization(license_key="another-key")
    other_id = upload(person, API, other, key=WRAPPED_KEY).json()["id"]
    uploaded(visitor, acme, smith.organization(seats=60))
    assert 'data-testid="x.licenseDiffTitle"' not in visitor.get(billing(other_id)).text


def test_a_file_of_another_organization_is_refused(visitor: Visitor, acme: str, smith: Smith, person: Person) -> None:
    other = smith.organization(license_key="another-key")
    upload(person, API, other, key=WRAPPED_KEY)
    answer = uploaded(visitor, acme, other, script=True)
    assert answer.json["message"] == "License is already in use by another organization vault."


def test_no_file_changes_nothing(visitor: Visitor, acme: str) -> None:
    answer = visitor.submit(billing(acme), {"license": (BytesIO(b""), "")}, f"{billing(acme)}/license")
    assert (answer.status_code, "Select a file." in answer.text) == (400, True)


def test_without_cloud_communication_only_the_upload_is_offered_and_says_why(visitor: Visitor, acme: str) -> None:
    page = visitor.get(billing(acme))
    assert " disabled" in tag(page, "automaticSync")
    assert " checked" in tag(page, "manualUpload")
    assert "globalSettings__enableCloudCommunication" in (shown(page, "x.cloudCommOffHint") or "")
    assert "manageBillingSync" not in page.text


def test_families_upload_only(visitor: Visitor, person: Person, smith: Smith) -> None:
    families = smith.organization(plan="Families", plan_type=22, license_key="families")
    made = upload(person, API, families, key=WRAPPED_KEY).json()["id"]
    page = visitor.get(billing(made))
    assert shown(page, "x.familiesManualOnly") == "Families organizations can only be updated by uploading a file."
    assert "automaticSync" not in page.text
    assert "syncLicense" not in page.text


def test_a_file_that_cannot_be_read_leaves_the_way_to_a_new_one(
    visitor: Visitor, acme: str, vaults: Vaults, smith: Smith
) -> None:
    vaults.file(acme).write_text("{")
    page = visitor.get(billing(acme))
    assert shown(page, "x.licenseUnreadable") == "The license on this server can no longer be read. Update it."
    assert uploaded(visitor, acme, smith.organization()).status_code == 303
    assert shown(visitor.get(billing(acme)), "x.licenseUnreadable") is None


def test_a_token_that_has_run_out_cannot_be_read(
    visitor: Visitor, acme: str, clock: ManualClock, person: Person
) -> None:
    clock.advance(timedelta(days=366))
    page = visitor.log_in(person).get(billing(acme))
    assert shown(page, "x.licenseUnreadable") is not None
    assert (shown(page, "subscriptionExpiration") or "").startswith("Jul 21, 2027 Subscription expired")


@pytest.mark.parametrize(("days", "left"), [(334.9, None), (335, "60"), (335.5, "60"), (394.9, "1"), (396, "0")])
def test_the_banner_counts_the_days_of_grace(
    selfhost: Side, acme: str, clock: ManualClock, person: Person, days: float, left: str | None
) -> None:
    """The period ends 335 days from now, the grace period 60 days later."""
    clock.advance(timedelta(days=days))
    banner = shown(Visitor(selfhost).log_in(person).get(billing(acme)), "banner")
    told = f"The subscription of Contoso &amp; Sons ended on Jul 21, 2027. {left} day(s) of grace left. Subscription"
    assert banner == (told if left else None)


def test_grace_is_for_owners_to_know(selfhost: Side, acme: str, clock: ManualClock, vaults: Vaults) -> None:
    admin = join(selfhost, vaults, acme, "admin@contoso.example", MemberType.ADMIN)
    clock.advance(timedelta(days=350))
    assert shown(Visitor(selfhost).log_in(admin).get(f"/organizations/{acme}/members"), "banner") is None


def test_files_are_not_read_for_organizations_far_from_their_end(
    visitor: Visitor, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[UUID] = []
    monkeypatch.setattr(files, "read", lambda ctx, kind, owner: reads.append(owner))
    assert visitor.get(f"/organizations/{acme}/members").status_code == 200
    assert reads == []


def test_a_suspended_organization_comes_back_by_upload(
    selfhost: Side, visitor: Visitor, acme: str, smith: Smith
) -> None:
    with selfhost.app.app_context():
        db.session.execute(sa.update(Organization).values(enabled=False))
        db.session.commit()
    page = visitor.get(billing(acme))
    assert "is suspended because its license is no longer valid" in (shown(page, "banner") or "")
    assert shown(page, "x.graceHint") is None
    uploaded(visitor, acme, smith.organization())
    page = visitor.get(billing(acme))
    assert shown(page, "banner") is None
    assert 'data-state="Enabled">Disabled → <strong>Enabled</strong>' in page.text


@pytest.mark.parametrize("kind", [MemberType.ADMIN, MemberType.USER])
def test_billing_is_for_owners(selfhost: Side, acme: str, vaults: Vaults, smith: Smith, kind: MemberType) -> None:
    member = join(selfhost, vaults, acme, "member@contoso.example", kind)
    visitor = Visitor(selfhost).log_in(member)
    assert visitor.get(billing(acme)).status_code == 404
    refused = visitor.submit(CREATE, {"license": file(smith.organization(seats=99))}, action=CREATE)
    assert refused.status_code == 400
    assert vaults.organization(acme).seats == 10


def join(side: Side, vaults: Vaults, organization_id: str, email: str, kind: MemberType) -> Person:
    """Somebody who is confirmed in the organization."""
    member, now = side.sign_up(email), side.clock.now()
    vaults.add(
        Member(
            id=UUID(int=hash(email) & (2**64 - 1)),
            organization_id=UUID(organization_id),
            user_id=UUID(member.user_id),
            type=kind,
            status=MemberStatus.CONFIRMED,
            creation_date=now,
            revision_date=now,
        )
    )
    return member


def test_strangers_are_led_to_the_login(selfhost: Side, acme: str) -> None:
    for path in (PREMIUM, MEMBERSHIP, UPDATE, CREATE, billing(acme)):
        assert (Visitor(selfhost).get(path).location or "").startswith("/login?next=")


@pytest.mark.parametrize(("region", "vault"), [("US", "http://us.test/"), ("EU", "http://eu.test/")])
def test_links_lead_to_the_simulated_cloud_of_the_region(
    workshop: Workshop, smith: Smith, region: str, vault: str
) -> None:
    vaults = {"com": "http://us.test", "eu": "http://eu.test"}
    here = workshop.selfhost(
        globalSettings__baseServiceUri__cloudRegion=region,
        **{f"wardenloop__hosts__vault.bitwarden.{domain}": url for domain, url in vaults.items()},
    )
    person = here.sign_up(EMAIL)
    visitor = Visitor(here).log_in(person)
    assert f'href="{vault}#/settings/subscription/premium"' in tag(visitor.get(PREMIUM), "purchasePremium")
    made = upload(person, API, smith.organization(), key=WRAPPED_KEY).json()["id"]
    cloud_id = "8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1"
    link = tag(visitor.get(billing(made)), "launchCloudSubscription")
    assert f'href="{vault}#/organizations/{cloud_id}/billing/subscription"' in link


def test_whatever_a_new_license_would_take_away_is_explained_in_chinese() -> None:
    abilities = ("groups", "policies", "sso", "key_connector", "scim", "custom_permissions", "reset_password")
    has_all = SimpleNamespace(**{f"use_{name}": True for name in abilities})
    usage = Usage(5, 5, 5, 5, True, True, True, 5, True)
    texts = Texts("zh-Hans")
    limits = [{"seats": 1, "max_collections": None}, {"seats": None, "max_collections": 1}]
    limits += [{"seats": None, "max_collections": None, f"use_{name}": False} for name in abilities]
    refusals = [in_use(cast(Any, SimpleNamespace(**{**vars(has_all), **limit})), has_all, usage) for limit in limits]
    assert None not in refusals
    told = [each.message for each in refusals if each is not None]
    assert [message for message in told if texts.gloss(message) is None] == []
    assert len(set(told)) == len(limits)


def test_an_old_release_says_which_version_it_does_not_know(workshop: Workshop, smith: Smith) -> None:
    person = workshop.selfhost().sign_up(EMAIL)
    made = upload(person, API, smith.organization(), key=WRAPPED_KEY).json()["id"]
    old = workshop.selfhost(wardenloop__release="v2022.6.0")
    answer = uploaded(Visitor(old, "zh-CN").log_in(person), made, smith.organization(), script=True)
    assert answer.status_code == 400
    assert "Version 15 is not supported." in answer.json["message"]
    assert "不支持许可证版本 15" in answer.json["gloss"]


def test_plan_and_changes_are_told_in_chinese(selfhost: Side, person: Person, acme: str, smith: Smith) -> None:
    visitor = Visitor(selfhost, "zh-CN").log_in(person)
    uploaded(visitor, acme, smith.organization(use_groups=False))
    page = visitor.get(billing(acme))
    assert shown(page, "billingPlan") == "企业版（每年）"
    assert 'data-state="UseGroups">是 → <strong>否</strong>' in page.text
