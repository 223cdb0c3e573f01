"""Every page of both apps, without a browser: all texts come out of the catalogue, and the frame is as it has to be."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache, cached_property
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.test import create_environ

from common.clock import ManualClock
from tests.support.harness import START, Api, Person, Side, Workshop, make_pair
from tests.support.portal import form_token, sign_in
from tests.support.shelf import Shelf
from tests.support.sponsorships import Families, world
from tests.support.visible import untranslated, visible_texts

PSEUDO = {"Accept-Language": "x-pseudo"}
ADMIN = "owner@acme.example"
FRIEND, OTHER = "friend@home.example", "other@home.example"
STATIC_DATA = (
    "wardenloop",
    "Bitwarden",
    "US",
    "EU",
    "UTC",
    "English",
    "中文（简体）",
    "bitwarden_premium_license.json",
    "bitwarden_organization_license.json",
)
PAGE_STATUSES = (200, 400, 403, 404)
QUERIES = {"/setup/families-for-enterprise": "token={offer}"}
"""Page -> what it has to be asked with to show itself."""


@dataclass(repr=False, eq=False)
class Site:
    """One app with people at it. known: values for the parameters of addresses. data: every text in its database."""

    side: Side
    visitors: dict[str, Api]
    known: dict[str, str]
    data: set[str]

    def pages(self) -> list[str]:
        """Addresses of all its pages."""
        found = set()
        for rule in self.side.app.url_map.iter_rules():
            view = self.side.app.view_functions[rule.endpoint]
            if getattr(view, "policy", None) == "page" and "GET" in (rule.methods or ()):
                path = re.sub(r"<(?:[^:<>]+:)?(\w+)>", self._value, rule.rule)
                query = QUERIES.get(rule.rule, "").format(**self.known)
                found.add(f"{path}?{query}" if query else path)
        return sorted(found)

    def _value(self, found: "re.Match[str]") -> str:
        assert found[1] in self.known, f"{found.string}: say in this test what to ask for as {found[1]}"
        return self.known[found[1]]

    @cached_property
    def shown(self) -> dict[str, str]:
        """Who and where -> HTML of every page that shows itself to somebody."""
        return dict(self._shown())

    @cache  # noqa: B019 - as long as the module; the same links stand on every page
    def leads_somewhere(self, who: str, href: str) -> bool:
        """Whether somebody gets an answer there."""
        return self.visitors[who].get(href, allow_redirects=False).status_code < 400

    def _shown(self) -> Iterator[tuple[str, str]]:
        for path in self.pages():
            for who, client in self.visitors.items():
                answer = client.get(path, headers=PSEUDO, allow_redirects=False)
                assert answer.status_code < 500, f"{who} {path}: {answer.text}"
                if answer.status_code in PAGE_STATUSES and "html" in answer.headers.get("Content-Type", ""):
                    yield f"{who} {path}", answer.text


@pytest.fixture(scope="module")
def sites(shelf: Shelf) -> Iterator[dict[str, Site]]:
    """Both apps after an organization was brought over, with sponsorships in several states."""
    with closing(Workshop(shelf, ManualClock(START))) as workshop:
        yield _sites(workshop)


def _sites(workshop: Workshop) -> dict[str, Site]:
    pair = make_pair(workshop, adminSettings__admins=ADMIN)
    loop = world(pair)
    loop.offer(FRIEND)
    loop.sync()
    family = Families(loop, FRIEND)
    family.redeem()
    loop.sync()
    loop.offer(OTHER, isAdminInitiated=True)
    _offer_on_cloud(pair.cloud_owner, loop.cloud_id)
    member = _invite(pair.owner, loop.id)
    cloud_member = _invite(pair.cloud_owner, loop.cloud_id)
    offer = family.token()
    portal, _ = sign_in(pair.selfhost, ADMIN)
    return {
        "cloud": _site(
            pair.cloud,
            {"owner": logged_in(pair.cloud_owner), "family": logged_in(family.person)},
            {"organization_id": loop.cloud_id, "member_id": cloud_member, "offer": offer}
            | {"sponsorship_id": str(loop.cloud_rows()[-1].id)},
            workshop.directory / "cloud-us.db",
        ),
        "selfhost": _site(
            pair.selfhost,
            {"owner": logged_in(pair.owner), "administrator": portal},
            {"organization_id": loop.id, "member_id": member, "offer": offer}
            | {"sponsorship_id": str(loop.rows()[-1].id)},
            workshop.directory / "selfhost.db",
        ),
    }


def _invite(owner: Person, organization_id: str) -> str:
    users = f"/api/organizations/{organization_id}/users"
    owner.api.post(f"{users}/invite", json={"emails": ["invited@acme.example"], "type": 2}).raise_for_status()
    rows = owner.api.get(users).json()["data"]
    return str(next(row["id"] for row in rows if row["email"] == "invited@acme.example"))


def _offer_on_cloud(owner: Person, organization_id: str) -> None:
    body = {"planSponsorshipType": 0, "sponsoredEmail": OTHER, "friendlyName": OTHER, "isAdminInitiated": True}
    path = f"/api/organization/sponsorship/{organization_id}/families-for-enterprise"
    owner.api.post(path, json=body).raise_for_status()


def _site(side: Side, people: dict[str, Api], known: dict[str, str], database: Path) -> Site:
    settings = side.app.extensions["wardenloop"].settings
    data = set(STATIC_DATA) | {settings.base_url.partition("://")[2], settings.base_url, settings.version}
    return Site(side, {"nobody": side.new_client(), **people}, known, data | set(known.values()) | _texts_in(database))


def _texts_in(database: Path) -> set[str]:
    """Every text in every table, and every text within JSON there."""
    found: set[str] = set()
    with closing(sqlite3.connect(database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    found |= _texts_of(value)
    return found


def _texts_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_texts_of, value.values()))
    if isinstance(value, list):
        return set().union(*map(_texts_of, value))
    if not isinstance(value, str):
        return set()
    try:
        inside = json.loads(value)
    except ValueError:
        return {value}
    return {value} | _texts_of(inside)


def logged_in(person: Person) -> Api:
    """A browser of this person's, by the login form without JavaScript."""
    client = person.side.new_client()
    page = client.get("/login")
    form = {"email": person.email, "masterPasswordHash": person.password_hash}
    done: requests.Response = client.post(
        "/login", data=form | {"__RequestVerificationToken": form_token(page)}, allow_redirects=False
    )
    assert done.status_code == 303, done.text
    return client


@pytest.mark.sweep
@pytest.mark.parametrize("app", ["cloud", "selfhost"])
def test_every_visible_text_comes_out_of_the_catalogue(sites: dict[str, Site], app: str) -> None:
    site = sites[app]
    assert len(site.shown) > 10
    found = [f"{where}: {text}" for where, html in site.shown.items() for text in untranslated(html, site.data)]
    assert not found, "\n".join(found)


@pytest.mark.sweep
@pytest.mark.parametrize("app", ["cloud", "selfhost"])
def test_every_page_has_one_heading_a_title_and_nothing_inline(sites: dict[str, Site], app: str) -> None:
    problems = []
    for where, html in sites[app].shown.items():
        headings = len(re.findall(r"<h1[\s>]", html))
        if headings != 1:
            problems.append(f"{where}: {headings} h1")
        if not re.search(r"<title>[^<]+</title>", html):
            problems.append(f"{where}: no title")
        problems += [f"{where}: {each}" for each in re.findall(r"<[^>]*\s(?:style|on[a-z]+)=[^>]*>", html)]
        problems += [f"{where}: {each}" for each in re.findall(r"<(?:style|script(?![^>]*\ssrc=))[^>]*>", html)]
    assert not problems, "\n".join(problems)


@pytest.mark.sweep
@pytest.mark.parametrize("app", ["cloud", "selfhost"])
def test_every_link_and_form_leads_somewhere(sites: dict[str, Site], app: str) -> None:
    site = sites[app]
    nowhere: dict[str, str] = {}
    urls = site.side.app.url_map
    for where, html in site.shown.items():
        who = where.split()[0]
        for href in set(re.findall(r'<a [^>]*href="(/[^"#]*)"', html)):
            if not site.leads_somewhere(who, unescape(href)):
                nowhere.setdefault(href, where)
        for action in re.findall(r'<form method="post" action="(/[^"?]*)', html):
            if not urls.bind_to_environ(create_environ(action, method="POST")).test():
                nowhere.setdefault(f"POST {action}", where)
    assert not nowhere, "\n".join(f"{target}, from {where}" for target, where in nowhere.items())


def test_what_people_can_see_is_read() -> None:
    html = """<html lang=en>
        <head><title>⟦T⟧</title><script>no</script></head><body><p>⟦Good <b>day⟧</b>, Ada!</p>
        <input placeholder="here"><input type=submit value="Send"><img alt="Cat"><br><code>x = 1</code>
        <span translate="no">name</span><svg><use href="#x"/></svg><span lang=en>wire</span>
        <button aria-label="⟦Close⟧">×</button>
        </body></html>"""
    assert untranslated(html) == [", Ada!", "here", "Send", "Cat"]
    assert untranslated(html, {"Ada", "Cat"}) == ["here", "Send"]
    assert "no" not in visible_texts(html)
