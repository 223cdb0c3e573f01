"""The one place that knows JSON casing, dates and how a body that does not fit is described.

Source: fidelity.md: wire.json.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Annotated, Any, ClassVar, Self, get_args, get_origin
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticKnownError

from common.errors import Refusal, invalid_model
from common.wire.spelling import camel as camel
from common.wire.spelling import iso as iso

MAX_EMAIL = 256
_BOOLEANS = (bool, bool | None)


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


_DATE_SCHEMA = WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization")

WireDate = Annotated[
    datetime, BeforeValidator(_aware), PlainSerializer(iso, return_type=str, when_used="json"), _DATE_SCHEMA
]
"""A date on the wire: read with 0-7 fraction digits, written with `Z`."""

RequiredText = Annotated[str, Field(min_length=1)]
"""`[Required] string`: missing, null and empty are all refused."""


def _email(value: str) -> str:
    if value.count("@") != 1 or value.startswith("@") or value.endswith("@") or "\n" in value or "\r" in value:
        raise ValueError(_NO_EMAIL)
    return value


_NO_EMAIL = "The {field} field is not a valid e-mail address."
_email.also_when_empty = _NO_EMAIL  # type: ignore[attr-defined]


Email = Annotated[str, Field(min_length=1, max_length=MAX_EMAIL), AfterValidator(_email)]
"""`[EmailAddress]`: one @, not at either end. Source: System.ComponentModel.DataAnnotations.EmailAddressAttribute."""


class WireModel(BaseModel):
    """A body on the wire: snake_case here, camelCase there."""

    model_config = ConfigDict(
        alias_generator=camel,
        populate_by_name=True,
        extra="ignore",
        frozen=True,
        defer_build=True,
        json_schema_serialization_defaults_required=True,
    )

    def wire(self) -> dict[str, Any]:
        """The JSON object, nulls included."""
        return self.model_dump(mode="json", by_alias=True)


class WireRequest(WireModel):
    """A body that clients send: member names in any case, unknown members ignored, the last duplicate wins.

    Values are read as System.Text.Json reads them with ASP.NET Core's defaults: a boolean is `true` or `false` and an
    enumeration a number, never a text that reads like one. A text is measured in UTF-16, and `[Required]` takes none of
    blanks alone.

    demanded: members that are `required` in C#: without one the body cannot be read at all. type_name: the C# type that
    is named then. argument: what upstream's action calls the body where it is no nullable reference; then it is missing
    too when the body cannot be read.
    """

    demanded: ClassVar[tuple[str, ...]] = ()
    type_name: ClassVar[str] = ""
    argument: ClassVar[str] = ""

    @model_validator(mode="before")
    @classmethod
    def _fold_names(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        known = {camel(name).lower(): camel(name) for name in cls.model_fields}
        return {known[key.lower()]: value for key, value in data.items() if key.lower() in known}

    @field_validator("*", mode="before")
    @classmethod
    def _as_dotnet_reads_it(cls, value: Any, info: ValidationInfo) -> Any:
        field = cls.model_fields[info.field_name or ""]
        if isinstance(value, str):
            value = _as_dotnet_measures_it(value, field.metadata)
        elif value is None:
            return value
        if field.annotation in _BOOLEANS and not isinstance(value, bool):
            raise PydanticKnownError("bool_type")
        if _is_enumeration(field) and (not isinstance(value, int) or isinstance(value, bool)):
            raise PydanticKnownError("int_type")
        return value

    @classmethod
    def read(cls, data: object) -> Self:
        """Validate decoded JSON; raises the 400 that upstream gives for a body that does not fit."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise unfit_body(error, cls, data) from error

    @classmethod
    def unread(cls, path: str, text: str) -> Refusal:
        """The 400 of a body that cannot be read: what is wrong with the JSON, and that the argument is missing.

        Source: ASP.NET Core: BodyModelBinder, ParameterBinder; System.Text.Json; fidelity.md: wire.bodies.
        """
        missing = {cls.argument: [f"The {cls.argument} {_REQUIRED}"]} if cls.argument else {}
        return invalid_model({path: [text]} | missing, rule="model-state")


def _as_dotnet_measures_it(text: str, metadata: Sequence[Any]) -> str:
    """The text, "" for blanks where something is required. Raises where it is too long in UTF-16 only."""
    if text.isspace() and any(getattr(each, "min_length", None) for each in metadata):
        return ""
    limit = next((each.max_length for each in metadata if getattr(each, "max_length", None) is not None), None)
    if limit is not None and len(text) <= limit < len(text.encode("utf-16-le", "surrogatepass")) // 2:
        raise PydanticKnownError("string_too_long", {"max_length": limit})
    return text


def _is_enumeration(field: FieldInfo) -> bool:
    """Whether a member is an enumeration that upstream reads as numbers: those it reads by name say how themselves."""
    kind = field.annotation
    return isinstance(kind, type) and issubclass(kind, IntEnum) and not _says_how_to_read(field)


def _says_how_to_read(field: FieldInfo) -> bool:
    return any(isinstance(each, BeforeValidator) for each in field.metadata)


def _say_what_may_miss(schema: dict[str, Any], model: type["SparseModel"]) -> None:
    optional = {model.wire_name(name) for name in model.sparse}
    schema["required"] = [name for name in schema["required"] if name not in optional]
    for name in optional:
        schema["properties"][name].pop("default", None)


class SparseModel(WireModel):
    """A body on the wire whose `sparse` members (snake_case) are there only when they were given."""

    model_config = ConfigDict(json_schema_extra=_say_what_may_miss)
    sparse: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def wire_name(cls, name: str) -> str:
        """What a member is called on the wire."""
        field = cls.model_fields[name]
        return field.serialization_alias or field.alias or name

    def wire(self) -> dict[str, Any]:
        missing = {self.wire_name(name) for name in self.sparse - self.model_fields_set}
        return {name: value for name, value in super().wire().items() if name not in missing}


class ErrorAnswer(WireModel):
    """The error envelope. validation_errors: C# property name (or "") -> texts."""

    object: str = "error"
    message: str
    validation_errors: dict[str, list[str]] | None
    exception_message: str | None = None
    exception_stack_trace: None = None
    inner_exception_message: None = None


class ListAnswer(WireModel):
    """The list envelope. Source: fidelity.md: wire.lists."""

    data: list[dict[str, Any]]
    continuation_token: str | None = None
    object: str = "list"


def property_name(location: tuple[int | str, ...]) -> str:
    """pydantic's location -> the C# property name used as key of validationErrors."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{_property(part)}" for part in location).lstrip(".")


def _property(name: str) -> str:
    return _ABBREVIATIONS.get(name, name[:1].upper() + name[1:])


_ABBREVIATIONS = {"otp": "OTP"}


def unfit_body(error: ValidationError, model: type[WireRequest], data: object = None) -> Refusal:
    """Translate pydantic's findings about a body of this model into upstream's model-state answer.

    data: the decoded body. What keeps it from being read is told alone, and the first of it only.
    """
    unread = _first_unread(error, model, data)
    if unread is not None:
        return model.unread(*unread)
    errors: dict[str, list[str]] = {}
    for finding in error.errors(include_url=False):
        ctx = (finding.get("ctx") or {}) | _range_of(model, finding["loc"])
        name, text = _describe(finding["type"], finding["loc"], finding.get("input"), ctx)
        errors.setdefault(name, []).append(text)
        if text.endswith(_REQUIRED):
            errors[name] += _also_when_missing(model, finding["loc"], empty=finding.get("input") == "")
    return invalid_model(errors, rule="model-state")


_REQUIRED = "field is required."
_LARGEST = 2**31 - 1
_AT_THE_END = 2**31


def _first_unread(error: ValidationError, model: type[WireRequest], data: object) -> tuple[str, str] | None:
    """Path and text of the first thing in the body that System.Text.Json stumbles over, None = it reads the body."""
    found: list[tuple[tuple[int, ...], str, str]] = []
    for finding in error.errors(include_url=False):
        location = finding["loc"]
        if finding["type"] == "missing":
            owner = _owner(model, location)
            if owner is not None and _snake_of(owner, location[-1]) in owner.demanded:
                path, sent = location[:-1], _at(data, location[:-1])
                found.append(((*_order(data, path), _AT_THE_END), _path(path), _missing(owner, sent)))
        else:
            ctx = (finding.get("ctx") or {}) | _range_of(model, location)
            name, text = _describe(finding["type"], location, finding.get("input"), ctx)
            if finding.get("input") is None and _takes_no_null(model, location):
                name, text = _unconverted(location)
            if name.startswith("$"):
                found.append((_order(data, location), name, text))
    return min(found)[1:] if found else None


def _missing(owner: type[WireRequest], sent: object) -> str:
    there = {str(name).lower() for name in sent} if isinstance(sent, Mapping) else set()
    names = [f"'{camel(each)}'" for each in owner.demanded if camel(each).lower() not in there]
    return (
        f"JSON deserialization for type '{owner.type_name}' was missing required properties including: "
        f"{', '.join(names)}."
    )


def _owner(model: type[WireRequest], location: tuple[int | str, ...]) -> type[WireRequest] | None:
    """The model whose member the last part of a location is."""
    found: type[BaseModel] | None = model
    for part in location[:-1]:
        if isinstance(part, str) and found is not None:
            field = found.model_fields.get(_snake_of(found, part))
            found = inner_model(field.annotation) if field is not None else None
    return found if found is not None and issubclass(found, WireRequest) else None


def _snake_of(model: type[BaseModel], name: int | str) -> str:
    return next((each for each in model.model_fields if name in (each, camel(each))), "")


def _order(data: object, location: tuple[int | str, ...]) -> tuple[int, ...]:
    """Where in the document it stands, to compare with others."""
    places = []
    for depth, part in enumerate(location):
        inside = _at(data, location[:depth])
        names = [str(name).lower() for name in inside] if isinstance(inside, Mapping) else []
        name = str(part).lower()
        places.append(part if isinstance(part, int) else names.index(name) if name in names else _AT_THE_END)
    return tuple(places)


def _at(data: object, location: tuple[int | str, ...]) -> object:
    for part in location:
        if isinstance(data, Mapping):
            data = next((value for name, value in data.items() if str(name).lower() == str(part).lower()), None)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
    return data


def _path(location: tuple[int | str, ...]) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)


def _metadata(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[str, list[Any]]:
    """What is said of a member of the body, or of what is nested in it: its name and pydantic's annotations."""
    names = [part for part in location if isinstance(part, str)]
    for depth, part in enumerate(names, 1):
        found = next((each for each in model.model_fields.items() if part in (each[0], camel(each[0]))), None)
        if found is None:
            break
        if depth == len(names):
            return camel(found[0]), found[1].metadata
        inner = inner_model(found[1].annotation)
        if inner is None:
            break
        model = inner
    return "", []


def inner_model(annotation: object) -> type[BaseModel] | None:
    """The model that a member is, or has in a list, or may be; None where it is plain."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((inner for each in get_args(annotation) if (inner := inner_model(each)) is not None), None)


def _range_of(model: type[BaseModel], location: tuple[int | str, ...]) -> dict[str, int]:
    """`[Range]` of a member, as `low` and `high`; empty where there is none."""
    _, metadata = _metadata(model, location)
    lows = [each.ge for each in metadata if getattr(each, "ge", None) is not None and each.ge > -(2**31)]
    highs = [each.le for each in metadata if getattr(each, "le", None) is not None]
    return {"low": max(lows), "high": min([*highs, _LARGEST])} if lows else {}


def _also_when_missing(model: type[BaseModel], location: tuple[int | str, ...], *, empty: bool) -> list[str]:
    """What other validators of upstream's say beside *required*: some take no null, more take no empty text."""
    name, metadata = _metadata(model, location)
    checks = [getattr(each, "func", None) for each in metadata]
    texts = [getattr(each, "also_when_missing", None) for each in checks]
    texts += [getattr(each, "also_when_empty", None) for each in checks if empty]
    return [text.replace("{field}", property_name((name,))) for text in texts if text]


def _describe(kind: str, location: tuple[int | str, ...], value: object, ctx: Mapping[str, Any]) -> tuple[str, str]:
    name, field = property_name(location), property_name(location[-1:])
    if kind == "missing" or (value is None and kind != "value_error") or (kind == "string_too_short" and value == ""):
        return name, f"The {field} field is required."
    if kind in ("greater_than_equal", "less_than_equal") and "low" in ctx:
        return name, f"The field {field} must be between {ctx['low']} and {ctx['high']}."
    if kind == "string_too_long" or (kind == "too_long" and isinstance(value, str)):
        return name, f"The field {field} must be a string with a maximum length of {ctx['max_length']}."
    if kind == "too_short":
        least = ctx["min_length"]
        return name, f"The field {field} must be a string or array type with a minimum length of '{least}'."
    if kind == "value_error":
        return name, str(ctx["error"]).replace("{field}", field)
    return _unconverted(location)


def _unconverted(location: tuple[int | str, ...]) -> tuple[str, str]:
    path = _path(location)
    return path, f"The JSON value could not be converted. Path: {path} | LineNumber: 0 | BytePositionInLine: 0."


_VALUES = (bool, int, float, Decimal, UUID, datetime)
"""What is a value type in C#."""


def _takes_no_null(model: type[WireRequest], location: tuple[int | str, ...]) -> bool:
    """Whether `null` cannot be read there: for a value type without `?`, by itself or in a list.

    A member that we have to be given and that C# does not call `required` is `[Required]` with a `?` in upstream's
    models; then null is missing, and nothing that could not be read.
    Source: System.Text.Json; fidelity.md: wire.bodies.
    """
    in_a_list = bool(location) and isinstance(location[-1], int)
    of_member = location[:-1] if in_a_list else location
    owner = _owner(model, of_member)
    name = _snake_of(owner, of_member[-1]) if owner is not None and of_member else ""
    field = owner.model_fields.get(name) if owner is not None else None
    if owner is None or field is None:
        return False
    if in_a_list:
        return any(_is_value(item) for each in _alternatives(field.annotation) for item in get_args(each))
    return _is_value(field.annotation) and (not field.is_required() or name in owner.demanded)


def _alternatives(annotation: object) -> tuple[object, ...]:
    return (annotation,) if get_origin(annotation) is list else get_args(annotation)


def _is_value(annotation: object) -> bool:
    plain = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    return isinstance(plain, type) and issubclass(plain, _VALUES)
