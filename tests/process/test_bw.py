"""The official `bw` client, several releases, against a stack with TLS: both clouds and the instance.

Source: fidelity.md: hosts.paths, clients.calls, identity.token.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from common.cli.client import Client, Mailbox, RequestFailed, Server
from common.cli.members import invite_member
from common.cli.organizations import buy_organization
from common.crypto import totp
from common.crypto.account import Kdf, encrypt
from common.enums import MemberStatus, PlanType
from common.ids import SystemIds
from tests.support.bw import NEWEST, OLDEST, VERSIONS, Bw, Served
from tests.support.stack import DEFAULT_COLLECTION, PASSWORD, Stack, another_cloud, new_address

_DAY = 24 * 3600

WORLDS = (("cloud_us", "/us"), ("cloud_eu", "/eu"))
"""Apps of a stack that answer below a path as well."""


NewBw = Callable[[str], Bw]


@pytest.fixture
def new_bw(stack: Stack, tmp_path: Path) -> NewBw:
    """Makes clients that nobody is logged in with."""
    numbers, authority = iter(range(100)), stack.ca
    assert authority is not None
    return lambda version: Bw(version, tmp_path / f"bw-{next(numbers)}", authority, shelf_of(stack))


def shelf_of(stack: Stack) -> Path:
    """A folder of all workers that use this stack."""
    return stack.command.home.parent


# --- a whole session of every release against the instance and a cloud

# a login of the newer releases takes seconds of computing, so not every release meets every app in every way
EVERYWHERE = [(OLDEST, "selfhost"), (VERSIONS[1], "cloud_us"), (VERSIONS[2], "cloud_eu"), (NEWEST, "selfhost")]
MEETINGS = [*((version, "selfhost") for version in VERSIONS), (OLDEST, "cloud_eu")]


@pytest.mark.parametrize(("version", "app"), MEETINGS)
def test_a_session(stack: Stack, new_bw: NewBw, version: str, app: str) -> None:
    email = stack.owner(app)
    person = stack.sign_in(app, email)
    bw = new_bw(version)
    bw.configure(stack.base(app))
    bw.log_in(email, PASSWORD)
    with bw.served() as vault:
        status = vault.status()
        assert (status["serverUrl"], status["userEmail"]) == (stack.base(app), email)
        assert status["status"] == "unlocked"
        _organizations_are_those_of(person, vault)
        _items_and_folders(vault)


def _organizations_are_those_of(person: Client, vault: Served) -> None:
    organizations = person.profile()["organizations"]
    vault.until(lambda: vault.names("organizations") == sorted(each["name"] for each in organizations))
    enabled = [each for each in organizations if each["enabled"]]
    vault.until(lambda: vault.names("collections") == [DEFAULT_COLLECTION] * len(enabled))
    for each in enabled:
        assert vault.get("organization", each["id"])["name"] == each["name"]
        members = person.get(f"/organizations/{each['id']}/users")["data"]
        shown = vault.listed("org-members", organizationid=each["id"])
        assert {member["email"] for member in shown} == {member["email"] for member in members} >= {person.email}
        assert vault.names("org-collections", organizationid=each["id"]) == [DEFAULT_COLLECTION]


def _items_and_folders(vault: Served) -> None:
    """All of it seen after another sync, so that it is the server's memory and not the client's."""
    folder = vault.create("folder", {"name": "Work"})["id"]
    item = vault.create("item", _login_item("Mail", folderId=folder))
    vault.edit("folder", folder, {"name": "Office"})
    vault.edit("item", item["id"], {**item, "name": "Post"})
    vault.sync()
    vault.until(lambda: vault.names("items", folderid=folder) == ["Post"])
    vault.until(lambda: vault.get("folder", folder)["name"] == "Office")
    assert vault.get("password", item["id"])["data"] == "s3cret"
    vault.delete("item", item["id"])
    vault.sync()
    vault.until(lambda: item["id"] in vault.ids("items", trash="true") - vault.ids("items"))
    vault.restore(item["id"])
    vault.delete("folder", folder)
    vault.sync()
    vault.until(lambda: item["id"] in vault.ids("items") - vault.ids("items", folderid=folder))
    vault.until(lambda: folder not in vault.ids("folders"))
    vault.delete("item", item["id"], permanent="true")
    vault.sync()
    vault.until(lambda: item["id"] not in vault.ids("items") | vault.ids("items", trash="true"))


def test_the_guided_run_leaves_organizations_on_cloud_and_instance(stack: Stack) -> None:
    """What keeps the test above from comparing nothing with nothing."""
    for app in ("cloud_us", "selfhost"):
        organizations = stack.sign_in(app, stack.owner(app)).profile()["organizations"]
        assert any(organization["enabled"] for organization in organizations)


# --- one organization, as every release sees it

BETWEEN = ((OLDEST, NEWEST), (NEWEST, OLDEST), VERSIONS[1:3], VERSIONS[2:4])
"""Release that writes, release that reads: every release is among them."""


@dataclass
class Together:
    """Somebody's organization, open in several releases at once.

    collection: the id of the one that it was founded with. vault: of a release.
    """

    stack: Stack
    owner: Client
    organization: str
    collection: str
    vault: Callable[[str], Served]

    def make_item(self, vault: Served, name: str) -> str:
        """Id of a login in the collection."""
        vault.until(lambda: self.collection in vault.ids("collections"))
        item = _login_item(name, organizationId=self.organization, collectionIds=[self.collection])
        return str(vault.create("item", item)["id"])

    def switch(self, *, on: bool) -> None:
        """Simulator control; it changes nobody's revision date."""
        self.owner.server.post(f"/_sim/organizations/{self.organization}", {"enabled": on})


@pytest.fixture(scope="module")
def together(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Together]:
    email, authority = new_address("shared"), stack.ca
    assert authority is not None
    owner = stack.register("cloud_us", email)
    organization = buy_organization(owner, "Shared", PlanType.TEAMS_ANNUALLY, seats=len(VERSIONS) + 1)
    (collection,) = owner.get(f"/organizations/{organization}/collections")["data"]
    with ExitStack() as opened:

        @cache
        def vault(version: str) -> Served:
            bw = Bw(version, tmp_path_factory.mktemp("shared"), authority, shelf_of(stack))
            bw.configure(stack.base("cloud_us"))
            bw.log_in(email, PASSWORD)
            return opened.enter_context(bw.served())

        yield Together(stack, owner, organization, collection["id"], vault)


@pytest.mark.parametrize(("version", "other"), BETWEEN)
def test_item_in_a_collection_reaches_another_release(together: Together, version: str, other: str) -> None:
    name, collection = f"Router of {version}", together.collection
    made = together.make_item(together.vault(version), name)
    vault = together.vault(other)
    vault.sync()
    vault.until(lambda: name in vault.names("items", collectionid=collection))
    assert vault.get("password", made)["data"] == "s3cret"
    assert vault.get("item", made)["collectionIds"] == [collection]


@pytest.mark.parametrize("version", VERSIONS)
def test_items_are_moved_and_members_confirmed(together: Together, version: str) -> None:
    """Lets somebody in, gives an item away and changes the collections it is in."""
    owner, vault, organization = together.owner, together.vault(version), together.organization
    mate = together.stack.register("cloud_us", new_address("mate"))
    membership = invite_member(owner, mate, organization, together.stack.mailbox)
    listed = {each["id"]: each["status"] for each in vault.listed("org-members", organizationid=organization)}
    assert listed[membership] == MemberStatus.ACCEPTED
    vault.confirm(membership, organization)
    mate.refresh()
    assert mate.organization_key(organization) == owner.organization_key(organization)

    first, second = together.collection, _another_collection(owner, organization)
    assert {first, second} <= vault.ids("org-collections", organizationid=organization)
    gift = vault.create("item", _login_item("Gift"))["id"]
    vault.move(gift, organization, [first])
    vault.sync()
    vault.until(lambda: vault.get("item", gift)["collectionIds"] == [first])
    vault.edit("item-collections", gift, [second])
    vault.sync()
    vault.until(lambda: vault.get("item", gift)["collectionIds"] == [second])


def _another_collection(owner: Client, organization: str) -> str:
    name = encrypt(owner.organization_key(organization), b"More")
    mine = {"id": owner.organization(organization)["organizationUserId"], "manage": True}
    return str(owner.post(f"/organizations/{organization}/collections", {"name": name, "users": [mine]})["id"])


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_items_of_a_disabled_organization(together: Together, version: str) -> None:
    """They are out of sight for as long as the organization is disabled, and so are its collections."""
    vault = together.vault(version)
    item = together.make_item(vault, "Switch")
    try:
        together.switch(on=False)
        vault.sync(force="true")
        vault.until(lambda: vault.names("items") == vault.names("collections") == [])
        vault.until(lambda: [each["enabled"] for each in vault.listed("organizations")] == [False])
    finally:
        together.switch(on=True)
    vault.sync(force="true")
    vault.until(lambda: item in vault.ids("items"))


def _login_item(name: str, **more: Any) -> dict[str, Any]:
    login: dict[str, Any] = {"uris": [], "username": "me", "password": "s3cret", "totp": None}
    nothing = dict.fromkeys(("organizationId", "collectionIds", "folderId", "notes"))
    return {"type": 1, "name": name, "login": login, "favorite": False, "fields": [], "reprompt": 0} | nothing | more


# --- other ways to log in, and to say where the server is


# 2022.8.0 is older than Argon2id accounts: "Unknown Kdf."
@pytest.mark.parametrize(("version", "app", "prefix"), [(v, *w) for v, w in zip(VERSIONS[1::2], WORLDS, strict=True)])
def test_argon2id_account_at_a_base_with_a_path(
    stack: Stack, new_bw: NewBw, version: str, app: str, prefix: str
) -> None:
    email = new_address("argon")
    stack.register(app, email, kdf=Kdf.argon2id())
    bw = new_bw(version)
    bw.configure(stack.base(app) + prefix)
    bw.log_in(email, PASSWORD)
    with bw.served() as vault:
        vault.lock()
        assert vault.status()["status"] == "locked"
        vault.unlock(PASSWORD)
        assert vault.status()["status"] == "unlocked"


@pytest.mark.parametrize(("version", "app"), EVERYWHERE)
def test_api_key_at_split_addresses(stack: Stack, new_bw: NewBw, version: str, app: str) -> None:
    email, base = stack.owner(app), stack.base(app)
    person = stack.sign_in(app, email)
    key = person.post("/accounts/api-key", {"masterPasswordHash": person.password_hash})["apiKey"]
    bw = new_bw(version)
    bw.environment = {"BW_CLIENTID": f"user.{person.profile()['id']}", "BW_CLIENTSECRET": key}
    bw.configure("--api", f"{base}/api", "--identity", f"{base}/identity")
    login = bw.try_("login", "--apikey")  # 2026.9.0 also speaks of a migration that waits for the unlocked vault
    assert (login.status, login.output.partition("!")[0]) == (0, "You are logged in"), login
    with bw.served() as vault:
        assert vault.status()["status"] == "locked"
        vault.unlock(PASSWORD)
        vault.sync()


# --- two-step login


@pytest.mark.parametrize(("version", "app"), [EVERYWHERE[0], *EVERYWHERE[2:]])
def test_two_step_login(stack: Stack, new_bw: NewBw, version: str, app: str) -> None:
    """By authenticator, then by a mailed code; the client has the mail sent when it is asked to log in without one."""
    email = new_address("steps")
    person = stack.register(app, email)
    vault = WebVault(person)
    key = vault.use_authenticator()
    bw = new_bw(version)
    bw.configure(stack.base(app))
    stack.wait_days(2 * totp.STEP_SECONDS / _DAY)  # a code works once
    _log_in_by_authenticator(bw, email, vault, key)
    assert bw("logout") == "You have logged out."
    mailbox = Mailbox(stack.urls["mailbox"], ca=stack.ca)
    vault.use_mail(mailbox)
    seen = mailbox.wait_for(email)["id"]
    said = bw.says if version == OLDEST else bw.refused
    assert said("login", email, PASSWORD, "--method", "1") == "Code is required."
    mail = mailbox.wait_for(email)
    assert mail["id"] != seen
    bw.log_in(email, PASSWORD, "--method", "1", "--code", mailed_code(mail))
    assert bw("sync") == "Syncing complete."


def _log_in_by_authenticator(bw: Bw, email: str, vault: "WebVault", key: str) -> None:
    """Again with the next code where the client took so long to start that the server was right to refuse the first."""
    late = True
    while late:
        began, code = time.monotonic(), vault.code(key)
        done = bw.try_("login", email, PASSWORD, "--method", "0", "--code", code, "--raw")
        late = done.status != 0 and time.monotonic() - began > totp.STEP_SECONDS
    assert (done.status, done.error) == (0, ""), done
    bw.session = done.output


class WebVault:
    """What its user does in the settings for two-step login, which are the web vault's alone."""

    def __init__(self, person: Client) -> None:
        self._server, self._email = person.server, person.email
        self._secret = {"masterPasswordHash": person.password_hash}
        form = {"grant_type": "password", "client_id": "web", "scope": "api offline_access", "deviceType": "9"}
        form |= {"username": person.email, "password": person.password_hash, "deviceName": "chrome"}
        form |= {"deviceIdentifier": str(SystemIds().uuid())}
        self._token = self._server.call("POST", "/identity/connect/token", data=form)["access_token"]

    def _call(self, method: str, path: str, **body: str) -> Any:
        return self._server.call(method, f"/api/two-factor{path}", bearer=self._token, json=self._secret | body)

    def use_authenticator(self) -> str:
        """Set an authenticator up; its key."""
        key: str = self._call("POST", "/get-authenticator")["authenticator"]["key"]
        self._call("PUT", "/authenticator", key=key, token=self.code(key))
        return key

    def code(self, key: str) -> str:
        """What the authenticator shows now, in simulated time."""
        now = datetime.fromisoformat(self._server.clock()["now"])
        return totp.code_at(totp.key_of(key) or b"", totp.step_of(now))

    def use_mail(self, mailbox: Mailbox) -> None:
        """Have codes mailed."""
        self._call("POST", "/send-email", email=self._email)
        mail = mailbox.wait_for(self._email)
        self._call("PUT", "/email", email=self._email, token=mailed_code(mail))


def mailed_code(mail: Mapping[str, Any]) -> str:
    return next(word for word in mail["text"].split() if word.isdigit() and len(word) == 6)


# --- refusals


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_wrong_api_key(stack: Stack, new_bw: NewBw, version: str) -> None:
    person = stack.sign_in("cloud_us", stack.owner("cloud_us"))
    bw = new_bw(version)
    bw.environment = {"BW_CLIENTID": f"user.{person.profile()['id']}", "BW_CLIENTSECRET": "x" * 30}
    bw.configure(stack.base("cloud_us"))
    texts = {
        OLDEST: '{"response":{"error":"invalid_client"},"captchaRequired":false,"statusCode":400}',
        NEWEST: "client_id or client_secret is incorrect. Try again.",
    }
    assert bw.refused("login", "--apikey") == texts[version]


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_wrong_password(stack: Stack, new_bw: NewBw, version: str) -> None:
    """At an instance; at a cloud: see below."""
    bw, base = new_bw(version), stack.base("selfhost")
    bw.configure(base)
    assert bw.refused("login", stack.owner("selfhost"), "wrong") == wrong_password(version, base)


def wrong_password(version: str, base: str) -> str:
    """What a release says of one."""
    if version == OLDEST:
        return "Username or password is incorrect. Try again."
    host = base.removeprefix("https://")
    return f"Invalid master password. Confirm your email is correct and your account was created on {host}."


SECRET_DELAY = 6.0


def test_wrong_passwords_are_answered_slowly(stack: Stack, new_bw: NewBw) -> None:
    """Every time anew: upstream locks nobody out. Far more seconds than the client takes by itself."""
    with another_cloud(stack, SECRET_DELAY=str(SECRET_DELAY)) as url:
        for version in (OLDEST, NEWEST):
            bw = new_bw(version)
            bw.configure(url)
            for _ in range(2):
                begin = time.monotonic()
                assert bw.refused("login", stack.owner("cloud_us"), "wrong") == wrong_password(version, url)
                assert time.monotonic() - begin >= SECRET_DELAY
            bw.log_in(stack.owner("cloud_us"), PASSWORD)


@pytest.fixture(scope="module")
def limited_cloud(stack: Stack) -> Iterator[str]:
    """The address of a process of the US cloud that counts calls."""
    with another_cloud(stack, RATE_LIMITS="true", SECRET_DELAY="0") as url:
        yield url


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_too_many_logins(stack: Stack, new_bw: NewBw, limited_cloud: str, version: str) -> None:
    stack.wait_days(61 / _DAY)  # so that the whole minute is still to come
    _use_up_the_logins_of_a_minute(Server(limited_cloud, ca=stack.ca))
    bw = new_bw(version)
    bw.configure(limited_cloud)
    own_words, of_the_server = "Rate limit exceeded. Try again later.", "Slow down! Too many requests. Try again in 1m."
    said = bw.refused("login", stack.owner("cloud_us"), PASSWORD)
    assert said == (of_the_server if version == OLDEST else own_words)


def _use_up_the_logins_of_a_minute(server: Server) -> None:
    said = ""
    while "1m." not in said:
        time.sleep(0.25)  # five in a second are refused for another reason
        with pytest.raises(RequestFailed) as refused:
            server.call("POST", "/identity/connect/token", data={"grant_type": "password", "client_id": "cli"})
        said = refused.value.message


def test_an_authority_that_is_not_trusted(stack: Stack, new_bw: NewBw, tmp_path: Path) -> None:
    """The proof that the other tests go over verified TLS."""
    bw = new_bw(NEWEST)
    bw.ca = tmp_path / "none.pem"
    bw.configure(stack.base("cloud_us"))
    assert "certificate" in bw.refused("login", stack.owner("cloud_us"), PASSWORD)
