"""Steps of the renewal: simulated time moves past the paid period and past the grace; then the licence is renewed."""

from common.cli.loop.automatic_sync import trigger_sync
from common.cli.loop.step import step
from common.cli.loop.world import DAY, World, day, expect
from common.documents import LICENSES

GRACE = 60 * DAY


@step(LICENSES, "renewal")
def renew(world: World) -> str:
    world.travel_to(world.paid_until + DAY)
    renewed_until = world.cloud_period_end()
    expect(renewed_until > world.now(), True, "the cloud subscription is renewed")
    return f"now: {day(world.now())}, periodEndDate: {day(world.paid_until)} → {day(renewed_until)}"


@step(LICENSES, "grace")
def live_in_grace(world: World) -> str:
    asked = world.now()
    world.travel_to(asked + DAY)
    world.wait_until(lambda: world.validation_run_after(asked), "a validation run")
    expect(world.here()["enabled"], True, "the organization is enabled during the grace")
    return f"now: {day(world.now())}, enabled: true"


@step(LICENSES, "suspension")
def suspend(world: World) -> str:
    world.travel_to(world.paid_until + GRACE + DAY)
    world.wait_until(lambda: not world.here()["enabled"], "the organization is disabled by a validation run")
    mail = world.mailbox.wait_for(world.owner_here.email, subject="License Expired")
    return f"now: {day(world.now())}, enabled: false, mail: {mail['subject']}"


@step(LICENSES, "recovery")
def recover(world: World) -> str:
    trigger_sync(world)
    expect(world.here()["enabled"], True, "the organization is enabled again")
    expiration = world.owner_here.get(f"/organizations/{world.organization}/subscription")["expiration"]
    return f"enabled: true, expiration: {day(expiration)}"
