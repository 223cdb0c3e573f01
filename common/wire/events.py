"""Events of an organization. Source: src/Api/Dirt/Models/Response/EventResponseModel.cs; fidelity.md: clients.pages."""

from uuid import UUID

from common.wire.base import WireDate, WireModel


class OrganizationEventAnswer(WireModel):
    """Something that happened. type: number of upstream's EventType."""

    type: int
    user_id: None = None
    organization_id: UUID
    provider_id: None = None
    cipher_id: None = None
    collection_id: None = None
    group_id: None = None
    policy_id: None = None
    organization_user_id: None = None
    provider_user_id: None = None
    provider_organization_id: None = None
    acting_user_id: None = None
    installation_id: UUID | None
    date: WireDate
    device_type: None = None
    ip_address: None = None
    system_user: None = None
    domain_name: None = None
    secret_id: None = None
    project_id: None = None
    service_account_id: None = None
    granted_service_account_id: None = None
    send_id: None = None
    object: str = "event"
