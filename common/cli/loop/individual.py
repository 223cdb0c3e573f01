"""Steps of the section on individual licences: get it, verify the e-mail, apply it, update it."""

from datetime import datetime

from common.cli.client import finish_registration, mailed_registration_token, register, request_registration
from common.cli.loop.step import step
from common.cli.loop.world import PASSWORD, World, day, expect
from common.cli.organizations import license_text
from common.documents import LICENSES


@step(LICENSES, "account-on-instance")
def ask_for_account(world: World) -> str:
    email = world.email("member")
    token = request_registration(world.instance, email, "Loop Member")
    expect(token, "", "token without a mail")
    return f"email: {email}"


@step(LICENSES, "download-individual-license")
def download_individual_license(world: World) -> str:
    email = world.email("member")
    world.member_on_cloud = register(world.cloud_us, world.mailbox, email, PASSWORD, "Loop Member", world.ids)
    world.cloud_us.post(f"/_sim/users/{email}/premium")
    world.individual_license = world.member_on_cloud.get("/account/billing/vnext/license")
    expect(world.individual_license["email"], email, "e-mail in the license")
    return f"premium: true, expires: {day(world.individual_license['expires'])}"


@step(LICENSES, "verify-email")
def verify_email(world: World) -> str:
    """The account comes into being with the link in the mail (`globalSettings__enableEmailVerification=true`)."""
    email = world.email("member")
    token = mailed_registration_token(world.mailbox, world.instance, email)
    world.member_here = finish_registration(world.instance, email, PASSWORD, token, world.ids)
    expect(world.member_here.profile()["emailVerified"], True, "the address is verified")
    return "emailVerified: true"


@step(LICENSES, "apply-individual-license")
def apply_individual_license(world: World) -> str:
    return f"premium: true, expiration: {day(_apply(world))}"


@step(LICENSES, "update-individual-license")
def update_individual_license(world: World) -> str:
    before = datetime.fromisoformat(world.individual_license["expires"]).replace(tzinfo=None)
    world.individual_license = world.member_on_cloud.get("/account/billing/vnext/license")
    after = _apply(world)
    expect(after > before, True, "the new license lasts longer")
    return f"premium: true, expiration: {day(before)} → {day(after)}"


def _apply(world: World) -> datetime:
    """Upload the individual licence at hand; until when the account is premium then."""
    world.member_here.upload("/accounts/license", license_text(world.individual_license))
    world.member_here.refresh()
    expect(world.member_here.profile()["premium"], True, "the account is premium")
    expiration: str = world.member_here.get("/accounts/subscription")["expiration"]
    return datetime.fromisoformat(expiration).replace(tzinfo=None)
