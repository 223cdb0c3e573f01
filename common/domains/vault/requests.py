"""Bodies of items as the vault takes them."""

from common.domains.vault.rules import ItemContent
from common.wire import vault as wire


def content_of(sent: wire.CipherRequest) -> ItemContent:
    """An item as it was sent."""
    return ItemContent(
        type=sent.type,
        data=sent.kept,
        organization_id=sent.organization_id,
        folder_id=sent.folder_id,
        favorite=sent.favorite,
        reprompt=sent.reprompt or 0,
        key=sent.key,
        encrypted_for=sent.encrypted_for,
        last_known_revision=sent.last_known_revision_date,
    )
