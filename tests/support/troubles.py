"""Texts that people see -> why -> what helps: the hand-written half of docs/troubleshooting*.md.

The texts are the product's own, letter by letter (tests/architecture/test_handbook.py looks for each); `rule` = the
advice of the catalogue is what helps.
"""

# ruff: noqa: E501 - a table of texts

from typing import NamedTuple


class Trouble(NamedTuple):
    """text: a literal part of what is seen. where: where. cause, help: English and Chinese."""

    text: str
    where: tuple[str, str]
    cause: tuple[str, str]
    rule: str = ""
    help: tuple[str, str] = ("", "")
    command: str = ""


_LICENSE_PAGE = ("upload of a license", "上传许可证")
_SYNC = ("Sync license", "同步许可证")
_PORTAL = ("System Administrator Portal", "系统管理员门户")
_START = ("start of the instance", "启动实例")
_INSTALL = ("install", "install")

TROUBLES = (
    Trouble(
        "Cloud communication is disabled in global settings",
        _SYNC,
        ("The line is missing, false, or not in effect.", "缺少该行、值为 false，或尚未生效。"),
        "license-sync.cloud-off",
        command="wardenloop doctor --env global.override.env",
    ),
    Trouble(
        "Check your internet connection and ensure the billing token is correct.",
        _SYNC,
        (
            "One text for everything: no token (region, id, key), no way (DNS, firewall, proxy, TLS), or a billing token "
            "that was rotated.",
            "所有原因共用此文本：没有令牌（区域、ID、密钥）、网络不通（DNS、防火墙、代理、TLS），或计费同步令牌已轮换。",
        ),
        "license-sync.cloud-failed",
        command="wardenloop journal list",
    ),
    Trouble(
        "Organization sync failed",
        _PORTAL,
        ("The same causes, at Manually Sync.", "原因同上，出现在「手动同步」。"),
        "sponsorship-sync",
        command="wardenloop journal list",
    ),
    Trouble(
        "Invalid Billing Sync Key",
        ("journal, log of the api", "记录、api 日志"),
        ("The token was rotated in the cloud.", "令牌已在云端轮换。"),
        "billing-sync.key-mismatch",
        command="wardenloop billing-token show",
    ),
    Trouble(
        "The installation ID does not match the current installation.",
        _LICENSE_PAGE,
        ("The license was downloaded for another installation id.", "许可证是为另一个安装 ID 下载的。"),
        "license.can-use.installation",
        command="wardenloop doctor --env bwdata --license FILE",
    ),
    Trouble(
        "IDX10223",
        ("subscription page, upload", "订阅页面、上传"),
        ("The license's token is a year old.", "许可证令牌已满一年。"),
        "license.token.IDX10223",
        command="wardenloop license inspect FILE",
    ),
    Trouble(
        "IDX10222",
        _LICENSE_PAGE,
        ("The server's clock is behind the cloud's.", "服务器时钟落后于云端。"),
        "license.token.IDX10222",
        command="wardenloop clock show",
    ),
    Trouble(
        "IDX10503",
        _LICENSE_PAGE,
        ("Signed with another certificate.", "由其他证书签名。"),
        "license.not-verified",
        command="wardenloop license verify --cert FILE LICENSE",
    ),
    Trouble(
        " is not supported.",
        _LICENSE_PAGE,
        (
            "`Version N is not supported.`: the server is older than the license.",
            "`Version N is not supported.`：服务器比许可证旧。",
        ),
        "license.version",
        command="wardenloop release list",
    ),
    Trouble(
        "Organization licenses cannot be applied to a user.",
        _LICENSE_PAGE,
        ("A license of an organization on a person's page.", "在个人页面上传了组织许可证。"),
        "license.type",
        command="wardenloop license inspect FILE",
    ),
    Trouble(
        "Premium licenses cannot be applied to an organization vault.",
        _LICENSE_PAGE,
        ("A person's license on an organization's page.", "在组织页面上传了个人许可证。"),
        "license.type",
        command="wardenloop license inspect FILE",
    ),
    Trouble(
        "The user's email does not match the license email.",
        _LICENSE_PAGE,
        ("The address was changed on one side only.", "只在一侧更改了电子邮箱。"),
        help=("Change it on the other side too, download again, upload.", "在另一侧也更改，重新下载并上传。"),
    ),
    Trouble(
        "Cannot verify license file.",
        ("saving the billing sync token", "保存计费同步令牌"),
        (
            "The stored license is missing, edited, or its token has run out.",
            "已存储的许可证缺失、被编辑，或令牌已过期。",
        ),
        "connection.license",
        command="wardenloop license inspect FILE",
    ),
    Trouble(
        "License Expired",
        ("mail", "邮件"),
        (
            "A check at 00:30 or 12:30 (premium: every six hours) disabled it; the api log has the reason.",
            "00:30 或 12:30 的检查（高级版：每六小时）将其禁用；原因见 api 日志。",
        ),
        help=("Renew in the cloud, download, upload.", "在云端续订，下载并上传。"),
        command="wardenloop agenda",
    ),
    Trouble(
        "Invalid data.",
        ("api log, `Reason:`", "api 日志，`Reason:`"),
        ("License and organization differ, or it is over.", "许可证与组织不一致，或已到期。"),
        help=("Download the license again and upload it.", "重新下载并上传许可证。"),
        command="wardenloop state",
    ),
    Trouble(
        "Multiple organizations.",
        ("api log, `Reason:`", "api 日志，`Reason:`"),
        ("Two organizations have one license key.", "两个组织使用同一许可证密钥。"),
        "license.in-use-elsewhere",
        command="wardenloop doctor --env bwdata",
    ),
    Trouble(
        "invalid_client",
        ("token endpoint, api log", "令牌端点、api 日志"),
        ("Unknown id, wrong key, other region, switched off.", "未知的 ID、错误的密钥、其他区域，或已禁用。"),
        "token.invalid-client",
        command="wardenloop doctor --env global.override.env",
    ),
    Trouble(
        "Installation Id must be set for self-hosted installations.",
        _START,
        ("The id is missing or all zeros.", "ID 缺失或全为零。"),
        help=(
            "globalSettings__installation__id of https://bitwarden.com/host.",
            "globalSettings__installation__id，来自 https://bitwarden.com/host。",
        ),
        command="wardenloop doctor --env global.override.env",
    ),
    Trouble(
        "Failed to convert configuration value at ",
        _START,
        (
            "Something else than true, false, a number or an id; often several lines pasted as one.",
            "值不是 true、false、数字或 ID；常见于把多行粘贴成一行。",
        ),
        help=("Correct the line that is named.", "更正所指出的行。"),
        command="wardenloop doctor --env global.override.env",
    ),
    Trouble(
        "Invalid installation id for ",
        _INSTALL,
        ("The id is of the other region.", "ID 属于另一个区域。"),
        help=(
            "Answer the question for the region otherwise; remove bwdata first.",
            "先删除 bwdata，再以另一区域回答。",
        ),
    ),
    Trouble(
        "Unable to validate installation id. Problem contacting Bitwarden ",
        _INSTALL,
        ("The setup container has no way out, though the host may have.", "setup 容器无法访问外部，尽管主机可以。"),
        help=(
            "DNS and firewall of Docker; a proxy belongs into bwdata/env/uid.env.",
            "检查 Docker 的 DNS 与防火墙；代理写入 bwdata/env/uid.env。",
        ),
        command="wardenloop egress list",
    ),
    Trouble(
        "Looks like Bitwarden is already installed at ",
        _INSTALL,
        ("An earlier try left its folders.", "先前的尝试留下了文件夹。"),
        help=("Remove bwdata, install again.", "删除 bwdata 后重新安装。"),
    ),
    Trouble(
        "Update not needed",
        ("update", "update"),
        ("Versions are pinned in bitwarden.sh.", "版本固定在 bitwarden.sh 中。"),
        help=("updateself first, then update.", "先 updateself，再 update。"),
        command="wardenloop selfhost updateself",
    ),
    Trouble(
        "An unhandled server error has occurred.",
        ("anywhere", "任何地方"),
        (
            "Most often a mail that could not be sent, or a license file with a tail.",
            "多为邮件发送失败，或许可证文件尾部有多余内容。",
        ),
        "mail.failed",
        command="wardenloop logs",
    ),
    Trouble(
        "Slow down! Too many requests.",
        ("any call", "任何调用"),
        ("The cloud's limits by address.", "云端按地址限速。"),
        "rate-limit",
    ),
    Trouble(
        "This server was called by a name that is not its own.",
        ("pages, control", "页面、控制"),
        ("A reverse proxy or another name for this machine.", "反向代理，或本机的其他名称。"),
        "pages.foreign-name",
    ),
)
