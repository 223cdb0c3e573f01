"""Bodies of the organization connections.

Source: src/Api/AdminConsole/Models/Request/Organizations/OrganizationConnectionRequestModel.cs;
fidelity.md: billing-sync.connection.
"""

from typing import Any, ClassVar
from uuid import UUID

from common.wire.base import WireModel, WireRequest
from common.wire.fields import EnumNumber, Guid


class ConnectionSave(WireRequest):
    """What a connection shall be; `config` is judged later, with a text of its own."""

    argument: ClassVar[str] = "model"

    type: EnumNumber = 0
    organization_id: Guid = UUID(int=0)
    enabled: bool = False
    config: Any = None


class ConnectionResponse(WireModel):
    """A connection, or with all defaults that there is none. `config` is the stored object as it is."""

    id: UUID | None = None
    type: int = 0
    organization_id: UUID = UUID(int=0)
    enabled: bool = False
    config: dict[str, Any] | None = None
