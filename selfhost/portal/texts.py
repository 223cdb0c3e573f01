"""Every text of the portal in English and Simplified Chinese. Values of the wire and error texts are never translated.

Source: src/Admin/Views/**; spec/screens.md section 7 (Chinese labels of the portal are ours: upstream has none).
"""

from collections.abc import Iterable
from datetime import datetime

ENGLISH = "en"
CHINESE = "zh-CN"

_CATALOGUE: dict[str, tuple[str, str]] = {
    "portal": ("Bitwarden Admin Portal", "Bitwarden 管理员门户"),
    "simulated": ("Simulated by wardenloop", "由 wardenloop 模拟"),
    "admin": ("Admin", "管理"),
    "organizations": ("Organizations", "组织"),
    "docs": ("Docs", "文档"),
    "log_out": ("Log Out", "注销"),
    "language": ("中文", "English"),
    # login
    "log_in": ("Log In", "登录"),
    "login_intro": ("Please enter your email address below to log in.", "请在下面输入您的电子邮箱地址以登录。"),
    "email": ("Email", "电子邮箱"),
    "email_example": ("ex. john@example.com", "例如 john@example.com"),
    "login_help": ("We'll email you a secure login link.", "我们将通过电子邮件向您发送一个安全的登录链接。"),
    "continue": ("Continue", "继续"),
    "message_1": ("You have been logged out.", "您已注销。"),
    "message_2": (
        "This login confirmation link is invalid. Try logging in again.",
        "此登录确认链接无效。请尝试重新登录。",
    ),
    "message_3": (
        "If a valid admin user with this email address exists, we've sent you an email with a secure link to log in.",
        "如果存在使用此电子邮箱地址的有效管理员用户，我们已向您发送一封包含安全登录链接的电子邮件。",
    ),
    "message_4": ("Access denied. Please log in.", "访问被拒绝。请登录。"),
    "bad_email": ("The Email field is not a valid e-mail address.", "电子邮箱地址无效。"),
    "no_smtp": (
        "This server has no SMTP settings, so no login link can be sent (globalSettings__mail__smtp__host).",
        "此服务器没有 SMTP 设置，无法发送登录链接（globalSettings__mail__smtp__host）。",
    ),
    "no_admins": (
        "Nobody may log in: adminSettings__admins is empty.",
        "没有人可以登录：adminSettings__admins 为空。",
    ),
    # dashboard
    "dashboard": ("Dashboard", "仪表板"),
    "version": ("Version", "版本"),
    "installed_server": ("Server installed", "已安装的服务器"),
    "installed_web": ("Web installed", "已安装的网页版"),
    "settings": ("Settings", "设置"),
    "smtp": ("SMTP", "SMTP"),
    "configured": ("Configured", "已配置"),
    "not_configured": ("Not configured", "未配置"),
    "installation_id": ("Installation Id", "安装 ID"),
    "user_registration": ("User Registration", "用户注册"),
    "push_notifications": ("Push Notifications", "推送通知"),
    "enabled": ("Enabled", "已启用"),
    "disabled": ("Disabled", "已禁用"),
    "cloud_communication": ("Cloud communication", "云端通信"),
    "region_mismatch": ("Region mismatch", "区域不一致"),
    "next_daily": ("Next daily sync", "下次每日同步"),
    "last_daily": ("Last daily sync", "上次每日同步"),
    "last_error": ("Last error", "最近一次错误"),
    "restart_hint": (
        "These settings come from bwdata/env/global.override.env. Restart the server to apply a change.",
        "这些设置来自 bwdata/env/global.override.env。重启服务器后更改才会生效。",
    ),
    # organizations
    "name": ("Name", "名称"),
    "user_email": ("User email", "用户电子邮箱"),
    "search": ("Search", "搜索"),
    "plan": ("Plan", "方案"),
    "seats": ("Seats", "席位"),
    "created": ("Created", "创建时间"),
    "details": ("Details", "详细信息"),
    "no_results": ("No results to list.", "没有可列出的结果。"),
    "previous": ("Previous", "上一页"),
    "next": ("Next", "下一页"),
    "expires_on": ("expires", "到期"),
    # one organization
    "organization": ("Organization", "组织"),
    "information": ("Information", "信息"),
    "id": ("Id", "Id"),
    "status": ("Status", "状态"),
    "expires": ("Expires", "到期"),
    "users": ("Users", "用户"),
    "using_2fa": ("Using 2FA", "使用 2FA"),
    "groups": ("Groups", "群组"),
    "policies": ("Policies", "策略"),
    "key_pair": ("Public/Private Keys", "公钥/私钥"),
    "modified": ("Modified", "修改时间"),
    "administrators": ("Administrators", "管理员列表"),
    "role": ("Role", "角色"),
    "role_0": ("Owner", "所有者"),
    "role_1": ("Admin", "管理员"),
    "member_-1": ("Revoked", "已撤销"),
    "member_0": ("Invited", "已邀请"),
    "member_1": ("Accepted", "已接受"),
    "member_2": ("Confirmed", "已确认"),
    "member_3": ("Staged", "已暂存"),
    "connections": ("Connections", "连接"),
    "type": ("Type", "类型"),
    "billing_sync": ("Billing Sync", "计费同步"),
    "communication_off": (
        "Cloud communication is off, so connections are not loaded.",
        "云端通信未启用，因此未加载连接。",
    ),
    "manually_sync": ("Manually Sync", "手动同步"),
    "billing_synced": ("Billing Synced!", "计费已同步！"),
    "nothing_to_sync": (
        "Nothing to sync: this organization has no sponsorships.",
        "无需同步：此组织没有赞助记录。",
    ),
    "last_sync": ("Last sync (Families)", "上次同步（家庭版）"),
    "last_license_sync": ("Last license sync", "最后一次许可证同步"),
    "last_run": ("Result of the last sync", "上次同步的结果"),
    "never": ("Never", "从不"),
    "running": ("Running", "正在运行"),
    "progress": ("{done} of {total} requests answered", "已应答 {done} / {total} 个请求"),
    "tally": ("{sent} sent, {removed} removed, {active} active", "已发送 {sent}，已移除 {removed}，已激活 {active}"),
    "trigger": ("Started by", "触发方式"),
    "trigger_manual": ("hand", "手动"),
    "trigger_daily": ("daily job", "每日任务"),
    "started": ("Started", "开始时间"),
    "finished": ("Finished", "结束时间"),
    "error": ("Error", "错误"),
    "what_to_do": ("What to do", "如何处理"),
    "yes": ("Yes", "是"),
    "no": ("No", "否"),
    # refusals
    "form_expired": (
        "This form was not sent from an open page of this portal. Go back, reload the page and try again.",
        "此表单不是从本门户的页面发送的。请返回，重新加载页面后再试。",
    ),
    "not_found": ("There is no such page.", "没有这样的页面。"),
    "use_the_button": (
        "A sync changes things, so it is started with the button on the organization's page, not with a link.",
        "同步会更改数据，因此须使用组织页面上的按钮启动，而不是链接。",
    ),
    "fault": ("An unhandled server error has occurred.", "发生了未处理的服务器错误。"),
}


class Texts:
    """The texts of one language: `texts.log_in`, `texts["member_2"]`, `texts.filled("tally", sent=3, ...)`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._column = 1 if language == CHINESE else 0

    def __getitem__(self, key: str) -> str:
        return _CATALOGUE[key][self._column]

    def __getattr__(self, key: str) -> str:
        try:
            return self[key]
        except KeyError:
            raise AttributeError(key) from None

    def filled(self, key: str, **values: object) -> str:
        """A text with values."""
        return self[key].format(**values)

    def moment(self, moment: datetime | str | None) -> str:
        """A moment for people, in UTC; the word for never where there is none. Text is shown as it is stored."""
        if moment is None:
            return self.never
        return moment if isinstance(moment, str) else f"{moment:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def other_language(self) -> str:
        """The language that the switch leads to."""
        return ENGLISH if self.language == CHINESE else CHINESE


def language_of(wanted: Iterable[str | None]) -> str:
    """The first of these that is a language of the portal; English otherwise."""
    for language in wanted:
        if language and language.lower().startswith("zh"):
            return CHINESE
        if language and language.lower().startswith("en"):
            return ENGLISH
    return ENGLISH
