"""What of a configuration would leave this machine on a real server, and what becomes of it here.

People bring their own `global.override.env`: they are told in the output of start, in the log and in the portal. So is
what a real server would take without a word and then fail over.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from common.configuration.known import is_credential
from common.configuration.proxies import Proxies, Proxy
from common.configuration.values import has_value
from common.server.destinations import is_this_machine
from selfhost.deployment.authorities import own_authorities
from selfhost.deployment.configuration import SelfHostSettings

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
    return is_credential(name)


def foreign_proxies(proxies: Proxies) -> list[Proxy]:
    """Those that are not on this machine, each once."""
    found = dict.fromkeys(filter(None, (proxies.https, proxies.http)))
    return [proxy for proxy in found if not is_this_machine(proxy.host)]


def notices(settings: SelfHostSettings) -> list[str]:
    """One line for each thing that stays here; no line holds a secret."""
    return [
        *_of_mail(settings),
        *_of_addresses(settings),
        *_of_proxies(settings),
        *_of_credentials(settings),
        *_of_authorities(settings),
    ]


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
    written = {
        "globalSettings__installation__identityUri": settings.installation_identity_uri,
        "globalSettings__installation__apiUri": settings.installation_api_uri,
        "globalSettings__pushRelayBaseUri": settings.push_relay_base_uri,
    }
    return [
        f"{name} leads to {urlsplit(url).hostname}, not on this machine: it is not contacted."
        for name, url in addresses.items()
        if url is not None and settings.destinations.leads_outside(url)
    ] + [
        f"{name}={url} has a path without a final slash: the server glues what it asks for behind it as text."
        for name, url in written.items()
        if url is not None and urlsplit(url).path and not url.endswith("/")
    ]


def _of_proxies(settings: SelfHostSettings) -> list[str]:
    """Without what may stand before the `@`."""
    return [
        f"{proxy.variable}={proxy.host} is not on this machine: it is not contacted; clouds are reached without."
        for proxy in foreign_proxies(settings.simulator.proxies)
    ]


def _of_authorities(settings: SelfHostSettings) -> list[str]:
    """Source: update-ca-certificates of Debian, whose words they are."""
    return [
        f"{path}: rehash: {path.name} does not contain exactly one certificate or CRL: skipping. It has to be PEM; "
        f"openssl x509 -inform der -in {path.name} -out pem.crt makes it that."
        for path in own_authorities(settings.simulator.data_directory).left_out
    ]


def _of_credentials(settings: SelfHostSettings) -> list[str]:
    names = unused_credentials(settings)
    return [f"Credentials of other services, not used here: {', '.join(names)}."] if names else []
