"""The browser's key material against vectors and common/crypto/account.py: each side opens what the other made."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser as PlaywrightBrowser
from playwright.sync_api import Page, Route

from common.crypto import account
from common.crypto.account import Kdf, RsaKeyPair
from common.enums import KdfType
from common.ui.page_headers import PAGE_HEADERS
from common.ui.static_files import STATIC
from common.ui.vendor import vendor_directories

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "fixtures" / "crypto.json").read_text("utf-8"))
ACCOUNTS = {case["name"]: case for case in VECTORS["accounts"]}
ORGANIZATION = VECTORS["organization"]
MEMBER_KEYS = {member["account"]: member["key"] for member in ORGANIZATION["memberKeys"]}
QUICK = ("legacy-pbkdf2-5000", "argon2id-min")

ORIGIN = "http://127.0.0.1:9"  # nothing listens there: the browser's requests are answered here
ROOT = "/us"
TYPED_PASSWORD = "correct horse 密码 battery"
EMAIL = "owner@example.com"
ORGANIZATION_KEY = bytes(range(64))
USER_ID = "cb93e3dd-c5b6-4980-bbb7-a0737eacce44"
PRELUDE = f"""
const [account, keys, forms] = await Promise.all(
  ["account", "keys", "prepare"].map((name) => import(`{ROOT}/assets/${{name}}.js`)));
const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const base64 = (some) => btoa(String.fromCharCode(...some));
const form = document.forms[0];
const prepared = async () => {{ await forms.prepare(form); return Object.fromEntries(new FormData(form)); }};
const failure = async (work) => {{
  try {{ await work(); }} catch (error) {{ return [error.textKey, error.input?.id ?? null]; }}
}};
"""


class Browser:
    """A page below a prefix, under the policy of our pages, that loads the scripts. form: the markup of its form."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.form = ""
        self.has_argon2 = True
        self.prelogin: tuple[int, dict[str, Any]] = (200, {})
        self.asked: list[Any] = []
        page.route("**/*", self._answer)

    def open(self, form: str = "") -> "Browser":
        """(Re)load the page."""
        self.form = form
        self.page.goto(f"{ORIGIN}{ROOT}/")
        return self

    def run(self, body: str, *args: Any) -> Any:
        """What the body of an async function returns. `args`: what is given to it."""
        return self.page.evaluate(f"async (args) => {{ {PRELUDE} {body} }}", args)

    def fails(self, body: str, *args: Any) -> Any:
        """[textKey, id of the input] of the error that it has to throw."""
        return self.run(f"return failure(async () => {{ {body} }})", *args)

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path.removeprefix(ROOT)
        if path == "/":
            body = f'<!doctype html><title>Keys</title><body data-root="{ROOT}">{self.form}'
            route.fulfill(body=body, content_type="text/html; charset=utf-8", headers=PAGE_HEADERS)
        elif path == "/identity/accounts/prelogin/password":
            self.asked.append(route.request.post_data_json)
            route.fulfill(status=self.prelogin[0], json=self.prelogin[1])
        else:
            self._fulfill_asset(route, path.removeprefix("/assets/"))

    def _fulfill_asset(self, route: Route, name: str) -> None:
        top, _, rest = name.partition("/")
        if top != "vendor":
            route.fulfill(path=STATIC / name)
        elif self.has_argon2:
            package, _, file = rest.partition("/")
            route.fulfill(path=vendor_directories()[package] / file)
        else:
            route.fulfill(status=404)


@pytest.fixture(scope="module")
def module_page(browser: PlaywrightBrowser) -> Iterator[Page]:
    """One for all tests: a new one takes longer than most of them."""
    with browser.new_context() as context:
        yield context.new_page()


@pytest.fixture
def browser_page(module_page: Page) -> Iterator[Browser]:
    """Opened, with nobody remembered."""
    opened = Browser(module_page).open()
    opened.run("await keys.forget()")
    yield opened
    module_page.unroute_all()


@pytest.fixture(scope="module")
def pair() -> RsaKeyPair:
    return account.new_rsa_key_pair()


@pytest.fixture(scope="module")
def opened_account(pair: RsaKeyPair) -> account.AccountKeys:
    return account.new_account(EMAIL, TYPED_PASSWORD, Kdf(iterations=5_000), pair=pair)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def unb64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def settings_of(case: dict[str, Any]) -> dict[str, Any]:
    """As the scripts want them."""
    names = {"type": "kdf", "iterations": "kdfIterations", "memory": "kdfMemory", "parallelism": "kdfParallelism"}
    return {name: case[field] for name, field in names.items()}


def need_argon2() -> None:
    if "noble-hashes" not in vendor_directories():
        pytest.skip("@noble/hashes is not installed: .ci/web-packages .venv")


def named(block: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", VECTORS[block], ids=lambda case: case["name"])


# --- vectors


@named("kdf")
def test_master_key_hash_and_stretched_key(browser_page: Browser, case: dict[str, Any]) -> None:
    if case["kdf"] == KdfType.ARGON2ID:
        need_argon2()
    key, server_hash, stretched = browser_page.run(
        """const key = await account.masterKey(args[0], args[1], args[2]);
        return [base64(key), await account.serverHash(key, args[0]), base64(await account.stretch(key))]""",
        case["password"],
        case["email"],
        settings_of(case),
    )
    assert key == case["masterKeyB64"]
    assert server_hash == case["masterPasswordHashServer"]
    assert unb64(stretched) == unb64(case["stretchedEncKeyB64"]) + unb64(case["stretchedMacKeyB64"])


@named("encStringType2")
def test_type_2_is_exact_and_opens(browser_page: Browser, case: dict[str, Any]) -> None:
    encrypted, plaintext = browser_page.run(
        """const [key, plaintext, iv] = args.slice(0, 3).map(bytes);
        return [await account.encrypt(key, plaintext, iv), base64(await account.decrypt(key, args[3]))]""",
        case["keyB64"],
        case["plaintextB64"],
        case["ivB64"],
        case["encString"],
    )
    assert (encrypted, plaintext) == (case["encString"], case["plaintextB64"])


@named("encStringInvalid")
def test_invalid_type_2_is_refused(browser_page: Browser, case: dict[str, Any]) -> None:
    work = "await account.decrypt(bytes(args[0]), args[1])"
    assert browser_page.fails(work, case["keyB64"], case["encString"]) == ["x.keyDoesNotOpen", None]


@pytest.mark.parametrize("changed", ["{}|YWFh", "{}.YWFh", "x{}", "2{}", "2.Ÿ|Ÿ|Ÿ", ""])
def test_what_is_not_quite_an_encrypted_string_is_refused(browser_page: Browser, changed: str) -> None:
    text = changed.format(account.encrypt(ORGANIZATION_KEY, b"text"))
    work = "await account.decrypt(bytes(args[0]), args[1])"
    assert browser_page.fails(work, b64(ORGANIZATION_KEY), text) == ["x.keyDoesNotOpen", None]


@named("encStringType4")
def test_type_4_opens_and_is_opened(browser_page: Browser, case: dict[str, Any]) -> None:
    plaintext, wrapped = browser_page.run(
        """const key = await account.importPrivateKey(bytes(args[0]));
        const plaintext = await account.unwrapKey(key, args[1]);
        return [base64(plaintext), await account.wrapKey(args[2], plaintext)]""",
        case["privateKeyPkcs8B64"],
        case["encString"],
        case["publicKeyB64"],
    )
    assert plaintext == case["plaintextB64"]
    assert account.unwrap_key(unb64(case["privateKeyPkcs8B64"]), wrapped) == unb64(plaintext)


@pytest.mark.parametrize("name", QUICK)
def test_account_unlocks_and_opens_its_organization(browser_page: Browser, name: str) -> None:
    need_argon2()
    case = ACCOUNTS[name]
    organization_key = browser_page.run(
        """const key = await account.masterKey(args[0], args[1], args[2]);
        const { privateKey } = await account.unlock(key, args[3], args[4]);
        return base64(await account.unwrapKey(privateKey, args[5]))""",
        *(case["password"], case["email"], settings_of(case), case["protectedUserKey"], case["encryptedPrivateKey"]),
        MEMBER_KEYS[name],
    )
    assert organization_key == ORGANIZATION["organizationKeyB64"]


# --- keys that are kept


UNLOCK = "const unlocked = await account.unlock(await account.masterKey(...args.slice(0, 3)), args[3], args[4]);"


def unlock_arguments(keys: account.AccountKeys) -> tuple[Any, ...]:
    kdf = {"type": 0, "iterations": keys.kdf.iterations}
    return TYPED_PASSWORD, keys.email, kdf, keys.protected_user_key, keys.encrypted_private_key


def remembered_opens(browser: Browser, user_id: str, wrapped: str) -> Any:
    """What the remembered key of this user unwraps, base64; None when there is none."""
    return browser.run(
        """const found = await keys.recall(args[0]);
        return found ? base64(await account.unwrapKey(found.privateKey, args[1])) : null""",
        user_id,
        wrapped,
    )


def test_unlocked_keys_outlive_the_page_and_cannot_be_read_out(
    browser_page: Browser, opened_account: account.AccountKeys, pair: RsaKeyPair
) -> None:
    browser_page.run(UNLOCK + "await keys.remember('a', unlocked)", *unlock_arguments(opened_account))
    browser_page.open()
    assert remembered_opens(browser_page, "a", account.wrap_key(pair.public_key, b"0123")) == b64(b"0123")
    told = browser_page.run(
        """const { privateKey } = await keys.recall("a");
        return crypto.subtle.exportKey("pkcs8", privateKey).then(() => "read out", (error) => error.name)"""
    )
    assert told == "InvalidAccessError"


def test_only_the_last_who_signed_in_is_remembered(
    browser_page: Browser, opened_account: account.AccountKeys, pair: RsaKeyPair
) -> None:
    work = UNLOCK + "for (const each of ['a', 'b']) await keys.remember(each, unlocked)"
    browser_page.run(work, *unlock_arguments(opened_account))
    wrapped = account.wrap_key(pair.public_key, b"0123")
    assert remembered_opens(browser_page, "a", wrapped) is None
    assert remembered_opens(browser_page, "b", wrapped) == b64(b"0123")
    browser_page.run("await keys.forget()")
    assert remembered_opens(browser_page, "b", wrapped) is None


# --- forms

SECRET = 'type="password" autocomplete="current-password"'
LOGIN = f'<form data-prepare="login"><input id="email" name="email"><input id="master-password" {SECRET}></form>'
REGISTER = """<form data-prepare="register"><input name="email" value=" Owner@Example.COM"><input id="master-password"
type="password"><input id="confirm-master-password" type="password"><input type="hidden" name="kdf"></form>"""
PBKDF2 = {"kdf": 0, "kdfIterations": 5_000, "kdfMemory": None, "kdfParallelism": None}


def log_in(browser: Browser, email: str, password: str) -> Any:
    """What the login form sends."""
    browser.open(LOGIN)
    browser.page.fill("#email", email)
    browser.page.fill("#master-password", password)
    return browser.run("return prepared()")


def test_login_sends_the_hash_and_never_the_password(
    browser_page: Browser, opened_account: account.AccountKeys
) -> None:
    browser_page.prelogin = (200, PBKDF2)
    sent = log_in(browser_page, " Owner@Example.COM ", TYPED_PASSWORD)
    assert sent == {"email": " Owner@Example.COM ", "masterPasswordHash": opened_account.master_password_hash}
    assert browser_page.asked == [{"email": EMAIL}]


def test_login_of_an_argon2id_account(browser_page: Browser) -> None:
    need_argon2()
    case = ACCOUNTS["argon2id-min"]
    browser_page.prelogin = (200, case)
    assert log_in(browser_page, case["email"], case["password"])["masterPasswordHash"] == case["masterPasswordHash"]


def after_login(browser: Browser, keys: account.AccountKeys, *answers: Any) -> None:
    """The login form got these answers."""
    browser.prelogin = (200, PBKDF2)
    browser.open(LOGIN)
    browser.page.fill("#email", keys.email)
    browser.page.fill("#master-password", TYPED_PASSWORD)
    browser.run("await prepared(); for (const each of args) await forms.afterAnswer(form, each)", *answers)


def keys_of(keys: account.AccountKeys) -> dict[str, str]:
    return {"userId": USER_ID, "key": keys.protected_user_key, "privateKey": keys.encrypted_private_key}


def test_login_unlocks_after_the_second_step(
    browser_page: Browser, opened_account: account.AccountKeys, pair: RsaKeyPair
) -> None:
    answers = [{"reveal": "code"}, {"location": "/vault", "keys": keys_of(opened_account)}]
    after_login(browser_page, opened_account, *answers)
    wrapped = account.wrap_key(pair.public_key, b"0123")
    assert remembered_opens(browser_page, USER_ID, wrapped) == b64(b"0123")


def test_login_without_keys_forgets_who_was_there_before(
    browser_page: Browser, opened_account: account.AccountKeys, pair: RsaKeyPair
) -> None:
    after_login(browser_page, opened_account, {"location": "/vault", "keys": keys_of(opened_account)})
    after_login(browser_page, opened_account, {"location": "/vault"})
    assert remembered_opens(browser_page, USER_ID, account.wrap_key(pair.public_key, b"0123")) is None


def test_logging_out_forgets(browser_page: Browser, opened_account: account.AccountKeys, pair: RsaKeyPair) -> None:
    after_login(browser_page, opened_account, {"location": "/vault", "keys": keys_of(opened_account)})
    browser_page.open('<form data-prepare="logout"></form>').run("await forms.prepare(form)")
    assert remembered_opens(browser_page, USER_ID, account.wrap_key(pair.public_key, b"0123")) is None


@pytest.mark.parametrize(
    ("prelogin", "text"),
    [
        ((400, {"message": "no"}), "x.preloginRefused"),
        ((200, PBKDF2 | {"kdfIterations": 4_999}), "x.kdfTooWeak"),
        ((200, {"kdf": 1, "kdfIterations": 2, "kdfMemory": 15, "kdfParallelism": 1}), "x.kdfTooWeak"),
    ],
)
def test_login_stops_before_the_password_is_used(
    browser_page: Browser, prelogin: tuple[int, dict[str, Any]], text: str
) -> None:
    browser_page.prelogin = prelogin
    browser_page.open(LOGIN)
    assert browser_page.fails("await prepared()") == [text, None]


def test_argon2id_where_the_set_up_had_no_npm(browser_page: Browser) -> None:
    browser_page.has_argon2 = False
    browser_page.prelogin = (200, ACCOUNTS["argon2id-min"])
    browser_page.open(LOGIN)
    assert browser_page.fails("await prepared()") == ["x.argon2Unavailable", None]


def test_registration_makes_an_account_that_other_clients_open(browser_page: Browser) -> None:
    browser_page.open(REGISTER)
    browser_page.page.fill("#master-password", TYPED_PASSWORD)
    browser_page.page.fill("#confirm-master-password", TYPED_PASSWORD)
    sent = browser_page.run("return prepared()")
    kdf = Kdf()
    assert sent["masterPasswordHash"] == account.server_hash(
        account.master_key(TYPED_PASSWORD, EMAIL, kdf), TYPED_PASSWORD
    )
    assert [sent[name] for name in ("kdf", "kdfIterations", "kdfMemory", "kdfParallelism")] == ["0", "600000", "", ""]
    user_key = account.unlock(TYPED_PASSWORD, EMAIL, kdf, sent["userSymmetricKey"])
    private_key = account.decrypt(user_key, sent["userAsymmetricEncryptedPrivateKey"])
    wrapped = account.wrap_key(unb64(sent["userAsymmetricPublicKey"]), b"0123")
    assert account.unwrap_key(private_key, wrapped) == b"0123"
    assert TYPED_PASSWORD not in sent.values()


@pytest.mark.parametrize(
    ("password", "again", "problem"),
    [
        ("eleven char", "eleven char", ["x.passwordTooShort", "master-password"]),
        ("twelve chars", "twelve Chars", ["x.passwordsDiffer", "confirm-master-password"]),
        ("twelve chars", "twelve chars", None),
    ],
)
def test_chosen_master_password(browser_page: Browser, password: str, again: str, problem: Any) -> None:
    browser_page.open(REGISTER)
    browser_page.page.fill("#master-password", password)
    browser_page.page.fill("#confirm-master-password", again)
    assert browser_page.fails("await prepared()") == problem


def attributes(**values: Any) -> str:
    """data-... attributes; what is no text as JSON."""
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
    return " ".join(f"data-{name.replace('_', '-')}='{text}'" for name, text in texts.items())


def test_proof_hashes_with_the_settings_of_the_account(browser_page: Browser) -> None:
    need_argon2()
    case = ACCOUNTS["argon2id-min"]
    data = attributes(prepare="proof", email=case["email"], kdf=settings_of(case))
    browser_page.open(f'<form {data}><input name="other"><input id="password" {SECRET}></form>')
    browser_page.page.fill("#password", case["password"])
    browser_page.page.eval_on_selector("#password", "input => { input.type = 'text'; }")  # shown in clear
    assert browser_page.run("return prepared()") == {"other": "", "masterPasswordHash": case["masterPasswordHash"]}


def test_new_organization_opens_for_its_creator(browser_page: Browser, pair: RsaKeyPair) -> None:
    data = attributes(prepare="organization", public_key=b64(pair.public_key), collection_name="默认集合")
    sent = browser_page.open(f"<form {data}></form>").run("return prepared()")
    key = account.unwrap_key(pair.private_key, sent["key"])
    assert account.decrypt(key, sent["collectionName"]).decode() == "默认集合"
    private_key = account.decrypt(key, sent["encryptedPrivateKey"])
    assert account.unwrap_key(private_key, account.wrap_key(unb64(sent["publicKey"]), b"0123")) == b"0123"


def member_form(keys: account.AccountKeys, prepare: str, inner: str = "", **more: str) -> str:
    """A form that needs the organization key; asks for the master password where the account is not unlocked."""
    data = attributes(
        prepare=prepare,
        user_id=USER_ID,
        organization_key=account.wrap_key(unb64(keys.public_key), ORGANIZATION_KEY),
        email=keys.email,
        kdf={"type": 0, "iterations": keys.kdf.iterations, "memory": None, "parallelism": None},
        user_key=keys.protected_user_key,
        user_private_key=keys.encrypted_private_key,
        **more,
    )
    return f'<form {data}>{inner}<p data-unlock hidden><input id="password" {SECRET}></p></form>'


def confirm_form(keys: account.AccountKeys) -> tuple[str, bytes]:
    """The form and the private key of the member to be confirmed."""
    member = account.new_rsa_key_pair()
    return member_form(keys, "confirm-member", member_public_key=b64(member.public_key)), member.private_key


def test_member_is_confirmed_with_the_remembered_key(
    browser_page: Browser, opened_account: account.AccountKeys
) -> None:
    after_login(browser_page, opened_account, {"location": "/vault", "keys": keys_of(opened_account)})
    form, private_key = confirm_form(opened_account)
    sent = browser_page.open(form).run("return prepared()")
    assert account.unwrap_key(private_key, sent.pop("key")) == ORGANIZATION_KEY
    assert (sent, browser_page.page.is_visible("#password")) == ({}, False)


def test_member_is_confirmed_with_the_master_password(
    browser_page: Browser, opened_account: account.AccountKeys
) -> None:
    form, private_key = confirm_form(opened_account)
    browser_page.open(form)
    assert browser_page.fails("await prepared()") == ["x.unlockNeeded", "password"]
    browser_page.page.fill("#password", "something else")
    assert browser_page.fails("await prepared()") == ["x.wrongMasterPassword", "password"]
    browser_page.page.fill("#password", TYPED_PASSWORD)
    sent = browser_page.run("return prepared()")
    assert account.unwrap_key(private_key, sent["key"]) == ORGANIZATION_KEY
    # and not asked again
    assert browser_page.open(form).run("return prepared()").keys() == {"key"}


def test_key_of_somebody_else_says_so(browser_page: Browser, opened_account: account.AccountKeys) -> None:
    after_login(browser_page, opened_account, {"location": "/vault", "keys": keys_of(opened_account)})
    form, _ = confirm_form(opened_account)
    foreign = account.wrap_key(account.new_rsa_key_pair().public_key, ORGANIZATION_KEY)
    browser_page.open(form).page.eval_on_selector("form", f"form => {{ form.dataset.organizationKey = '{foreign}'; }}")
    assert browser_page.fails("await prepared()") == ["x.keyDoesNotOpen", None]


@pytest.mark.parametrize(("typed", "problem"), [("备注 for Bob", None), ("注" * 107, ["x.notesTooLong", "notes"])])
def test_notes_are_encrypted_for_the_organization(
    browser_page: Browser, opened_account: account.AccountKeys, typed: str, problem: Any
) -> None:
    after_login(browser_page, opened_account, {"location": "/vault", "keys": keys_of(opened_account)})
    browser_page.open(member_form(opened_account, "notes", '<input id="notes"><input type="hidden" name="notes">'))
    browser_page.page.fill("#notes", typed)
    assert browser_page.fails("await prepared()") == problem
    if problem is None:
        encrypted = browser_page.run("return prepared()")["notes"]
        assert account.decrypt(ORGANIZATION_KEY, encrypted).decode() == typed


def test_empty_notes_need_no_key(browser_page: Browser, opened_account: account.AccountKeys) -> None:
    browser_page.open(member_form(opened_account, "notes", '<input id="notes">'))
    assert browser_page.run("return prepared()") == {"notes": ""}


def test_form_without_a_preparer_is_sent_as_it_is(browser_page: Browser) -> None:
    browser_page.open('<form><input name="name" value="value"></form>')
    assert browser_page.run("return prepared()") == {"name": "value"}


# --- files of other packages


@pytest.mark.parametrize("name", ["css/bootstrap.min.css"])
def test_bootstrap_is_where_pages_expect_it(name: str) -> None:
    assert (vendor_directories()["bootstrap"] / name).is_file()
