"""Sections of an app's routes: loaded when they are asked for, and not before."""

import sys
import threading
from collections.abc import Iterator
from types import ModuleType

import pytest
from flask import Blueprint, Flask, request

from cloud_sim.app import WHEN_ASKED_FOR as CLOUD
from common.server.sections import ELSE, SectionedApp
from selfhost.app import WHEN_ASKED_FOR as SELFHOST
from tests.support.harness import Workshop

SECTIONS = {"made_up_api": ("api", "icons"), "made_up_pages": (ELSE,)}


class Modules:
    """Modules that can be imported, and which of them were mounted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.mounted: list[str] = []
        for name, paths in {"made_up_api": ("/api/a/<b>", "/icons/a"), "made_up_pages": ("/", "/a")}.items():
            module = ModuleType(name)
            module.mount = self._mount(name, paths)  # type: ignore[attr-defined]
            monkeypatch.setitem(sys.modules, name, module)

    def _mount(self, name: str, paths: tuple[str, ...]) -> object:
        def mount(app: Flask) -> None:
            self.mounted.append(name)
            bp = Blueprint(name, name)
            for number, path in enumerate(paths):
                bp.add_url_rule(path, f"view{number}", lambda **_: f"{name} {request.endpoint}")
            app.register_blueprint(bp)

        return mount


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Modules:
    return Modules(monkeypatch)


@pytest.fixture
def app(modules: Modules) -> Iterator[SectionedApp]:
    app = SectionedApp("made_up", static_folder=None)
    app.url_map.strict_slashes = False
    app.add_url_rule("/api/alive", "alive", lambda: "yes")
    app.expect(SECTIONS)
    yield app


def test_a_section_is_loaded_by_the_first_request_for_one_of_its_paths(app: SectionedApp, modules: Modules) -> None:
    client = app.test_client()
    assert client.get("/api/alive").text == client.get("/api/alive/").text == "yes"
    assert modules.mounted == []
    assert client.get("/icons/a").text == "made_up_api made_up_api.view1"
    assert client.get("/api/a/b").text == "made_up_api made_up_api.view0"
    assert modules.mounted == ["made_up_api"]
    assert [client.get(path).status_code for path in ("/", "/a", "/a/", "/b", "/apiary", "//api/a/b")] == [200] * 3 + [
        404
    ] * 3
    assert modules.mounted == ["made_up_api", "made_up_pages"]


def test_what_a_method_cannot_do_is_refused_wherever_the_route_is(app: SectionedApp) -> None:
    client = app.test_client()
    assert [client.post(path).status_code for path in ("/api/alive", "/api/a/b", "/a", "/api/b")] == [
        405,
        405,
        405,
        404,
    ]


def test_who_wants_all_routes_gets_all(app: SectionedApp, modules: Modules) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert rules == {"/api/alive", "/api/a/<b>", "/icons/a", "/", "/a"}
    assert {rule.endpoint for rule in app.url_map.iter_rules()} <= set(app.view_functions)
    assert [rule.rule for rule in app.url_map.iter_rules("made_up_api.view1")] == ["/icons/a"]
    assert sorted(modules.mounted) == ["made_up_api", "made_up_pages"]


def test_many_first_requests_at_once_load_a_section_once(app: SectionedApp, modules: Modules) -> None:
    start, found = threading.Barrier(8), []

    def ask() -> None:
        start.wait()
        found.append(app.test_client().get("/api/a/b").status_code)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 8
    assert modules.mounted == ["made_up_api"]


def test_a_section_that_may_not_be_is_not_served(modules: Modules) -> None:
    def refuse() -> None:
        raise RuntimeError("a route without a policy")

    app = SectionedApp("made_up", static_folder=None)
    app.expect(SECTIONS, refuse)
    with pytest.raises(RuntimeError, match="without a policy"):
        app.test_client().get("/api/a/b")


@pytest.mark.parametrize("side", ["cloud", "selfhost"])
def test_every_route_lies_where_it_is_looked_for(workshop: Workshop, side: str) -> None:
    """A route with another first word would never be found."""
    app = getattr(workshop, side)().app
    rules = list(app.url_map.iter_rules())
    sections = CLOUD if side == "cloud" else SELFHOST
    for module, words in sections.items():
        own = {rule.rule for rule in app.url_map._sections[words[0]].map.iter_rules()}
        assert own
        assert {app.url_map.section_of(rule) for rule in own} == {module}
    at_once = [rule.rule for rule in rules if app.url_map.section_of(rule.rule) is None]
    assert at_once
    assert not [rule for rule in at_once if "<" in rule]
