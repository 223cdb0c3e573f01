"""Steps of the tab on automatic sync: allow it, fetch the token, store it, trigger the sync."""

from common.cli import selfhost
from common.cli.loop.organization import change_seats, refused
from common.cli.loop.step import step
from common.cli.loop.world import World, day, expect
from common.cli.organizations import buy_organization
from common.documents import LICENSES
from common.enums import ApiKeyType, ConnectionType, PlanType

ADDED_SEATS = 5
TOKEN_LENGTH = 30


@step(LICENSES, "trial-refused")
def refuse_trial(world: World) -> str:
    name = f"Trial {world.tag}"
    trial = buy_organization(world.owner_on_cloud, name, PlanType.ENTERPRISE_ANNUALLY, seats=1, trial=True)
    return f"{name}: 400 {refused(400, lambda: _generate_token(world, trial))}"


@step(LICENSES, "enable-cloud-communication")
def enable_cloud_communication(world: World) -> str:
    before = _communication_enabled(world)
    selfhost.set_environment_lines(world.home, globalSettings__enableCloudCommunication="true")
    expect(_communication_enabled(world), before, "cloud communication before the restart")
    return f"enableCloudCommunication: true, connections/enabled: {str(before).lower()}"


@step(LICENSES, "rebuild-and-start")
def rebuild_and_start(world: World) -> str:
    world.bitwarden_sh("rebuild")
    expect(world.instance.is_alive(), False, "the instance runs after rebuild")
    world.bitwarden_sh("start")
    expect(_communication_enabled(world), True, "cloud communication after the restart")
    return "connections/enabled: true"


@step(LICENSES, "generate-token")
def generate_token(world: World) -> str:
    world.billing_sync_token = _generate_token(world, world.cloud_organization)
    expect(len(world.billing_sync_token), TOKEN_LENGTH, "length of the token")
    return f"apiKey: {world.billing_sync_token}"


@step(LICENSES, "save-token")
def save_token(world: World) -> str:
    connection = {
        "type": int(ConnectionType.CLOUD_BILLING_SYNC),
        "organizationId": world.organization,
        "enabled": True,
        "config": {"billingSyncKey": world.billing_sync_token},
    }
    world.owner_here.post("/organizations/connections/", connection)
    expect(_last_sync(world), None, "last sync")
    return "LastLicenseSync: null"


@step(LICENSES, "sync-license")
def sync_license(world: World) -> str:
    before, wanted = world.here()["seats"], change_seats(world, ADDED_SEATS)
    trigger_sync(world)
    expect(world.here()["seats"], wanted, "seats after the sync")
    return f"seats: {before} → {wanted}, LastLicenseSync: {day(str(_last_sync(world)))}"


def trigger_sync(world: World) -> None:
    """The button Sync License."""
    world.owner_here.post(f"/organizations/licenses/self-hosted/{world.organization}/sync/")
    world.owner_here.refresh()


def _generate_token(world: World, organization: str) -> str:
    secret = {"type": int(ApiKeyType.BILLING_SYNC), "masterPasswordHash": world.owner_on_cloud.password_hash}
    return str(world.owner_on_cloud.post(f"/organizations/{organization}/api-key", secret)["apiKey"])


def _communication_enabled(world: World) -> bool:
    return bool(world.owner_here.get("/organizations/connections/enabled"))


def _last_sync(world: World) -> str | None:
    connection = world.owner_here.get(
        f"/organizations/connections/{world.organization}/{int(ConnectionType.CLOUD_BILLING_SYNC)}"
    )
    moment: str | None = connection["config"]["LastLicenseSync"]
    return moment
