"""Putting documents together. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from common.server.openapi.used import used_only

Document = Mapping[str, Any]

_ERROR, _REFUSAL = '"#/components/schemas/ErrorAnswer"', '"#/components/schemas/DeskRefusal"'


def refusing_as_the_desk(document: Document) -> dict[str, Any]:
    """The desk refuses with a message and nothing else."""
    told: dict[str, Any] = json.loads(json.dumps(document).replace(_ERROR, _REFUSAL))
    return told


def together(desk: Document, apps: Mapping[str, Document]) -> dict[str, Any]:
    """All in one. A path that the desk has too stands for both: there it is asked of the whole stack.

    What only apps have says where it is (`servers`); `x-apps` tells who has a path.
    """
    paths = {path: {**item, "x-apps": ["desk"]} for path, item in desk["paths"].items()}
    schemas: dict[str, Any] = {}
    for name, document in apps.items():
        schemas |= document["components"]["schemas"]
        for path, item in document["paths"].items():
            if not path.startswith("/_sim"):
                continue
            known = paths.setdefault(path, {**item, "servers": [], "x-apps": []})
            known["x-apps"] = [*known["x-apps"], name]
            if "servers" in known:
                known["servers"] = [*known["servers"], *document["servers"]]
    components = {**desk["components"], "schemas": schemas | desk["components"]["schemas"]}
    return used_only({**desk, "paths": dict(sorted(paths.items())), "components": components})
