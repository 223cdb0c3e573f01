"""Routes whose URL builders are compiled when first used: hardly one of hundreds is, and compiling takes a third of the
app's start."""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class Route(Rule):
    """A werkzeug rule that matches at once and learns to build URLs when it first has to."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., Any]:
        compile_builder = super()._compile_builder
        compiled: list[Callable[..., Any]] = []

        def build(rule: Rule, **values: Any) -> Any:
            if not compiled:
                compiled.append(compile_builder(append_unknown))
            return compiled[0].__get__(rule, None)(**values)

        return build
