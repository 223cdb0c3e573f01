"""GET changes nothing: every route, for whoever may ask, while something is overdue; what is seen is what is saved.

New routes are covered by themselves: the tests go over the app's url_map.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule

from cloud_sim.subscriptions.models import Subscription
from common.domains.accounts.browser_sessions.models import BrowserSession
from common.domains.sponsorships.models import OrganizationSponsorship
from common.enums import ProductTier
from common.plans import sold_plan
from common.server.operation import Operation
from common.server.transaction import db, reader_of
from tests.support.harness import START, Person, Side
from tests.support.jobs import look_for_jobs
from tests.support.portal import ask_for_link, link_in
from tests.support.scenarios import PREMIUM, new_organization
from tests.support.visitor import Visitor

MUST_WRITE = {
    "cloud": {
        "/api/organizations/<uuid:organization_id>/license": "upstream's route; it notes who got a licence",
        "/api/licenses/organization/<guid:organization_id>": "the same; for the page of the subscription",
    },
    "selfhost": {},
}
"""Route -> why its GET changes a row all the same. The links of mails, which prove something, are not followed here."""

CALLERS = ("owner", "member", "installation", "nobody")
YESTERDAY = START - timedelta(days=1)
A_YEAR_BEFORE = YESTERDAY.replace(year=YESTERDAY.year - 1)
OVERDUE = {
    "anchor": A_YEAR_BEFORE,
    "period_start": A_YEAR_BEFORE,
    "period_end": YESTERDAY,
    "next_change_at": YESTERDAY,
}


def change_all(side: Side, table: Any, **values: Any) -> None:
    """Past every route and rule."""
    with side.app.app_context():
        assert db.session.execute(sa.update(table).values(values)).rowcount  # type: ignore[attr-defined]
        db.session.commit()


@contextmanager
def changes(side: Side) -> Iterator[list[str]]:
    """The statements that change something meanwhile."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
        if context is not None and (context.isinsert or context.isupdate or context.isdelete):
            found.append(statement)

    with side.app.app_context():
        engines = (db.engine, reader_of(db.engine))
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", note)


# --- every route


class Walk:
    """Goes over the routes that answer GET, with ids and parameters that mean something."""

    def __init__(self, world: Any) -> None:
        self.side: Side = world.side
        self.callers = [world.callers[name] for name in CALLERS]
        organization, *_ = world.known["organizationid"]
        self.known = world.known | {"userid": [world.owner.user_id], "licenseid": [organization]}

    def routes(self) -> Iterator[tuple[Rule, Operation]]:
        """Those with a described view, which are all but Flask's own."""
        for rule in self.side.app.url_map.iter_rules():
            described = getattr(self.side.app.view_functions[rule.endpoint], "operation", None)
            if described is not None and "GET" in (rule.methods or ()):
                yield rule, described

    def request(self, rule: Rule, described: Operation) -> dict[str, Any]:
        """Of `requests`; a body for the GET that reads one."""
        names = [each if isinstance(each, str) else each.name for each in described.query]
        wanted = [field.alias or name for name, field in described.body.model_fields.items()] if described.body else []
        path = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda name: self.value(name[1]), rule.rule)
        body = {name: self.value(name) for name in wanted if name.lower() in self.known}
        query = {name: self.value(name) for name in names if name.lower() in self.known}
        return {"url": path, "params": query, "json": body or None, "allow_redirects": False}

    def value(self, name: str) -> str:
        """Something that is there, if we know of any."""
        return str(next(iter(self.known.get(name.replace("_", "").lower(), ["0"]))))


def browsers(side: Side, owner: Person) -> list[Visitor]:
    """Of the owner, and on an instance of an administrator."""
    found = [Visitor(side).log_in(owner)]
    if side.app.name == "selfhost":
        ask_for_link(side.new_client())
        found.append(Visitor(side))
        assert found[1].get(link_in(side.mails[-1]).removeprefix(side.base_url)).status_code == 303
    return found


@pytest.mark.sweep
@pytest.mark.parametrize("app", ["cloud", "selfhost"])
def test_get_changes_no_row(app: str, worlds: Callable[[str], Any]) -> None:
    world = worlds(app)
    walk, visitors = Walk(world), browsers(world.side, world.owner)
    if app == "cloud":
        assert world.owner.api.post("/api/account/billing/vnext/subscription", json=PREMIUM).status_code == 200
        change_all(world.side, Subscription, **OVERDUE)
    else:
        look_for_jobs(world.side)  # there is a jobs process
    wrote: dict[str, list[str]] = {}
    good = 0
    for rule, described in walk.routes():
        request = walk.request(rule, described)
        with changes(world.side) as found:
            statuses = {caller.get(**request).status_code for caller in walk.callers}
            statuses |= {
                each.client.get(request["url"], query_string=request["params"]).status_code for each in visitors
            }
        good += bool(statuses & {200, 204})
        if found:
            wrote[rule.rule] = found
    world.restore()
    assert wrote.keys() <= MUST_WRITE[app].keys(), wrote
    assert good > 80, "most routes were served"


@pytest.mark.parametrize("app", ["cloud", "selfhost"])
def test_looking_at_pages_does_not_lengthen_a_session(app: str, worlds: Callable[[str], Any]) -> None:
    world = worlds(app)
    [visitor, *_] = browsers(world.side, world.owner)
    change_all(world.side, BrowserSession, expires_at=START + timedelta(hours=1))
    with changes(world.side) as found:
        assert visitor.get("/settings/account").status_code == 200
    world.restore()
    assert found == []


# --- what is foreseen


@pytest.mark.sweep
def test_what_a_reader_sees_is_what_is_saved_then(worlds: Callable[[str], Any]) -> None:
    """The organization and the premium of its owner end; a sponsorship that was revoked does, with its seat."""
    world = worlds("cloud")
    assert world.owner.api.post("/api/account/billing/vnext/subscription", json=PREMIUM).status_code == 200
    _sponsored_family(world)
    seats = _occupied_seats(world)
    change_all(world.side, Subscription, **OVERDUE, cancel_at=sa.case((Subscription.sponsored, None), else_=YESTERDAY))
    seen = _told(world)
    assert _occupied_seats(world) == seats - 1
    look_for_jobs(world.side)
    saved = _told(world)
    world.restore()
    assert seen == saved
    assert "canceled" in str(seen)


def _sponsored_family(world: Any) -> None:
    """Its sponsorship was taken back, so it ends with the period; it takes a seat of the sponsor until then."""
    families = sold_plan(ProductTier.FAMILIES, annual=True)
    assert families is not None
    family = new_organization(world.owner, "Family", int(families.type), additionalSeats=0)["id"]
    world.known["familyid"] = [family]
    with world.side.app.app_context():
        mine = Subscription.organization_id == UUID(family)
        db.session.execute(sa.update(Subscription).where(mine).values(sponsored=True))
        db.session.add(
            OrganizationSponsorship(
                id=UUID(int=7),
                sponsoring_organization_id=UUID(world.known["organizationid"][0]),
                sponsoring_organization_user_id=UUID(world.known["memberid"][0]),
                sponsored_organization_id=UUID(family),
                friendly_name="friend",
                plan_sponsorship_type=0,
                is_admin_initiated=True,
                to_delete=True,
                valid_until=START + timedelta(days=30),
                creation_date=START,
            )
        )
        db.session.commit()


def _occupied_seats(world: Any) -> int:
    path = f"/api/organizations/{world.known['organizationid'][0]}/billing/vnext/metadata"
    return int(world.owner.api.get(path).json()["organizationOccupiedSeats"])


def _told(world: Any) -> dict[str, list[tuple[int, Any]]]:
    """What the API answers to everybody. Licences and sealed tokens carry an id of their own each time."""
    walk = Walk(world)
    answers: dict[str, list[tuple[int, Any]]] = {}
    for rule, described in walk.routes():
        own = any(word in rule.rule for word in ("license", "sso/user-identifier"))
        if rule.rule.startswith(("/api/", "/_sim/")) and not own:
            request = walk.request(rule, described)
            told = [caller.get(**request) for caller in walk.callers]
            answers[rule.rule] = [(each.status_code, each.text) for each in told]
    family = world.known["familyid"][0]
    for path in (f"/_sim/organizations/{family}/subscription", f"/api/organizations/{family}/subscription"):
        answers[path] = [(each.status_code, each.text) for each in (caller.get(path) for caller in walk.callers)]
    return answers
