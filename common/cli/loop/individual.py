"""Steps of the section on individual licences: get it, verify the e-mail, apply it, update it."""

from datetime import datetime

from common.cli.client import finish_registration, mailed_registration_token, register, request_registration
from common.cli.loop.step import step
from common.cli.loop.world import PASSWORD, World, day, expect
from common.cli.organizations import license_text


@step(
    "account-on-instance",
    "retrieve-individual-license",
    zh="在自托管服务器上创建账户。",
    en="Create an account on the self-hosted server.",
)
def ask_for_account(world: World) -> str:
    email = world.email("member")
    token = request_registration(world.instance, email, "Loop Member")
    expect(token, "", "token without a mail")
    return f"email: {email}"


@step(
    "download-individual-license",
    "retrieve-individual-license 1-2",
    zh="从云端网页 App 获取您的个人许可证：登录，然后从导航中选择设置 → 订阅。选择下载许可证按钮。",
    en="Get your individual license from the cloud web app: log in, choose Settings → Subscription, and choose "
    "Download license.",
)
def download_individual_license(world: World) -> str:
    email = world.email("member")
    world.member_on_cloud = register(world.cloud_us, world.mailbox, email, PASSWORD, "Loop Member", world.ids)
    world.cloud_us.post(f"/_sim/users/{email}/premium")
    world.individual_license = world.member_on_cloud.get("/account/billing/vnext/license")
    expect(world.individual_license["email"], email, "e-mail in the license")
    return f"premium: true, expires: {day(world.individual_license['expires'])}"


@step(
    "verify-email",
    "apply-individual-license 1",
    zh="如果您还没有验证您的电子邮箱地址，请在继续之前先验证。需要已经配置了 SMTP 相关的环境变量。",
    en="If you have not verified your e-mail address yet, verify it before you go on. This needs the SMTP environment "
    "variables to be set.",
)
def verify_email(world: World) -> str:
    """The account comes into being with the link in the mail (`globalSettings__enableEmailVerification=true`)."""
    email = world.email("member")
    token = mailed_registration_token(world.mailbox, world.instance, email)
    world.member_here = finish_registration(world.instance, email, PASSWORD, token, world.ids)
    expect(world.member_here.profile()["emailVerified"], True, "the address is verified")
    return "emailVerified: true"


@step(
    "apply-individual-license",
    "apply-individual-license 2-4",
    zh="从导航中选择设置 → 订阅。在「许可证文件」部分中，选择文件按钮添加您刚才下载的许可证文件。"
    "选择提交按钮以应用您的高级许可证。",
    en="Choose Settings → Subscription. Under License file, Choose File and add the license file you just downloaded. "
    "Choose Submit to apply your premium license.",
)
def apply_individual_license(world: World) -> str:
    return f"premium: true, expiration: {day(_apply(world))}"


@step(
    "update-individual-license",
    "update-individual-license 1-2",
    zh="如果出于任何原因您需要更新您的个人许可证文件，例如当它过期时：再次获取您的许可证，再次应用您的许可证（更新许可证）。",
    en="If for any reason you have to update your individual license file, for example when it expires: get your "
    "license again and apply it again (Update license).",
)
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
