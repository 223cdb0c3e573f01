"""The recurring look at every organization's licence: reasons, log lines, mails, grace, and its cost."""

import json
import logging
import tracemalloc
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from common.clock import ManualClock
from common.domains.organizations.models import Organization
from common.server.mail.smtp import MailFailed
from common.server.outbox.delivery import FIRST_RETRY, deliver_due
from common.server.transaction import db
from selfhost.license_files import service as files
from selfhost.licensing import validation
from tests.support.harness import Side, Workshop
from tests.support.plugins.licensing import Account, Smith, Vaults, upload
from tests.support.statements import statements

CREATE = "/api/organizations/licenses/self-hosted"


@pytest.fixture
def acme(owner: Account, smith: Smith) -> Any:
    return upload(owner, CREATE, smith.organization(), key="4.k").json()["id"]


def validate(side: Any) -> None:
    with side.app.app_context():
        validation.validate_organizations(side.app.extensions["wardenloop"])
        deliver_due(side.app.extensions["wardenloop"])


def change(side: Any, **values: Any) -> None:
    with side.app.app_context():
        db.session.execute(sa.update(Organization).values(**values))
        db.session.commit()


def test_good_license_stays(selfhost: Side, vaults: Vaults, acme: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    validate(selfhost)
    assert vaults.organization(acme).enabled
    assert caplog.messages == ["Validating licenses for 1 organizations."]
    assert selfhost.mails == []


def test_no_file(
    selfhost: Side, vaults: Vaults, acme: Any, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    vaults.file(acme).unlink()
    clock.advance(timedelta(hours=1))
    validate(selfhost)
    row = vaults.organization(acme)
    assert (row.enabled, row.expiration_date, row.revision_date) == (False, clock.now(), clock.now())
    assert caplog.messages[-1] == (
        f"Organization {acme} (Contoso & Sons) has an invalid license and is being disabled. Reason: No license file."
    )
    (mail,) = selfhost.mails
    assert (mail.to, mail.subject, mail.category) == ("billing@contoso.example", "License Expired", "LicenseExpired")
    assert "Contoso & Sons" in mail.text
    assert "https://bitwarden.com/help/licensing-on-premise/" in mail.text
    validate(selfhost)
    assert len(selfhost.mails) == 1


def test_key_of_two_enabled_organizations_disables_both(
    selfhost: Side, vaults: Vaults, owner: Account, smith: Smith, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first = upload(owner, CREATE, smith.organization(), key="4.k").json()["id"]
    change(selfhost, enabled=False)
    second = upload(owner, CREATE, smith.organization(), key="4.k").json()["id"]
    change(selfhost, enabled=True)
    validate(selfhost)
    assert [vaults.organization(each).enabled for each in (first, second)] == [False, False]
    assert [line.rpartition("Reason: ")[2] for line in caplog.messages[1:]] == ["Multiple organizations."] * 2


@pytest.mark.parametrize(
    "values",
    [{"name": "Other"}, {"seats": 11}, {"use_sso": False}, {"use_my_items": False}, {"license_key": None}],
)
def test_organization_that_is_not_what_its_license_says(
    selfhost: Side, vaults: Vaults, acme: Any, caplog: pytest.LogCaptureFixture, values: dict[str, Any]
) -> None:
    caplog.set_level(logging.INFO)
    change(selfhost, **values)
    validate(selfhost)
    assert not vaults.organization(acme).enabled
    assert caplog.messages[-1].endswith("Reason: Invalid data.")


@pytest.mark.parametrize("values", [{"billing_email": "new@x.example"}, {"max_storage_gb": 1}, {"plan": "Other"}])
def test_what_is_not_compared(selfhost: Side, vaults: Vaults, acme: Any, values: dict[str, Any]) -> None:
    change(selfhost, **values)
    validate(selfhost)
    assert vaults.organization(acme).enabled


def test_older_token_without_newer_claims_survives(
    selfhost: Side, vaults: Vaults, owner: Account, smith: Smith
) -> None:
    """Upstream 2026.3.0 disabled these."""
    content = smith.organization(claims={"UseMyItems": None, "UseInviteLinks": None, "UsePam": None})
    acme = upload(owner, CREATE, content, key="4.k").json()["id"]
    change(selfhost, use_my_items=True)
    validate(selfhost)
    assert vaults.organization(acme).enabled


def test_forged_file_without_token(
    selfhost: Side, vaults: Vaults, owner: Account, smith: Smith, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    acme = upload(owner, CREATE, smith.organization(token=False), key="4.k").json()["id"]
    forged = vaults.on_disk(acme) | {"Trial": True}
    vaults.file(acme).write_text(json.dumps(forged))
    validate(selfhost)
    assert caplog.messages[-1].endswith("Reason: Invalid signature.")


def test_organization_takes_the_expiry_of_its_file(
    selfhost: Side, vaults: Vaults, acme: Any, clock: ManualClock
) -> None:
    expires = vaults.organization(acme).expiration_date
    assert expires is not None
    clock.set(expires + timedelta(days=1))
    change(selfhost, expiration_date=None)
    validate(selfhost)
    row = vaults.organization(acme)
    assert (row.enabled, row.expiration_date) == (False, expires)


class TestGrace:
    """Sixty days after the paid period the organization is disabled, also if the token has run out by then."""

    @pytest.fixture
    def early(self, vaults: Vaults, owner: Account, smith: Smith, clock: ManualClock) -> Any:
        """Issued on the first day of a period: the token ends on the last, the grace period sixty days later."""
        smith.billing = smith.annual(clock.now())
        return upload(owner, CREATE, smith.organization(), key="4.k").json()["id"]

    def test_enabled_to_the_end_of_the_grace_period_then_disabled(
        self, selfhost: Side, vaults: Vaults, early: Any, clock: ManualClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        clock.advance(timedelta(days=364))
        validate(selfhost)
        clock.advance(timedelta(days=60, hours=23))  # the token is gone, the last day of grace is not over
        with pytest.raises(validation.ValidationTrouble, match="IDX10223"):
            validate(selfhost)
        assert vaults.organization(early).enabled
        clock.advance(timedelta(hours=2))
        validate(selfhost)
        assert not vaults.organization(early).enabled
        assert caplog.messages[-1].endswith("Reason: Invalid data.")
        assert [mail.subject for mail in selfhost.mails] == ["License Expired"]

    def test_token_that_outlives_the_grace_period(
        self, selfhost: Side, vaults: Vaults, owner: Account, smith: Smith, clock: ManualClock
    ) -> None:
        smith.billing = smith.annual(clock.now() - timedelta(days=100))
        late = upload(owner, CREATE, smith.organization(), key="4.k").json()["id"]
        clock.advance(timedelta(days=265 + 60, hours=-1))
        validate(selfhost)
        assert vaults.organization(late).enabled
        clock.advance(timedelta(hours=2))
        validate(selfhost)
        assert not vaults.organization(late).enabled

    def test_upload_brings_it_back(
        self, selfhost: Side, vaults: Vaults, owner: Account, early: Any, smith: Smith, clock: ManualClock
    ) -> None:
        clock.advance(timedelta(days=430))
        validate(selfhost)
        smith.billing = smith.annual(clock.now())
        assert upload(owner, f"{CREATE}/{early}", smith.organization()).status_code == 200
        assert vaults.organization(early).enabled
        validate(selfhost)
        assert vaults.organization(early).enabled

    def test_otherwise_broken_token_is_only_reported(
        self, selfhost: Side, vaults: Vaults, early: Any, clock: ManualClock
    ) -> None:
        document = vaults.on_disk(early)
        document["Token"] = document["Token"][:-8] + "AAAAAAAA"
        vaults.file(early).write_text(json.dumps(document))
        clock.advance(timedelta(days=430))
        with pytest.raises(validation.ValidationTrouble, match="IDX10517"):
            validate(selfhost)
        assert vaults.organization(early).enabled

    def test_upstream_only_raises(self, workshop: Workshop, smith: Smith, clock: ManualClock) -> None:
        vaults = Vaults(workshop.selfhost(wardenloop__quirks="token-expiry-raises"))
        smith.billing = smith.annual(clock.now())
        early = upload(vaults.account(), CREATE, smith.organization(), key="4.k").json()["id"]
        clock.advance(timedelta(days=430))
        with pytest.raises(validation.ValidationTrouble) as raised:
            validate(vaults.side)
        first, second = str(raised.value).split("\n", 1)
        assert first == "There were one or more exceptions while validating organizations."
        assert second.startswith(f"  Contoso & Sons ({early}): Invalid license. IDX10223")
        assert vaults.organization(early).enabled


def test_what_lies_in_place_of_a_file_may_not_fit_into_memory(selfhost: Side, vaults: Vaults, acme: Any) -> None:
    with vaults.file(acme).open("r+b") as file:
        file.truncate(256 * 1024 * 1024)
    tracemalloc.start()
    try:
        with pytest.raises(validation.ValidationTrouble):
            validate(selfhost)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 64 * 1024 * 1024
    assert vaults.organization(acme).enabled


def test_an_edited_file_on_the_disk_is_what_its_token_says(
    selfhost: Side, vaults: Vaults, owner: Account, acme: Any, smith: Smith
) -> None:
    """One licence serves one organization there too: another one's file, or its token, carries nobody else."""
    other, third = (
        upload(owner, CREATE, smith.organization(license_key=key), key="4.k").json()["id"] for key in ("two", "three")
    )
    vaults.file(acme).write_text(json.dumps(vaults.on_disk(acme) | {"Seats": 9999, "LicenseKey": "yyy"}))
    vaults.file(other).write_bytes(vaults.file(acme).read_bytes())
    vaults.file(third).write_text(json.dumps(vaults.on_disk(third) | {"Token": vaults.on_disk(acme)["Token"]}))
    validate(selfhost)
    assert [vaults.organization(each).enabled for each in (acme, other, third)] == [True, False, False]
    assert vaults.organization(acme).seats == json.loads(smith.organization())["seats"]


def test_one_broken_license_does_not_protect_the_others(
    selfhost: Side, vaults: Vaults, owner: Account, smith: Smith
) -> None:
    ids = [
        upload(owner, CREATE, smith.organization(license_key=f"key-{number}"), key="4.k").json()["id"]
        for number in range(4)
    ]
    vaults.file(ids[0]).write_text("{ no json")
    vaults.file(ids[1]).unlink()
    vaults.file(ids[2]).unlink()
    vaults.file(ids[2]).mkdir()
    with pytest.raises(validation.ValidationTrouble) as raised:
        validate(selfhost)
    assert len(raised.value.troubles) == 2
    assert [vaults.organization(each).enabled for each in ids] == [True, False, True, True]


def test_mail_that_fails_keeps_nobody_back_and_comes_later(
    selfhost: Side, vaults: Vaults, owner: Account, smith: Smith, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [upload(owner, CREATE, smith.organization(license_key=key), key="4.k").json()["id"] for key in ("one", "two")]
    for each in ids:
        vaults.file(each).unlink()

    def fail(_mail: Any) -> None:
        raise MailFailed("the post office is closed")

    with monkeypatch.context() as patch:
        patch.setattr(selfhost.app.extensions["wardenloop"].mailer, "send", fail)
        validate(selfhost)
    assert [vaults.organization(each).enabled for each in ids] == [False, False]
    assert selfhost.mails == []
    clock.advance(FIRST_RETRY)
    validate(selfhost)
    assert [mail.subject for mail in selfhost.mails] == ["License Expired"] * 2


def test_upload_in_between_counts(
    selfhost: Side,
    vaults: Vaults,
    acme: Any,
    owner: Account,
    smith: Smith,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A licence that was bad at the first look and good under the lock disables nothing."""
    clock.advance(timedelta(days=500))
    smith.billing = smith.annual(clock.now())
    content = smith.organization()
    real_lock = files.lock
    uploaded: list[Any] = []

    def lock(ctx: Any) -> None:
        if not uploaded:
            uploaded.append(True)
            assert upload(owner, f"{CREATE}/{acme}", content).status_code == 200
        real_lock(ctx)

    monkeypatch.setattr(files, "lock", lock)
    validate(selfhost)
    assert uploaded and vaults.organization(acme).enabled
    assert selfhost.mails == []


def test_reads_do_not_grow_with_the_organizations(selfhost: Side, vaults: Vaults, owner: Account, smith: Smith) -> None:
    def cost(count: Any) -> Any:
        made = [
            upload(owner, CREATE, smith.organization(license_key=str(uuid4())), key="4.k").json()["id"]
            for _ in range(count)
        ]
        for each in made[: count // 2]:
            vaults.file(each).unlink()
        with selfhost.app.app_context(), statements(selfhost) as found:
            validation.validate_organizations(selfhost.app.extensions["wardenloop"])
        assert not vaults.organization(UUID(made[0])).enabled
        return sum(each.text.startswith("SELECT") for each in found)

    assert cost(2) == cost(12)
