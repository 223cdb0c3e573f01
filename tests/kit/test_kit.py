"""The kit as other people's tests use it."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from wardenloop import Refused, Stack
from wardenloop.contract.commands import contract


def test_renewal_is_needed_after_the_grace_period(wardenloop: Stack) -> None:
    acme = wardenloop.cloud.organization("Acme", plan="enterprise-annually", seats=10)
    here = wardenloop.selfhost.create_organization(acme.download_license())
    assert here.enabled and here.seats == 10
    assert here.expires is not None and (here.expires - wardenloop.clock.now).days in (424, 425, 426)
    wardenloop.advance(until="suspension")
    assert not here.enabled
    wardenloop.selfhost.upload_license(here, acme.renew().download_license())
    assert here.enabled


def test_the_next_test_begins_anew(wardenloop: Stack) -> None:
    assert abs((wardenloop.clock.now - datetime.now(UTC)).total_seconds()) < 60
    assert wardenloop.mailbox.messages() == []
    wardenloop.journal.assert_nothing_called()


def test_sponsorship_from_offer_to_revocation(wardenloop: Stack) -> None:
    acme = wardenloop.cloud.organization("Acme", seats=5)
    here = wardenloop.selfhost.create_organization(acme.download_license())
    wardenloop.selfhost.connect(here, acme.billing_sync_token())
    assert here.last_license_sync is None
    wardenloop.selfhost.sync_license(here)
    assert here.last_license_sync is not None
    member = wardenloop.selfhost.confirm(
        wardenloop.selfhost.accept(wardenloop.selfhost.invite(here, "member@example.com"))
    )
    assert member.status == "confirmed"
    wardenloop.selfhost.sponsor(member, "family@example.com")
    run = wardenloop.selfhost.sync_sponsorships(here)
    assert run["error"] is None
    offer = wardenloop.mailbox.wait_for(to="family@example.com", subject="Families")
    family = wardenloop.cloud.account("family@example.com")
    redeemed = family.redeem(offer)
    assert redeemed["planType"] == 22
    assert member.account is not None
    assert [each["friendlyName"] for each in member.account.sponsorships] == ["family@example.com"]
    wardenloop.selfhost.revoke(member)
    assert wardenloop.selfhost.sync_sponsorships(here)["error"] is None


def test_a_refusal_explains_itself(wardenloop: Stack) -> None:
    acme = wardenloop.cloud.organization("Acme")
    other = wardenloop.cloud.installation()
    with pytest.raises(Refused, match="Invalid license") as refused:
        wardenloop.selfhost.create_organization(acme.download_license(other))
    assert refused.value.status == 400
    assert refused.value.rule is not None and refused.value.advice is not None


def test_a_rotated_token_is_refused_until_it_is_saved_again(wardenloop: Stack) -> None:
    acme = wardenloop.cloud.organization("Acme")
    here = wardenloop.selfhost.create_organization(acme.download_license())
    wardenloop.selfhost.connect(here, acme.billing_sync_token())
    fresh = acme.rotate_billing_sync_token()
    with pytest.raises(Refused):
        wardenloop.selfhost.sync_license(here)
    wardenloop.selfhost.connect(here, fresh)
    wardenloop.selfhost.sync_license(here)


def test_premium_is_applied_here(wardenloop: Stack) -> None:
    there = wardenloop.cloud.account("person@example.com", premium=True)
    here = wardenloop.selfhost.account("person@example.com")
    assert not here.premium
    wardenloop.selfhost.upload_license(here, there.download_license())
    assert here.premium


def test_hand_made_calls_count_and_those_of_the_kit_do_not(wardenloop: Stack) -> None:
    owner = wardenloop.cloud.account()
    assert owner.session.get(f"{wardenloop.cloud.api}/accounts/profile").json()["email"] == owner.email
    [called] = wardenloop.journal.requests()
    assert called.operation == "GET /api/accounts/profile" and called.status == 200
    wardenloop.journal.assert_called(operation="GET /api/accounts/profile", status=200, times=1)
    with pytest.raises(AssertionError, match="status is 200, not 404"):
        wardenloop.journal.assert_called(operation="GET /api/accounts/profile", status=404)


def test_what_servers_ask_each_other_for_the_kit_does_not_count_either(wardenloop: Stack) -> None:
    acme = wardenloop.cloud.organization("Acme")
    here = wardenloop.selfhost.create_organization(acme.download_license())
    wardenloop.selfhost.connect(here, acme.billing_sync_token())
    wardenloop.selfhost.sync_license(here)
    wardenloop.selfhost.sync_sponsorships(here)
    wardenloop.advance("2d")
    wardenloop.journal.assert_nothing_called()
    wardenloop.journal.assert_called("GET /api/licenses/organization/{id}", status=200, app="cloud-us", setup=True)


def test_what_a_client_does_wrong_is_read_from_a_journal_that_runs(wardenloop: Stack) -> None:
    owner = wardenloop.cloud.account()
    profile = {"name": "New", "colour": "red"}
    owner.session.put(f"{wardenloop.cloud.api}/accounts/profile", json=profile).raise_for_status()
    for address in (wardenloop.cloud.url, wardenloop.server.desk.url):
        done = CliRunner().invoke(contract, ["client", "--json", "--journal", address])
        told = json.loads(done.stdout)
        assert done.exit_code == 1 and told["exchanges"] == 1
        [finding] = [each for each in told["findings"] if each["rule"] == "unknown-member"]
        assert finding["says"] == "PUT /accounts/profile has no member colour"
    nobody = CliRunner().invoke(contract, ["client", "--journal", wardenloop.cloud.url, "--caller", "nobody"])
    assert nobody.exit_code == 1 and "There is no request of a client." in nobody.output
    real = CliRunner().invoke(contract, ["client", "--journal", "https://vault.bitwarden.com"])
    assert real.exit_code == 2 and "bitwarden.com" in real.output


def test_faults_and_the_network_go_wrong_on_purpose(wardenloop: Stack) -> None:
    wardenloop.faults.add("cloud-us", "GET /api/alive", times=2, status=503)
    asked = [wardenloop.cloud.session.get(f"{wardenloop.cloud.api}/alive").status_code for _ in range(3)]
    assert asked == [503, 503, 200]
    acme = wardenloop.cloud.organization("Acme")
    here = wardenloop.selfhost.create_organization(acme.download_license())
    wardenloop.selfhost.connect(here, acme.billing_sync_token())
    wardenloop.egress.set("identity.bitwarden.com", "refuse")
    with pytest.raises(Refused):
        wardenloop.selfhost.sync_license(here)
    wardenloop.egress.clear()
    wardenloop.selfhost.sync_license(here)


@pytest.mark.wardenloop(time="2026-03-01", frozen=True)
def test_a_test_begins_when_it_says(wardenloop: Stack) -> None:
    assert wardenloop.clock.now == datetime(2026, 3, 1, tzinfo=UTC) and wardenloop.clock.is_frozen
    acme = wardenloop.cloud.organization("Acme")
    assert acme.download_license()["issued"].startswith("2026-03-01")


def test_a_snapshot_takes_back_what_follows(wardenloop: Stack) -> None:
    owner = wardenloop.cloud.account()
    with wardenloop.snapshot("before"):
        acme = wardenloop.cloud.organization("Acme", owner=owner)
        acme.seats = 20
        assert acme.seats == 20
    assert owner.profile["organizations"] == []


def test_a_forged_licence_is_refused(wardenloop: Stack) -> None:
    acme = wardenloop.cloud.organization("Acme")
    forged = wardenloop.forge("expired", organization=acme)
    assert forged["InstallationId"] == wardenloop.selfhost.installation.id
    with pytest.raises(Refused, match="Invalid license"):
        wardenloop.selfhost.create_organization(forged)
