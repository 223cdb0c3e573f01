"""Steps 1 to 3 of the page on sponsorships: cloud communication, the billing sync token, and applying it."""

from common.cli import selfhost
from common.cli.loop import automatic_sync, organization
from common.cli.loop.organization import INSTALLATION_ID_LINE, upload_license
from common.cli.loop.step import step
from common.cli.loop.world import World, expect
from common.cli.organizations import open_organization

COMMUNICATION = "globalSettings__enableCloudCommunication"


@step(
    "enterprise-organization",
    "self-hosting-families-sponsorships",
    zh="您需要启用自动账单同步，以允许您的自托管企业组织为云家庭组织发放赞助。",
    en="You have to set up automatic billing sync so that your self-hosted Enterprise organization may issue "
    "sponsorships to cloud Families organizations.",
)
def subscribe(world: World) -> str:
    organization.register_owner.act(world)
    return f"{world.region}: {organization.subscribe.act(world)}"


@step(
    "cloud-communication",
    "step-1-enable-cloud-communication",
    zh="要启用云通信，请将 bwdata/env/global.override.env 中的以下行设置为 true："
    "globalSettings__enableCloudCommunication=true",
    en="To enable cloud communication, set this line in bwdata/env/global.override.env to true: "
    "globalSettings__enableCloudCommunication=true",
)
def enable_communication(world: World) -> str:
    selfhost.set_environment_lines(world.home, **{COMMUNICATION: "true"})
    return "enableCloudCommunication=true"


@step(
    "rebuild",
    "step-1-enable-cloud-communication",
    zh="设置这些值后，运行 ./bitwarden.sh rebuild 命令以应用您的更改。",
    en="Having set these values, run ./bitwarden.sh rebuild to apply your changes.",
)
def rebuild(world: World) -> str:
    return rebuild_and_start(world)


def rebuild_and_start(world: World) -> str:
    """Put the settings on disk into effect."""
    world.bitwarden_sh("rebuild")
    world.bitwarden_sh("start")
    expect(world.owner_here.get("/organizations/connections/enabled"), True, "cloud communication")
    world.installation = selfhost.environment_value(world.home, INSTALLATION_ID_LINE)
    return f"connections/enabled: true, installation: {world.installation}"


@step(
    "firewall",
    "step-1-enable-cloud-communication",
    zh="如果您的环境使用防火墙阻止了出站流量，则需要允许 https://api.bitwarden.com 或 https://api.bitwarden.eu 和 "
    "https://identity.bitwarden.com 或 https://identity.bitwarden.eu。",
    en="If a firewall in your environment blocks outbound traffic, let https://api.bitwarden.com or "
    "https://api.bitwarden.eu and https://identity.bitwarden.com or https://identity.bitwarden.eu through.",
)
def check_firewall(world: World) -> str:
    version = world.cloud.get("/api/version")
    issuer = world.cloud.get("/identity/.well-known/openid-configuration")["issuer"]
    return f"api: {version}, identity: {issuer}"


@step(
    "generate-token",
    "step-2-retrieve-billing-sync-token 1-5",
    zh="导航到计费 → 订阅。向下滚动到「自托管」部分，选择设置计费同步按钮。"
    "输入主密码然后选择生成令牌。复制生成的令牌。",
    en="Go to Billing → Subscription. Scroll down to Self-hosting and choose Set up billing sync. Enter your master "
    "password and choose Generate token. Copy the token.",
)
def generate_token(world: World) -> str:
    return automatic_sync.generate_token.act(world)


@step(
    "license",
    "step-3-apply-billing-sync-token",
    zh="在此阶段，如果您要从早期版本升级您的自托管部署，可能需要在继续之前手动更新您的许可证文件。",
    en="At this stage, if you are upgrading your self-hosted deployment from an earlier version, you may have to "
    "update your license file manually before you go on.",
)
def update_license(world: World) -> str:
    world.license = world.download_license()
    world.organization = open_organization(world.owner_here, world.license)
    world.license = world.download_license()
    upload_license(world)
    expect(world.here()["enabled"], True, "the organization is enabled")
    return f"name: {world.here()['name']}, version: {world.license['version']}, installation: {world.installation}"


@step(
    "save-token",
    "step-3-apply-billing-sync-token 1-4",
    zh="在「许可证和计费管理」部分，选择自动同步选项。选择管理计费同步按钮。粘贴您生成的计费同步令牌然后选择保存。"
    "在您触发第一次同步之前，本部分中的上次同步字段将报告为从不。",
    en="Under License and billing management choose Automatic sync, then Manage billing sync. Paste the billing sync "
    "token and choose Save. Until you trigger the first sync, Last sync says Never.",
)
def save_token(world: World) -> str:
    return automatic_sync.save_token.act(world)
