"""What reading a body with a model leaves unsaid: members that no model has, and members that were not sent.

Names are as they were sent, or as they would be; a path in nested ones: `policies[].kind`. Of a long list the first
objects are looked at: the rows of a batch are alike.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

from common.wire.base import WireModel, WireRequest, camel

_MOST_OBJECTS = 50
"""Of one list."""

_camel = cache(camel)  # they have the same few members


def unread_members(model: type[WireModel], sent: object) -> Iterator[str]:
    """The members that were sent and that the model passes over."""
    if not isinstance(sent, Mapping):
        return
    known = _names(model)
    for name, value in sent.items():
        member = known.get(_folded(model, str(name)))
        if member is None:
            yield str(name)
            continue
        inner = _inner_model(model, member)
        if inner is not None:
            for path, each in _objects(value):
                yield from (f"{name}{path}.{found}" for found in unread_members(inner, each))


def defaulted_members(model: type[WireModel], sent: object) -> Iterator[str]:
    """The members that the model has a value for although they were not sent."""
    if not isinstance(sent, Mapping):
        return
    there = {_folded(model, str(name)): value for name, value in sent.items()}
    for folded, member in _names(model).items():
        if folded != _folded(model, _camel(member)):
            continue  # the other name of a member that has two
        if folded not in there:
            if not model.model_fields[member].is_required():
                yield _camel(member)
            continue
        inner = _inner_model(model, member)
        if inner is not None:
            for path, each in _objects(there[folded]):
                yield from (f"{_camel(member)}{path}.{found}" for found in defaulted_members(inner, each))


def _folded(model: type[WireModel], name: str) -> str:
    return name.lower() if _folds(model) else name


@cache
def _folds(model: type[WireModel]) -> bool:
    return issubclass(model, WireRequest)


@cache
def _names(model: type[WireModel]) -> dict[str, str]:
    """Names on the wire, folded as the model folds them -> its own names."""
    names = {}
    for own, field in model.model_fields.items():
        for name in (own, field.alias or camel(own)):
            names[_folded(model, name)] = own
    return names


@cache
def _inner_model(model: type[WireModel], member: str) -> type[WireModel] | None:
    """The model of the objects that a member holds, in a list or alone; None for everything else."""
    return next(_models_in(model.model_fields[member].annotation), None)


def _models_in(annotation: Any) -> Iterator[type[WireModel]]:
    if isinstance(annotation, type) and issubclass(annotation, WireModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _objects(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        yield "", value
    elif isinstance(value, list):
        yield from (("[]", each) for each in value[:_MOST_OBJECTS])
