"""Portal: users, organizations by the page, deleting one, the test of the connection, and both languages."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
import sqlalchemy as sa
from requests.adapters import BaseAdapter

from common.clock import ManualClock
from common.domains.accounts.models import User
from common.domains.organizations.models import Member, Organization
from common.domains.sponsorships.models import OrganizationSponsorship
from common.server.http.wsgi import WsgiAdapter
from common.server.transaction import db
from selfhost.billing_sync.models import OrganizationConnection
from selfhost.cloud import probe
from selfhost.license_files import service as files
from selfhost.sponsorships.models import SyncRun
from tests.support import production
from tests.support.harness import Side, Workshop
from tests.support.plugins.licensing import Vaults
from tests.support.portal import ADMIN, LIST, Portal, plain, row_of, sign_in
from tests.support.scenarios import create_from_license, download_license
from tests.support.sponsorships import line_of
from tests.support.statements import statements
from tests.support.waiting import PATIENCE

USERS = "/admin/users"
SCRIPT = {"X-Wardenloop-Form": "1"}
UNKNOWN = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def portal(workshop: Workshop) -> Portal:
    return Portal(workshop)


@pytest.fixture
def instance(workshop: Workshop) -> Side:
    return workshop.selfhost(adminSettings__admins=ADMIN)


def texts(client: requests.Session, path: str) -> str:
    return plain(client.get(path).text)


# --- users


def test_users_show_premium_verification_and_second_step(instance: Side) -> None:
    vaults, client = Vaults(instance), sign_in(instance)[0]
    now = instance.clock.now()
    ends = now + timedelta(days=100)
    vaults.account("paid@contoso.example", premium=True, premium_expiration_date=ends)
    vaults.account("plain@contoso.example", email_verified=False)
    vaults.account("careful@contoso.example", two_factor_providers={"0": {"enabled": True}})
    page = client.get(USERS).text
    created = "Aug 20, 2026, 12:00 UTC"
    assert row_of(page, "paid@contoso.example") == {
        "Created": created,
        "Details": "Premium, expires Nov 28, 2026 Email verified",
    }
    assert row_of(page, "plain@contoso.example")["Details"] == "Email not verified"
    assert row_of(page, "careful@contoso.example")["Details"] == "Email verified Two-step login on"


@pytest.mark.parametrize(
    ("query", "found"),
    [("?email=ANN@", ["ann"]), ("?email=%25", []), ("?count=2", ["cid", "bob"]), ("?count=2&page=2", ["ann"])],
)
def test_users_are_filtered_and_paged(instance: Side, query: str, found: list[str]) -> None:
    vaults, client = Vaults(instance), sign_in(instance)[0]
    for days, name in enumerate(("ann", "bob", "cid")):
        vaults.account(f"{name}@x.example", creation_date=instance.clock.now() + timedelta(days=days))
    page = client.get(USERS + query).text
    assert re.findall(r">(\w+)@x\.example</th>", page) == found
    assert ("No results to list." in page) is (not found)


def test_pages_of_a_list_lead_to_each_other_and_keep_the_filter(instance: Side) -> None:
    vaults, client = Vaults(instance), sign_in(instance)[0]
    for number in range(3):
        vaults.account(f"p{number}@a&b.example")
    middle = client.get(f"{USERS}?email=a%26b&page=2&count=1").text
    ways = re.findall(r'href="(/admin/users\?[^"]*)"', middle)
    assert ways == [f"{USERS}?email=a%26b&amp;page={page}&amp;count=1" for page in (1, 3)]
    assert "page=2" not in client.get(f"{USERS}?page=1").text


# --- what a list costs


def copy_organization(side: Side, source: str, **values: object) -> str:
    with side.app.app_context():
        table: Any = Organization.__table__
        row = db.session.execute(sa.select(table).where(table.c.id == UUID(source))).one()
        made = dict(row._mapping) | {"id": uuid4()} | values
        db.session.execute(sa.insert(table).values(**made))
        db.session.commit()
    return str(made["id"])


def test_lists_cost_the_same_statements_however_long(portal: Portal) -> None:
    side, client = portal.pair.selfhost, portal.client

    def costs() -> list[int]:
        found = []
        for path in (USERS, LIST):
            with statements(side) as asked:
                assert client.get(path).status_code == 200
            found.append(len(asked))
        return found

    before = costs()
    vaults = Vaults(side)
    for number in range(8):
        vaults.account(f"more{number}@contoso.example", premium=True)
        copy_organization(side, portal.loop.id, name=f"More {number}")
    assert costs() == before


# --- organizations


def test_organizations_tell_enabled_from_disabled_in_words(portal: Portal) -> None:
    side = portal.pair.selfhost
    copy_organization(side, portal.loop.id, name="Ended", enabled=False)
    copy_organization(side, portal.loop.id, name="Endless", expiration_date=None, seats=None)
    text = plain(portal.text(LIST))
    assert re.search(r"Acme Enterprise \(Annually\) 10 Aug 20, 2026, 12:00 UTC Enabled, expires \w+ \d+, \d{4}", text)
    assert re.search(r"Ended Enterprise \(Annually\) 10 Aug 20, 2026, 12:00 UTC Disabled", text)
    assert re.search(r"Endless Enterprise \(Annually\) - Aug 20, 2026, 12:00 UTC Enabled", text)


def test_names_full_of_markup_stay_text(portal: Portal) -> None:
    name = "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Co"
    evil = copy_organization(portal.pair.selfhost, portal.loop.id, name=name)
    for path in (LIST, f"{LIST}/view/{evil}", f"{LIST}/delete/{evil}"):
        page = portal.client.get(path).text
        assert "<script>" not in page
        assert name in page


@pytest.mark.parametrize("path", [USERS, LIST, "/admin", f"{LIST}/view/{UNKNOWN}", f"{LIST}/delete/{UNKNOWN}"])
def test_strangers_and_people_of_the_vault_see_nothing(portal: Portal, path: str) -> None:
    for client in (portal.pair.selfhost.new_client(), portal.pair.owner.api):
        answer = client.get(path, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/admin/login")


def test_a_sync_sent_by_a_script_is_answered_with_where_to_look(portal: Portal) -> None:
    answer = portal.press(portal.sync_path, **SCRIPT)
    assert answer.json() == {"location": portal.path}
    assert "Billing Synced!" in portal.text()


def test_sync_page_in_chinese_explains_the_failure(portal: Portal) -> None:
    portal.loop.offer("friend@home.example")
    line_of(portal.pair).down = True
    portal.press_sync()
    text = plain(portal.text(language="zh-CN"))
    assert "组织同步失败（云端未接受请求，详见日志）。 服务器消息 Organization sync failed" in text
    assert (
        "无法访问 identity.bitwarden.com:443：down 服务器消息 identity.bitwarden.com:443 cannot be reached: down"
        in text
    )


def test_next_daily_sync_is_told_while_communication_is_on(workshop: Workshop) -> None:
    portal = Portal(workshop, wardenloop__sponsorshipSyncHour="5")
    assert row_of(portal.text(), "Billing Sync")["Next daily sync"] == "Aug 20, 2026, 17:00 UTC"
    assert "Next daily sync Aug 20, 2026, 17:00 UTC Last daily sync Never" in plain(portal.text("/admin"))


# --- deleting


def rows_left(side: Side, organization_id: str) -> dict[str, int]:
    owner = UUID(organization_id)
    conditions = {
        "organizations": Organization.id == owner,
        "members": Member.organization_id == owner,
        "connections": OrganizationConnection.organization_id == owner,
        "sponsorships": OrganizationSponsorship.sponsoring_organization_id == owner,
        "orphans": OrganizationSponsorship.sponsoring_organization_id.is_(None),
        "runs": SyncRun.organization_id == owner,
    }
    with side.app.app_context():
        return {name: db.session.scalar(_count(each)) or 0 for name, each in conditions.items()}


def _count(condition: sa.ColumnElement[bool]) -> "sa.Select[Any]":
    return sa.select(sa.func.count()).where(condition)


def license_file(side: Side, organization_id: str) -> bool:
    deployment = side.app.extensions["wardenloop"].deployment
    return files.path_of(deployment.license_directory, files.ORGANIZATION, UUID(organization_id)).exists()


def test_deleting_asks_first_and_cancel_is_in_front(portal: Portal) -> None:
    assert f'href="{portal.delete_path}" data-dialog' in portal.text()
    text = portal.text(portal.delete_path)
    assert "<h1>Are you sure you want to delete this organization?</h1>" in text
    assert "Acme is deleted from this server with everything in it" in text
    assert re.search(rf'href="{portal.path}"[^>]* data-testid="cancel" autofocus', text)
    assert rows_left(portal.pair.selfhost, portal.loop.id)["organizations"] == 1


def test_deleted_organization_leaves_nothing_here_and_stays_in_the_cloud(portal: Portal) -> None:
    side, acme = portal.pair.selfhost, portal.loop.id
    other = copy_organization(side, acme, name="Other", license_key="other")
    portal.loop.offer("friend@home.example")
    portal.press_sync()
    assert license_file(side, acme)
    answer = portal.press(portal.delete_path, on=portal.delete_path)
    assert (answer.status_code, answer.headers["Location"]) == (303, LIST)
    assert set(rows_left(side, acme).values()) == {0}
    assert not license_file(side, acme)
    listed = plain(portal.text(LIST))
    assert "Organization deleted" in listed and "Other" in listed and "Acme" not in listed
    assert rows_left(side, other)["organizations"] == 1
    assert portal.pair.owner.api.get("/api/accounts/profile").json()["organizations"] == []
    assert len(portal.loop.cloud_rows()) == 1


def test_clients_of_members_notice_a_deletion(portal: Portal, clock: ManualClock) -> None:
    clock.advance(timedelta(hours=1))
    portal.press(portal.delete_path)
    with portal.pair.selfhost.app.app_context():
        moved = db.session.scalar(sa.select(User.account_revision_date).where(User.email == portal.pair.owner.email))
    assert moved == clock.now()


def test_the_same_license_can_be_used_again_after_a_deletion(portal: Portal) -> None:
    portal.press(portal.delete_path)
    file = download_license(portal.pair.cloud_owner, portal.loop.cloud_id, portal.pair.installation["id"])
    again = create_from_license(portal.pair.owner, file)["id"]
    assert again != portal.loop.id and license_file(portal.pair.selfhost, again)


@pytest.mark.parametrize("client", ["stranger", "forged"])
def test_deleting_needs_the_form_of_a_signed_in_administrator(portal: Portal, client: str) -> None:
    browser = portal.client if client == "forged" else portal.pair.selfhost.new_client()
    answer = browser.post(portal.delete_path, allow_redirects=False)
    assert answer.status_code == (400 if client == "forged" else 303)
    assert rows_left(portal.pair.selfhost, portal.loop.id)["organizations"] == 1


@pytest.mark.parametrize("organization_id", [UNKNOWN, "not-a-guid"])
def test_an_organization_that_is_gone_leads_to_the_list(portal: Portal, organization_id: str) -> None:
    path = f"{LIST}/delete/{organization_id}"
    assert portal.client.get(path, allow_redirects=False).headers["Location"] == LIST
    assert portal.press(path).headers["Location"] == LIST


# --- test connection


def probes(portal: Portal, language: str = "en") -> dict[str, str]:
    page = portal.press("/admin", on="/admin", **{"Accept-Language": language})
    assert page.status_code == 200, page.text
    rows = re.findall(r'<tr data-testid="probe-(\w+)">(.*?)</tr>', page.text, re.DOTALL)
    return {part: re.sub(r"\d+ (ms|毫秒)", r"# \1", plain(row)) for part, row in rows}


@pytest.mark.parametrize(("language", "words"), [("en", "gets nothing"), ("zh-CN", "所有邮件都由内置邮箱接收")])
def test_dashboard_says_what_does_not_leave_this_machine(workshop: Workshop, language: str, words: str) -> None:
    side = workshop.selfhost(adminSettings__admins=ADMIN, **production.ENVIRONMENT)
    client, _ = sign_in(side)
    client.headers["Accept-Language"] = language
    shown = client.get("/admin/").text
    assert words in shown and production.MAIL_HOST in shown
    assert all(f"<code>{name}</code>" in shown for name in (*production.MAIL_LOGIN, *production.OTHER_CREDENTIALS))
    assert production.SECRET not in shown


@pytest.mark.parametrize("path", ["/login", "/admin/login"])
def test_cookies_are_secure_where_the_browser_speaks_https_whatever_the_settings_say(
    workshop: Workshop, path: str
) -> None:
    side = workshop.selfhost(globalSettings__baseServiceUri__vault="https://selfhost.test")
    plain_client = side.new_client()
    plain_client.base_url = "http://selfhost.test"
    plain_client.mount("http://selfhost.test", WsgiAdapter(side.app))
    proxied = {"X-Forwarded-Proto": "https"}
    for headers, secure in (({}, False), (proxied, True)):
        plain_client.cookies.clear()
        response = plain_client.get(path, headers=headers)
        assert response.status_code == 200
        flags = {cookie.secure for cookie in response.cookies}
        assert flags == {secure}


def test_dashboard_has_no_result_before_the_button_is_pressed(portal: Portal) -> None:
    text = portal.text("/admin")
    assert "Test connection" in text and "probe-" not in text


def test_both_parts_are_reached_where_a_sync_would_reach_them(portal: Portal) -> None:
    line = line_of(portal.pair)
    assert probes(portal) == {
        "identity": "Identity (token) https://identity.bitwarden.com/connect/token Reachable 200 # ms -",
        "api": "API https://api.bitwarden.com/config Reachable 200 # ms -",
    }
    key = portal.pair.installation["key"]
    told = {request.url for request in line.requests if key in f"{request.body!r} {request.headers} {request.url}"}
    assert told == {"http://cloud-us.test/identity/connect/token"}


def test_a_refused_installation_is_reachable_and_says_why(workshop: Workshop) -> None:
    portal = Portal(workshop)
    cloud_side = portal.pair.cloud
    with cloud_side.app.app_context():
        db.session.execute(sa.text("UPDATE installations SET enabled = 0"))
        db.session.commit()
    found = probes(portal)
    assert found["identity"].startswith(
        "Identity (token) https://identity.bitwarden.com/connect/token Reachable 400 # ms The cloud of this region"
    )
    assert found["identity"].endswith("invalid-client")
    assert found["api"].endswith("Reachable 200 # ms -")


CONFIG = b'{"object":"config"}'


class Stage(BaseAdapter):
    """Stands for the cloud: does what a test says with each request."""

    def __init__(self, act: Callable[[str], requests.Response]) -> None:
        super().__init__()
        self._act = act
        self.asked: list[str] = []

    def send(self, request: requests.PreparedRequest, *_args: Any, **_options: Any) -> requests.Response:
        url = str(request.url)
        self.asked.append(url)
        found = self._act(url)
        found.request, found.url = request, url
        return found

    def close(self) -> None:
        """Nothing is open."""


def on_stage(portal: Portal, act: Callable[[str], requests.Response]) -> Stage:
    stage = Stage(act)
    portal.pair.selfhost.app.extensions["wardenloop"].http.mount(portal.pair.cloud.base_url, stage)
    return stage


def answered(status: int, content: bytes, **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = status, content
    response.headers.update(headers)
    return response


def test_the_two_parts_are_tried_separately(portal: Portal) -> None:
    def act(url: str) -> requests.Response:
        if "identity" in url:
            raise requests.ConnectTimeout("no answer")
        return answered(200, CONFIG)

    on_stage(portal, act)
    assert probes(portal) == {
        "identity": "Identity (token) https://identity.bitwarden.com/connect/token Unreachable - # ms "
        "identity.bitwarden.com:443 did not answer in time; a firewall may drop the packets. timeout",
        "api": "API https://api.bitwarden.com/config Reachable 200 # ms -",
    }
    assert "identity.bitwarden.com:443 未及时应答；防火墙可能丢弃了数据包。" in probes(portal, "zh-CN")["identity"]


@pytest.mark.parametrize(
    ("status", "content", "reason"),
    [
        (200, b"<html>Please log in to the hotel</html>", "web-page"),
        (200, b"{}", "not-json"),
        (404, b'"x"', "not-json"),
        (503, b'"x"', "server-error"),
    ],
)
def test_who_is_not_the_cloud_is_not_reachable(portal: Portal, status: int, content: bytes, reason: str) -> None:
    on_stage(portal, lambda url: answered(status, content))
    for found in probes(portal).values():
        assert f"Unreachable {status} # ms" in found
        assert found.endswith(reason)


def test_the_key_does_not_follow_a_redirect(portal: Portal) -> None:
    stage = on_stage(portal, lambda url: answered(307, b"", Location="http://cloud-us.test/elsewhere"))
    assert "Unreachable 307" in probes(portal)["identity"]
    assert not [url for url in stage.asked if "elsewhere" in url]


def test_a_cloud_that_never_answers_is_not_waited_for(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "PROBE_SECONDS", 0.2)
    end = threading.Event()

    def act(url: str) -> requests.Response:
        if "identity" in url:
            end.wait(PATIENCE)
        return answered(200, CONFIG)

    on_stage(portal, act)
    try:
        found = probes(portal)
    finally:
        end.set()
    assert "Unreachable - # ms identity.bitwarden.com:443 did not answer in time" in found["identity"]
    assert "Reachable 200" in found["api"]


def test_nothing_in_the_database_is_held_while_the_cloud_is_asked(portal: Portal) -> None:
    def act(url: str) -> requests.Response:
        portal.change_connection(enabled=True)  # another writer: would wait for a transaction of ours
        return answered(200, CONFIG)

    on_stage(portal, act)
    assert "Reachable" in probes(portal)["api"]


def test_connection_is_tested_by_the_form_only(portal: Portal) -> None:
    stage = on_stage(portal, lambda url: answered(200, CONFIG))
    assert portal.client.post("/admin").status_code == 400
    assert portal.pair.selfhost.client.post("/admin", allow_redirects=False).status_code == 303
    assert stage.asked == []
