"""Patterns as JSON Schema (2020-12). Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wardenloop.contract.cases import SHAPE, Case, load_cases, load_shapes
from wardenloop.contract.patterns import (
    EACH,
    FORMS,
    IN_ANY_ORDER,
    JWT,
    MAY_MISS,
    OPEN,
    SOME,
    STANDS,
    elements,
    kind_of,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FORMATS = {"uuid": "uuid", "moment": "date-time", "second": "date-time", "email": "email", "url": "uri"}


def schema_of(pattern: Any, shapes_at: str = "#/$defs/") -> dict[str, Any]:
    """What the pattern matches, its order apart: JSON Schema has none. shapes_at: where the shapes are defined."""
    if isinstance(pattern, str):
        if pattern.startswith(SHAPE):
            return {"$ref": f"{shapes_at}{pattern.removeprefix(SHAPE).removesuffix('>')}"}
        if stands := STANDS.fullmatch(pattern):
            return _form(stands[1], nullable=bool(stands[2]))
        return {"type": "string"} if "{" in pattern else {"type": "string", "const": pattern}
    if isinstance(pattern, Mapping) and JWT in pattern:
        return _form("jwt", nullable=False)
    if isinstance(pattern, Mapping):
        return _object(pattern, shapes_at)
    if isinstance(pattern, list):
        return _list(pattern, shapes_at)
    kind = kind_of(pattern)
    return {"type": "null"} if kind == "null" else {"type": _of_number(pattern, kind), "const": pattern}


def _of_number(value: Any, kind: str) -> str:
    return "integer" if isinstance(value, int) and kind == "number" else kind


def _object(pattern: Mapping[str, Any], shapes_at: str) -> dict[str, Any]:
    members = {name: each for name, each in pattern.items() if name != OPEN}
    return {
        "type": "object",
        "properties": {name.removesuffix(MAY_MISS): schema_of(each, shapes_at) for name, each in members.items()},
        "required": [name for name in members if not name.endswith(MAY_MISS)],
        "additionalProperties": pattern.get(OPEN) == "<any>",
    }


def _list(pattern: list[Any], shapes_at: str) -> dict[str, Any]:
    rule, wanted = elements(pattern)
    if rule == EACH:
        return {"type": "array", "items": schema_of(wanted[0], shapes_at)}
    if rule == SOME:
        return {"type": "array", "items": schema_of(wanted[0], shapes_at), "minItems": 1, "uniqueItems": True}
    if not pattern:
        return {"type": "array", "maxItems": 0}
    ends = {"minItems": len(wanted), "maxItems": len(wanted)}
    if rule == IN_ANY_ORDER:
        return {"type": "array", "items": {"anyOf": [schema_of(each, shapes_at) for each in wanted]}, **ends}
    return {"type": "array", "prefixItems": [schema_of(each, shapes_at) for each in pattern], **ends}


def _form(name: str, *, nullable: bool) -> dict[str, Any]:
    form, _, size = name.partition(" ")
    if name == "any":
        return {}
    if form in ("int", "number", "bool"):
        found: dict[str, Any] = {"type": {"int": "integer", "number": "number", "bool": "boolean"}[form]}
    elif name.startswith("~"):
        found = (
            {"type": "string"}
            if "{" in name.replace("{1,7}", "")
            else {"type": "string", "pattern": f"^(?:{name[1:]})$"}
        )
    elif form == "key":
        found = {"type": "string", "pattern": f"^[A-Za-z0-9]{{{size}}}$"}
    elif form == "base64":
        found = {"type": "string", "contentEncoding": "base64"}
    else:
        found = {"type": "string", "pattern": f"^(?:{FORMS[form]})$"}
        found |= {"format": _FORMATS[form]} if form in _FORMATS else {}
    return found | {"type": [found["type"], "null"]} if nullable else found


def shape_schemas(shapes_at: str = "#/$defs/") -> dict[str, Any]:
    """Each shape by its name."""
    return {name: schema_of(shape, shapes_at) for name, shape in load_shapes().items()}


def as_json_schema(cases: Iterable[Case] | None = None) -> str:
    """One document: `$defs` has every shape by name, and the JSON answer of every case as `case:ID`."""
    chosen = load_cases() if cases is None else cases
    answers = {
        f"case:{case.id}": schema_of(case.expect.body) | {"description": case.says}
        for case in chosen
        if case.expect.media_type == "application/json"
    }
    document = {
        "$schema": DIALECT,
        "title": "What Bitwarden's servers answer: licences, installations, billing sync, sponsorships, tokens, push",
        "$defs": {**shape_schemas(), **answers},
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def typed(patterns: Sequence[Any]) -> dict[str, Any]:
    """What all these patterns have in common, without their values: for those who generate code."""
    patterns = [JWT if isinstance(each, Mapping) and JWT in each else each for each in patterns]
    forms = [schema_of(each) if not isinstance(each, Mapping | list) else None for each in patterns]
    types = {kind for each in forms if each is not None for kind in _types(each)}
    objects = [each for each in patterns if isinstance(each, Mapping)]
    lists = [each for each in patterns if isinstance(each, list)]
    found: dict[str, Any] = {}
    if any(each == {} for each in forms):
        return found
    if objects:
        types.add("object")
        found |= _typed_object(objects)
    if lists:
        types.add("array")
        inside = [each for one in lists for each in elements(one)[1]]
        found["items"] = typed(inside) if inside else {}
    formats = {each.get("format") for each in forms if each is not None and "string" in _types(each)}
    if len(formats) == 1 and None not in formats:
        found["format"] = formats.pop()
    if types:
        found["type"] = sorted(types) if len(types) > 1 else types.pop()
    return found


def _typed_object(objects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = dict.fromkeys(name for each in objects for name in each if name != OPEN)
    members = {name: [each[name] for each in objects if name in each] for name in names}
    always = [name for name, found in members.items() if len(found) == len(objects) and not name.endswith(MAY_MISS)]
    if "" in names or (len(always) < len(names) and all(name[:1].isupper() for name in names)):
        return {"additionalProperties": typed([each for found in members.values() for each in found])}
    typed_members = {name.removesuffix(MAY_MISS): _member(name, each) for name, each in members.items()}
    found: dict[str, Any] = {"properties": typed_members}
    return found | ({"required": always} if always else {})


_ELSE_NULL = {
    "string": """businessName businessAddress1 businessAddress2 businessAddress3 businessCountry businessTaxNumber notes
        continuationToken exceptionMessage exceptionStackTrace innerExceptionMessage storageName vapidPublicKey""",
    "integer": """maxCollections smSeats smServiceAccounts maxAutoscaleSeats maxAutoscaleSmSeats memory parallelism
        maxAutoscaleSmServiceAccounts kdfMemory kdfParallelism KdfMemory KdfParallelism trialPeriodDays legacyYear
        smServiceAccountsGrace maxStorageGb minComplexity minLength""",
    "boolean": "requireLower requireUpper requireNumbers requireSpecial enforceOnLogin",
    "date-time": "expirationWithoutGracePeriod validUntil lastSyncDate LastLicenseSync expiration",
}
"""What members are that the cases know as null only, by the types of upstream's classes."""


def _member(name: str, patterns: Sequence[Any]) -> dict[str, Any]:
    found = typed(patterns)
    if found == {"type": "null"}:
        kind = next((kind for kind, names in _ELSE_NULL.items() if name in names.split()), None)
        if kind == "date-time":
            return {"type": ["null", "string"], "format": kind}
        return {} if kind is None else {"type": sorted(["null", kind])}
    return found


def _types(schema: Mapping[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return kinds if isinstance(kinds, list) else [kinds]
