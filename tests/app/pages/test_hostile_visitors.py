"""Every page as nobody, a member, an owner and a stranger of another organization may try it. New routes are covered
by themselves: the tests go over the app's url_map."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule

from common.domains.organizations.models import Organization
from common.server.transaction import db
from tests.support.harness import Person, Side, Workshop, make_pair
from tests.support.offers import Sponsor
from tests.support.portal import ADMIN, ask_for_link, link_in
from tests.support.scenarios import create_from_license, download_license, new_organization
from tests.support.visitor import SCRIPT, Answer, Visitor

NOT_OURS = "This form was not sent from an open page of this server."
ANOTHER = "This page is from somebody who was logged in before."
FIELD = "__RequestVerificationToken"
ROLE_ADMIN = 1
UNKNOWN = UUID("11111111-2222-3333-4444-555555555555")

MARKS = {"owner": "zanzibar", "stranger": "quuxland"}
"""In the names and addresses of either organization and its people."""

ODD_IDS = ("%00", "..", "%ff", "'", "0", quote("<script>"), "a" * 300)
ODD_VALUES = (
    "%00",
    "%ff",
    "%ed%a0%80",
    quote("\"'><script>alert(1)</script>"),
    "-1",
    "9" * 40,
    "//evil.example",
    "%C2%B2",
)


@dataclass
class Town:
    """An app with two organizations. ids: path argument -> what is there of the first and of the second of them."""

    side: Side
    visitors: dict[str, Visitor]
    ids: dict[str, tuple[str, str]] = field(default_factory=dict)
    _tokens: dict[tuple[str, str], str] = field(default_factory=dict)

    def routes(self, method: str) -> list[Rule]:
        """The rules of all pages."""
        app = self.side.app
        is_page = {name for name, view in app.view_functions.items() if getattr(view, "policy", None) == "page"}
        return [
            rule for rule in app.url_map.iter_rules() if rule.endpoint in is_page and method in (rule.methods or ())
        ]

    def path(self, rule: Rule, choose: Callable[[str], str]) -> str:
        """choose: name of a path argument -> what stands there."""
        return re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda found: choose(found.group(1)), rule.rule)

    def paths(self, rule: Rule) -> Iterator[str]:
        """The path with the ids of the first organization, of the second, of a mixture, and of nothing there."""
        if not rule.arguments:
            yield rule.rule
            return
        yield self.path(rule, lambda name: self.ids[name][0])
        yield self.path(rule, lambda name: self.ids[name][1])
        if len(rule.arguments) > 1:
            yield self.path(rule, lambda name: self.ids[name][name == "organization_id"])
            yield self.path(rule, lambda name: self.ids[name][name != "organization_id"])
        yield self.path(rule, lambda name: str(UNKNOWN))

    def odd_paths(self, rule: Rule) -> list[str]:
        """The path with ids that are none."""
        return [re.sub("<[^>]+>", odd, rule.rule) for odd in ODD_IDS] if rule.arguments else []

    def operation(self, rule: Rule) -> Any:
        """What the view says it reads (common/server/operation.py)."""
        return vars(self.side.app.view_functions[rule.endpoint])["operation"]

    def query(self, rule: Rule, value: str) -> str:
        """All parameters that the page reads, with this value."""
        names = [each if isinstance(each, str) else each.name for each in self.operation(rule).query]
        return "&".join(f"{name}={value}" for name in names)

    def token(self, who: str, path: str = "/login") -> str:
        """The token of a form that this person has open: of the portal for its pages."""
        page = "/admin/login" if path.startswith("/admin") else "/settings/preferences"
        if (who, page) not in self._tokens:
            found = re.search(rf'name="{FIELD}" value="([^"]+)"', self.visitors[who].get(page).text)
            assert found is not None
            self._tokens[who, page] = found.group(1)
        return self._tokens[who, page]

    def post(self, who: str, rule: Rule, path: str, token: str | None = None, **more: Any) -> Answer:
        """Send the form that the route reads, with something in every field."""
        form = self.operation(rule).form or {}
        filled = {name: "1" for name, part in form.items() if name != FIELD and not part.file}
        return self.visitors[who].client.post(path, data=filled | ({FIELD: token} if token else {}), **more)


def _settle(town: Town, owner: Sponsor, stranger: Sponsor) -> Town:
    """People in both organizations, each with an offer that was made."""
    member = owner.person(f"mia@{MARKS['owner']}.example")
    outsider = stranger.person(f"max@{MARKS['stranger']}.example")
    members = [_member_id(each, person) for each, person in ((owner, member), (stranger, outsider))]
    for each, mark in ((owner, MARKS["owner"]), (stranger, MARKS["stranger"])):
        _offer(each, f"friend@{mark}.example")
        _offer(each, f"other@{mark}.example", isAdminInitiated=True)
    admin_initiated = [next(row.id for row in each.rows() if row.is_admin_initiated) for each in (owner, stranger)]
    town.ids = {
        "organization_id": (owner.id, stranger.id),
        "member_id": (members[0], members[1]),
        "sponsorship_id": (str(admin_initiated[0]), str(admin_initiated[1])),
    }
    side = town.side
    admin = owner.person(f"ada@{MARKS['owner']}.example", role=ROLE_ADMIN)
    people = {"owner": owner.owner, "admin": admin, "member": member, "stranger": stranger.owner}
    for who, person in people.items():
        town.visitors[who] = Visitor(side).log_in(person)
    return town


def _offer(sponsor: Sponsor, email: str, **more: Any) -> None:
    """As the clients of either side give a Families organization away."""
    base = "/api/organization/sponsorship" + ("/self-hosted" if sponsor.side.app.name == "selfhost" else "")
    body = {"planSponsorshipType": 0, "sponsoredEmail": email, "friendlyName": email} | more
    offered = sponsor.owner.api.post(f"{base}/{sponsor.id}/families-for-enterprise", json=body)
    assert offered.status_code == 200, offered.text


def _member_id(sponsor: Sponsor, person: Person) -> str:
    rows = sponsor.owner.api.get(f"/api/organizations/{sponsor.id}/users").json()["data"]
    return str(next(row["id"] for row in rows if row["email"] == person.email))


def _found(side: Side, mark: str) -> Sponsor:
    owner = side.sign_up(f"boss@{mark}.example", f"Boss of {mark}")
    sponsor = Sponsor(side, owner, new_organization(owner, f"The {mark} <company>")["id"])
    sponsor.settings(useAdminSponsoredFamilies=True)
    return sponsor


def on_cloud(workshop: Workshop) -> Town:
    cloud = workshop.cloud()
    owner, stranger = (_found(cloud, mark) for mark in MARKS.values())
    return _settle(Town(cloud, {"nobody": Visitor(cloud)}), owner, stranger)


def on_instance(workshop: Workshop) -> Town:
    pair = make_pair(workshop, adminSettings__admins=ADMIN)
    side, sponsors = pair.selfhost, []
    for mark in MARKS.values():
        twin = _found(pair.cloud, mark)
        license_file = download_license(twin.owner, twin.id, pair.installation["id"])
        owner = side.sign_up(twin.owner.email, f"Boss of {mark}")
        sponsors.append(Sponsor(side, owner, str(create_from_license(owner, license_file)["id"])))
    return _settle(Town(side, {"nobody": Visitor(side)}), *sponsors)


@pytest.fixture(params=[on_cloud, on_instance], ids=["cloud", "selfhost"])
def town(request: pytest.FixtureRequest, workshop: Workshop) -> Town:
    make: Callable[[Workshop], Town] = request.param
    return make(workshop)


def administrator(side: Side) -> Visitor:
    """Signed in to the portal."""
    ask_for_link(side.new_client())
    visitor = Visitor(side)
    assert visitor.get(link_in(side.mails[-1]).removeprefix(side.base_url)).status_code == 303
    return visitor


# --- reading


@pytest.mark.unmeasured
def test_no_page_fails_or_tells_of_another_organization(town: Town) -> None:
    hidden = {
        "nobody": (*MARKS.values(),),
        "stranger": (MARKS["owner"],),
        "owner": (MARKS["stranger"],),
        "member": (MARKS["stranger"], f"boss@{MARKS['owner']}"),
    }
    for rule in town.routes("GET"):
        for path in town.paths(rule):
            for who, marks in hidden.items():
                answer = town.visitors[who].get(path)
                assert answer.status_code < 500, (who, path)
                assert not [mark for mark in marks if mark in answer.text], (who, path)
        for path in town.odd_paths(rule):  # the owner is let in the furthest
            answer = town.visitors["owner"].get(path)
            assert answer.status_code < 500, path
            assert MARKS["stranger"] not in answer.text, path


@pytest.mark.unmeasured
def test_an_organization_of_others_is_as_unknown_as_none(town: Town) -> None:
    rules = [rule for rule in town.routes("GET") if "organization_id" in rule.arguments and "/admin/" not in rule.rule]
    for rule in rules:
        there = town.path(rule, lambda name: town.ids[name][0])
        nowhere = town.path(rule, lambda name: str(UNKNOWN))
        for who in ("stranger", "nobody"):
            statuses = {town.visitors[who].get(path).status_code for path in (there, nowhere)}
            assert statuses in (({400}, {404}) if who == "stranger" else ({303},)), there


@pytest.mark.unmeasured
def test_odd_queries_and_ids_fail_no_page(town: Town) -> None:
    if town.side.app.name == "selfhost":
        town.visitors["administrator"] = administrator(town.side)
    for rule in town.routes("GET"):
        path = next(town.paths(rule))
        odd = [f"{path}?{town.query(rule, value)}" for value in ODD_VALUES if town.query(rule, "")]
        ids = [*town.paths(rule), *town.odd_paths(rule)]
        paths = {"nobody": odd, "owner": odd, "administrator": [*odd, *ids]}  # others' ids: see above
        for who in paths.keys() & town.visitors.keys():
            for each in paths[who]:
                assert town.visitors[who].get(each).status_code < 500, (who, each)


@pytest.mark.unmeasured
def test_the_console_of_a_suspended_organization_is_for_its_owners(town: Town) -> None:
    with town.side.app.app_context():
        db.session.execute(sa.update(Organization).values(enabled=False))
        db.session.commit()
    rules = [rule for rule in town.routes("GET") if rule.rule.startswith("/organizations/")]
    assert rules
    for rule in rules:
        path = town.path(rule, lambda name: town.ids[name][0])
        assert town.visitors["admin"].get(path).status_code == 404, path
    page = f"/organizations/{town.ids['organization_id'][0]}/billing/subscription"
    assert town.visitors["owner"].get(page).status_code == 200


# --- writing


@pytest.mark.unmeasured
def test_every_form_is_refused_without_its_token(town: Town) -> None:
    if town.side.app.name == "selfhost":
        town.visitors["administrator"] = administrator(town.side)
    odd = cycle(("", "rubbish", "é"))  # read before it is known for which route
    for rule in town.routes("POST"):
        path = next(town.paths(rule))
        who = "administrator" if path.startswith("/admin") else "owner"
        foreign = town.token("stranger", path)
        for token in (None, next(odd), foreign):
            answer = town.post(who, rule, path, token)
            told = ANOTHER if token == foreign and who == "owner" else NOT_OURS
            assert (answer.status_code, told in answer.text) == (400, True), (path, token)
        assert town.post(who, rule, path, headers=SCRIPT).status_code == 400, path


@pytest.mark.unmeasured
def test_a_strangers_form_changes_nothing_and_learns_nothing(town: Town) -> None:
    rules = [rule for rule in town.routes("POST") if "organization_id" in rule.arguments and "/admin/" not in rule.rule]
    assert rules
    for rule in rules:
        there = town.path(rule, lambda name: town.ids[name][0])
        nowhere = town.path(rule, lambda name: str(UNKNOWN))
        for who in ("stranger", "member"):
            token = town.token(who)
            answers = [town.post(who, rule, path, token, headers=SCRIPT) for path in (there, nowhere)]
            assert answers[0].status_code in (400, 404), (who, there, answers[0].text)
            if who == "stranger":
                assert [each.status_code for each in answers] == [answers[0].status_code] * 2, there
                assert answers[0].text == answers[1].text, there


# --- what was found once


def test_a_page_says_once_that_it_is_in_no_frame(cloud: Side) -> None:
    cloud.sign_up("ann@example.com")
    visitor = Visitor(cloud)
    html = {"Accept": "text/html"}
    answers = [visitor.get("/login"), visitor.client.get("/nowhere", headers=html), visitor.client.post("/login")]
    assert [each.status_code for each in answers] == [200, 404, 400]
    for answer in answers:
        assert answer.headers.getlist("X-Frame-Options") == ["DENY"]
        assert answer.headers.getlist("Cache-Control") == ["no-store"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_the_forms_of_a_page_that_is_not_there_work(cloud: Side) -> None:
    visitor = Visitor(cloud)
    page = visitor.client.get("/nowhere", headers={"Accept": "text/html"})
    found = re.search(rf'name="{FIELD}" value="([^"]+)"', page.text)
    assert found is not None
    answer = visitor.client.post("/language", data={FIELD: found.group(1), "language": "zh-Hans", "back": "/login"})
    assert (answer.status_code, answer.location) == (303, "/login")


@pytest.mark.parametrize("secret", ["\u00e9", "\u96ea", ""])
def test_a_planted_form_cookie_of_any_text_fails_nothing(cloud: Side, secret: str) -> None:
    visitor = Visitor(cloud)
    visitor.client.set_cookie(Visitor.cookie(cloud, "form"), secret)
    assert visitor.submit("/login", {"email": "a@b.example", "masterPasswordHash": "x"}).status_code == 400


def test_numbers_without_end_are_refused(cloud: Side) -> None:
    endless = {"kdf": "0", "kdfIterations": "9" * 5000, "token": "x", "email": "a@b.example"}
    visitor = Visitor(cloud)
    found = re.search(rf'name="{FIELD}" value="([^"]+)"', visitor.get("/login").text)
    assert found is not None
    assert visitor.client.post("/finish-signup", data=endless | {FIELD: found.group(1)}).status_code == 400


def test_a_limit_of_seats_fits_its_column(cloud: Side) -> None:
    owner = cloud.sign_up("ann@example.com")
    page = f"/organizations/{new_organization(owner)['id']}/billing/subscription"
    visitor = Visitor(cloud).log_in(owner)
    fields = {"seats": "20", "limited": "true", "maxAutoscaleSeats": str(2**31)}
    refused: Any = visitor.submit(page, fields, script=True).json
    assert refused["fields"].keys() == {"maxAutoscaleSeats"}
    assert visitor.submit(page, fields | {"maxAutoscaleSeats": str(2**31 - 1)}, script=True).status_code == 200


def test_an_old_tab_of_somebody_else_says_who_is_here_now(cloud: Side) -> None:
    ann, ben = cloud.sign_up("ann@example.com"), cloud.sign_up("ben@example.com")
    visitor = Visitor(cloud).log_in(ann)
    old = re.search(rf'name="{FIELD}" value="([^"]+)"', visitor.get("/settings/account").text)
    assert old is not None
    visitor.submit("/settings/account", {}, "/logout")
    visitor.log_in(ben)
    refused = visitor.client.post("/settings/account", data={FIELD: old[1], "name": "Ann"}, headers=SCRIPT)
    assert (refused.status_code, refused.json["own"], refused.json["fields"]) == (400, True, {})
    assert "Now ben@example.com is logged in here." in refused.json["message"]


def test_who_is_logged_in_no_more_is_led_back_to_the_page_of_the_form(cloud: Side) -> None:
    """The script of the page keeps what was typed meanwhile: tests/ui."""
    stranger = cloud.app.test_client()
    here = SCRIPT | {"X-Wardenloop-Form": "/settings/account?a=b"}
    assert stranger.post("/settings/account", data={}, headers=here).json == {
        "location": "/login?next=%2Fsettings%2Faccount%3Fa%3Db"
    }
    for elsewhere in ("//evil.example", "https://evil.example/", "1"):
        answer = stranger.post("/settings/account", data={}, headers={"X-Wardenloop-Form": elsewhere})
        assert answer.json == {"location": "/login"}


def test_what_was_to_be_said_to_one_person_is_not_said_to_the_next(cloud: Side) -> None:
    ann, ben = cloud.sign_up("ann@example.com"), cloud.sign_up("ben@example.com")
    visitor = Visitor(cloud).log_in(ann)
    assert visitor.submit("/settings/account", {"name": "Ann"}).status_code == 303
    visitor.client.delete_cookie(Visitor.cookie(cloud, "session"))
    token = cloud.app.extensions["wardenloop"].protector.protect("Form", {"secret": "mine", "subject": None})
    visitor.client.set_cookie(Visitor.cookie(cloud, "form"), "mine")
    fields = {"email": ben.email, "masterPasswordHash": ben.password_hash, FIELD: token}
    assert visitor.client.post("/login", data=fields).status_code == 303
    page = visitor.get("/settings/account").text
    assert (ben.email in page, "Account saved" in page) == (True, False)


def test_the_portal_takes_no_nul(workshop: Workshop) -> None:
    visitor = administrator(workshop.selfhost(adminSettings__admins=ADMIN))
    assert visitor.get("/admin/users?email=a").status_code == 200
    assert visitor.get("/admin/users?email=a%00").status_code == 400


@pytest.mark.parametrize(
    ("site", "refused"), [(None, False), ("none", False), ("same-origin", False), ("cross-site", True)]
)
def test_a_page_elsewhere_does_not_control_the_simulation(cloud: Side, site: str | None, refused: bool) -> None:
    headers = {"Sec-Fetch-Site": site} if site else {}
    answer = cloud.app.test_client().post("/_sim/clock", json={"advance": "1d"}, headers=headers)
    assert (answer.status_code == 403) is refused
