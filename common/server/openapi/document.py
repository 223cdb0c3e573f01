"""Makes the OpenAPI 3.1 document: routes, policies, docstrings and the wire models put together.

Source of the shape: OpenAPI Specification 3.1.1, sections 4.8.8 to 4.8.30.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from common.server.openapi.schemas import Schemas
from common.server.openapi.used import used_only
from common.server.operation import Media, Operation, OrNothing, Query, Shape
from common.server.operation import Part as FormPart
from common.server.policy import name_of
from common.server.routing import template_of
from common.wire.base import ErrorAnswer
from common.wire.public_api import PublicError

DESCRIPTION = (
    "The wire protocol of this app. Member names of a request body are read in any case and unknown members are passed "
    "over. An error body is empty where the framework itself answers (no or a bad token, unknown route)."
)

CONTROL = (
    "Control of the simulator, for this machine or with the token. Nothing of it is on the wire that is simulated. The "
    "desk has the same for the whole stack."
)

_POLICY_ERRORS = {
    "application": (400, 401, 403, 404),
    "organization": (400, 401, 403, 404),
    "web": (400, 401, 403, 404),
    "installation": (400, 401, 403),
    "licensing": (400, 401, 403),
    "push": (400, 401, 403),
    "public": (400, 401, 403, 404),
    "control": (400, 403, 404, 409),
}
"""What a policy and the rules behind it may answer, beside what the view says itself."""

_LIMITED = ("/api/", "/identity/")
"""The services that answer 429 when their limits are switched on."""

_TOKEN_URL = "/identity/connect/token"
_SCOPES = {
    "application": "api",
    "organization": "api",
    "web": "api",
    "installation": "api.installation",
    "licensing": "api.licensing",
    "push": "api.push",
    "public": "api.organization",
}
_CONTROL = {
    "type": "apiKey",
    "in": "header",
    "name": "X-Wardenloop-Token",
    "description": "Control of the simulator; not needed from the same machine.",
}

_OF_PAGES = ("/assets/", "/openapi")
"""What pages are made of, and this document."""
_LICENSE = {"name": "MIT", "identifier": "MIT"}
_NOT_DOCUMENTED = frozenset({"HEAD", "OPTIONS"})
_PATH_SCHEMAS: Mapping[str, dict[str, Any]] = {
    "ConstrainedGuid": {"type": "string", "format": "uuid"},
    "Guid": {"type": "string", "format": "uuid"},
    "UUIDConverter": {"type": "string", "format": "uuid"},
    "IntegerConverter": {"type": "integer", "minimum": 0},
}


@dataclass(frozen=True)
class Route:
    """One method of one path and the view behind it."""

    path: str
    method: str
    rule: Rule
    view: Callable[..., Any]

    @property
    def operation(self) -> Operation:
        """What the view says of itself."""
        described: Operation = self.view.operation  # type: ignore[attr-defined]
        return described

    @property
    def policy(self) -> str:
        """Who may call it, in one word without what it requires."""
        return str(self.view.policy)  # type: ignore[attr-defined]

    @property
    def identifier(self) -> str:
        """The operationId: method and path as one word."""
        return "_".join([self.method.lower(), *re.findall(r"\w+", self.path.replace("-", "_"))])

    @property
    def tag(self) -> str:
        """The domain: the package that the view lives in; control of the simulator is one of its own."""
        if self.path.startswith("/_sim"):
            return "simulator control"
        parts = self.view.__module__.split(".")
        return parts[2 if parts[1] in ("domains", "server") else 1].replace("_", " ")


def routes_of(app: Flask) -> Iterator[Route]:
    """Every method of every route, by path."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ()))):
        for method in sorted((rule.methods or set()) - _NOT_DOCUMENTED):
            yield Route(template_of(rule.rule), method, rule, app.view_functions[rule.endpoint])


class Part(Enum):
    """What a document is about. WIRE: what upstream has, or could have. CONTROL: of the simulator. ALL: pages, too."""

    WIRE = "wire"
    CONTROL = "control"
    ALL = "all"

    def has(self, route: Route) -> bool:
        """Whether the route belongs there."""
        if self is Part.ALL:
            return True
        is_shown = route.policy == "page" or route.path.startswith(_OF_PAGES)
        return not is_shown and (route.policy == "control") == (self is Part.CONTROL)


def document_of(app: Flask, part: Part = Part.ALL) -> dict[str, Any]:
    """A whole document. Raises AttributeError for a view without `@operation`."""
    settings = app.extensions["wardenloop"].settings
    control = part is Part.CONTROL
    about = {
        "title": f"wardenloop {app.name}{': control' if control else ''}",
        "version": settings.version,
        "description": CONTROL if control else DESCRIPTION,
    }
    return document_about(about, [route for route in routes_of(app) if part.has(route)], settings.base_url)


def document_about(about: Mapping[str, str], routes: Sequence[Route], base_url: str) -> dict[str, Any]:
    """A document of these routes. about: title, version, description."""
    schemas = Schemas(route.operation for route in routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {}).setdefault(route.method.lower(), _operation(route, schemas))
    components = {"schemas": schemas.components, "securitySchemes": _security_schemes()}
    return used_only(
        {
            "openapi": "3.1.0",
            "info": {**about, "license": _LICENSE},
            "servers": [{"url": base_url.rstrip("/")}],
            "paths": paths,
            "components": components,
        }
    )


def _security_schemes() -> dict[str, Any]:
    schemes: dict[str, Any] = {"control": _CONTROL}
    for name, scope in _SCOPES.items():
        flow = {"tokenUrl": _TOKEN_URL, "scopes": {scope: f"policy {name}"}}
        kind = "password" if name in ("application", "organization", "web") else "clientCredentials"
        schemes[name] = {"type": "oauth2", "flows": {kind: flow}}
    return schemes


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    summary, _, description = (inspect.getdoc(route.view) or "").partition("\n")
    described: dict[str, Any] = {
        "operationId": route.identifier,
        "tags": [route.tag],
        "summary": summary,
        "description": description.strip(),
        "x-policy": name_of(route.view),
        "security": _security(route.policy),
        "parameters": [*_path_parameters(route), *_other_parameters(route.operation)],
        "responses": _answers(route, schemas),
    }
    body = _body(route.operation, schemas)
    return described | ({"requestBody": body} if body else {})


def _security(policy: str) -> list[dict[str, list[str]]]:
    """Nothing for anonymous routes and for pages, whose guards look at cookies of their own."""
    if policy in _SCOPES:
        return [{policy: [_SCOPES[policy]]}]
    return [{}, {"control": []}] if policy == "control" else []


def _path_parameters(route: Route) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", route.path):
        converter = type(route.rule._converters[name]).__name__
        schema = _PATH_SCHEMAS.get(converter, {"type": "string", "minLength": 1})
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _other_parameters(described: Operation) -> Iterator[dict[str, Any]]:
    for each in described.query:
        query = Query(each) if isinstance(each, str) else each
        yield {"name": query.name, "in": "query", "required": query.required, "schema": dict(query.schema)}
    for name in described.headers:
        yield {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}


def _body(described: Operation, schemas: Schemas) -> dict[str, Any] | None:
    if described.body is not None:
        schema = schemas.of_body(described.body)
        return {"required": described.body_required, "content": {"application/json": {"schema": schema}}}
    if described.form is None:
        return None
    multipart = any(part.file for part in described.form.values())
    media = "multipart/form-data" if multipart else "application/x-www-form-urlencoded"
    return {"required": True, "content": {media: {"schema": _form_schema(described.form)}}}


def _form_schema(form: Mapping[str, FormPart]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            name: {"type": "string"} | ({"contentMediaType": "application/octet-stream"} if part.file else {})
            for name, part in form.items()
        },
        "required": [name for name, part in form.items() if part.required],
    }


def _answers(route: Route, schemas: Schemas) -> dict[str, Any]:
    shapes: dict[int, Shape] = dict.fromkeys(_implied_errors(route), ErrorAnswer)
    shapes |= route.operation.answers
    if route.policy == "public":
        shapes = {status: PublicError if shape is ErrorAnswer else shape for status, shape in shapes.items()}
    return {str(status): _answer(status, shape, schemas) for status, shape in sorted(shapes.items())}


def _implied_errors(route: Route) -> set[int]:
    """The errors that policy and input alone make possible."""
    described = route.operation
    errors = set(_POLICY_ERRORS.get(route.policy, ()))
    if route.policy == "page":
        return errors
    if route.path.startswith(_LIMITED):
        errors.add(429)
    if described.body or described.query or described.headers:
        errors.add(400)
    if described.body or described.form:
        errors |= {400, 413}
    if described.body and route.policy != "control":
        errors.add(415)
    if "{" in route.path:
        errors |= {400, 404}
    return errors


def _answer(status: int, shape: Shape, schemas: Schemas) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if isinstance(shape, Media):
        answer["content"] = {shape.type: {"schema": {"type": "string"}}}
    elif isinstance(shape, OrNothing):
        answer["content"] = {"application/json": {"schema": dict(shape.schema)}}
        answer["x-may-be-empty"] = True
    elif shape is not None:
        answer["content"] = {"application/json": {"schema": schemas.of_answer(shape)}}
    return answer
