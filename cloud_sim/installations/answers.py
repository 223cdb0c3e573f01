"""Installations as the wire tells them."""

from cloud_sim.installations.models import Installation
from common.wire.installations import InstallationAnswer


def installation(row: Installation, *, with_key: bool = False) -> InstallationAnswer:
    """An installation; its key only when it has just been made."""
    return InstallationAnswer(id=row.id, key=row.key if with_key else None, enabled=row.enabled)
