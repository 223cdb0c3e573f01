"""Bodies of /installations. Source: src/Api/Platform/Installations/Models; fidelity.md: cloud.installations."""

from typing import ClassVar
from uuid import UUID

from common.wire.base import Email, WireModel, WireRequest


class InstallationRequest(WireRequest):
    """Who registers; the address is not verified."""

    argument: ClassVar[str] = "model"

    email: Email


class KnownInstallation(InstallationRequest):
    """Who registers, and the id that it has elsewhere."""

    id: UUID


class InstallationSwitch(WireRequest):
    """Whether the installation may get tokens and licences."""

    enabled: bool


class InstallationAnswer(WireModel):
    """The key is null except in the answer that created it."""

    id: UUID
    key: str | None
    enabled: bool
    object: str = "installation"
