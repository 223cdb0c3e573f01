"""Steps of the renewal: simulated time moves past the paid period and past the grace; then the licence is renewed."""

from common.cli.loop.automatic_sync import trigger_sync
from common.cli.loop.step import step
from common.cli.loop.world import DAY, World, day, expect

GRACE = 60 * DAY


@step(
    "renewal",
    "update-organization-license",
    zh="要在许可证续订后继续运营自托管组织。",
    en="To go on using the self-hosted organization after the license is renewed.",
)
def renew(world: World) -> str:
    world.travel_to(world.paid_until + DAY)
    renewed_until = world.cloud_period_end()
    expect(renewed_until > world.now(), True, "the cloud subscription is renewed")
    return f"now: {day(world.now())}, periodEndDate: {day(world.paid_until)} → {day(renewed_until)}"


@step(
    "grace",
    "update-organization-license",
    zh="自续订之日起，您有 60 天的时间将许可证文件更新到您的自托管服务器。",
    en="From the day of renewal you have 60 days to update the license file on your self-hosted server.",
)
def live_in_grace(world: World) -> str:
    asked = world.now()
    world.travel_to(asked + DAY)
    world.wait_until(lambda: world.validation_run_after(asked), "a validation run")
    expect(world.here()["enabled"], True, "the organization is enabled during the grace")
    return f"now: {day(world.now())}, enabled: true"


@step(
    "suspension",
    "update-organization-license",
    zh="否则您的自托管组织将被禁用。",
    en="Otherwise your self-hosted organization is disabled.",
)
def suspend(world: World) -> str:
    world.travel_to(world.paid_until + GRACE + DAY)
    world.wait_until(lambda: not world.here()["enabled"], "the organization is disabled by a validation run")
    mail = world.mailbox.wait_for(world.owner_here.email, subject="License Expired")
    return f"now: {day(world.now())}, enabled: false, mail: {mail['subject']}"


@step(
    "recovery",
    "step-4-trigger-sync 1-2",
    zh="每次需要更新许可证时都需要触发同步。选择同步许可证按钮。",
    en="You trigger a sync each time the license has to be updated. Choose Sync License.",
)
def recover(world: World) -> str:
    trigger_sync(world)
    expect(world.here()["enabled"], True, "the organization is enabled again")
    expiration = world.owner_here.get(f"/organizations/{world.organization}/subscription")["expiration"]
    return f"enabled: true, expiration: {day(expiration)}"
