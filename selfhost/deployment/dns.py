"""The simulator's DNS: which host answers where an official name of Bitwarden is configured."""

from collections.abc import Mapping
from urllib.parse import urlsplit

OFFICIAL_DOMAINS = ("bitwarden.com", "bitwarden.eu", "bitwarden.net", "bitwarden-gov.com")


def resolve_host(uri: str, hosts: Mapping[str, str], *, contact_real: bool = False) -> str:
    """The simulator's DNS: `uri` with an official host replaced by the base URL of its stand-in, with a final slash.

    A host without stand-in stays as it is: whoever connects asks common.server.destinations first, and leaves it alone.
    contact_real: so do official hosts with one.
    """
    parts = urlsplit(uri)
    host = (parts.hostname or "").rstrip(".")
    path = parts.path.strip("/")
    if contact_real and _is_official(host):
        return _with_slash(uri)
    if host in hosts and parts.port in (None, 80, 443):
        return _with_slash(_with_slash(hosts[host]) + path)
    return _with_slash(uri)


def _is_official(host: str) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in OFFICIAL_DOMAINS)


def _with_slash(uri: str) -> str:
    return uri if uri.endswith("/") else uri + "/"
