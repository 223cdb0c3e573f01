"""How pages behave (static/*.js and the templates of the frame), on a small app with every kind of form and answer.

Source: fidelity.md: pages.errors, pages.shell.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Response, jsonify, redirect, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from werkzeug.serving import make_server

from common.server.locale.texts import Texts
from common.ui.page_headers import PAGE_HEADERS
from common.ui.script_texts import SCRIPT_TEXTS
from common.ui.static_files import STATIC
from common.ui.vendor import vendor_directories

WIRE, GLOSS = "Invalid installation id", "安装 ID 无效"
TOKEN = "tok+en/with=signs"
THIS_SERVER = "11111111-2222-3333-4444-555555555555"
PLAN = "Enterprise (Annually)"
LICENSE = {
    "LicenseType": 1,
    "Name": "Acme",
    "Expires": "2027-03-01T10:00:00Z",
    "InstallationId": THIS_SERVER,
    "Plan": PLAN,
}

HEAD = """{% extends "ui/vault.html" %}{% import "ui/macros.html" as ui with context %}"""
PAGES = {
    "home.html": HEAD
    + """
{% block title %}Home{% endblock %}
{% block content %}
{{ ui.dialog_link("/installation", "Open dialog", testid="open") }}
<a href="/next" data-testid="away">Away</a>
{% call ui.form("/submit", unsaved=True, files=True, wait_host="cloud.example:443") %}
  {{ ui.field("email", "Mail", type="email", required=True) }}
  {{ ui.field("installationId", "Id") }}
  {{ ui.field("seats", "Seats", type="number", value=5) }}
  <span data-testid="sum" data-total-of="seats" data-price="10" data-included="0"
    data-text="{seats}: {sum}">5: $50.00</span>
  {{ ui.password("master-password", "Master", required=False) }}
  <input type="hidden" name="masterPasswordHash">
  <div id="code-part" hidden>{{ ui.field("code", "Code", required=True) }}
    {{ ui.submit("Send another code", attrs={"formaction": "/other"}) }}</div>
  {{ ui.file("license", "License", license_type=1, preview="summary", installation_id=own, required=False) }}
  <dl id="summary" hidden>{% for name in ["Name", "Expires", "InstallationId", "Plan", "Seats"] %}
    <dt>{{ name }}</dt><dd data-license-field="{{ name }}" data-words='{{ t.plans() | tojson }}'></dd>{% endfor %}</dl>
  {% call ui.buttons() %}{{ ui.submit("Send", testid="send", name="pressed", value="send") }}{% endcall %}
{% endcall %}
<p data-once>Went well</p>
<details id="more"><summary>More</summary>Less</details>
{{ ui.copyable("token", "Token", token) }}
{% endblock %}""",
    "installation.html": HEAD
    + """
{% block title %}Which installation?{% endblock %}
{% block content %}
{% call ui.form("/submit") %}
  {{ ui.field("email", "Mail", value="a@example.com") }}{{ ui.field("installationId", "Id", autofocus=True) }}
  {% call ui.buttons() %}{{ ui.submit("Send", testid="send") }}{{ ui.cancel("/") }}{% endcall %}
{% endcall %}
{% endblock %}""",
    "bring.html": HEAD
    + """
{% block title %}Bring{% endblock %}
{% block content %}
<form method="post" action="/submit" enctype="multipart/form-data">
  {{ ui.any_file("license", "Files", required=True, multiple=True) }}
  {{ ui.field("seats", "Seats", type="number", required=True) }}
  {{ ui.textarea("text", "Text", value="k-e-y", secret=True) }}
  {{ ui.submit("Send", testid="send") }}
</form>
{% endblock %}""",
    "keep.html": HEAD
    + """
{% block title %}Keep{% endblock %}
{% block content %}
{% call ui.form("/submit", files=True, attrs={"data-keep-input": ""}) %}
  {{ ui.any_file("license", "Files") }}{{ ui.field("seats", "Seats", value="1") }}
  {{ ui.checkbox("hidden", "Hidden") }}{{ ui.submit("Send", testid="send") }}
{% endcall %}
<p>{{ token }}</p>
{% endblock %}""",
    "choices.html": HEAD
    + """
{% block title %}Choices{% endblock %}
{% block content %}
<section class="choices">
<div><input type="radio" name="way" id="automatic-sync" data-testid="automatic">
<label for="automatic-sync">A</label></div>
<div><input type="radio" name="way" id="manual-upload" checked><label for="manual-upload">M</label></div>
<div class="if-automatic"><button type="button" data-testid="inner">Inner</button></div>
</section>
{% endblock %}""",
    "login.html": HEAD + """{% block title %}Log in{% endblock %}""",
    "next.html": HEAD + """{% block title %}Next{% endblock %}{% block content %}<p>Arrived</p>{% endblock %}""",
}


@dataclass
class Server:
    """The app under the browser. answer: what /submit answers next. release: held back while not set. user: id of who
    is signed in."""

    url: str = ""
    answer: Callable[[], ResponseReturnValue] = lambda: redirect("/next", 303)
    forms: list[dict[str, str]] = field(default_factory=list)
    files: list[str | None] = field(default_factory=list)
    release: Event = field(default_factory=Event)
    toasts: list[dict[str, Any]] = field(default_factory=list)
    user: str = "ada"


def _render(server: Server, template: str) -> str:
    t = Texts(request.cookies.get("language", "en"))
    toasts, server.toasts = server.toasts, []
    nav = [SimpleNamespace(label="Vault", href="/next", current=False, children=(), testid="vault")]
    shell = SimpleNamespace(app="cloud", region="EU", host="h", mailbox_url=None, products=[], nav=nav, banners=[])
    return render_template(
        template,
        t=t,
        language=t.language,
        theme=request.cookies.get("theme", "system"),
        root="",
        form_token="form-token",
        asset=lambda name: f"/assets/{name}",
        vendor=lambda name: f"/assets/vendor/{name}",
        script_texts={key: t(key) for key in SCRIPT_TEXTS},
        toasts=toasts,
        me=SimpleNamespace(id=server.user, name="Ada", email="ada@example.com"),
        shell=shell,
        own=THIS_SERVER,
        token=TOKEN,
    )


def _app(server: Server) -> Flask:
    app = Flask("behaviour", static_folder=None)
    templates = FileSystemLoader(STATIC.parent / "templates")
    app.jinja_loader = ChoiceLoader([DictLoader(PAGES), templates])

    @app.get("/slow")
    def show_slowly() -> str:
        server.release.set()
        time.sleep(1)
        return _render(server, "next.html")

    @app.get("/", defaults={"name": "home"})
    @app.get("/<name>")
    def show(name: str) -> str:
        return _render(server, f"{name}.html")

    @app.post("/submit")
    def submit() -> ResponseReturnValue:
        server.forms.append(request.form.to_dict())
        server.files.append(request.files["license"].filename if "license" in request.files else None)
        server.release.wait(60)
        return server.answer()

    @app.post("/<any(language, theme):what>")
    def choose(what: str) -> Response:
        response = Response(status=204)
        response.set_cookie(what, request.form[what])
        return response

    @app.get("/assets/<path:name>")
    def asset(name: str) -> Response:
        folder, _, rest = name.removeprefix("vendor/").partition("/")
        is_vendor = name.startswith("vendor/")
        directory, path = (vendor_directories()[folder], rest) if is_vendor else (STATIC, name)
        return send_from_directory(directory, path, max_age=3600)

    @app.after_request
    def policy(response: Response) -> Response:
        response.headers.extend({"Content-Security-Policy": PAGE_HEADERS["Content-Security-Policy"]})
        return response

    return app


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    server = Server()
    http = make_server("127.0.0.1", 0, _app(server), threaded=True)
    server.url = f"http://127.0.0.1:{http.server_port}"
    Thread(target=http.serve_forever, daemon=True).start()
    yield server
    http.shutdown()


@pytest.fixture
def server(running: Server) -> Server:
    running.__dict__.update(Server(running.url).__dict__)
    running.release.set()
    return running


@pytest.fixture(scope="module")
def context(browser: Browser, running: Server) -> Iterator[BrowserContext]:
    """One for all tests, which saves loading the scripts anew. `page` empties it."""
    context = browser.new_context()
    context.new_page().goto(f"{running.url}/assets/prepare.js")  # keeps the process for the pages of the tests
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    context.clear_cookies()
    context.clear_permissions()
    page = context.new_page()
    yield page
    page.close()


@pytest.fixture
def home(server: Server, page: Page) -> Iterator[Page]:
    """The home page, scripts running. Faults of scripts and of the policy fail the test."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    open_page(page, server.url)
    yield page
    assert faults == []


def open_page(page: Page, url: str) -> None:
    page.goto(url)
    ready(page)


def ready(page: Page) -> None:
    expect(page.locator("html[data-ready]")).to_be_attached()


def use_chinese(home: Page, server: Server) -> None:
    home.context.add_cookies([{"name": "language", "value": "zh-Hans", "url": server.url}])
    open_page(home, server.url)


def send(home: Page) -> None:
    home.get_by_label("Mail").fill("ada@example.com")
    home.get_by_test_id("send").click()


def open_dialog(home: Page) -> Locator:
    home.get_by_test_id("open").click()
    dialog = home.get_by_role("dialog", name="Which installation?")
    expect(dialog).to_be_visible()
    return dialog


def refuse(**fields: list[str]) -> Callable[[], ResponseReturnValue]:
    return lambda: (jsonify(message=WIRE, gloss=None, own=False, fields=fields, details=None), 400)


def _say(message: str) -> ResponseReturnValue:
    return jsonify(message=message, gloss=None, own=True, fields={}, details=None), 400


# --- answers of forms


def test_what_went_well_is_no_news_beside_a_refusal_nor_a_refusal_after_a_success(server: Server, home: Page) -> None:
    expect(home.get_by_text("Went well")).to_be_visible()
    server.answer = refuse()
    send(home)
    expect(home.get_by_role("alert")).to_have_count(1)
    expect(home.get_by_text("Went well")).to_have_count(0)
    server.answer = lambda: Response("{}", headers={"Content-Disposition": 'attachment; filename="a.json"'})
    with home.expect_download():
        send(home)
    expect(home.locator("#toasts").get_by_role("alert")).to_have_count(0)
    home.get_by_test_id("x.messages").click()
    expect(home.locator("#toast-history")).to_contain_text(WIRE)


def test_what_was_typed_is_back_for_who_was_logged_out_meanwhile(server: Server, home: Page) -> None:
    server.answer = lambda: jsonify(location="/login?next=/")
    home.get_by_label("Id").fill("typed here")
    home.get_by_label("Master").fill("a secret")
    server.user = ""
    send(home)
    home.wait_for_url("**/login?next=/")
    server.user = "ada"
    open_page(home, server.url)
    expect(home.get_by_label("Id")).to_have_value("typed here")
    expect(home.get_by_label("Mail")).to_have_value("ada@example.com")
    expect(home.get_by_label("Master")).to_have_value("")
    expect(home.get_by_role("status").filter(has_text="You were logged out before.")).to_be_visible()
    open_page(home, server.url)
    expect(home.get_by_label("Id")).to_have_value("")


def test_what_was_typed_is_not_for_the_next_person(server: Server, home: Page) -> None:
    server.answer = lambda: jsonify(location="/login?next=/")
    home.get_by_label("Id").fill("typed here")
    send(home)
    home.wait_for_url("**/login?next=/")
    for who in ("ben", "ada"):
        server.user = who
        open_page(home, server.url)
        expect(home.get_by_label("Id")).to_have_value("")


def test_a_sum_is_that_of_the_number_typed_also_after_the_language_changed(server: Server, home: Page) -> None:
    home.get_by_label("Seats").fill("7")
    expect(home.get_by_test_id("sum")).to_have_text("7: $70.00")
    home.get_by_test_id("x.languageSwitch").click()
    expect(home.locator("html[lang=zh-Hans]")).to_be_attached()
    expect(home.get_by_test_id("sum")).to_have_text("7: US$70.00")


def test_refusal_keeps_what_was_typed_and_marks_the_field(server: Server, home: Page) -> None:
    server.answer = refuse(installationId=[WIRE])
    home.get_by_label("Id").fill("nonsense")
    send(home)
    expect(home.get_by_role("alert")).to_contain_text(f"An error has occurred.{WIRE}")
    field_ = home.get_by_label("Id")
    expect(field_).to_have_value("nonsense")
    expect(field_).to_be_focused()
    expect(field_).to_have_attribute("aria-invalid", "true")
    expect(field_).to_have_accessible_description(WIRE)
    expect(home.get_by_text("1 field above needs your attention.")).to_be_visible()
    expect(home.get_by_test_id("send")).to_be_enabled()


def test_chinese_toast_has_the_gloss_first_and_the_wire_text_marked_as_english(server: Server, home: Page) -> None:
    use_chinese(home, server)
    server.answer = lambda: (jsonify(message=WIRE, gloss=GLOSS, own=False, fields={}, details=None), 400)
    send(home)
    toast = home.get_by_role("alert")
    expect(toast).to_contain_text(f"发生错误。{GLOSS}服务器消息 {WIRE}")
    expect(toast.locator("[lang=en]")).to_have_text(WIRE)


def test_problem_about_a_prepared_hash_marks_the_master_password(server: Server, home: Page) -> None:
    server.answer = refuse(masterPasswordHash=["Invalid password."])
    send(home)
    expect(home.get_by_label("Master")).to_have_accessible_description("Invalid password.")


def test_an_answer_calls_nobody_back_who_has_gone_elsewhere(server: Server, home: Page) -> None:
    """Its script would cancel the way to the other page: `net::ERR_ABORTED` for a test, the wrong page for a person."""
    server.answer = lambda: jsonify(location="/installation")
    server.release.clear()
    send(home)
    while not server.forms:
        home.wait_for_timeout(20)
    home.goto(f"{server.url}/slow")
    expect(home.get_by_text("Arrived")).to_be_visible()
    assert home.url == f"{server.url}/slow"


def test_location_leads_on_and_the_next_page_says_what_was_done(server: Server, home: Page) -> None:
    server.toasts = [{"kind": "success", "title": "Saved it"}]
    server.answer = lambda: jsonify(location="/next")
    send(home)
    expect(home.get_by_role("heading", name="Next")).to_be_visible()
    expect(home.get_by_role("status")).to_contain_text("Saved it")


def test_reveal_shows_a_part_of_the_form_and_asks_for_it(server: Server, home: Page) -> None:
    server.answer = lambda: jsonify(reveal="code-part", focus="code")
    send(home)
    expect(home.get_by_label("Code")).to_be_focused()


def test_html_takes_the_place_of_the_content(server: Server, home: Page) -> None:
    server.answer = lambda: _render(server, "next.html")
    send(home)
    expect(home.get_by_text("Arrived")).to_be_visible()
    expect(home.get_by_role("heading", name="Next")).to_be_focused()
    expect(home.get_by_test_id("send")).to_have_count(0)


def test_html_takes_the_place_of_what_a_dialog_shows(server: Server, home: Page) -> None:
    server.answer = lambda: _render(server, "next.html")
    open_dialog(home).get_by_test_id("send").click()
    dialog = home.get_by_role("dialog", name="Next")
    expect(dialog.get_by_text("Arrived")).to_be_visible()
    expect(home.get_by_test_id("away")).to_be_attached()


def test_attachment_is_saved_and_closes_the_dialog(server: Server, home: Page) -> None:
    server.answer = lambda: Response(
        "{}", mimetype="application/json", headers={"Content-Disposition": 'attachment; filename="acme.json"'}
    )
    dialog = open_dialog(home)
    with home.expect_download() as download:
        dialog.get_by_test_id("send").click()
    assert download.value.suggested_filename == "acme.json"
    expect(dialog).to_have_count(0)
    expect(home.get_by_role("status")).to_contain_text("Saved acme.json")


@pytest.mark.parametrize("answer", [None, ("teapot", 500)])
def test_without_an_answer_a_person_may_try_again(server: Server, home: Page, answer: tuple[str, int] | None) -> None:
    if answer is None:
        home.route("**/submit", lambda route: route.abort(), times=1)
    else:
        server.answer = lambda: answer
    send(home)
    expect(home.get_by_role("alert")).to_contain_text("The server did not answer.")
    server.answer = lambda: jsonify(location="/next")
    home.get_by_role("button", name="Try again").click()
    expect(home.get_by_role("heading", name="Next")).to_be_visible()


def test_second_press_sends_nothing(server: Server, home: Page) -> None:
    server.release.clear()
    send(home)
    button = home.get_by_test_id("send")
    expect(button).to_be_disabled()
    expect(button.get_by_role("status")).to_have_text("Loading")
    button.dispatch_event("click")
    home.get_by_label("Mail").press("Enter")
    server.answer = lambda: jsonify(location="/next")
    server.release.set()
    expect(home.get_by_role("heading", name="Next")).to_be_visible()
    assert len(server.forms) == 1


def test_form_carries_its_token_and_button_and_never_the_master_password(server: Server, home: Page) -> None:
    server.answer = refuse()
    home.get_by_label("Master").fill("correct horse battery")
    send(home)
    expect(home.get_by_role("alert")).to_be_visible()
    [sent] = server.forms
    assert sent.pop("__RequestVerificationToken") == "form-token"
    assert sent == {
        "email": "ada@example.com",
        "installationId": "",
        "seats": "5",
        "masterPasswordHash": "",
        "code": "",
        "pressed": "send",
    }


def test_long_call_says_where_the_request_went_and_that_it_works(server: Server, home: Page) -> None:
    server.release.clear()
    home.clock.install()
    send(home)
    home.clock.run_for(2_100)
    expect(home.get_by_text("Request sent to cloud.example:443")).to_be_visible()
    home.clock.run_for(8_000)
    expect(home.get_by_text("Still working (10 s)")).to_be_visible()
    server.answer = refuse()
    server.release.set()
    expect(home.get_by_text("Still working")).to_have_count(0)


def test_one_may_stop_waiting_and_keeps_what_was_typed(server: Server, home: Page) -> None:
    server.release.clear()
    home.clock.install()
    send(home)
    home.clock.run_for(10_100)
    home.get_by_role("button", name="Stop waiting").click()
    expect(home.locator("#toasts").get_by_text("No longer waiting.")).to_be_visible()
    expect(home.get_by_test_id("send")).to_be_enabled()
    expect(home.get_by_label("Mail")).to_have_value("ada@example.com")
    server.release.set()


def test_enter_presses_the_button_of_the_form_not_the_first_one_in_it(server: Server, home: Page) -> None:
    server.answer = lambda: jsonify(reveal="code-part", focus="code")
    home.get_by_label("Mail").fill("ada@example.com")
    home.keyboard.press("Enter")
    home.get_by_label("Code").fill("123")
    server.answer = lambda: jsonify(location="/next")
    home.keyboard.press("Enter")
    expect(home.get_by_role("heading", name="Next")).to_be_visible()
    assert [sent["code"] for sent in server.forms] == ["", "123"]


# --- fields


def test_missing_and_malformed_values_are_told_under_the_field_and_not_sent(server: Server, home: Page) -> None:
    home.get_by_test_id("send").click()
    mail = home.get_by_label("Mail")
    expect(mail).to_have_accessible_description("Input is required.")
    expect(mail).to_be_focused()
    mail.fill("ada")
    expect(mail).to_have_accessible_description("")
    home.get_by_label("Id").focus()
    expect(mail).to_have_accessible_description("Input is not an email address.")
    assert server.forms == []


def test_password_can_be_looked_at(home: Page) -> None:
    password = home.get_by_label("Master")
    home.get_by_role("button", name="Toggle visibility").click()
    expect(password).to_have_attribute("type", "text")
    home.get_by_role("button", name="Toggle visibility").click()
    expect(password).to_have_attribute("type", "password")


# --- dialogs and menus


def test_dialog_takes_focus_and_gives_it_back(home: Page) -> None:
    dialog = open_dialog(home)
    expect(dialog.get_by_label("Id")).to_be_focused()
    home.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(home.get_by_test_id("open")).to_be_focused()
    open_dialog(home).get_by_test_id("cancel").click()
    expect(home.get_by_test_id("open")).to_be_focused()
    assert home.url.endswith("/")


def test_dialog_stays_while_a_call_runs_and_after_a_refusal(server: Server, home: Page) -> None:
    server.release.clear()
    server.answer = refuse()
    dialog = open_dialog(home)
    dialog.get_by_label("Id").fill("nonsense")
    dialog.get_by_test_id("send").click()
    for _ in range(3):
        home.keyboard.press("Escape")
    expect(dialog.get_by_test_id("send")).to_be_disabled()
    server.release.set()
    dialog.get_by_role("alert").get_by_role("button", name="Close").click()  # within reach, though a dialog is open
    expect(dialog.get_by_label("Id")).to_have_value("nonsense")


def test_menu_works_from_the_keyboard(home: Page) -> None:
    button = home.get_by_test_id("theme")
    button.focus()
    home.keyboard.press("ArrowDown")
    expect(home.get_by_role("button", name="Use system theme")).to_be_focused()
    home.keyboard.press("ArrowUp")
    expect(home.get_by_test_id("x.presenter")).to_be_focused()
    home.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(home.get_by_test_id("x.presenter")).to_be_hidden()


# --- copy and files


def test_copy_copies_the_whole_value(home: Page) -> None:
    home.context.grant_permissions(["clipboard-read", "clipboard-write"])
    home.get_by_test_id("copyValue").click()
    expect(home.get_by_role("status")).to_contain_text("Token copied")
    assert home.evaluate("navigator.clipboard.readText()") == TOKEN


def test_without_permission_to_copy_the_value_is_selected(home: Page) -> None:
    home.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    home.get_by_test_id("copyValue").click()
    expect(home.get_by_role("status")).to_contain_text("The value is selected")
    assert home.evaluate("getSelection().toString()") == TOKEN


def choose(home: Page, name: str, content: bytes) -> None:
    home.locator("#license").set_input_files({"name": name, "mimeType": "", "buffer": content})


NO_LICENSE = "This file is not a license (JSON expected)."
CUT = "This file ends in the middle: it was not saved completely. Download the license again."
OTHER_JSON = "This file is JSON, but not a license: nothing that a license has is in it."
UTF_16 = "This file is UTF-16 text, as PowerShell's > saves it. Save it as UTF-8, or download the license again."
PREMIUM = "This is the premium license of a person. Upload it on the subscription page of that account."


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("license.txt", json.dumps(LICENSE).encode(), NO_LICENSE),
        ("license.json", b"<!DOCTYPE html>", NO_LICENSE),
        ("license.json", b"[]", NO_LICENSE),
        ("license.json", b'{"a": 1}', OTHER_JSON),
        ("license.json", json.dumps(LICENSE).encode()[:-20], CUT),
        ("license.json", json.dumps(LICENSE).encode("utf-16"), UTF_16),
        ("license.json", json.dumps(LICENSE | {"LicenseType": 0}).encode(), PREMIUM),
        ("license.json", json.dumps(LICENSE | {"Name": "x" * 1024 * 1024}).encode(), NO_LICENSE),
    ],
    ids=["ending", "not-json", "no-object", "other-json", "cut", "utf-16", "other-type", "too-big"],
)
def test_file_that_is_no_license_is_not_sent(server: Server, home: Page, name: str, content: bytes, told: str) -> None:
    choose(home, name, content)
    expect(home.get_by_text(told)).to_be_visible()
    send(home)
    expect(home.get_by_test_id("chooseFile")).to_be_focused()
    assert server.forms == []


def test_license_is_shown_before_it_is_sent_and_its_name_stays(server: Server, home: Page) -> None:
    with home.expect_file_chooser() as chooser:
        home.get_by_test_id("chooseFile").click()
    content = json.dumps(LICENSE).encode()
    chooser.value.set_files({"name": "acme.json", "mimeType": "application/json", "buffer": content})
    expect(home.locator("#summary dd")).to_have_text(["Acme", "Mar 1, 2027", f"{THIS_SERVER} (this server)", PLAN, "–"])
    server.answer = refuse()
    send(home)
    expect(home.get_by_role("alert")).to_be_visible()
    expect(home.get_by_text("acme.json")).to_be_visible()
    expect(home.get_by_text("No file chosen")).to_be_hidden()
    assert server.files == ["acme.json"]


def test_a_second_look_needs_no_second_choice_of_files(server: Server, home: Page) -> None:
    open_page(home, f"{server.url}/keep")
    home.locator("#license").set_input_files({"name": "a.json", "mimeType": "application/json", "buffer": b"{}"})
    home.get_by_label("Seats").fill("7")
    home.get_by_label("Hidden").check()
    server.answer = lambda: _render(server, "keep.html")
    for times in (1, 2):
        home.get_by_test_id("send").click()
        expect(home.get_by_role("heading", name="Keep")).to_be_focused()
        expect(home.get_by_text("a.json")).to_be_visible()
        assert server.files == ["a.json"] * times
    assert [each["seats"] for each in server.forms] == ["7", "7"]
    expect(home.get_by_label("Hidden")).to_be_checked()


def test_what_is_pressed_last_is_shown_once_it_can_be_seen(server: Server, home: Page) -> None:
    open_page(home, f"{server.url}/choices#show=inner,automatic")
    marked = home.locator(".shown-control")
    expect(marked).to_have_count(1)
    expect(marked.get_by_test_id("automatic")).to_be_visible()
    home.get_by_label("A", exact=True).check()
    expect(marked).to_have_text("Inner")
    marked.click()
    expect(marked).to_have_count(0)


def test_file_can_be_dropped(home: Page) -> None:
    transfer = home.evaluate_handle(
        "(text) => { const t = new DataTransfer(); t.items.add(new File([text], 'acme.json')); return t; }",
        json.dumps(LICENSE | {"InstallationId": "another"}),
    )
    home.get_by_text("or drop the file here").dispatch_event("drop", {"dataTransfer": transfer})
    expect(home.get_by_text("another (not this server)")).to_be_visible()


def test_a_form_that_the_browser_sends_asks_in_the_language_of_the_page(server: Server, home: Page) -> None:
    home.context.add_cookies([{"name": "language", "value": "zh-Hans", "url": server.url}])
    open_page(home, f"{server.url}/bring")
    home.get_by_test_id("send").click()
    expect(home.get_by_test_id("chooseFile")).to_be_focused()
    expect(home.locator("#license-error")).to_have_text("选择一个文件。")
    expect(home.locator("#seats-error")).to_have_text("必须输入内容。")
    with home.expect_file_chooser() as chooser:
        home.get_by_test_id("chooseFile").click()
    files = ({"name": name, "mimeType": "text/plain", "buffer": b"A=B"} for name in ("global.override.env", "b.env"))
    chooser.value.set_files(list(files))  # type: ignore[arg-type]  # dictionaries of this shape
    expect(home.locator("[data-file-name]")).to_have_text("global.override.env, b.env")
    expect(home.locator("#license-error")).to_be_hidden()
    home.get_by_label("Seats").fill("5")
    home.get_by_test_id("send").click()
    home.wait_for_url("**/next")
    assert (server.files, server.forms[0]["seats"]) == (["global.override.env"], "5")


# --- language, theme, leaving, links


def test_language_changes_under_what_was_typed_chosen_and_opened(server: Server, home: Page) -> None:
    home.get_by_label("Id").fill("half an id")
    home.get_by_label("Master").fill("correct horse")
    choose(home, "acme.json", json.dumps(LICENSE).encode())
    home.get_by_text("More").click()
    server.answer = lambda: jsonify(reveal="code-part", focus="code")
    send(home)
    home.get_by_label("Code").fill("123")
    home.get_by_test_id("x.languageSwitch").click()

    expect(home.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(home.get_by_test_id("chooseFile")).to_have_text("选择文件")
    expect(home.get_by_test_id("x.languageSwitch")).to_be_focused()
    expect(home.get_by_label("Id")).to_have_value("half an id")
    expect(home.get_by_label("Master")).to_have_value("correct horse")
    expect(home.get_by_label("Code")).to_have_value("123")
    expect(home.locator("#summary dd").nth(1)).to_have_text("2027-03-01")
    expect(home.locator("#summary dd").nth(3)).to_have_text("企业版（每年）")
    expect(home.get_by_text("Less")).to_be_visible()
    home.get_by_test_id("send").click()
    expect(home.get_by_test_id("send")).to_be_enabled()
    assert (server.forms[-1]["code"], server.files[-1]) == ("123", "acme.json")


def test_theme_changes_at_once_and_stays(server: Server, home: Page) -> None:
    home.get_by_test_id("theme").click()
    home.get_by_role("button", name="Dark").click()
    expect(home.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(home.locator("button[value=dark]")).to_have_attribute("aria-pressed", "true")
    open_page(home, server.url)
    expect(home.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_system_theme_follows_the_system(home: Page) -> None:
    home.emulate_media(color_scheme="dark")
    expect(home.locator("html")).to_have_attribute("data-bs-theme", "dark")
    home.emulate_media(color_scheme="light")
    expect(home.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_leaving_a_changed_form_asks(home: Page) -> None:
    home.get_by_label("Id").fill("half an id")
    home.get_by_test_id("away").click()
    question = home.get_by_role("dialog", name="You have unsaved changes. Leave this page?")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    home.keyboard.press("Enter")
    expect(question).to_have_count(0)
    expect(home.get_by_label("Id")).to_have_value("half an id")
    home.get_by_test_id("away").click()
    question.get_by_role("button", name="Leave page").click()
    expect(home.get_by_role("heading", name="Next")).to_be_visible()


def test_leaving_an_unchanged_form_does_not_ask(home: Page) -> None:
    home.get_by_test_id("away").click()
    expect(home.get_by_role("heading", name="Next")).to_be_visible()


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [("/#/next?token=1", "/next?token=1"), ("/#//next", "/next"), ("/redirect-connector.html#next?x=1", "/next?x=1")],
)
def test_links_of_mails_lead_to_the_page_they_mean(server: Server, page: Page, address: str, leads_to: str) -> None:
    page.route("**/redirect-connector.html", lambda route: route.fulfill(response=page.request.get(server.url)))
    page.goto(server.url + address)
    expect(page).to_have_url(server.url + leads_to)


# --- toasts, banner, and all of it without scripts


def test_at_most_three_errors_stay_and_the_bell_keeps_them_all(server: Server, home: Page) -> None:
    home.clock.install()
    for number in range(4):
        server.answer = partial(_say, f"No {number}")
        send(home)
        expect(home.get_by_role("alert").get_by_text(f"No {number}")).to_be_visible()
    home.clock.run_for(60_000)
    shown = home.get_by_role("alert")
    expect(shown).to_contain_text(["No 1", "No 2", "No 3"])
    shown.last.get_by_role("button", name="Close").click()
    expect(shown).to_have_count(2)
    home.goto(f"{server.url}/next")
    home.get_by_test_id("x.messages").click()
    expect(home.locator("#toast-history li")).to_contain_text(["No 3", "No 2", "No 1", "No 0"])


def test_nothing_of_one_person_stays_for_the_next(server: Server, page: Page) -> None:
    server.toasts = [{"kind": "success", "title": "Only for Ada"}]
    open_page(page, server.url)
    expect(page.locator("#toast-history li")).to_contain_text(["Only for Ada"])
    page.evaluate("import('/assets/keys.js').then((keys) => keys.remember('ada', {privateKey: 'a key'}))")
    held = "import('/assets/keys.js').then(async (keys) => (await keys.recall('ada')) ?? null)"
    open_page(page, f"{server.url}/next")
    assert page.evaluate(held) == {"privateKey": "a key"}
    server.user = "ben"
    open_page(page, server.url)
    expect(page.locator("#toast-history .toast-past")).to_have_count(0)
    assert page.evaluate("Object.values(sessionStorage).join()") == ""
    server.user = ""
    open_page(page, server.url)
    page.wait_for_function(f"{held}.then((found) => found === null)")


def test_success_leaves_by_itself_but_not_under_the_pointer(server: Server, home: Page) -> None:
    server.toasts = [{"kind": "success", "title": "Saved it"}]
    home.clock.install()
    open_page(home, server.url)
    toast = home.get_by_role("status").filter(has_text="Saved it")
    toast.hover()
    home.clock.run_for(20_000)
    expect(toast).to_be_visible()
    home.get_by_label("Id").hover()
    home.clock.run_for(6_000)
    expect(toast).to_have_count(0)


def test_a_menu_that_one_opens_lies_above_toasts(server: Server, home: Page) -> None:
    server.toasts = [{"kind": "error", "title": "License Expired " * 30}]
    open_page(home, server.url)
    home.locator(".topbar summary").filter(has=home.get_by_text("Account", exact=False)).last.click()
    expect(home.get_by_role("alert")).to_be_visible()
    home.get_by_test_id("accountSettings").click()
    home.wait_for_url("**/settings/account")


def test_banner_of_the_simulation_goes_for_good(server: Server, home: Page) -> None:
    banner = home.get_by_test_id("x.simBanner")
    home.evaluate("localStorage.clear()")
    open_page(home, server.url)
    banner.get_by_role("button", name="Close").click()
    open_page(home, server.url)
    expect(banner).to_be_hidden()


def test_presenter_mode_is_switched_by_the_keyboard_and_stays(server: Server, home: Page) -> None:
    token = home.locator("#token")
    size = "document.documentElement.computedStyleMap().get('font-size').value"
    before = home.evaluate(size)
    home.locator("body").press("Shift+P")
    expect(token).to_have_css("filter", re.compile("blur"))
    assert home.evaluate(size) > before
    home.get_by_label("Mail").press("Shift+P")  # a letter like any other
    open_page(home, server.url)
    expect(token).to_have_css("filter", re.compile("blur"))
    home.get_by_test_id("theme").click()
    home.get_by_test_id("x.presenter").click()
    expect(token).to_have_css("filter", "none")
    expect(home.get_by_test_id("x.presenter")).to_have_attribute("aria-pressed", "false")


def test_what_is_secret_is_blurred_while_it_is_typed_too(server: Server, home: Page) -> None:
    home.locator("body").press("Shift+P")
    open_page(home, f"{server.url}/bring")
    home.get_by_label("Text").focus()
    expect(home.get_by_label("Text")).to_have_css("filter", re.compile("blur"))
    expect(home.get_by_label("Seats")).to_have_css("filter", "none")


def test_navigation_is_a_drawer_on_a_phone(home: Page) -> None:
    home.set_viewport_size({"width": 360, "height": 640})
    item = home.get_by_test_id("vault")
    expect(item).to_be_hidden()
    home.get_by_test_id("x.menu").click()
    expect(item).to_be_visible()
    home.keyboard.press("Escape")
    expect(item).to_be_hidden()
    assert home.evaluate("document.documentElement.scrollWidth") == 360


def test_first_stop_of_the_keyboard_skips_to_the_content(home: Page) -> None:
    home.keyboard.press("Tab")
    expect(home.get_by_test_id("skipToContent")).to_be_focused()
    home.keyboard.press("Enter")
    expect(home.locator("main")).to_be_focused()


def test_pages_and_forms_work_without_scripts(server: Server, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(server.url)
    expect(page.get_by_test_id("copyValue")).to_be_hidden()
    page.get_by_test_id("open").click()
    expect(page.get_by_role("heading", name="Which installation?")).to_be_visible()
    page.get_by_label("Id").fill("1")
    page.get_by_test_id("send").click()
    expect(page.get_by_role("heading", name="Next")).to_be_visible()
    page.get_by_test_id("account").click()
    expect(page.get_by_test_id("logOut")).to_be_visible()
    assert server.forms[0]["installationId"] == "1"
