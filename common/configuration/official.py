"""Names that belong to Bitwarden, and of which region they are.

Source: src/Core/Settings/CloudRegionConfig.cs; fidelity.md: deployment.settings.
"""

from collections.abc import Mapping

REGIONS: Mapping[str, str] = {"US": "bitwarden.com", "EU": "bitwarden.eu"}
"""Region -> the domain of its services."""

_SERVICES = {"installation__identityUri": "identity", "installation__apiUri": "api", "pushRelayBaseUri": "push"}

OFFICIAL_DOMAINS = ("bitwarden.com", "bitwarden.eu", "bitwarden.net", "bitwarden-gov.com")


def is_official(host: str) -> bool:
    """Whether a name belongs to Bitwarden, whatever is behind it."""
    return any(host == domain or host.endswith("." + domain) for domain in OFFICIAL_DOMAINS)


def official_region(host: str) -> str | None:
    """`US` or `EU` for a name below the domain of that region's services; None for others, the government's too."""
    return next((region for region, domain in REGIONS.items() if host == domain or host.endswith(f".{domain}")), None)


def addresses_of(region: str) -> dict[str, str]:
    """The lines that lead an instance to a region's services; without them it asks those of the US."""
    return {f"globalSettings__{name}": f"https://{service}.{REGIONS[region]}" for name, service in _SERVICES.items()}
