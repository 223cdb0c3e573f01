"""What a self-hosted server is told about its installation. Pure.

Source: the user's documents; fidelity.md: pages.own.
"""

from uuid import UUID

_EU = (
    "globalSettings__baseServiceUri__cloudRegion=EU",
    "globalSettings__installation__identityUri=https://identity.bitwarden.eu",
    "globalSettings__installation__apiUri=https://api.bitwarden.eu",
    "globalSettings__pushRelayBaseUri=https://push.bitwarden.eu",
)


def environment_lines(installation_id: UUID, key: str, region: str) -> str:
    """The lines of `global.override.env`: id and key, and what servers linked to the EU need besides."""
    own = (f"globalSettings__installation__id={installation_id}", f"globalSettings__installation__key={key}")
    return "\n".join((*own, *(_EU if region == "EU" else ())))
