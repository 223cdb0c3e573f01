"""How an operation is called: method and path as the OpenAPI document has them, `GET /api/users/{user_id}`. Pure."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

_PARAMETER = re.compile(r"<(?:[^:<>]+:)?(\w+)>")
_NAMED = re.compile(r"\{\w*\}")
_ID = re.compile(r"(?<=/)(?:[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}|\d+)(?=/|$)")


@lru_cache(2048)
def operation_of(method: str, rule: str) -> str:
    """Of a route, as Flask writes it."""
    path = _PARAMETER.sub(r"{\1}", rule)
    return f"{method} {path}"


def operation_of_call(method: str, path: str) -> str:
    """Of a path whose route is somebody else's: ids are parameters."""
    return f"{method} {_ID.sub('{id}', path)}"


def same_operation(pattern: str, operation: str) -> bool:
    """Whether an operation is meant: `*` is any, also at the end of a beginning; parameters may be called anything."""
    wanted, found = _NAMED.sub("{}", pattern.strip()).casefold(), _NAMED.sub("{}", operation).casefold()
    if wanted.endswith("*"):
        return found.startswith(wanted[:-1])
    return wanted in (found, found.partition(" ")[2])


def nearest_operations(operation: str, known: Iterable[str]) -> list[str]:
    """Those that somebody may have meant."""
    every = sorted(known)
    return get_close_matches(operation, every, 5, 0.3) or every[:5]
