"""The contract as OpenAPI 3.1: the operations that cases ask, with the answers that they expect. Pure."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wardenloop.contract.cases import Case, Expectation, load_cases, load_groups
from wardenloop.contract.export.samples import filled, sample
from wardenloop.contract.export.schemas import typed

_SHAPES = "#/components/schemas/"
_TEMPLATE = re.compile(r"\{([a-z][\w.-]*)\}")
_MEANT = {"nobody", "xyz", "a"}
_WORDS = {"success": "Done.", "unauthenticated": "No token, or none that counts.", "wrong-role": "Not for who asks."}


def as_openapi(cases: Iterable[Case] | None = None) -> str:
    """One document."""
    chosen = list(load_cases() if cases is None else cases)
    paths: dict[str, dict[str, Any]] = {}
    for case in chosen:
        method, path, parameters = operation_of(case)
        operation = paths.setdefault(path, {}).setdefault(method, _operation(method, path, parameters, case))
        _add(operation, case)
    paths = {path: _finished(paths[path]) for path in sorted(paths)}
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Bitwarden: licences, installations, billing sync, sponsorships, tokens, push",
            "version": "2026.8.0",
            "description": "The operations that wardenloop's contract cases ask, and what upstream answers.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "http://127.0.0.1:8401", "description": "A simulated cloud"}],
        "security": [{"bearer": []}],
        "tags": [
            {"name": name, "description": load_groups()[name]} for name in sorted({each.group for each in chosen})
        ],
        "paths": paths,
        "components": {
            "schemas": _components(chosen, paths),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def operation_of(case: Case) -> tuple[str, str, list[str]]:
    """Method, path with parameters, their names. What cases fill in, well or badly, is a parameter."""
    path = case.ask.path.partition("?")[0]
    parts: list[str] = []
    names: list[str] = []
    for part in path.split("/"):
        if _TEMPLATE.search(part) or (part in _MEANT and parts[-1:] != ["connections"]):
            name = _parameter(parts[-1] if parts else "", names)
            names.append(name)
            parts.append(f"{{{name}}}")
        else:
            parts.append(part)
    return case.ask.method.lower(), "/".join(parts).rstrip("/"), names


def _parameter(before: str, taken: list[str]) -> str:
    kind = {"organizations": "organizationId", "connections": "organizationId", "user": "userId"}.get(before)
    if kind is None:
        kind = (
            "installationId"
            if before == "installations"
            else "friendlyName"
            if before.startswith("{")
            else "organizationId"
        )
    return kind if kind not in taken else f"{kind}{len(taken)}"


def _operation(method: str, path: str, parameters: list[str], case: Case) -> dict[str, Any]:
    words = [part.strip("{}") for part in path.split("/")[1:] if part]
    anonymous = case.ask.caller == "nobody" and case.kind == "success"
    found: dict[str, Any] = {
        "operationId": "_".join([method, *(re.sub(r"\W+", "_", word) for word in words)]),
        "summary": case.says,
        "tags": [case.group],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in parameters
        ],
        "responses": {},
    }
    return found | ({"security": [{}]} if anonymous else {})


def _add(operation: dict[str, Any], case: Case) -> None:
    """What one more case says of an operation."""
    for name in re.findall(r"[?&](\w+)=", case.ask.path):
        if name not in {each["name"] for each in operation["parameters"]}:
            operation["parameters"].append({"name": name, "in": "query", "schema": {"type": "string"}})
    response = operation["responses"].setdefault(str(case.expect.status), {"description": _described(case)})
    if case.expect.media_type == "application/json":
        content = response.setdefault("content", {}).setdefault("application/json", {"schema": [], "examples": {}})
        content["schema"].append(case.expect)
        content["examples"][re.sub(r"\W+", "_", case.id)] = {"summary": case.says, "value": sample(case.expect.body)}
    if case.kind == "success" and case.ask.content:
        _add_body(operation, case)


def _described(case: Case) -> str:
    return _WORDS.get(case.kind, case.says)


_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded", "files": "multipart/form-data"}


def _add_body(operation: dict[str, Any], case: Case) -> None:
    ((kind, value),) = case.ask.content.items()
    if kind not in _TYPES:
        return
    body = operation.setdefault("requestBody", {"required": True, "content": {}})
    content = body["content"].setdefault(_TYPES[kind], {"schema": [], "examples": {}})
    content["schema"].append(filled(value))
    content["examples"][re.sub(r"\W+", "_", case.id)] = {"value": filled(value)}


def _components(cases: Sequence[Case], paths: Mapping[str, Any]) -> dict[str, Any]:
    """Each shape that an operation answers, as wide as all its answers are."""
    used = set(re.findall(rf"{_SHAPES}(\w+)", json.dumps(paths)))
    bodies: dict[str, list[Any]] = {}
    for case in cases:
        if case.expect.shape is not None and isinstance(case.expect.body, Mapping):
            bodies.setdefault(case.expect.shape, []).append(case.expect.body)
    return {_model(name): typed(found) for name, found in sorted(bodies.items()) if _model(name) in used}


def _model(shape: str) -> str:
    return "".join(part.capitalize() for part in shape.split("-"))


def _finished(operations: dict[str, Any]) -> dict[str, Any]:
    """The answers of one status are a model, or what they have in common."""
    for operation in operations.values():
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                content["schema"] = _schema(content["schema"])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            content["schema"] = typed(content["schema"])
    return operations


def _schema(expected: Sequence[Expectation]) -> dict[str, Any]:
    shapes = {each.shape for each in expected}
    if len(shapes) == 1 and (shape := shapes.pop()) is not None:
        return {"$ref": f"{_SHAPES}{_model(shape)}"}
    return typed([each.body for each in expected])
