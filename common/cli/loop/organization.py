"""Steps of the section on organization licences: get it, apply it, update it by hand."""

from collections.abc import Callable

from common.cli import selfhost
from common.cli.client import RequestFailed, register
from common.cli.loop.step import step
from common.cli.loop.world import PASSWORD, StepFailed, World, day, expect
from common.cli.organizations import buy_organization, license_text, open_organization
from common.enums import PlanType

SEATS = 10
ADDED_SEATS = 5
INSTALLATION_ID_LINE = "globalSettings__installation__id"


@step(
    "register",
    "individual-license",
    zh="您需要同时操作访问云端网页密码库和自托管网页密码库，并且您的账户电子邮箱地址必须一致。",
    en="You work with both the cloud web vault and the self-hosted web vault; the account e-mail addresses must match.",
)
def register_owner(world: World) -> str:
    email = world.email("owner")
    world.owner_on_cloud = register(world.cloud, world.mailbox, email, PASSWORD, "Loop Owner", world.ids)
    world.owner_here = register(world.instance, world.mailbox, email, PASSWORD, "Loop Owner", world.ids)
    return f"email: {email}"


@step(
    "subscribe",
    "licensing-on-premise",
    zh="本文中的步骤假定您已经开始了一个 Bitwarden 付费订阅。",
    en="The steps assume that you have started a paid Bitwarden subscription.",
)
def subscribe(world: World) -> str:
    name = world.name
    world.cloud_organization = buy_organization(world.owner_on_cloud, name, PlanType.ENTERPRISE_ANNUALLY, seats=SEATS)
    world.paid_until = world.cloud_period_end()
    return f"name: {name}, seats: {SEATS}, periodEndDate: {day(world.paid_until)}"


@step(
    "installation",
    "retrieve-organization-license 4",
    zh="如果您不知道安装 ID，可以从 ./bwdata/env/global.override.env 获取。"
    "确保安装 ID 使用的数据区域与您的组织所在的数据区域相同。",
    en="If you do not know your installation id, take it from ./bwdata/env/global.override.env. "
    "Make sure that it uses the same data region as your organization.",
)
def find_installation(world: World) -> str:
    world.installation = selfhost.environment_value(world.home, INSTALLATION_ID_LINE)
    found = world.cloud_us.get(f"/api/installations/{world.installation}")
    expect(found["enabled"], True, "the installation is enabled in the US region")
    refusal = refused(404, lambda: world.cloud_eu.get(f"/api/installations/{world.installation}"))
    return f"id: {world.installation}, US: 200, EU: 404 {refusal}"


@step(
    "download-organization-license",
    "retrieve-organization-license 2-4",
    zh="导航到计费 → 订阅。滚动到最下面然后选择下载许可证按钮。"
    "提示时，输入安装自托管服务器时使用的安装 ID 然后选择提交。",
    en="Go to Billing → Subscription, choose Download license at the bottom, "
    "enter the installation id of your self-hosted server and choose Submit.",
)
def download_organization_license(world: World) -> str:
    world.license = world.download_license()
    expect(world.license["id"], world.cloud_organization, "id in the license")
    expect(world.license["installationId"], world.installation, "installation id in the license")
    expect(world.license["seats"], SEATS, "seats in the license")
    return f"version: {world.license['version']}, seats: {SEATS}, expires: {day(world.license['expires'])}"


@step(
    "create-organization",
    "apply-organization-license 1-2",
    zh="通过选择新增组织以在您的自托管实例中创建一个新的组织。选择浏览...或选择文件按钮，添加已下载的许可证文件，然后选择提交。",
    en="Choose New organization to create an organization on your self-hosted instance. "
    "Choose File, add the license file you downloaded and choose Submit.",
)
def create_organization(world: World) -> str:
    world.organization = open_organization(world.owner_here, world.license)
    created = world.here()
    expect(created["enabled"], True, "the new organization is enabled")
    expect(created["seats"], SEATS, "seats of the new organization")
    return f"name: {created['name']}, seats: {created['seats']}"


@step(
    "add-seats",
    "update-organization-license",
    zh="自托管组织的席位数由许可证决定，因此要添加席位，必须首先将其添加到关联的云组织，然后必须更新自托管组织使用的许可证。",
    en="The seats of a self-hosted organization come from its license: to add seats, first add them to the cloud "
    "organization, then update the license that the self-hosted organization uses.",
)
def add_seats(world: World) -> str:
    return f"cloud seats: {change_seats(world, ADDED_SEATS)}, self-hosted seats: {world.here()['seats']}"


@step(
    "manual-update",
    "update-organization-license, manual update 1-5",
    zh="按照步骤再次获取您的许可证。在「许可证和计费管理」部分，选择手动上传选项，选择文件按钮以添加您的许可证文件，选择提交。",
    en="Get your license again. Under License and billing management choose Manual upload, "
    "Choose File to add your license file, and Submit.",
)
def update_manually(world: World) -> str:
    before = world.here()["seats"]
    world.license = world.download_license()
    upload_license(world)
    after = world.here()["seats"]
    expect(after, world.license["seats"], "seats after the upload")
    expect(after, before + ADDED_SEATS, "seats after the upload")
    return f"seats: {before} → {after}"


@step(
    "version-not-supported",
    "update-organization-license, manual update",
    zh="如果您收到一条 version not supported（版本不支持）的错误消息，请更新您的服务器并尝试再次上传您的许可证文件。",
    en="If you get the error “version not supported”, update your server and upload your license file again.",
)
def update_old_server(world: World) -> str:
    world.bitwarden_sh("release", "v2023.10")
    try:
        refusal = refused(400, lambda: upload_license(world))
    finally:
        world.bitwarden_sh("update")
    expect(refusal, f"Version {world.license['version']} is not supported.", "the answer of release 2023.10")
    upload_license(world)
    return f"v2023.10: 400 {refusal} → update → {world.instance.get('/api/version')}: 200"


@step(
    "families-manual-only",
    "update-organization-license",
    zh="有两种方法可以更新自托管组织的许可证，但是家庭组织只能手动更新。",
    en="There are two ways to update a self-hosted organization's license, but Families organizations can only be "
    "updated manually.",
)
def refuse_families(world: World) -> str:
    name = f"Family {world.tag}"
    family = buy_organization(world.owner_on_cloud, name, PlanType.FAMILIES_ANNUALLY)
    path = f"/organizations/{family}/license"
    here = open_organization(world.owner_here, world.owner_on_cloud.get(path, installationId=world.installation))
    connection = {"type": 1, "organizationId": here, "enabled": True, "config": {"billingSyncKey": "x" * 30}}
    return f"{name}: 400 {refused(400, lambda: world.owner_here.post('/organizations/connections', connection))}"


def upload_license(world: World) -> None:
    """Manual upload of the licence at hand."""
    path = f"/organizations/licenses/self-hosted/{world.organization}"
    world.owner_here.upload(path, license_text(world.license))
    world.owner_here.refresh()


def change_seats(world: World, added: int) -> int:
    """Buy seats in the cloud; how many there are then."""
    organization = f"/organizations/{world.cloud_organization}"
    world.owner_on_cloud.post(f"{organization}/subscription", {"seatAdjustment": added})
    return int(world.owner_on_cloud.get(organization)["seats"])


def refused(status: int, call: Callable[[], object]) -> str:
    """The server's words of a call that must be refused with this status. Raises StepFailed when it is not."""
    try:
        call()
    except RequestFailed as failure:
        if failure.status != status:
            raise
        return failure.message
    raise StepFailed(f"was not refused with {status}")
