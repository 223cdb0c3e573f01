"""What presenter mode blurs: every secret that a page shows carries one class. fidelity.md: pages.own."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from common.desk import control
from common.desk.app import create_desk
from common.desk.mailbox.store import MailStore
from tests.support.harness import Pair, Person
from tests.support.playing import InProcess
from tests.support.portal import Portal
from tests.support.scenarios import license_loop
from tests.support.screen import shown
from tests.support.visible import places_of
from tests.support.visitor import Visitor

PASSWORD, CODE = "correct-horse-battery-staple", "48151623"
MAIL_ID = "20270301T100000000000Z-" + "0" * 32
MAIL = f"""Subject: Your Verification Code\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r
<p>Your code is {CODE}.</p><p><a href="http://vault.test/#/x?token=tok-en">Go on</a></p>\r\n"""


def is_blurred(page: TestResponse, secret: str) -> bool:
    places = places_of(page.text, secret, "secret")
    assert places, secret
    return all(places)


@pytest.fixture
def owner(pair: Pair) -> Callable[[str], tuple[Person, str]]:
    """Of the organization that the loop made, on one side: the owner, and where the organization's billing is."""
    license_loop(pair)

    def on(side: str) -> tuple[Person, str]:
        person = pair.cloud_owner if side == "cloud" else pair.owner
        (mine,) = person.api.get("/api/accounts/profile").json()["organizations"]
        return person, f"/organizations/{mine['id']}/billing"

    return on


def test_the_token_on_both_sides(owner: Callable[[str], tuple[Person, str]]) -> None:
    there, billing = owner("cloud")
    visitor = Visitor(there.side).log_in(there)
    page = visitor.submit(f"{billing}/sync-token", {"masterPasswordHash": there.password_hash})
    token = shown(page, "billingSyncKey")
    assert token is not None and is_blurred(page, token)
    here, billing = owner("selfhost")
    assert is_blurred(Visitor(here.side).log_in(here).get(f"{billing}/sync"), token)


def test_the_key_of_an_installation_and_the_lines_with_it(pair: Pair) -> None:
    page = Visitor(pair.cloud).submit("/host", {"email": "admin@acme.example"})
    key = shown(page, "x.installationKey")
    assert key is not None and is_blurred(page, key)
    assert len(places_of(page.text, key, "secret")) == 2


@pytest.mark.parametrize("side", ["cloud", "selfhost"])
def test_the_personal_api_key(pair: Pair, side: str) -> None:
    person = pair.cloud_owner if side == "cloud" else pair.owner
    visitor = Visitor(person.side).log_in(person)
    page = visitor.submit("/settings/account/api-key", {"masterPasswordHash": person.password_hash})
    key = shown(page, "clientSecret")
    assert key is not None and is_blurred(page, key)


@pytest.mark.parametrize("field", ["authenticatorCode", "emailCode", "newDeviceOtp", "master-password"])
def test_what_is_typed_to_log_in(pair: Pair, field: str) -> None:
    (found,) = re.findall(rf'<input class="([^"]*)"[^>]* id="{field}"', Visitor(pair.cloud).get("/login").text)
    assert "secret" in found.split()


@pytest.fixture
def desk(tmp_path: Path) -> FlaskClient:
    account = {"app": "cloud_us", "email": "a@acme.example", "password": PASSWORD, "role": "account"}
    (tmp_path / "accounts.json").write_text(json.dumps({"accounts": [account]}))
    (tmp_path / "stack.json").write_text(json.dumps({}))
    MailStore(tmp_path / "mails").add(MAIL_ID, "no-reply@bitwarden.com", ["a@acme.example"], MAIL.encode())
    return create_desk(tmp_path / "mails", tmp_path).test_client()


def test_the_passwords_of_the_start_page(desk: FlaskClient) -> None:
    assert is_blurred(desk.get("/"), PASSWORD)


def test_codes_and_links_of_a_mail(desk: FlaskClient) -> None:
    page = desk.get(f"/mailbox/messages/{MAIL_ID}")
    assert is_blurred(page, CODE) and is_blurred(page, "tok-en")
    assert re.search(r'<iframe class="mail-html secret"', page.text)


def test_a_configuration_that_is_pasted(desk: FlaskClient) -> None:
    (found,) = re.findall(r'<textarea class="([^"]*)" id="text"', desk.get("/doctor").text)
    assert "secret" in found.split()


def test_what_an_exchange_carried(workshop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Portal(workshop, wardenloop__journal="10000").pair
    apps = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    monkeypatch.setattr(control, "transports_of", lambda home: apps)
    desk = create_desk(tmp_path / "mails", tmp_path).test_client()
    pair.cloud.client.post("/api/installations", json={"email": "admin@example.com"}).raise_for_status()
    asked = {"operation": "POST /api/installations"}
    entry = pair.cloud.client.get("/_sim/journal", params=asked).json()["data"][-1]
    page = desk.get(f"/inspector/{entry['id']}")
    assert is_blurred(page, "Content-Type") and is_blurred(page, '"enabled": true')
