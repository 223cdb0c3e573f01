"""Steps of the tab on automatic sync: allow it, fetch the token, store it, trigger the sync."""

from common.cli import selfhost
from common.cli.loop.organization import change_seats, refused
from common.cli.loop.step import step
from common.cli.loop.world import World, day, expect
from common.cli.organizations import buy_organization
from common.enums import ApiKeyType, ConnectionType, PlanType

ADDED_SEATS = 5
TOKEN_LENGTH = 30


@step(
    "trial-refused",
    "update-organization-license, automatic sync",
    zh="仍在免费试用期内的组织无法设置此功能。",
    en="Organizations that are still in their free trial cannot set this up.",
)
def refuse_trial(world: World) -> str:
    name = f"Trial {world.tag}"
    trial = buy_organization(world.owner_on_cloud, name, PlanType.ENTERPRISE_ANNUALLY, seats=1, trial=True)
    return f"{name}: 400 {refused(400, lambda: _generate_token(world, trial))}"


@step(
    "enable-cloud-communication",
    "step-1-enable-cloud-communication",
    zh="首先，将 bwdata/env/global.override.env 中的以下行设置为 true，"
    "以将您的服务器配置为允许与 Bitwarden 云系统通信：globalSettings__enableCloudCommunication=true",
    en="First set this line in bwdata/env/global.override.env to true, so that your server may communicate with "
    "Bitwarden's cloud: globalSettings__enableCloudCommunication=true",
)
def enable_cloud_communication(world: World) -> str:
    before = _communication_enabled(world)
    selfhost.set_environment_lines(world.home, globalSettings__enableCloudCommunication="true")
    expect(_communication_enabled(world), before, "cloud communication before the restart")
    return f"enableCloudCommunication: true, connections/enabled: {str(before).lower()}"


@step(
    "rebuild-and-start",
    "step-1-enable-cloud-communication",
    zh="设置此值后，运行 ./bitwarden.sh rebuild 命令以应用您的更改。使用 ./bitwarden.sh start 命令重启您的服务器。",
    en="Having set this value, run ./bitwarden.sh rebuild to apply your change, and restart your server with "
    "./bitwarden.sh start.",
)
def rebuild_and_start(world: World) -> str:
    world.bitwarden_sh("rebuild")
    expect(world.instance.is_alive(), False, "the instance runs after rebuild")
    world.bitwarden_sh("start")
    expect(_communication_enabled(world), True, "cloud communication after the restart")
    return "connections/enabled: true"


@step(
    "generate-token",
    "step-2-retrieve-billing-sync-token 1-4",
    zh="在「自托管」部分，选择设置计费同步。输入主密码然后选择生成令牌。复制生成的令牌。",
    en="Under Self-hosting choose Set up billing sync. Enter your master password and choose Generate token. "
    "Copy the token.",
)
def generate_token(world: World) -> str:
    world.billing_sync_token = _generate_token(world, world.cloud_organization)
    expect(len(world.billing_sync_token), TOKEN_LENGTH, "length of the token")
    return f"apiKey: {world.billing_sync_token}"


@step(
    "save-token",
    "step-3-apply-billing-sync-token 1-4",
    zh="在「许可证和计费管理」部分，选择自动同步选项。选择管理计费同步按钮。粘贴您生成的计费同步令牌然后选择保存。"
    "在您触发第一次同步之前，上次同步字段将报告为从不。",
    en="Under License and billing management choose Automatic sync, then Manage billing sync. Paste the billing sync "
    "token and choose Save. Until you trigger the first sync, Last sync says Never.",
)
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


@step(
    "sync-license",
    "step-4-trigger-sync 1-2",
    zh="完成设置后以及每次需要更新许可证时都需要触发同步。选择同步许可证按钮。",
    en="You trigger a sync after the setup and each time the license has to be updated. Choose Sync License.",
)
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
