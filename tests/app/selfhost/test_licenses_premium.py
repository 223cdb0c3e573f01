"""Premium licences on an instance: both endpoints, every refusal in its order, and the recurring check."""

import json
import logging
from datetime import timedelta
from typing import Any

import jwt
import pytest
import sqlalchemy as sa

from common.clock import ManualClock
from common.domains.accounts.models import User
from common.server.outbox.delivery import deliver_due
from common.server.transaction import db
from selfhost.licensing import validation
from tests.support.harness import Side, Workshop
from tests.support.plugins.licensing import Smith, Vaults, upload

UPDATE = "/api/accounts/license"
CREATE = "/api/account/billing/vnext/self-host/license"
BOTH = pytest.mark.parametrize("path", [UPDATE, CREATE])
EMAIL = "alice@contoso.example"


@pytest.fixture
def alice(vaults: Vaults) -> Any:
    return vaults.account(EMAIL)


def message(account: Any, path: Any, content: Any) -> Any:
    answer = upload(account, path, content)
    assert answer.status_code == 400, answer.text
    return answer.json()["message"]


def state(vaults: Vaults, user_id: Any) -> Any:
    row, file = vaults.user(user_id), vaults.file(user_id, "user")
    return (row.premium, row.license_key, row.premium_expiration_date, row.revision_date, file.exists())


@BOTH
def test_first_license_gives_premium(alice: Any, vaults: Vaults, smith: Smith, path: Any, clock: ManualClock) -> None:
    answer = upload(alice, path, smith.user(EMAIL.upper()))
    assert answer.status_code == 200
    assert answer.content == (b"" if path == UPDATE else b"{}")
    row = vaults.user(alice.id)
    assert (row.premium, row.license_key, row.max_storage_gb) == (True, "Pm3sD8fQ2pLm9XvT1aZw", 10240)
    assert row.premium_expiration_date == clock.now() + timedelta(days=372)
    assert vaults.on_disk(alice.id, "user")["Email"] == EMAIL.upper()
    assert alice.api.get("/api/accounts/subscription").json() == {
        "storageName": None,
        "storageGb": 0,
        "maxStorageGb": 10240,
        "expiration": "2027-08-27T12:00:00Z",
        "object": "subscription",
    }


def test_update_takes_the_claims_and_replaces_the_file_whole(alice: Any, vaults: Vaults, smith: Smith) -> None:
    upload(alice, UPDATE, smith.user(EMAIL, name="N" * 300))
    longer = vaults.file(alice.id, "user").stat().st_size
    content = smith.user(EMAIL, edit={"licenseKey": "edited", "expires": "2040-01-01T00:00:00Z", "maxStorageGb": 9})
    assert upload(alice, UPDATE, content).status_code == 200
    assert vaults.user(alice.id).license_key == "Pm3sD8fQ2pLm9XvT1aZw"
    stored = vaults.on_disk(alice.id, "user")
    assert (stored["LicenseKey"], stored["MaxStorageGb"]) == ("Pm3sD8fQ2pLm9XvT1aZw", 1)
    assert vaults.file(alice.id, "user").stat().st_size < longer


def test_update_follows_what_the_license_says_about_premium(alice: Any, vaults: Vaults, smith: Smith) -> None:
    upload(alice, UPDATE, smith.user(EMAIL))
    upload(alice, UPDATE, smith.user(EMAIL, premium=False))
    assert vaults.user(alice.id).premium is False


def test_newer_form_trusts_nothing_but_the_upload(alice: Any, vaults: Vaults, smith: Smith) -> None:
    assert upload(alice, CREATE, smith.user(EMAIL, premium=False)).status_code == 200
    assert vaults.user(alice.id).premium is True
    assert message(alice, CREATE, smith.user(EMAIL)) == "Already a premium user."


@BOTH
def test_missing_and_unreadable(alice: Any, path: Any) -> None:
    assert upload(alice, path, None).json()["validationErrors"] == {"License": ["The License field is required."]}
    unreadable = {UPDATE: "Invalid license", CREATE: "Invalid license."}[path]
    assert message(alice, path, b"{") == unreadable
    assert message(alice, path, b" " * 52_000) == unreadable


def test_organization_license(alice: Any, smith: Smith) -> None:
    text = "Organization licenses cannot be applied to a user. Upload this license from the Organization settings page."
    assert message(alice, UPDATE, smith.organization(edit={"token": "broken"})) == text
    assert message(alice, CREATE, smith.organization()) == "Invalid license."
    fault = upload(alice, CREATE, smith.organization(token=False))
    assert (fault.status_code, fault.json()["message"]) == (
        500,
        "Something went wrong with your request. Please contact support for assistance.",
    )


@BOTH
def test_not_genuine(alice: Any, smith: Smith, clock: ManualClock, path: Any) -> None:
    assert message(alice, path, smith.user(EMAIL, token=False, edit={"name": "Mallory"})) == "Invalid license."
    assert message(alice, path, smith.user(EMAIL, claims={"iss": "me"})) == "Invalid license."
    old = smith.user(EMAIL)
    clock.advance(timedelta(days=366))
    assert message(alice, path, old) == "Invalid license."


def test_version_of_a_file_without_token(alice: Any, smith: Smith) -> None:
    assert message(alice, UPDATE, smith.user(EMAIL, token=False, edit={"version": 2})) == "Version 2 is not supported."


def test_version_of_such_a_file_on_the_oldest_servers(workshop: Workshop, smith: Smith) -> None:
    alice = Vaults(workshop.selfhost(wardenloop__release="v1.23.0")).account(EMAIL)
    answer = upload(alice, UPDATE, smith.user(EMAIL, token=False, edit={"version": 2}))
    assert (answer.status_code, answer.json()["message"]) == (500, "An unhandled server error has occurred.")


@BOTH
def test_address_must_be_verified_and_the_same(vaults: Vaults, smith: Smith, path: Any) -> None:
    bob = vaults.account("bob@contoso.example", email_verified=False)
    before = state(vaults, bob.id)
    both = "Invalid license. The user's email is not verified.\nThe user's email does not match the license email."
    assert message(bob, path, smith.user(EMAIL)) == both
    assert message(bob, path, smith.user("bob@contoso.example")) == (
        "Invalid license. The user's email is not verified."
    )
    assert state(vaults, bob.id) == before


@BOTH
def test_dates_of_a_file_without_token(alice: Any, smith: Smith, clock: ManualClock, path: Any) -> None:
    old = smith.user(EMAIL, token=False)
    clock.advance(timedelta(days=400))
    assert message(alice, path, old) == "Invalid license. The license has expired."
    clock.advance(timedelta(days=-500))
    assert message(alice, path, old) == "Invalid license. The license hasn't been issued yet."


class TestRecurringCheck:
    @pytest.fixture
    def premium(self, alice: Any, smith: Smith) -> Any:
        upload(alice, UPDATE, smith.user(EMAIL))
        return alice

    @pytest.fixture
    def run(self, vaults: Vaults) -> Any:
        def validate() -> None:
            with vaults.side.app.app_context():
                validation.validate_users(vaults.side.app.extensions["wardenloop"])
                deliver_due(vaults.side.app.extensions["wardenloop"])

        return validate

    def test_good_license_stays(
        self, premium: Any, vaults: Vaults, run: Any, selfhost: Side, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        run()
        assert vaults.user(premium.id).premium
        assert caplog.messages == ["Validating premium for 1 users."]
        assert selfhost.mails == []

    def test_no_file(
        self,
        premium: Any,
        vaults: Vaults,
        run: Any,
        selfhost: Side,
        clock: ManualClock,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.INFO)
        vaults.file(premium.id, "user").unlink()
        run()
        row = vaults.user(premium.id)
        assert (row.premium, row.premium_expiration_date) == (False, clock.now())
        assert caplog.messages[-1] == (
            f"User {premium.id}({EMAIL}) has an invalid license and premium is being disabled. Reason: No license file."
        )
        assert [(mail.to, mail.subject, mail.category) for mail in selfhost.mails] == [
            (EMAIL, "License Expired", "LicenseExpired")
        ]

    def test_changed_address(
        self, premium: Any, vaults: Vaults, run: Any, selfhost: Side, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        with selfhost.app.app_context():
            db.session.get_one(User, premium.id).email = "new@contoso.example"
            db.session.commit()
        run()
        assert caplog.messages[-1].endswith("Reason: Invalid data.")
        assert not vaults.user(premium.id).premium

    def test_forged_file_without_token(
        self, premium: Any, vaults: Vaults, run: Any, caplog: pytest.LogCaptureFixture, smith: Smith
    ) -> None:
        caplog.set_level(logging.INFO)
        upload(premium, UPDATE, smith.user(EMAIL, token=False))
        stored = vaults.on_disk(premium.id, "user") | {"Name": "Mallory"}
        vaults.file(premium.id, "user").write_text(json.dumps(stored))
        run()
        assert caplog.messages[-1].endswith("Reason: Invalid signature.")

    def test_expires_of_a_token_is_not_enforced(
        self, premium: Any, vaults: Vaults, smith: Smith, clock: ManualClock, run: Any
    ) -> None:
        upload(premium, UPDATE, smith.user(EMAIL, claims={"Expires": "01/01/2020 00:00:00"}))
        run()
        assert vaults.user(premium.id).premium

    def test_one_broken_license_does_not_protect_the_others(
        self, premium: Any, vaults: Vaults, smith: Smith, run: Any
    ) -> None:
        broken, lost = vaults.account("a@contoso.example"), vaults.account("z@contoso.example")
        for account in (broken, lost):
            upload(account, UPDATE, smith.user(account.email))
        vaults.file(broken.id, "user").write_text("{ no json")
        vaults.file(lost.id, "user").unlink()
        with pytest.raises(validation.ValidationTrouble, match="while validating users"):
            run()
        assert [vaults.user(each.id).premium for each in (premium, broken, lost)] == [True, True, False]

    def test_token_that_ran_out_after_its_expiry_ends_premium(
        self, premium: Any, vaults: Vaults, clock: ManualClock, run: Any
    ) -> None:
        clock.advance(timedelta(days=373))
        run()
        assert not vaults.user(premium.id).premium

    def test_upstream_never_ends_it(self, workshop: Workshop, smith: Smith, clock: ManualClock) -> None:
        vaults = Vaults(workshop.selfhost(wardenloop__quirks="token-expiry-raises"))
        alice = vaults.account(EMAIL)
        upload(alice, UPDATE, smith.user(EMAIL))
        clock.advance(timedelta(days=800))
        with vaults.side.app.app_context(), pytest.raises(validation.ValidationTrouble, match="IDX10223"):
            validation.validate_users(vaults.side.app.extensions["wardenloop"])
        assert vaults.user(alice.id).premium


class TestCheckAtLogin:
    """What an access token says about premium."""

    def ask(self, vaults: Vaults, user_id: Any) -> Any:
        with vaults.side.app.app_context():
            ctx = vaults.side.app.extensions["wardenloop"]
            answer = validation.validate_user_premium(ctx, db.session.get_one(User, user_id))
            db.session.commit()
            deliver_due(ctx)  # as after the request
            return answer

    def test_looks_at_the_license_once_a_day(
        self,
        alice: Any,
        vaults: Vaults,
        smith: Smith,
        clock: ManualClock,
        caplog: pytest.LogCaptureFixture,
        selfhost: Side,
    ) -> None:
        caplog.set_level(logging.INFO)
        assert self.ask(vaults, alice.id) is False
        upload(alice, UPDATE, smith.user(EMAIL))
        assert self.ask(vaults, alice.id) is True
        vaults.file(alice.id, "user").unlink()
        clock.advance(timedelta(hours=23))
        assert self.ask(vaults, alice.id) is True
        clock.advance(timedelta(hours=1))
        assert self.ask(vaults, alice.id) is False
        assert caplog.messages[0] == f"Validating premium license for user {alice.id}({EMAIL})."
        assert [mail.subject for mail in selfhost.mails] == ["License Expired"]

    def test_access_token_tells_the_outcome(self, selfhost: Side, vaults: Vaults, smith: Smith) -> None:
        person = selfhost.sign_up(EMAIL)
        with selfhost.app.app_context():
            db.session.execute(sa.update(User).values(email_verified=True))
            db.session.commit()
        files = {"license": ("l.json", smith.user(EMAIL))}
        assert person.api.post(UPDATE, files=files).status_code == 200

        def premium() -> Any:
            person.log_in()
            return jwt.decode(person.token["access_token"], options={"verify_signature": False})["premium"]

        assert premium() is True
        vaults.file(person.user_id, "user").unlink()
        selfhost.clock.advance(timedelta(hours=24))
        assert premium() is False

    def test_license_that_cannot_be_judged_takes_nothing_away(self, alice: Any, vaults: Vaults, smith: Smith) -> None:
        upload(alice, UPDATE, smith.user(EMAIL))
        vaults.file(alice.id, "user").write_text("{")
        assert self.ask(vaults, alice.id) is True
