"""YAML that people bring: what a short text could do to who reads it is refused before it is read."""

import yaml

LONGEST = 1024 * 1024
"""Characters."""

DEEPEST = 32
"""Levels; the parser looks at every open bracket at each token, and the reader calls itself for each."""


def refuse_what_grows(text: str, loader: type[yaml.SafeLoader] = yaml.SafeLoader, *, aliases: bool = True) -> None:
    """Raises MarkedYAMLError for what is too long or too deep; aliases: whether one part may stand for another."""
    if len(text) > LONGEST:
        raise yaml.MarkedYAMLError(problem=f"it is longer than {LONGEST} characters")
    depth = 0
    for event in yaml.parse(text, loader):
        if isinstance(event, yaml.AliasEvent) and not aliases:
            raise _marked("aliases (*name) are not understood", event)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise _marked("too deep", event)


def _marked(problem: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)  # type: ignore[arg-type]
