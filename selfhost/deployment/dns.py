"""The simulator's DNS: which host answers where an official name of Bitwarden is configured."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from common.configuration.official import is_official


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


def _with_slash(uri: str) -> str:
    return uri if uri.endswith("/") else uri + "/"
