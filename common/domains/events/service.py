"""Writing events down, in the transaction of what they tell of, and reading them, a page at a time.

Source: src/Core/Dirt/Services/Implementations/EventService.cs; fidelity.md: events.log.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from common.domains.events.models import Event as Event
from common.domains.events.rules import PAGE_SIZE, Kind, Place, SystemUser, place_of, token_of
from common.server.acting import acting
from common.server.context import Context

_TABLE: sa.Table = Event.__table__  # type: ignore[assignment]


class Object(NamedTuple):
    """To whom or what it was done. user_id: the account of the member."""

    member_id: UUID | None = None
    user_id: UUID | None = None
    group_id: UUID | None = None
    collection_id: UUID | None = None
    policy_id: UUID | None = None
    cipher_id: UUID | None = None


def record(
    ctx: Context,
    organization_id: UUID,
    kind: Kind,
    objects: Iterable[Object] = (Object(),),
    *,
    system_user: SystemUser | None = None,
    with_installation: bool = False,
) -> None:
    """Write an event into an organization's log for each object (one statement however many)."""
    actor = acting()
    installation_id = actor.installation_id if with_installation else None
    same = {
        "date": ctx.clock.now(),
        "type": kind,
        "organization_id": organization_id,
        "acting_user_id": actor.user_id,
        "installation_id": installation_id,
        "device_type": actor.device_type,
        "ip_address": actor.address,
        "system_user": system_user,
    }
    rows = [same | each._asdict() for each in objects]
    if rows:
        ctx.session.execute(sa.insert(_TABLE), rows)


def record_user(ctx: Context, user_id: UUID, kind: Kind) -> None:
    """Write what happened to an account into the user's own log and that of each organization that keeps it (two
    statements)."""
    actor = acting()
    same = {
        "date": ctx.clock.now(),
        "type": kind,
        "user_id": user_id,
        "acting_user_id": user_id,
        "device_type": actor.device_type,
        "ip_address": actor.address,
    }
    logs = (None, *ctx.keepers_of_log(ctx, user_id))
    ctx.session.execute(sa.insert(_TABLE), [same | {"organization_id": each} for each in logs])


class Page(NamedTuple):
    """Events, the newest first. token: for the next page, None = there is none."""

    events: Sequence[Event]
    token: str | None


class Span(NamedTuple):
    """Between which moments, and the token of the page before, None = from the newest on."""

    start: datetime
    end: datetime
    token: str | None = None


def of_organization(ctx: Context, organization_id: UUID, span: Span) -> Page:
    """What stands in an organization's log (one statement, as all of these)."""
    return _page(ctx, span, Event.organization_id == organization_id)


def of_acting_user(ctx: Context, organization_id: UUID, user_id: UUID, span: Span) -> Page:
    """What a user did in an organization."""
    return _page(ctx, span, Event.organization_id == organization_id, Event.acting_user_id == user_id)


def of_user(ctx: Context, user_id: UUID, span: Span) -> Page:
    """A user's own log."""
    return _page(ctx, span, Event.organization_id.is_(None), Event.acting_user_id == user_id)


def of_cipher(ctx: Context, organization_id: UUID | None, cipher_id: UUID, span: Span) -> Page:
    """What was done with an item."""
    return _page(ctx, span, Event.organization_id == organization_id, Event.cipher_id == cipher_id)


def all_of_organization(
    ctx: Context, organization_id: UUID, since: datetime | None = None, until: datetime | None = None
) -> list[Event]:
    """Everything in an organization's log, the oldest first. since, until: not before, and before these moments."""
    query = sa.select(Event).where(Event.organization_id == organization_id)
    if since is not None:
        query = query.where(Event.date >= since)
    if until is not None:
        query = query.where(Event.date < until)
    return list(ctx.session.scalars(query.order_by(Event.date, Event.number)))


def _page(ctx: Context, span: Span, *conditions: sa.ColumnElement[bool]) -> Page:
    query = sa.select(Event).where(*conditions, Event.date >= span.start, _older(span))
    query = query.order_by(Event.date.desc(), Event.number.desc()).limit(PAGE_SIZE + 1)
    found = list(ctx.session.scalars(query))
    shown = found[:PAGE_SIZE]
    if len(shown) < PAGE_SIZE:
        return Page(shown, None)
    last = shown[-1]
    goes_on = len(found) > PAGE_SIZE and found[-1].date == last.date
    return Page(shown, token_of(Place(last.date, last.number if goes_on else None)))


def _older(span: Span) -> sa.ColumnElement[bool]:
    """Than the page before; the end counts for the first page only."""
    place = place_of(span.token)
    if place is None:
        return Event.date <= span.end
    if place.number is None:
        return Event.date < place.date
    return sa.or_(Event.date < place.date, sa.and_(Event.date == place.date, Event.number < place.number))
