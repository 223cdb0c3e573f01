"""A name that was pointed at this machine and a page of another site reach neither control nor pages of any process."""

from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from cloud_sim.settings import from_environment
from common.desk.app import create_desk
from common.server.own_hosts import FOREIGN_NAME, FOREIGN_PAGE, host_names
from tests.support.harness import Workshop

ID = "00000000-0000-0000-0000-000000000001"


def calls(app: Flask, *policies: str) -> Iterator[tuple[str, str]]:
    """Method and path of every route with one of these policies; of an app without policies, of every route."""
    for rule in app.url_map.iter_rules():
        if getattr(app.view_functions[rule.endpoint], "policy", "") in policies:
            path = rule.build(dict.fromkeys(rule.arguments, ID), append_unknown=False)
            for method in rule.methods or ():
                if path is not None and method != "OPTIONS":
                    yield method, path[1]


@pytest.fixture(params=["cloud", "selfhost", "desk"])
def app(request: pytest.FixtureRequest, workshop: Workshop, tmp_path: Path) -> Flask:
    if request.param == "desk":
        return create_desk(tmp_path / "mail", tmp_path)
    return workshop.cloud().app if request.param == "cloud" else workshop.selfhost().app


def answers(
    app: Flask, *policies: str, below: str = "", **headers: str | Sequence[str]
) -> dict[tuple[str, str], tuple[int, str]]:
    """What every route below a path answers. Of several values the routes get one after the other.

    Who is let in is found out before the route is looked at (common/server/own_hosts.py), so that no pair of a value
    and a route is a case of its own.
    """
    client = app.test_client()
    values = {
        name.replace("_", "-"): cycle([each] if isinstance(each, str) else each) for name, each in headers.items()
    }
    found = [call for call in calls(app, *policies) if call[1].startswith(below)]
    return {
        (method, path): (answer.status_code, answer.get_data(as_text=True))
        for method, path in found
        for sent in [{name: next(each) for name, each in values.items()}]
        for answer in [client.open(path, method=method, headers=sent)]
    }


def assert_refused(found: dict[tuple[str, str], tuple[int, str]], text: str) -> None:
    assert found
    let_in = {
        call: status
        for call, (status, body) in found.items()
        if status != 403 or not (text in body or call[0] == "HEAD")
    }
    assert let_in == {}


ALL = ("control", "page", "")


HOSTS = ("evil.example", "evil.example:8401", "127.0.0.1.evil.example", "localhost.evil.example", "")
ORIGINS = ("https://evil.example", "http://localhost:3000", "http://127.0.0.1", "file://")


@pytest.mark.unmeasured
def test_a_name_that_was_pointed_here_gets_nothing(app: Flask) -> None:
    assert_refused(answers(app, *ALL, Host=HOSTS), FOREIGN_NAME)


def test_a_page_of_another_site_gets_nothing(app: Flask) -> None:
    sites = ("cross-site", "same-site")
    assert_refused(answers(app, *ALL, Sec_Fetch_Site=sites, Sec_Fetch_Mode="no-cors"), FOREIGN_PAGE)


@pytest.mark.unmeasured
def test_a_page_that_only_tells_its_origin_gets_nothing(app: Flask) -> None:
    assert_refused(answers(app, *ALL, Origin=ORIGINS), FOREIGN_PAGE)


def test_a_page_that_hides_its_origin_controls_nothing(app: Flask) -> None:
    """A page in a sandbox, in a browser that does not tell the site."""
    assert_refused(
        answers(app, "control", Origin="null") or answers(app, "", below="/_sim", Origin="null"), FOREIGN_PAGE
    )


@pytest.mark.parametrize("name", ["X_Forwarded_For", "X_Real_IP", "Forwarded"])
def test_what_a_proxy_passes_on_controls_nothing(app: Flask, name: str) -> None:
    found = answers(app, *ALL, below="/_sim", **{name: "203.0.113.9"})
    assert found and {call for call, (status, _) in found.items() if status != 403} == set()


SIGN_IN = ("/log-in-as", "/see", "/show/")
"""Links that sign somebody in: nobody else may lead there."""


def test_a_link_from_another_site_leads_to_a_page_but_controls_nothing(app: Flask) -> None:
    found = answers(app, *ALL, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")
    refused = {call for call, (status, body) in found.items() if status == 403 and (FOREIGN_PAGE in body or not body)}
    led = (call for call in calls(app, "page", "") if call[0] in ("GET", "HEAD") and "/_sim" not in call[1])
    read_pages = {call for call in led if not call[1].startswith(SIGN_IN)}
    assert read_pages and refused == found.keys() - read_pages


def test_the_wire_answers_to_every_name(workshop: Workshop) -> None:
    for side in (workshop.cloud(), workshop.selfhost()):
        for headers in ({"Host": "vault.example.org"}, {"Origin": "https://vault.example.org"}):
            assert side.app.test_client().get("/api/version", headers=headers).status_code == 200


def status(app: Flask, path: str, **headers: str) -> int:
    return (
        app.test_client()
        .get(path, headers={name.replace("_", "-"): text for name, text in headers.items()})
        .status_code
    )


def test_allowed_hosts_are_for_a_proxy(workshop: Workshop) -> None:
    allowed: Any = {
        "cloud": workshop.cloud(allowed_hosts=host_names("Cloud.example.org, lab")).app,
        "selfhost": workshop.selfhost(wardenloop__allowedHosts="Cloud.example.org, lab").app,
    }
    for app in allowed.values():
        for host in ("cloud.example.org", "lab:8443", "LAB", "localhost", "[::1]:8401"):
            assert status(app, "/_sim/clock", Host=host) == status(app, "/login", Host=host) == 200
        assert status(app, "/_sim/clock", Host="other.example.org") == 403
        assert status(app, "/_sim/clock", Host="127.0.0.1:8401", Origin="https://lab") == 200
        assert status(app, "/_sim/clock", Host="lab", Origin="https://lab", Sec_Fetch_Site="same-origin") == 200


def test_a_person_behind_the_base_url_is_no_stranger(workshop: Workshop) -> None:
    app = workshop.selfhost(globalSettings__baseServiceUri__vault="https://vault.example.org").app
    assert status(app, "/login", Host="vault.example.org") == 200


def test_the_control_token_needs_no_name(workshop: Workshop) -> None:
    app = workshop.cloud(control_token="let-me").app
    assert status(app, "/_sim/clock", Host="anything", X_Wardenloop_Token="let-me") == 200
    assert status(app, "/_sim/clock", Host="anything", X_Wardenloop_Token="let-us") == 403


@pytest.mark.parametrize("name", ["https://a.example", "a.example:80", "a/b", "*", "*.a.example", "a b", "a@b"])
def test_what_is_no_host_name_stops_the_start(name: str) -> None:
    with pytest.raises(ValueError, match="WARDENLOOP_ALLOWED_HOSTS"):
        from_environment({"WARDENLOOP_ALLOWED_HOSTS": f"lab,{name}"})
