"""HTTP of event logs: an organization's, one member's, one item's, a user's own, and the Public API's.

Source: src/Api/Dirt/Controllers/EventsController.cs, src/Api/Dirt/Public/Controllers/EventsController.cs;
fidelity.md: events.log.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from flask import Blueprint, Response

from common.domains.events import service as events
from common.domains.events.rules import date_range
from common.domains.events.service import Page, Span
from common.domains.organizations import rules
from common.domains.organizations.service import find_member, require_standing
from common.domains.reporting import answers
from common.domains.vault.service import find_cipher
from common.errors import not_found
from common.server import policy
from common.server.app import context
from common.server.body import answer, query_moment, query_optional_guid, query_text
from common.server.operation import Rows, operation
from common.wire.events import EventAnswer, EventPage

PUBLIC_TOO_LARGE = "Date range must be < 367 days."
QUERY = ["start", "end", "continuationToken"]
FILTERS = ["actingUserId", "itemId", "secretId", "projectId"]

bp = Blueprint("events", __name__)
public = Blueprint("public_events", __name__, url_prefix="/public")


class _Asked(NamedTuple):
    start: datetime | None
    end: datetime | None
    token: str

    def span(self, too_large: str = "Range too large.") -> Span:
        """Raises 400 for more than 367 days."""
        return Span(*date_range(self.start, self.end, context().clock.now(), too_large), self.token)


def _asked() -> _Asked:
    """What the query says, before anybody's rights are looked at. Raises 400 for what is no date."""
    return _Asked(query_moment("start"), query_moment("end"), query_text("continuationToken"))


def _require_reader(organization_id: UUID) -> None:
    require_standing(context(), organization_id, policy.caller().user, rules.may_read_events)


def _told(found: Page) -> Response:
    return answer(answers.page(found))


@bp.get("/events")
@policy.application
@operation(query=QUERY, answer=Rows(EventAnswer))
def list_own_events() -> Response:
    """What the caller did that stands in no organization's log, the newest first."""
    return _told(events.of_user(context(), policy.caller().user, _asked().span()))


@bp.get("/organizations/<guid:organization_id>/events")
@policy.application
@operation(query=QUERY, answer=Rows(EventAnswer))
def list_events(organization_id: UUID) -> Response:
    """An organization's log, the newest first. 404 without the right."""
    asked = _asked()
    _require_reader(organization_id)
    return _told(events.of_organization(context(), organization_id, asked.span()))


@bp.get("/organizations/<uuid:organization_id>/users/<uuid:member_id>/events")
@policy.application
@operation(query=QUERY, answer=Rows(EventAnswer))
def list_member_events(organization_id: UUID, member_id: UUID) -> Response:
    """What a member did in the organization. 404 without the right, and for an invited one."""
    asked = _asked()
    _require_reader(organization_id)
    member = find_member(context(), organization_id, member_id)
    if member is None or member.user_id is None:
        raise not_found("members.unknown")
    return _told(events.of_acting_user(context(), organization_id, member.user_id, asked.span()))


@bp.get("/ciphers/<guid:cipher_id>/events")
@policy.application
@operation(query=QUERY, answer=Rows(EventAnswer))
def list_item_events(cipher_id: UUID) -> Response:
    """What was done with an item. 404 without the right, and for the item of somebody else."""
    asked, ctx = _asked(), context()
    cipher = find_cipher(ctx, cipher_id)
    if cipher is None:
        raise not_found("vault.item")
    if cipher.organization_id is not None:
        _require_reader(cipher.organization_id)
    elif cipher.user_id != policy.caller().user:
        raise not_found("vault.item")
    return _told(events.of_cipher(ctx, cipher.organization_id, cipher_id, asked.span()))


@public.get("/events")
@policy.public
@operation(query=[*QUERY, *FILTERS], answer=EventPage)
def list_public_events() -> Response:
    """The organization's log, the newest first: all of it, of who acted, or of an item. There are no secrets here."""
    asked = _asked()
    acting, item, secret, project = (query_optional_guid(name) for name in FILTERS)
    span = asked.span(PUBLIC_TOO_LARGE)
    found = _public_page(policy.caller().organization_id, span, acting, item, secret or project)
    return answer(answers.public_page(found))


def _public_page(organization_id: UUID, span: Span, acting: UUID | None, item: UUID | None, other: UUID | None) -> Page:
    ctx = context()
    if acting is not None:
        return events.of_acting_user(ctx, organization_id, acting, span)
    if item is not None:
        cipher = find_cipher(ctx, item)
        known = cipher is not None and cipher.organization_id == organization_id
        return events.of_cipher(ctx, organization_id, item, span) if known else Page((), None)
    return Page((), None) if other is not None else events.of_organization(ctx, organization_id, span)
