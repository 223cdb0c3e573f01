"""The schemas of all models that a document speaks of, written in one go so that they share names and parts."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from common.server.operation import Media, Operation, Rows, Shape
from common.wire.base import ErrorAnswer
from common.wire.public_api import PublicError

_PLACE = "#/components/schemas/{model}"

READ: JsonSchemaMode = "validation"
WRITTEN: JsonSchemaMode = "serialization"


class Schemas:
    """What bodies look like: `components` to put into the document, and references to them."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        wanted: dict[tuple[Any, JsonSchemaMode], None] = {(ErrorAnswer, WRITTEN): None, (PublicError, WRITTEN): None}
        for operation in operations:
            if operation.body is not None:
                wanted[operation.body, READ] = None
            for shape in operation.answers.values():
                if (kind := _kind_of(shape)) is not None:
                    wanted[kind, WRITTEN] = None
        self._written, definitions = TypeAdapter.json_schemas(
            [(kind, mode, TypeAdapter(kind)) for kind, mode in wanted], ref_template=_PLACE
        )
        self.components: dict[str, Any] = definitions["$defs"]

    def of_body(self, body: type) -> dict[str, Any]:
        """What is read."""
        return self._written[body, READ]

    def of_answer(self, shape: Shape) -> dict[str, Any]:
        """What is written: JSON of any kind."""
        if isinstance(shape, Mapping):
            return dict(shape)
        schema = self._written[_kind_of(shape), WRITTEN]
        return _list_of(schema, shape) if isinstance(shape, Rows) else schema


def _kind_of(shape: Shape) -> Any:
    """The model or type behind a shape, None if there is none."""
    if isinstance(shape, Rows):
        return shape.row
    return None if isinstance(shape, Mapping | Media) else shape


def _list_of(row: dict[str, Any], shape: Rows) -> dict[str, Any]:
    """The list envelope. Source: fidelity.md: wire.lists."""
    properties: dict[str, Any] = {"data": {"type": "array", "items": row}}
    if not shape.plain:
        properties |= {"continuationToken": {"type": ["string", "null"]}, "object": {"type": "string", "const": "list"}}
    return {"type": "object", "properties": properties, "required": list(properties)}
