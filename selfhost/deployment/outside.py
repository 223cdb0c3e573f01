"""What of a configuration would leave this machine on a real server, and what becomes of it here.

People bring their own `global.override.env`: they are told in the output of start, in the log and in the portal.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from common.server.destinations import is_this_machine
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.deployment.values import has_value

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_CREDENTIAL = re.compile(
    r"(password|passphrase|secret|token|dsn|connectionstring|username|clientid|key|(access|api|private)key(id|secret)?)"
    r"(__\d+)?$",
    re.IGNORECASE,
)
_MAIL_LOGIN = ("globalsettings__mail__smtp__username", "globalsettings__mail__smtp__password")
_EVERY_INSTALLATION = frozenset(
    f"globalsettings__{name}"
    for name in (
        "installation__key",  # the simulated cloud's own, and in use
        "identityserver__certificatepassword",
        "internalidentitykey",
        "oidcidentityclientkey",
        "duo__akey",
    )
)
"""Made at random by every installation. Source: util/Setup/EnvironmentFileBuilder.cs."""
_BUILT_IN_DATABASE = re.compile(r"Data Source=(tcp:)?mssql\b", re.IGNORECASE)


def foreign_credentials(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the settings that hold secrets of other services, the mail server's among them."""
    return tuple(name for name, value in environment.items() if _is_credential(name.lower(), value))


def unused_credentials(settings: SelfHostSettings) -> list[str]:
    """Those of them that nothing uses: all but the login at a mail server that is really asked."""
    way = settings.mail_way
    asked = way is not None and way.replaced is None
    return [name for name in settings.simulator.foreign_credentials if not (asked and name.lower() in _MAIL_LOGIN)]


def _is_credential(name: str, value: str) -> bool:
    if not name.startswith("globalsettings__") or name in _EVERY_INSTALLATION or not has_value(value):
        return False
    if name == "globalsettings__sqlserver__connectionstring" and _BUILT_IN_DATABASE.search(value):
        return False
    return _CREDENTIAL.search(name) is not None


def foreign_proxies(environment: Mapping[str, str]) -> tuple[str, ...]:
    """`HTTPS_PROXY=host` for each proxy that is not on this machine, without what may stand before its `@`."""
    found = []
    for name, value in environment.items():
        if name.lower() in _PROXIES and value.strip():
            host = urlsplit(value if "://" in value else f"//{value}").hostname or ""
            if not is_this_machine(host):
                found.append(f"{name}={host}")
    return tuple(found)


def notices(settings: SelfHostSettings) -> list[str]:
    """One line for each thing that stays here; no line holds a secret."""
    return [*_of_mail(settings), *_of_addresses(settings), *_of_proxies(settings), *_of_credentials(settings)]


def _of_mail(settings: SelfHostSettings) -> list[str]:
    way = settings.mail_way
    if way is None:
        return []
    if settings.sends_real_mail:
        return [f"wardenloop__dangerouslySendRealMail=true: mail really leaves through {way.server.host}."]
    if way.replaced is None:
        return []
    instead = (
        f"the built-in mailbox takes every mail instead ({settings.simulator.mailbox_url or way.server.host})"
        if settings.simulator.mailbox_smtp
        else "every mail is refused, because no built-in mailbox is known (wardenloop__mailboxSmtp=host:port)"
    )
    return [
        f"globalSettings__mail__smtp__host={way.replaced} is not on this machine: {instead}. "
        "wardenloop__dangerouslySendRealMail=true would send real mail."
    ]


def _of_addresses(settings: SelfHostSettings) -> list[str]:
    addresses = {
        "globalSettings__installation__identityUri": settings.cloud_identity_url,
        "globalSettings__installation__apiUri": settings.cloud_api_url,
        "globalSettings__pushRelayBaseUri": settings.push_relay_url,
    }
    return [
        f"{name} leads to {urlsplit(url).hostname}, not on this machine: it is not contacted."
        for name, url in addresses.items()
        if url is not None and settings.destinations.leads_outside(url)
    ]


def _of_proxies(settings: SelfHostSettings) -> list[str]:
    return [f"{proxy} is not on this machine: it is not contacted." for proxy in settings.simulator.foreign_proxies]


def _of_credentials(settings: SelfHostSettings) -> list[str]:
    names = unused_credentials(settings)
    return [f"Credentials of other services, not used here: {', '.join(names)}."] if names else []
