"""The simulator's DNS: which host answers where an official name of Bitwarden is configured."""

from collections.abc import Mapping
from urllib.parse import urlsplit

_OFFICIAL_DOMAINS = ("bitwarden.com", "bitwarden.eu", "bitwarden.net", "bitwarden-gov.com")
_NOT_SIMULATED = "not-simulated.invalid"  # .invalid never resolves (RFC 2606)


def resolve_host(uri: str, hosts: Mapping[str, str], *, contact_real: bool = False) -> str:
    """The simulator's DNS: `uri` with an official host replaced by the base URL of its stand-in, with a final slash.

    An official host without stand-in becomes a name that cannot be resolved, as behind a firewall, so that no mistake
    reaches the internet; contact_real leaves official hosts alone.
    """
    parts = urlsplit(uri)
    host = (parts.hostname or "").rstrip(".")
    path = parts.path.strip("/")
    if contact_real and _is_official(host):
        return _with_slash(uri)
    if host in hosts and parts.port in (None, 80, 443):
        return _with_slash(_with_slash(hosts[host]) + path)
    if _is_official(host):
        return _with_slash(f"{parts.scheme}://{host}.{_NOT_SIMULATED}/{path}")
    return _with_slash(uri)


def _is_official(host: str) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in _OFFICIAL_DOMAINS)


def _with_slash(uri: str) -> str:
    return uri if uri.endswith("/") else uri + "/"
