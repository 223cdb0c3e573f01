"""Routes of the apps: what stands in a path, and rules whose URL builders are compiled when first used (hardly one of
hundreds is, and compiling takes a third of the app's start).

A part of a path that does not fit is upstream's 400 only after the caller was let in, and together with what is wrong
with the body: the converters note it (`Misfit`), `require_fitting_path` says it.
Source: ASP.NET Core: route constraints, SimpleTypeModelBinder, EnumTypeModelBinder; the controllers' templates and
parameters; fidelity.md: wire.paths.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from flask import current_app, request
from werkzeug.routing import BaseConverter, Map, Rule, UUIDConverter

from common.errors import InvalidModel, Refusal, invalid_field, invalid_model
from common.ids import GUID, parse_guid
from common.server.body import not_a_guid, read_json
from common.server.prefix import SERVICES

ELSEWHERE = frozenset(
    {
        "account-recovery-details",
        "all",
        "archive",
        "bulk-auto-confirm",
        "delete-account",
        "enable-secrets-manager",
        "lost-trust",
        "pending-auto-confirm",
        "revoke-self",
        "unarchive",
        "untrust",
        "update-trust",
    }
)
"""Words that upstream has where ids stand, for what is not there at all here: 404, and not an id that does not fit."""


class Misfit(NamedTuple):
    """A part of a path that does not fit, and how it is refused."""

    refusal: Refusal


class ConstrainedGuid(UUIDConverter):
    """`<uuid:x>`: upstream's `{x:guid}`. What is none matches nothing: 404 with an empty body."""

    regex = GUID

    def to_python(self, value: str) -> UUID:
        return parse_guid(value)


class Guid(BaseConverter):
    """`<guid('orgId'):x>`: upstream's `{orgId}` bound to a Guid, 400 by that name.

    `<guid:x>`: bound to a text that upstream parses by hand, which is a 500 there and a 404 here.
    """

    regex = rf"(?!(?:{'|'.join(sorted(ELSEWHERE))})\Z)[^/]+"
    part_isolating = True

    def __init__(self, map: Map, parameter: str = "") -> None:
        super().__init__(map)
        self.parameter = parameter

    def to_python(self, value: str) -> UUID | Misfit:
        try:
            return parse_guid(value)
        except ValueError:
            return Misfit(self._refusal(value))

    def _refusal(self, value: str) -> Refusal:
        if not self.parameter:
            return not_a_guid()
        return invalid_field(self.parameter, f"The value '{value}' is not valid.", rule="model-state")


class Named(BaseConverter):
    """`<named('type','A','B',first=1):x>`: an enumeration, by name in any case or by number; see `named`."""

    def __init__(self, map: Map, parameter: str, *names: str, first: int = 0) -> None:
        super().__init__(map)
        self.parameter, self.names, self.first = parameter, names, first

    def to_python(self, value: str) -> int | Misfit:
        from common.wire.fields import read_enum  # noqa: PLC0415 - few paths have one

        try:
            return read_enum(value, self.parameter, self.names, self.first)
        except InvalidModel as refusal:
            return Misfit(refusal)


def named(parameter: str, names: Iterable[str], argument: str, first: int = 0) -> str:
    """The part of a rule that is a value of an enumeration. parameter: upstream's; argument: the view's.

    names: of the values, numbered from `first` on.
    """
    listed = ",".join(f"'{name}'" for name in names)
    return f"<named('{parameter}',{listed},first={first}):{argument}>"


CONVERTERS = {"uuid": ConstrainedGuid, "guid": Guid, "named": Named}


def require_fitting_path() -> None:
    """Refuse a path with parts that do not fit, together with a body that does not fit either."""
    misfits = [part for part in (request.view_args or {}).values() if isinstance(part, Misfit)]
    if not misfits:
        return
    errors = {name: texts for each in misfits for name, texts in (each.refusal.validation_errors or {}).items()}
    view: Any = current_app.view_functions[request.endpoint or ""]
    if view.operation.body is not None:
        try:
            read_json(view.operation.body)
        except InvalidModel as refusal:
            errors |= refusal.validation_errors or {}
    if errors:
        raise invalid_model(errors, rule="model-state")
    raise misfits[0].refusal


@lru_cache(maxsize=2048)
def template_of(rule: str) -> str:
    """`/a/<uuid:b>` -> `/a/{b}`, as OpenAPI has it."""
    return re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule)


class Route(Rule):
    """A werkzeug rule that matches at once and learns to build URLs when it first has to.

    Below the services' paths HEAD is not GET, and OPTIONS is asked by browsers before they call, and by nobody else.
    Source: ASP.NET Core: HttpGetAttribute, HttpMethodMatcherPolicy; fidelity.md: wire.methods.
    """

    def __init__(self, string: str, *arguments: Any, **options: Any) -> None:
        super().__init__(string, *arguments, **options)
        if self.methods is not None and string.split("/", 2)[1] in SERVICES:
            self.methods -= {"HEAD", "OPTIONS"}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., Any]:
        compile_builder = super()._compile_builder
        compiled: list[Callable[..., Any]] = []

        def build(rule: Rule, **values: Any) -> Any:
            if not compiled:
                compiled.append(compile_builder(append_unknown))
            return compiled[0].__get__(rule, None)(**values)

        return build
