"""Events as the two wires tell them."""

from common.domains.events.service import Event, Page
from common.wire.base import ListAnswer
from common.wire.events import EventAnswer, EventPage, PublicEvent


def event(row: Event) -> EventAnswer:
    """An event."""
    return EventAnswer(
        type=row.type,
        user_id=row.user_id,
        organization_id=row.organization_id,
        cipher_id=row.cipher_id,
        collection_id=row.collection_id,
        group_id=row.group_id,
        policy_id=row.policy_id,
        organization_user_id=row.member_id,
        acting_user_id=row.acting_user_id,
        installation_id=row.installation_id,
        date=row.date,
        device_type=row.device_type,
        ip_address=row.ip_address,
        system_user=row.system_user,
    )


def page(found: Page) -> ListAnswer:
    """A page of events."""
    return ListAnswer(data=[event(each).wire() for each in found.events], continuation_token=found.token)


def public_event(row: Event) -> PublicEvent:
    """An event of the Public API."""
    return PublicEvent(
        type=row.type,
        item_id=row.cipher_id,
        collection_id=row.collection_id,
        group_id=row.group_id,
        policy_id=row.policy_id,
        member_id=row.member_id,
        acting_user_id=row.acting_user_id,
        installation_id=row.installation_id,
        date=row.date,
        device=row.device_type,
        ip_address=row.ip_address,
    )


def public_page(found: Page) -> EventPage:
    """A page of the Public API's events."""
    return EventPage(data=[public_event(each) for each in found.events], continuation_token=found.token)
