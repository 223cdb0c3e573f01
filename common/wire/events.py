"""Events. Source: src/Api/Dirt/Models/Response/EventResponseModel.cs; fidelity.md: events.log."""

from uuid import UUID

from common.wire.base import WireDate, WireModel


class EventAnswer(WireModel):
    """Something that was done. type: number of upstream's EventType. What cannot be done here is always None."""

    type: int
    user_id: UUID | None
    organization_id: UUID | None
    provider_id: None = None
    cipher_id: UUID | None
    collection_id: UUID | None
    group_id: UUID | None
    policy_id: UUID | None
    organization_user_id: UUID | None
    provider_user_id: None = None
    provider_organization_id: None = None
    acting_user_id: UUID | None
    installation_id: UUID | None
    date: WireDate
    device_type: int | None
    ip_address: str | None
    system_user: int | None
    domain_name: None = None
    secret_id: None = None
    project_id: None = None
    service_account_id: None = None
    granted_service_account_id: None = None
    send_id: None = None
    object: str = "event"


class EventPage(WireModel):
    """A page of the Public API's events. Source: src/Api/Models/Public/Response/PagedListResponseModel.cs."""

    object: str = "list"
    data: list["PublicEvent"]
    continuation_token: str | None


class PublicEvent(WireModel):
    """An event. type: number of upstream's EventType. Source: src/Api/Dirt/Public/Models/EventResponseModel.cs."""

    object: str = "event"
    type: int
    item_id: UUID | None
    collection_id: UUID | None
    group_id: UUID | None
    policy_id: UUID | None
    member_id: UUID | None
    acting_user_id: UUID | None
    installation_id: UUID | None
    date: WireDate
    device: int | None
    ip_address: str | None
    secret_id: None = None
    project_id: None = None
    service_account_id: None = None
