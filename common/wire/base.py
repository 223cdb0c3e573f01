"""The one place that knows JSON casing, dates and how a body that does not fit is described.

Source: fidelity.md: wire.json.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Self, get_args

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
from pydantic_core import PydanticKnownError

from common.errors import Refusal, invalid_model

MAX_EMAIL = 256
_BOOLEANS = (bool, bool | None)


def camel(name: str) -> str:
    """snake_case -> camelCase, raising only the first letter of each later word: use_2fa -> use2fa."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def iso(moment: datetime) -> str:
    """Aware datetime -> `2026-08-20T14:16:19.123456Z`, trailing zeros of the fraction cut."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    return f"{text}Z"


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

    A boolean is `true` or `false`, never a text or a number that reads like one, as System.Text.Json has it.
    """

    @model_validator(mode="before")
    @classmethod
    def _fold_names(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        known = {camel(name).lower(): camel(name) for name in cls.model_fields}
        return {known[key.lower()]: value for key, value in data.items() if key.lower() in known}

    @field_validator("*", mode="before")
    @classmethod
    def _booleans_only(cls, value: Any, info: ValidationInfo) -> Any:
        kind = cls.model_fields[info.field_name or ""].annotation
        if kind in _BOOLEANS and not (value is None or isinstance(value, bool)):
            raise PydanticKnownError("bool_type")
        return value

    @classmethod
    def read(cls, data: object) -> Self:
        """Validate decoded JSON; raises the 400 that upstream gives for a body that does not fit."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise unfit_body(error, cls) from error


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
    return ".".join(part[:1].upper() + part[1:] for part in map(str, location))


def unfit_body(error: ValidationError, model: type[BaseModel]) -> Refusal:
    """Translate pydantic's findings about a body of this model into upstream's model-state answer."""
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
    if kind == "missing" or value is None or (kind == "string_too_short" and value == ""):
        return name, f"The {field} field is required."
    if kind in ("greater_than_equal", "less_than_equal") and "low" in ctx:
        return name, f"The field {field} must be between {ctx['low']} and {ctx['high']}."
    if kind == "string_too_long":
        return name, f"The field {field} must be a string with a maximum length of {ctx['max_length']}."
    if kind == "value_error":
        return name, str(ctx["error"]).replace("{field}", field)
    path = "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return path, f"The JSON value could not be converted. Path: {path} | LineNumber: 0 | BytePositionInLine: 0."
