"""What a view reads and answers, said beside its policy. Only recorded here: `openapi/` makes the document of it.

Nothing of this runs while a request is served, and no schema is built before somebody asks for the document.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from common.wire.base import WireRequest

View = TypeVar("View", bound=Callable[..., Any])

Schema = Mapping[str, Any]
"""JSON Schema as it is, for a body that no model describes."""


class Rows(NamedTuple):
    """The list envelope around rows of one model. plain: only `data`, as the control routes answer."""

    row: type
    plain: bool = False


class Media(NamedTuple):
    """A body that is no JSON."""

    type: str


class OrNothing(NamedTuple):
    """JSON of this schema, or no body at all: `found` in common/server/body.py."""

    schema: Schema


HTML = Media("text/html")
CSS = Media("text/css")

Shape = type | Rows | Media | OrNothing | Schema | None
"""A body: a model or plain type, rows of one, something else than JSON, a schema, or what may
be missing; None = no body."""


STRING: Schema = {"type": "string"}
JSON_OBJECT: Schema = {"type": "object"}
EMPTY_OBJECT: Schema = {"type": "object", "maxProperties": 0}


class Query(NamedTuple):
    """A query parameter that says more than its name."""

    name: str
    required: bool = False
    schema: Schema = STRING


class Part(NamedTuple):
    """A field of a form. file: sent as a file."""

    required: bool = True
    file: bool = False


TEXT, OPTIONAL_TEXT, FILE = Part(), Part(required=False), Part(file=True)


@dataclass(frozen=True)
class Operation:
    """What the document tells of a view beside its policy and docstring.

    answers: status -> body, for the answers that the policy and the input do not already imply.
    """

    body: "type[WireRequest] | None" = None
    body_required: bool = True
    form: Mapping[str, Part] | None = None
    answers: Mapping[int, Shape] = field(default_factory=dict)
    query: Sequence[str | Query] = ()
    headers: Sequence[str] = ()


def operation(
    *,
    body: "type[WireRequest] | None" = None,
    body_required: bool = True,
    form: Mapping[str, Part] | None = None,
    answer: Shape = None,
    answers: Mapping[int, Shape] | None = None,
    query: Sequence[str | Query] = (),
    headers: Sequence[str] = (),
) -> Callable[[View], View]:
    """Describe a view. answer: the body of its 200. answers: all other statuses that are the view's own.

    Without a body for it there is no 200 where another success is among them.
    """
    others = dict(answers or {})
    success = {} if answer is None and any(status < 300 for status in others) else {200: answer}
    return _described(Operation(body, body_required, form, success | others, query, headers))


def refused(*statuses: int, body: "type[WireRequest] | None" = None) -> Callable[[View], View]:
    """Describe a view that never does anything but refuse, with 400 if nothing is said. body: it looks at it before."""
    from common.wire.base import ErrorAnswer  # noqa: PLC0415 - who describes bodies has models

    return _described(Operation(body=body, answers=dict.fromkeys(statuses or (400,), ErrorAnswer)))


def page(
    *, form: Mapping[str, Part] | None = None, query: Sequence[str | Query] = (), statuses: Sequence[int] = ()
) -> Callable[[View], View]:
    """Describe a page for people: HTML, or a redirect to where they should look next. statuses: more than the usual."""
    answers: dict[int, Shape] = dict.fromkeys((200, 302, 303, 400, 404, *statuses), HTML)
    return _described(Operation(form=form, answers=answers, query=query))


def _described(described: Operation) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.operation = described  # type: ignore[attr-defined]
        return view

    return mark
