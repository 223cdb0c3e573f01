"""The kinds of events, how long a page of them is and where the next one begins. Pure.

Source: src/Core/Dirt/Enums/{EventType,EventSystemUser}.cs, src/Infrastructure.Dapper/Dirt/Repositories/
EventRepository.cs, src/Core/Models/Data/PageOptions.cs; fidelity.md: events.log.
"""

from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

from common.errors import bad_request

PAGE_SIZE = 50
LONGEST_RANGE = timedelta(days=367)
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_TICKS = 10
_MOST_DIGITS = 19


class Kind(IntEnum):
    """What was done, as far as it can be done here."""

    USER_LOGGED_IN = 1000
    USER_CHANGED_PASSWORD = 1001
    USER_UPDATED_2FA = 1002
    USER_DISABLED_2FA = 1003
    USER_RECOVERED_2FA = 1004
    USER_FAILED_LOG_IN = 1005
    USER_FAILED_LOG_IN_2FA = 1006
    CIPHER_CREATED = 1100
    CIPHER_UPDATED = 1101
    CIPHER_DELETED = 1102
    CIPHER_SHARED = 1105
    CIPHER_UPDATED_COLLECTIONS = 1106
    CIPHER_SOFT_DELETED = 1115
    CIPHER_RESTORED = 1116
    COLLECTION_CREATED = 1300
    COLLECTION_UPDATED = 1301
    COLLECTION_DELETED = 1302
    GROUP_CREATED = 1400
    GROUP_UPDATED = 1401
    GROUP_DELETED = 1402
    MEMBER_INVITED = 1500
    MEMBER_CONFIRMED = 1501
    MEMBER_UPDATED = 1502
    MEMBER_REMOVED = 1503
    MEMBER_UPDATED_GROUPS = 1504
    MEMBER_REVOKED = 1511
    MEMBER_RESTORED = 1512
    MEMBER_LEFT = 1516
    MEMBER_REVOKED_FOR_TWO_FACTOR = 1520
    MEMBER_REVOKED_FOR_SINGLE_ORGANIZATION = 1521
    ORGANIZATION_UPDATED = 1600
    ORGANIZATION_PURGED_VAULT = 1601
    ORGANIZATION_ENABLED_SSO = 1604
    ORGANIZATION_DISABLED_SSO = 1605
    ORGANIZATION_ENABLED_KEY_CONNECTOR = 1606
    ORGANIZATION_DISABLED_KEY_CONNECTOR = 1607
    SPONSORSHIPS_SYNCED = 1608
    LIMIT_COLLECTION_CREATION_ENABLED = 1610
    LIMIT_COLLECTION_CREATION_DISABLED = 1611
    LIMIT_COLLECTION_DELETION_ENABLED = 1612
    LIMIT_COLLECTION_DELETION_DISABLED = 1613
    LIMIT_ITEM_DELETION_ENABLED = 1614
    LIMIT_ITEM_DELETION_DISABLED = 1615
    ADMIN_ACCESS_TO_ALL_ITEMS_ENABLED = 1616
    ADMIN_ACCESS_TO_ALL_ITEMS_DISABLED = 1617
    POLICY_UPDATED = 1700


class SystemUser(IntEnum):
    """Who acts where no person does."""

    PUBLIC_API = 3


class Place(NamedTuple):
    """Where a page ends: the next one has what is older. number: of the event, where others are of the same moment."""

    date: datetime
    number: int | None = None


def token_of(place: Place) -> str:
    """As the pages' reader gets it: .NET's ticks of the moment, which is all that upstream's databases tell.

    A moment of which the page has not all is followed by the event's number: upstream loses those.
    """
    ticks = (place.date - _FIRST) // timedelta(microseconds=1) * _TICKS
    return f"{ticks}" if place.number is None else f"{ticks}:{place.number}"


def place_of(token: str | None) -> Place | None:
    """The other way round; what no page of ours has told counts as no token, as upstream passes over it."""
    ticks, _, number = (token or "").partition(":")
    if not _is_number(ticks) or (number and not _is_number(number)):
        return None
    try:
        return Place(_FIRST + timedelta(microseconds=int(ticks) // _TICKS), int(number) if number else None)
    except OverflowError:
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def date_range(
    start: datetime | None, end: datetime | None, now: datetime, too_large: str = "Range too large."
) -> tuple[datetime, datetime]:
    """The moments between which events are told: thirty days unless both are said. Raises 400 for more than 367 days.

    Source: src/Api/Utilities/ApiHelpers.cs, src/Api/Dirt/Public/Models/EventFilterRequestModel.cs.
    """
    if start is None or end is None:
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        start, end = today - timedelta(days=30), today + timedelta(days=1, milliseconds=-1)
    start, end = min(start, end), max(start, end)
    if end - start > LONGEST_RANGE:
        raise bad_request(too_large, rule="events.range")
    return start, end
