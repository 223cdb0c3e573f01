"""What the portal shows of lists, and which addresses belong to which region. Pure."""

from collections.abc import Iterable
from urllib.parse import urlsplit

PAGE = 25
LARGEST_PAGE = 200
"""How many rows a list shows, unless its address says otherwise, and at most."""

_REGION_OF_DOMAIN = {"bitwarden.com": "US", "bitwarden.eu": "EU"}


def check_region(region: str | None, uris: Iterable[str]) -> tuple[str, ...]:
    """The official addresses that belong to another region than `cloudRegion` names (none = US)."""
    expected = (region or "US").strip().upper()
    return tuple(uri for uri in uris if _region_of(uri) not in (None, expected))


def _region_of(uri: str) -> str | None:
    host = urlsplit(uri).hostname or ""
    return next((region for domain, region in _REGION_OF_DOMAIN.items() if host.endswith(domain)), None)
