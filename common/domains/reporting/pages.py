"""The event log of an organization: between two moments, a page at a time, and as a file.

Source: bitwarden/clients, apps/web/src/app/admin-console/organizations/manage/events.component.ts; fidelity.md:
events.page.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from flask import Response, request
from flask.typing import ResponseReturnValue

from common.domains.accounts.service import User, find_users
from common.domains.events import service as events
from common.domains.events.rules import SystemUser, date_range
from common.domains.events.service import Event, Span
from common.domains.organizations import rules
from common.domains.organizations.models import Organization
from common.domains.organizations.service import require_console
from common.domains.reporting.rules import WORDS, Word, cell, client_word, short
from common.errors import Refusal
from common.server import policy
from common.server.app import context
from common.server.operation import page
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render
from common.ui.visit import visit

PREFIX = "/organizations/<uuid:organization_id>/reporting/events"
SYSTEM_USERS = {SystemUser.PUBLIC_API: "PublicApi"}
COLUMNS = ("message", "appName", "userId", "userName", "userEmail", "date", "ip", "type")
_MINUTE = timedelta(minutes=1)

bp = page_blueprint("events_pages", __name__)


class Shown(NamedTuple):
    """An event in words. client: of which kind. who: name of who acted, address: where they did."""

    date: datetime
    type: int
    client: str
    address: str
    user_id: UUID | None
    who: str
    email: str
    text: str
    about: str


@bp.get(PREFIX)
@policy.page(signed_in)
@page(query=["start", "end", "continuationToken"])
def show_events(organization_id: UUID) -> ResponseReturnValue:
    """The newest first, fifty of them."""
    organization = _organization(organization_id)
    wrong, start, end = _dates()
    span = Span(start, end + _MINUTE - timedelta(milliseconds=1), request.args.get("continuationToken"))
    found = events.Page((), None) if wrong else events.of_organization(context(), organization_id, span)
    return render(
        "reporting/events.html",
        organization=organization,
        events=_in_words(found.events),
        token=found.token,
        start=f"{start:%Y-%m-%dT%H:%M}",
        end=f"{end:%Y-%m-%dT%H:%M}",
        wrong=wrong,
    )


@bp.get(f"{PREFIX}/export")
@policy.page(signed_in)
@page(query=["start", "end"])
def export_events(organization_id: UUID) -> ResponseReturnValue:
    """All events between two moments, one a line."""
    _organization(organization_id)
    _, start, end = _dates()
    found = events.all_of_organization(context(), organization_id, start, end + _MINUTE)
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    for each in _in_words(reversed(found)):
        values = (each.text, each.client, each.user_id or "", each.who, each.email)
        lines.writerow([*(cell(str(value)) for value in values), each.date.isoformat(), each.address, each.type])
    response = Response(text.getvalue(), mimetype="text/csv")
    name = f"bitwarden_org-events_export_{context().clock.now():%Y%m%d%H%M%S}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _organization(organization_id: UUID) -> Organization:
    return require_console(context(), organization_id, me().id, rules.may_read_events).organization


def _dates() -> tuple[bool, datetime, datetime]:
    """Whether the dates that were sent are none, and those that count: by themselves the last thirty days."""
    now = context().clock.now()
    start, end = (_moment(request.args.get(name, "")) for name in ("start", "end"))
    sent = bool(request.args.get("start") or request.args.get("end"))
    usual = date_range(None, None, now)
    if start is None or end is None:
        return sent, *usual
    try:
        date_range(start, end, now)
    except Refusal:
        return True, start, end
    return end < start, start, end


def _moment(text: str) -> datetime | None:
    """None also for the ends of the calendar, which have nothing before or behind them."""
    try:
        moment = datetime.fromisoformat(text)
        known = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return known if MINYEAR < known.year < MAXYEAR else None


def _in_words(found: Iterable[Event]) -> list[Shown]:
    rows = list(found)
    users = find_users(context(), {row.acting_user_id for row in rows if row.acting_user_id is not None})
    return [_shown(row, users) for row in rows]


def _shown(row: Event, users: Mapping[UUID, User]) -> Shown:
    texts = visit().texts
    key, name = client_word(row.device_type)
    kind, known = texts(key), texts("unknown") if name == "?" else name
    client = texts("x.clientOfKind", kind=kind, name=known) if name else kind
    word = WORDS.get(row.type, Word("unknown"))
    about = getattr(row, word.column) if word.column else None
    text = texts(word.key, id=short(about)) if word.column else texts(word.key)
    who, email = _who(row, users)
    return Shown(
        row.date, row.type, client, row.ip_address or "", row.acting_user_id, who, email, text, str(about or "")
    )


def _who(row: Event, users: Mapping[UUID, User]) -> tuple[str, str]:
    """Name and address of who acted."""
    user = users.get(row.acting_user_id) if row.acting_user_id is not None else None
    if user is not None:
        return user.name or user.email, user.email
    if row.installation_id is not None:
        return visit().texts("x.installation", id=row.installation_id), ""
    return (SYSTEM_USERS[SystemUser(row.system_user)], "") if row.system_user is not None else ("", "")
