"""Reading a request and shaping an answer: JSON bodies of any kind of transfer, bare JSON values, empty answers."""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from flask import Response, abort, current_app, request
from flask.json.provider import DefaultJSONProvider

from common.clock import moment_of
from common.errors import Refusal, bad_request, invalid_field, not_found
from common.ids import parse_guid
from common.server.observed import note_body
from common.wire.spelling import camel, written_date

if TYPE_CHECKING:
    from common.wire.base import WireModel, WireRequest

JSON = "application/json; charset=utf-8"
NO_BODY = "A non-empty request body is required."

_JSON_TYPE = re.compile(r"(?:application|text)/json|application/[^/]+\+json")
_ENCODINGS = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "utf-16le": "utf-16", "unicode": "utf-16"}

DEEPEST = 32
"""Levels of a JSON body. Source: ASP.NET Core's JsonOptions (DefaultMaxModelBindingRecursionDepth); fidelity.md:
wire.limits."""

MOST_MEMBERS = 100_000
"""Members and items of a JSON body, more or less; upstream has no limit but that of the body."""

_STRING = re.compile(r'"(?:[^"\\]+|\\.)*"?', re.DOTALL)  # its end may be missing: then nothing is tried again
_NEITHER_BRACKETS_NOR_QUOTES = bytes(set(range(256)) - set(b'[]{}"'))

Body = TypeVar("Body", bound="WireRequest")


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON.")


_decode = json.JSONDecoder(parse_constant=_no_number).decode
"""As JSON is defined: no NaN, no Infinity."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def receive() -> None:
    """Take in the whole body before anything is read from the database: whoever stalls while sending holds no lock."""
    request.get_data()


def query_text(name: str) -> str:
    """A query parameter, its name in any case; "" when it is not there."""
    return _sent(name) or ""


def query_flag(name: str) -> bool:
    """A query parameter that is `true` or `false`, in any case; false when it is not there. Raises upstream's 400."""
    sent = _sent(name)
    if sent is None:
        return False
    _require_value(name, sent)
    if sent.strip().lower() not in ("true", "false"):
        raise invalid_field(name, f"The value '{sent}' is not valid.", rule="model-state")
    return sent.strip().lower() == "true"


def _sent(name: str) -> str | None:
    return next((value for key, value in request.args.items() if key.lower() == name.lower()), None)


def _require_value(name: str, sent: str) -> None:
    """Refuse a blank where a value type is bound. Source: ASP.NET Core: SimpleTypeModelBinder."""
    if not sent.strip():
        raise invalid_field(name, f"The value '{sent}' is invalid.", rule="model-state")


_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(.*)", re.ASCII)


def _spelled_in_iso(text: str) -> str:
    """Raises ValueError for what is no such date, however Python reads it (weeks, no hyphens)."""
    if parts := _AMERICAN.fullmatch(text):
        month, day, year, rest = parts.groups()
        text = f"{year}-{month:0>2}-{day:0>2}{rest}"
    written = written_date(text.replace(" ", "T", 1))
    if written is None:
        raise ValueError(f"{text} is no date.")
    return written


def query_moment(name: str) -> datetime | None:
    """A query parameter that is a date, None when it is not there. Raises upstream's 400.

    Of what .NET reads there: ISO 8601, also with a blank for the `T`, and `8/20/2026`.
    Source: ASP.NET Core: DateTimeModelBinder (DateTime.Parse); fidelity.md: wire.bodies.
    """
    sent = query_text(name).strip()
    if not sent:
        return None
    try:
        return moment_of(_spelled_in_iso(sent))
    except ValueError:
        raise invalid_field(name, f"The value '{sent}' is not valid.", rule="model-state") from None


def read_json(model: type[Body]) -> Body:
    """Decode and validate the JSON body (also of a GET, also chunked); raises upstream's 415 and 400 for anything else.

    Source: ASP.NET Core: BodyModelBinder, SystemTextJsonInputFormatter; fidelity.md: wire.bodies.
    """
    encoding = _encoding_of_json()
    data = request.get_data()
    if not data:
        raise model.unread("", NO_BODY)
    try:
        text = data.decode(encoding)
        _require_shallow(text)
        decoded = _decode(text)
        if not text.isascii() or "\\u" in text:
            _require_storable(decoded)
    except (ValueError, RecursionError) as error:
        raise model.unread("$", f"The body is not valid JSON. {error}") from error
    if decoded is None:
        raise model.unread("", NO_BODY)
    note_body(model, decoded)
    if _is_control():
        _require_known(model, decoded)
    return model.read(decoded)


class CarefulJson(DefaultJSONProvider):
    """Flask's own reading of JSON, with the same limits: what is nested too deep is no JSON."""

    def loads(self, s: str | bytes, **options: Any) -> Any:
        """The value. ValueError; 413 for too many members."""
        _require_shallow(s if isinstance(s, str) else s.decode(errors="replace"))
        return super().loads(s, **options)


def _is_control() -> bool:
    view: Any = current_app.view_functions.get(request.endpoint or "")
    return bool(view.policy == "control")


def _require_known(model: "type[WireRequest]", decoded: object) -> None:
    """Nothing that control is asked for is passed over."""
    from common.wire.reading import unread_members  # noqa: PLC0415 - the model is there

    for name in unread_members(model, decoded):
        known = sorted(camel(each) for each in model.model_fields)
        near = get_close_matches(name, known)
        listed = ", ".join((*near, *(each for each in known if each not in near)))
        raise bad_request(f"Unknown member: {name}. Known: {listed}.", rule="sim.member")


def require_json() -> None:
    """Answer 415 without a body where the content type names no JSON, or JSON in an encoding that is not read."""
    _encoding_of_json()


def _encoding_of_json() -> str:
    """The encoding of the body. Control of the simulator takes JSON under any name: it is typed by hand."""
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if _is_control():
        return "utf-8-sig"
    if charset not in _ENCODINGS or not _JSON_TYPE.fullmatch(request.mimetype):
        abort(415)
    return _ENCODINGS[charset]


def _require_shallow(text: str) -> None:
    """Refuse what costs much before it is read: ValueError for what is nested too deep, 413 for too many members."""
    if text.count(":") + text.count(",") > MOST_MEMBERS:
        abort(413)
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = 0
    for bracket in _brackets(text):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            raise ValueError(f"The maximum configured depth of {DEEPEST} has been exceeded.")


def _brackets(text: str) -> bytes:
    """Those outside of strings. Two quotes beside each other leave the rest as it was, inside or outside, and go first:
    splitting at the others is dear. Only an escape may hide that a string goes on."""
    if "\\" in text:
        text = _STRING.sub("", text)
    quoted = text.encode().translate(None, _NEITHER_BRACKETS_NOR_QUOTES).replace(b'""', b"")
    return b"".join(quoted.split(b'"')[::2])


def _require_storable(value: object) -> None:
    """Half a surrogate pair is no text, and no database of ours keeps a NUL. Raises ValueError."""
    if isinstance(value, str):
        value.encode()
        if "\0" in value:
            raise ValueError("A string holds the character U+0000.")
    elif isinstance(value, list):
        for item in value:
            _require_storable(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            _require_storable(name)
            _require_storable(item)


def query_guid(name: str) -> UUID:
    """A query parameter that is a Guid; all zeros when it is not there. Raises upstream's 400."""
    sent = _sent(name)
    if sent is None:
        return UUID(int=0)
    _require_value(name, sent)
    return read_uuid(sent, name)


def query_optional_guid(name: str) -> UUID | None:
    """A query parameter that is a Guid, None when it is not there. Raises upstream's 400."""
    sent = query_text(name).strip()
    return read_uuid(sent, name) if sent else None


def read_uuid(text: str, field: str) -> UUID:
    """A uuid in a path or query; raises upstream's model-state 400."""
    try:
        return parse_guid(text)
    except ValueError:
        raise invalid_field(field, f"The value '{text}' is not valid.", rule="model-state") from None


def answer(body: "WireModel | dict[str, Any]", status: int = 200) -> Response:
    """An object, nulls included."""
    return bare(body if isinstance(body, dict) else body.wire(), status)


def answer_rows(rows: "Iterable[WireModel]", *, plain: bool = False) -> Response:
    """A list in its envelope. plain: only `data`, as the control routes answer (`Rows` documents both)."""
    from common.wire.base import ListAnswer  # noqa: PLC0415 - rows are models

    data = [row.wire() for row in rows]
    return answer({"data": data} if plain else ListAnswer(data=data))


def bare(value: object, status: int = 200) -> Response:
    """Any JSON value; non-ASCII kept as it is, as upstream does."""
    return Response(utf_8(_encode(value)), status, content_type=JSON)


def answer_at_length(body: dict[str, Any]) -> Response:
    """The same as `answer`, for thousands of rows, as values that pydantic writes (a uuid, say) and need no care."""
    from pydantic_core import to_json  # noqa: PLC0415 - such a body came in as a model

    return Response(to_json(body), content_type=JSON)


def found(value: object | None) -> Response:
    """A JSON value, or 200 with an empty body where there is none.

    Source: ASP.NET Core: TypedResults.Ok (HttpResultsHelper writes nothing for null); fidelity.md: wire.bodies.
    """
    return nothing() if value is None else bare(value)


def utf_8(text: str) -> bytes:
    """The text as it is sent; half a character (a surrogate alone, which JSON can spell) becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def nothing() -> Response:
    """200 with an empty body: what an action without a result answers."""
    return Response(status=200)


def path_uuid(text: str) -> UUID:
    """A uuid that upstream parses by hand: anything else is its unhandled 500, which we refuse as not found."""
    try:
        return parse_guid(text)
    except ValueError:
        raise not_a_guid() from None


def not_a_guid() -> Refusal:
    """404 for what is an unhandled 500 upstream."""
    return not_found("path.not-a-guid")
