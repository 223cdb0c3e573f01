"""The simulator's DNS: which host answers where an official name of Bitwarden is configured."""

from collections.abc import Mapping
from urllib.parse import urlsplit

_REGIONS = {"US": "bitwarden.com", "EU": "bitwarden.eu"}
OFFICIAL_DOMAINS = ("bitwarden.com", "bitwarden.eu", "bitwarden.net", "bitwarden-gov.com")


def resolve_host(uri: str, hosts: Mapping[str, str], *, contact_real: bool = False) -> str:
    """The simulator's DNS: `uri` with an official host replaced by the base URL of its stand-in, with a final slash.

    A host without stand-in stays as it is: whoever connects asks common.server.destinations first, and leaves it alone.
    contact_real: so do official hosts with one.
    """
    return _with_slash(resolve_url(uri, hosts, contact_real=contact_real))


def resolve_url(url: str, hosts: Mapping[str, str], *, contact_real: bool = False) -> str:
    """The same for a whole address: what stands behind the host goes behind the stand-in's base, letter by letter."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if contact_real and is_official(host):
        return url
    if host in hosts and parts.port in (None, 80, 443):
        query = f"?{parts.query}" if parts.query else ""
        return _with_slash(hosts[host]) + parts.path.removeprefix("/") + query
    return url


def glued(base: str, path: str) -> str:
    """A path behind a base URI as upstream glues them: as text, so a base with a path needs its own final slash.

    Source: src/Core/Services/Implementations/BaseIdentityClientService.cs; fidelity.md: cloud.client.
    """
    return (base if urlsplit(base).path else f"{base}/") + path


def is_official(host: str) -> bool:
    """Whether a name belongs to Bitwarden, whatever is behind it."""
    return any(host == domain or host.endswith("." + domain) for domain in OFFICIAL_DOMAINS)


def official_region(host: str) -> str | None:
    """`US` or `EU` for a name below the domain of that region's services; None for others, the government's too."""
    return next((region for region, domain in _REGIONS.items() if host == domain or host.endswith(f".{domain}")), None)


def _with_slash(uri: str) -> str:
    return uri if uri.endswith("/") else uri + "/"
