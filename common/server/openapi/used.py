"""Leaves out of a document what nothing in it refers to: linters and generators stumble over it. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

_REFERENCE = re.compile(r'"#/components/schemas/([^"]+)"')


def used_only(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same without schemas and security schemes that no operation leads to."""
    components, paths = document["components"], document["paths"]
    schemas, wanted, found = components["schemas"], [json.dumps(paths)], set[str]()
    while wanted:
        new = set(_REFERENCE.findall(wanted.pop())) - found
        found |= new
        wanted += [json.dumps(schemas[name]) for name in new]
    operations = [each for item in paths.values() for each in item.values() if isinstance(each, dict)]
    schemes = {name for each in operations for way in each["security"] for name in way}
    return {
        **document,
        "components": {
            "schemas": {name: schema for name, schema in schemas.items() if name in found},
            "securitySchemes": {
                name: scheme for name, scheme in components["securitySchemes"].items() if name in schemes
            },
        },
    }
