"""The schemas of all models that a document speaks of, written in one go so that they share names and parts."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from common.server.operation import Media, Operation, OrNothing, Rows, Shape
from common.wire.base import ErrorAnswer
from common.wire.public_api import PublicError

_AT = "#/components/schemas/"
_PLACE = _AT + "{model}"

_LIMITS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}

READ: JsonSchemaMode = "validation"
WRITTEN: JsonSchemaMode = "serialization"


class Schemas:
    """What bodies look like: `components` to put into the document, and references to them."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        wanted: dict[tuple[Any, JsonSchemaMode], None] = {(ErrorAnswer, WRITTEN): None, (PublicError, WRITTEN): None}
        described: dict[str, dict[str, Any]] = {}
        for operation in operations:
            described |= {each["title"]: dict(each) for each in operation.answers.values() if _is_named(each)}
            if operation.body is not None:
                wanted[operation.body, READ] = None
            for shape in operation.answers.values():
                if (kind := _kind_of(shape)) is not None:
                    wanted[kind, WRITTEN] = None
        written, definitions = TypeAdapter.json_schemas(
            [(kind, mode, TypeAdapter(kind)) for kind, mode in wanted], ref_template=_PLACE
        )
        names = {name: _plain(name) for name in definitions["$defs"]}
        self._written: dict[Any, dict[str, Any]] = {key: _tidy(schema, names) for key, schema in written.items()}
        self.components: dict[str, Any] = {
            names[name]: _tidy(schema, names) | {"title": names[name]} for name, schema in definitions["$defs"].items()
        } | described

    def of_body(self, body: type) -> dict[str, Any]:
        """What is read."""
        return self._written[body, READ]

    def of_answer(self, shape: Shape) -> dict[str, Any]:
        """What is written: JSON of any kind."""
        if _is_named(shape):
            return {"$ref": _AT + shape["title"]}
        if isinstance(shape, Mapping):
            return dict(shape)
        schema = self._written[_kind_of(shape), WRITTEN]
        return _list_of(schema, shape) if isinstance(shape, Rows) else schema


def _plain(name: str) -> str:
    """A name that is one word: of `common__wire__two_step__Code` and `Code-Output` other tools make the same one."""
    *_, module, model = ("", *re.split("__", name)) if "__" in name else ("", "", name)
    return "".join(each[:1].upper() + each[1:] for each in module.split("_")) + model.replace("-", "")


def _tidy(schema: Any, names: Mapping[str, str]) -> Any:
    """With these names, and limits as JSON Schema calls them: pydantic leaves its own where something reads first."""
    if isinstance(schema, list):
        return [_tidy(each, names) for each in schema]
    if isinstance(schema, str) and schema.startswith(_AT):
        return _AT + names[schema.removeprefix(_AT)]
    if not isinstance(schema, dict):
        return schema
    return {_LIMITS.get(name, name) if _is_number(each) else name: _tidy(each, names) for name, each in schema.items()}


def _is_named(shape: Shape) -> TypeGuard[Mapping[str, Any]]:
    """A schema that was written by hand and has a name."""
    return isinstance(shape, Mapping) and "title" in shape


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind_of(shape: Shape) -> Any:
    """The model or type behind a shape, None if there is none."""
    if isinstance(shape, Rows):
        return shape.row
    return None if isinstance(shape, Mapping | Media | OrNothing) else shape


def _list_of(row: dict[str, Any], shape: Rows) -> dict[str, Any]:
    """The list envelope. Source: fidelity.md: wire.lists."""
    properties: dict[str, Any] = {"data": {"type": "array", "items": row}}
    if not shape.plain:
        properties |= {"continuationToken": {"type": ["string", "null"]}, "object": {"type": "string", "const": "list"}}
    return {"type": "object", "properties": properties, "required": list(properties)}
