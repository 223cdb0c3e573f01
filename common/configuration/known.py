"""What becomes of a line of a real configuration here: taken, left aside (why), or a secret and replaced. Pure.

Source: src/Core/Settings/GlobalSettings.cs; bitwarden/self-host: bitwarden-lite/settings.env; fidelity.md:
deployment.settings, deployment.lite.
"""

import re
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

from common.configuration.values import has_value


class Verdict(StrEnum):
    """What becomes of a line."""

    TAKEN = "taken"
    IGNORED = "ignored"
    SECRET = "secret"


class Reason(StrEnum):
    """Why. Each is a text of the catalogue, `x.env.NAME`."""

    SETTING = "setting"
    INSTALLATION = "installation"
    CLOUD = "cloud"
    REPLACED = "replaced"
    PLACEHOLDER = "placeholder"
    COMMENT = "comment"
    REPEATED = "repeated"
    UNREADABLE = "unreadable"
    OVERRULED = "overruled"
    OWN_ADDRESS = "own-address"
    MAILBOX = "mailbox"
    PROXY = "proxy"
    DATABASE = "database"
    FOLDER = "folder"
    CONTAINER = "container"
    OTHER_SERVICE = "other-service"
    PASTED = "pasted"
    UNKNOWN = "unknown"


class Judgement(NamedTuple):
    """shown: whether the value may be shown to people."""

    verdict: Verdict
    reason: Reason
    shown: bool = False


_CREDENTIAL = re.compile(
    r"(password|passphrase|passwd|secret|token|dsn|connectionstring|username|clientid|key|webhook|"
    r"(access|api|private)key(id|secret)?)(__\d+)?$",
    re.IGNORECASE,
)
_WORDS = frozenset(
    f"globalsettings__{name}"
    for name in (
        "selfhosted",
        "litedeployment",
        "enablecloudcommunication",
        "disableuserregistration",
        "enableemailverification",
        "enablenewdeviceverification",
        "baseserviceuri__cloudregion",
    )
)
_PEOPLE = frozenset({"globalsettings__mail__replytoemail", "adminsettings__admins"})
_ADDRESSES = frozenset(
    f"globalsettings__{name}" for name in ("installation__apiuri", "installation__identityuri", "pushrelaybaseuri")
)
_CLOUD = _ADDRESSES | {"globalsettings__baseserviceuri__cloudregion"}
_SETTINGS = _WORDS | _PEOPLE
_INSTALLATION = frozenset({"globalsettings__installation__id", "bw_installation_id"})
_PREFIXES = (
    ("globalsettings__baseserviceuri__", Reason.OWN_ADDRESS, True),
    ("globalsettings__attachment__", Reason.FOLDER, True),
    ("globalsettings__send__", Reason.FOLDER, True),
    ("globalsettings__licensedirectory", Reason.FOLDER, True),
    ("globalsettings__logdirectory", Reason.FOLDER, True),
    ("globalsettings__logrollbysizelimit", Reason.FOLDER, True),
    ("globalsettings__mail__", Reason.MAILBOX, True),
    ("globalsettings__databaseprovider", Reason.DATABASE, True),
    ("globalsettings__sqlserver__", Reason.DATABASE, False),
    ("globalsettings__postgresql__", Reason.DATABASE, False),
    ("globalsettings__mysql__", Reason.DATABASE, False),
    ("globalsettings__sqlite__", Reason.DATABASE, False),
    ("globalsettings__", Reason.OTHER_SERVICE, False),
    ("adminsettings__", Reason.OTHER_SERVICE, False),
    ("bw_domain", Reason.OWN_ADDRESS, True),
    ("bw_db_", Reason.DATABASE, False),
    ("bw_", Reason.CONTAINER, True),
)
"""Beginning of a key in lower case -> why it counts for nothing, and whether its value may be shown; first one wins."""
_CONTAINER = frozenset(
    "local_uid local_gid puid pgid tz mssql_pid accept_eula aspnetcore_environment ssl_cert_dir ssl_cert_file".split()  # noqa: SIM905
)
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})
_WORD = re.compile(r"[A-Za-z .-]{0,8}")
_PERSON = re.compile(r"[^\s@]+@[^\s@]+")
_ADDRESS = re.compile(r"([a-z]{1,8}:/{0,2})?[a-z0-9_-]+(\.[a-z0-9_-]+)*(:\d{1,5})?(/[a-z_-]{0,15})*", re.I)
_NAME = re.compile(
    r"#?\s*((globalSettings|adminSettings|wardenloop)__\w{1,200}|BW_[A-Z_]{1,40}|(https?|no|all)_proxy|[A-Z]+(_[A-Z0-9]+)+|TZ)",
    re.ASCII,
)
_MISSPELT = re.compile(r"(global|admin)[_-]?settings?[\w:.-]{0,200}", re.ASCII | re.IGNORECASE)
_ANOTHER_LINE = re.compile(r"(globalSettings|adminSettings)__\w+\s*=|\bBW_[A-Z_]+=", re.IGNORECASE)


def holds_another_line(value: str) -> bool:
    """Whether a value looks as if further lines had been pasted into it."""
    return _ANOTHER_LINE.search(value) is not None


def may_be_named(key: str) -> bool:
    """Whether what stands before the `=` is a setting's name; anything else may be a part of a secret."""
    return (_NAME.fullmatch(key) or _MISSPELT.fullmatch(key)) is not None


def is_credential(key: str) -> bool:
    """Whether a name sounds like that of a secret, or of half of one."""
    return _CREDENTIAL.search(key) is not None


def judge(key: str, value: str) -> Judgement:
    """What becomes of a setting by its name, as an environment variable is called, and its value."""
    name = key.lower()
    if name in _INSTALLATION:
        return Judgement(Verdict.TAKEN, Reason.INSTALLATION, shown=_showable(value))
    if is_credential(name) or _carries_login(value):
        placeholder = not has_value(value)
        return Judgement(Verdict.IGNORED if placeholder else Verdict.SECRET, _of_secret(placeholder=placeholder))
    if holds_another_line(value):
        return Judgement(Verdict.IGNORED, Reason.PASTED)
    if name in _CLOUD:
        return Judgement(Verdict.TAKEN, Reason.CLOUD, shown=_is_shaped(name, value.strip()))
    if name in _SETTINGS or name.startswith("wardenloop__"):
        return Judgement(Verdict.TAKEN, Reason.SETTING, shown=name in _SETTINGS and _is_shaped(name, value.strip()))
    if name in _PROXIES:
        return Judgement(Verdict.IGNORED, Reason.PROXY, shown=True)
    if name in _CONTAINER:
        return Judgement(Verdict.IGNORED, Reason.CONTAINER, shown=True)
    for beginning, reason, shown in _PREFIXES:
        if name.startswith(beginning):
            return Judgement(Verdict.IGNORED, reason, shown)
    return Judgement(Verdict.IGNORED, Reason.UNKNOWN)


def _is_shaped(name: str, value: str) -> bool:
    """Whether a value looks like what belongs there; anything else may be a secret that slipped into the wrong line."""
    if name in _WORDS:
        return _WORD.fullmatch(value) is not None
    if name in _PEOPLE:
        return all(_PERSON.fullmatch(each.strip()) for each in value.split(",") if each.strip())
    return _ADDRESS.fullmatch(value) is not None and ("." in value or "localhost" in value.lower())


def _of_secret(*, placeholder: bool) -> Reason:
    return Reason.PLACEHOLDER if placeholder else Reason.REPLACED


def _showable(value: str) -> bool:
    """The id's place may hold the key, or four lines."""
    return re.fullmatch(r"[0-9a-fA-F{}()\s-]*", value) is not None


def _carries_login(value: str) -> bool:
    """A URL with a user and a password, or only one of them, before its host."""
    try:
        return "@" in urlsplit(value.strip()).netloc
    except ValueError:
        return "@" in value
