"""Which bodies are read as JSON, over every operation that has one. fidelity.md: wire.bodies."""

from typing import Any
from uuid import uuid4

import pytest

from common.server.openapi.document import Route, routes_of
from common.server.policy import name_of
from tests.support.harness import Api, Side

INSTALLATION = "/api/installations"
BODY = b'{"email":"admin@example.com"}'
OLDER = {"Bitwarden-Client-Version": "2024.8.3"}
"""A client for whom the routes that upstream has no more are there."""


@pytest.fixture(params=["cloud", "selfhost"])
def side(request: pytest.FixtureRequest) -> Any:
    """Either app."""
    return request.getfixturevalue(request.param)


def _with_body(side: Side) -> list[Route]:
    """What anybody or any user may call with a JSON body. `organization(...)` lets no stranger get that far."""
    return [
        route
        for route in routes_of(side.app)
        if route.operation.body and name_of(route.view) in ("anonymous", "application")
    ]


def _path(route: Route) -> str:
    return "/".join(
        part if not part.startswith("{") else "0" if "type" in part else str(uuid4()) for part in route.path.split("/")
    )


def test_a_body_that_says_to_be_something_else_is_415_without_a_body(side: Side) -> None:
    person = side.sign_up("owner@acme.example")
    for route in _with_body(side):
        for headers in ({}, {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": "text/plain"}):
            answer = person.api.request(route.method, _path(route), data=b"{}", headers=headers | OLDER)
            assert (answer.status_code, answer.content) == (415, b""), (route.method, route.path, headers)
    assert len(_with_body(side)) > 40


def test_an_empty_body_is_told_so(side: Side) -> None:
    person = side.sign_up("owner@acme.example")
    for route in _with_body(side):
        name = getattr(route.operation.body, "argument", "")
        beside = {name: [f"The {name} field is required."]} if name else {}
        told = {"": ["A non-empty request body is required."]} | beside
        for body in (b"", b"null"):
            headers = {"Content-Type": "application/json"} | OLDER
            answer = person.api.request(route.method, _path(route), data=body, headers=headers)
            assert answer.json()["validationErrors"] == told, (route.method, route.path, body)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("APPLICATION/JSON; charset=UTF-8", 200),
        ('application/json; charset="utf-8"', 200),
        ("text/json", 200),
        ("application/problem+json", 200),
        ("application/json; charset=iso-8859-1", 415),
        ("application/json; charset=utf8", 415),
        ("application/jsonp", 415),
        ("text/problem+json", 415),
        ("application/*", 415),
        ("json", 415),
    ],
)
def test_which_content_types_are_json(cloud: Side, content_type: str, status: int) -> None:
    assert _post(cloud.client, BODY, content_type) == status


def test_json_in_other_encodings_that_are_read(cloud: Side) -> None:
    utf_16 = BODY.decode().encode("utf-16-le")
    assert _post(cloud.client, utf_16, "application/json; charset=utf-16") == 200
    assert _post(cloud.client, utf_16, "application/json") == 400
    assert _post(cloud.client, b"\xef\xbb\xbf" + BODY, "application/json") == 200


def _post(client: Api, body: bytes, content_type: str) -> int:
    return client.post(INSTALLATION, data=body, headers={"Content-Type": content_type}).status_code


def test_control_takes_json_under_any_name(cloud: Side) -> None:
    assert cloud.client.post("/_sim/clock", data=b'{"advanceSeconds":1}').status_code == 200
