"""The document itself: whole, valid, in step with routes and policies; and the page that shows it."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator

from common.server.openapi.document import routes_of
from common.server.policy import name_of
from common.ui.visit import THEME_COOKIE
from tests.support.harness import Side
from tests.support.openapi import operations_of


@pytest.fixture(params=["cloud", "selfhost"])
def side(request: pytest.FixtureRequest) -> Any:
    """Either app."""
    return request.getfixturevalue(request.param)


WIRE, CONTROL = "/openapi.json", "/_sim/openapi.json"


_served: dict[tuple[str, str], str] = {}


def served(side: Side, path: str) -> Any:
    """One of its documents. The apps here are always the same two, and it takes long to make one."""
    if (side.app.name, path) not in _served:
        answer = side.client.get(path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
        _served[side.app.name, path] = answer.text
    return json.loads(_served[side.app.name, path])


@pytest.fixture(params=[WIRE, CONTROL])
def document(side: Side, request: pytest.FixtureRequest) -> Any:
    """Each of its documents."""
    return served(side, request.param)


@pytest.fixture
def wire(side: Side) -> Any:
    """The one of the wire."""
    return served(side, WIRE)


@pytest.fixture
def control(side: Side) -> Any:
    """The one of the simulator's control."""
    return served(side, CONTROL)


def test_every_view_says_what_it_reads_and_answers(side: Side) -> None:
    silent = [
        f"{route.method} {route.path} ({route.view.__module__}.{route.view.__name__})"
        for route in routes_of(side.app)
        if not hasattr(route.view, "operation")
    ]
    assert silent == []


def test_every_route_is_in_the_document_that_it_belongs_to(side: Side, wire: Any, control: Any) -> None:
    """Pages are in neither."""

    def wanted(belongs: Callable[[str], bool]) -> list[tuple[str, str, str]]:
        return sorted(
            (re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule), method, policy)
            for rule in side.app.url_map.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
            if belongs(policy := name_of(side.app.view_functions[rule.endpoint]))
            and not rule.rule.startswith(("/assets/", "/openapi"))
        )

    def documented(document: Any) -> list[tuple[str, str, str]]:
        return sorted(
            (path, method.upper(), described["x-policy"])
            for path, methods in document["paths"].items()
            for method, described in methods.items()
        )

    assert documented(wire) == wanted(lambda policy: policy not in ("page", "control"))
    assert documented(control) == wanted(lambda policy: policy == "control")
    assert [path for path in wire["paths"] if path.startswith("/_sim")] == []
    assert [path for path in control["paths"] if not path.startswith("/_sim")] == []


def test_document_is_well_formed_openapi_3_1(document: Any) -> None:
    """What OpenAPI's own schema says, as far as we write it; a full validator takes ten seconds."""
    assert document["openapi"].startswith("3.1.")
    schemas = document["components"]["schemas"]
    assert [name for name, each in schemas.items() if not name.isidentifier() or each["title"] != name] == []
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    text = json.dumps(document)
    assert set(re.findall(r'"#/components/schemas/([^"]+)"', text)) == set(schemas)
    assert re.findall(r'"(?:ge|gt|le|lt)": [\d.-]+', text) == []  # pydantic's names; JSON Schema has others
    for path, methods in document["paths"].items():
        for described in methods.values():
            declared = [each["name"] for each in described["parameters"] if each["in"] == "path" and each["required"]]
            assert sorted(declared) == sorted(re.findall(r"{(\w+)}", path))
            assert described["responses"] and all("description" in each for each in described["responses"].values())
            assert all(
                name in document["components"]["securitySchemes"] for each in described["security"] for name in each
            )


def test_operations_have_ids_of_their_own_a_domain_and_a_summary(document: Any) -> None:
    operations = [described for methods in document["paths"].values() for described in methods.values()]
    names = [each["operationId"] for each in operations]
    assert len(names) == len(set(names))
    assert [each["operationId"] for each in operations if not (each["summary"] and each["tags"][0])] == []


def test_security_follows_the_policy(wire: Any, control: Any) -> None:
    paths = wire["paths"]
    assert paths["/api/accounts/profile"]["get"]["security"] == [{"application": ["api"]}]
    assert paths["/identity/connect/token"]["post"]["security"] == []
    assert {} in control["paths"]["/_sim/clock"]["get"]["security"]
    guarded = paths["/api/licenses/organization/{organization_id}"]["get"]
    assert guarded["security"] == [{"licensing": ["api.licensing"]}]
    assert {"400", "401", "403"} <= guarded["responses"].keys()


def test_bodies_are_the_wire_models(wire: Any) -> None:
    change = wire["paths"]["/api/accounts/password"]["post"]
    body = change["requestBody"]["content"]["application/json"]["schema"]
    model = wire["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    assert "masterPasswordHash" in model["required"]
    assert "newMasterPasswordHash" in model["properties"]


def test_every_field_of_a_licence_has_a_type(cloud: Side) -> None:
    schemas = served(cloud, WIRE)["components"]["schemas"]
    file, premium = schemas["OrganizationLicense"]["properties"], schemas["UserLicense"]["properties"]
    assert (len(file), len(premium)) == (51, 15)
    assert [name for name, each in (file | premium).items() if "type" not in each] == []
    assert (file["seats"]["type"], file["use2fa"]["type"]) == (["integer", "null"], "boolean")
    assert file["issued"] == {"type": "string", "format": "date-time"}


def test_answers_that_break_the_document_are_noticed(control: Any) -> None:
    operation = next(each for each in operations_of(control) if str(each) == "GET /_sim/clock")
    good = {"now": "2026-08-20T12:00:00Z", "offsetSeconds": 0.0, "frozen": False}

    def problem(status: int, body: Any) -> str:
        answer = requests.Response()
        answer.status_code, answer._content = status, json.dumps(body).encode()
        answer.headers["Content-Type"] = "application/json"
        return operation.problem(answer) or ""

    assert problem(200, good) == ""
    assert "not documented" in problem(500, {})
    assert "'frozen' is a required property" in problem(200, {"now": good["now"], "offsetSeconds": 0})
    assert "is not of type 'boolean'" in problem(200, good | {"frozen": 1})
    assert "Additional properties" in problem(200, good | {"secret": 1})


class _Tags(HTMLParser):
    """What could do something or load something from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.inline += [name for name, _ in attrs if name == "style" or name.startswith("on")]
        self.loaded += [value or "" for name, value in attrs if name == "src" or (tag == "link" and name == "href")]
        self.ids += [value or "" for name, value in attrs if name == "id"]


def test_page_shows_every_operation_and_runs_no_script(side: Side, wire: Any) -> None:
    answer = side.client.get("/openapi")
    page = _Tags()
    page.feed(answer.text)
    assert answer.headers["Content-Type"].startswith("text/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "script-src" not in policy
    assert page.tags.isdisjoint({"script", "style", "iframe", "img"})
    assert page.inline == []
    assert [side.client.get(address).status_code for address in page.loaded] == [200]
    expected = {each["operationId"] for methods in wire["paths"].values() for each in methods.values()}
    assert expected <= set(page.ids)


def test_page_has_the_theme_that_somebody_chose(side: Side) -> None:
    client = side.new_client()
    assert "data-theme" not in client.get("/openapi", params={"filter": "alive"}).text
    client.cookies[THEME_COOKIE] = "dark"
    assert '<html lang="en" data-ready data-theme="dark">' in client.get("/openapi", params={"filter": "alive"}).text
    assert "color-scheme: dark" in client.get("/openapi.css").text
