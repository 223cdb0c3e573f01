"""The bench itself: what the witness and axe are there to catch is caught."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.support import accessibility
from tests.support.browser import Witness

HOST = "127.0.0.1:9"
SECRET = "open sesame/+&"
PAGE = '<!doctype html><html lang="en"><title>Page</title><main><h1>Page</h1>{}</main></html>'
SCRIPT = f"<script>const secret = {SECRET!r}</script>"
NOTHING = "connect-src 'self'; default-src 'self' 'unsafe-inline'"


@pytest.fixture(scope="module")
def one_context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all: a fresh one takes longer than a test."""
    with browser.new_context() as context:
        yield context


@pytest.fixture
def watched(one_context: BrowserContext) -> Callable[..., Witness]:
    """watched(markup): what a witness says about a page of ours with this in it, once it has come to rest."""
    context = one_context

    def watch(markup: str, policy: str = NOTHING) -> Witness:
        seen = Witness(frozenset({HOST}), {SECRET})
        seen.watch(context)

        def serve(route: Route) -> None:
            if route.request.url == f"http://{HOST}/":
                headers = {"Content-Security-Policy": policy, "Content-Type": "text/html"}
                route.fulfill(body=PAGE.format(SCRIPT + markup), headers=headers)
            else:
                route.fulfill(status=404 if "missing" in route.request.url else 200, body="{}")

        page = context.new_page()
        page.route("**/*", serve)
        page.goto(f"http://{HOST}/")
        page.wait_for_load_state("networkidle")
        page.close()
        seen.leave(context)
        return seen

    return watch


def test_a_well_behaved_page_passes(watched: Callable[..., Witness]) -> None:
    watched("<p>Good day</p><script>fetch('/api', {method: 'POST', body: 'a hash'})</script>").verify()


@pytest.mark.parametrize(
    ("markup", "problem"),
    [
        ("<script>console.error('no')</script>", "console error: no"),
        ("<script>throw new Error('broken')</script>", "page error .*broken"),
        ("<script src='/missing.js'></script>", "answer 404: GET .*missing.js"),
        ("<script>fetch('/api?p=' + encodeURIComponent(secret))</script>", "a secret left the browser: GET /api"),
        ("<script>fetch('/api', {method: 'POST', body: secret})</script>", "a secret left the browser: POST /api"),
        (
            "<script>const form = new FormData(); form.set('p', secret); form.set('f', new File(['x'], 'x.json'));"
            "fetch('/api', {method: 'POST', body: form})</script>",
            "a secret left the browser: POST /api",
        ),
        (
            "<form method=post action=/login><input name=p></form>"
            "<script>document.forms[0].p.value = secret; document.forms[0].submit()</script>",
            "a secret left the browser: POST /login",
        ),
        ("<script>fetch('/api', {headers: {'X-Hash': btoa(secret)}})</script>", "a secret left the browser: GET /api"),
    ],
)
def test_misbehaviour_is_told(watched: Callable[..., Witness], markup: str, problem: str) -> None:
    with pytest.raises(AssertionError, match=problem):
        watched(markup).verify()


def test_a_foreign_host_is_told(watched: Callable[..., Witness]) -> None:
    with pytest.raises(AssertionError, match=r"request to a foreign host: GET http://cdn\.example/x\.css"):
        watched(
            "<link rel=stylesheet href='http://cdn.example/x.css'>", policy="style-src *; script-src 'unsafe-inline'"
        ).verify()


def test_what_the_content_policy_stops_is_told(watched: Callable[..., Witness]) -> None:
    with pytest.raises(AssertionError, match=r"console error: .*Content Security Policy"):
        watched("<p style='color: red'>Red</p>", policy="style-src 'self'; script-src 'unsafe-inline'").verify()


def test_forgiven_problems_are_not_told(watched: Callable[..., Witness]) -> None:
    seen = watched("<script>console.error('expected here')</script>")
    seen.forgive("expected here")
    seen.verify()


def test_axe_finds_what_keeps_people_out(page: Page) -> None:
    page.set_content(PAGE.format("<label>Name <input></label>"))
    accessibility.check(page)
    page.set_content(PAGE.format("<input><p style='color: #ddd; background: #fff'>Hardly there</p>"))
    with pytest.raises(AssertionError, match=r"(?s)color-contrast.*Hardly there.*label"):
        accessibility.check(page)
