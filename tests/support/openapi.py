"""An app held against its own OpenAPI document: requests made out of the schemas, answers checked against them."""

import copy
import json
import string
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote

import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from common.server.failures import UNHANDLED
from tests.support.harness import ENC_STRING, Api

Known = Mapping[str, list[Any]]
"""Member or parameter name in lower case without underscores -> values that mean something to the app."""

_ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=2),
    max_leaves=3,
)
_PATH_TEXT = st.text(st.characters(exclude_characters="/.", exclude_categories=["Cs"]), min_size=1, max_size=20)
_HEADER_TEXT = st.text(string.printable.strip(), max_size=20)
_AT_ONCE = 8
_UNHANDLED_BY_UPSTREAM = frozenset(
    {"POST /api/account/billing/vnext/upgrade", "POST /api/billing/preview-invoice/premium/subscriptions/upgrade"}
)
"""A plan that premium cannot become is an error that nobody catches there; fidelity.md: billing.premium-upgrade."""

_KNOCKS = 1

NIGHTLY = settings.get_current_profile_name() == "nightly"
"""Whether there is time for many more requests: `pytest --hypothesis-profile=nightly tests/contract`."""


Request = dict[str, Any]
"""What `requests` is to send, without who sends it."""


@dataclass
class Operation:
    """One operation of a document."""

    path: str
    method: str
    described: dict[str, Any]
    document: dict[str, Any]
    _validators: dict[int, Draft202012Validator] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def problem(self, answer: requests.Response) -> str | None:
        """What is wrong with an answer, None for a documented one. An error may come without a body."""
        status = answer.status_code
        if status >= 400 and UNHANDLED in answer.text and str(self) not in _UNHANDLED_BY_UPSTREAM:
            return f"{status}: {UNHANDLED}"
        documented = self.described["responses"].get(str(status))
        if documented is None:
            return f"{status} is not documented: {answer.text[:200]}"
        content = documented.get("content")
        if not answer.content:
            may_be_empty = content is None or status >= 300 or documented.get("x-may-be-empty", False)
            return None if may_be_empty else f"{status} without a body"
        media = answer.headers.get("Content-Type", "").partition(";")[0]
        if content is None or media not in content:
            return f"{status} with {media}, which is not documented: {answer.text[:200]}"
        if media != "application/json":
            return None
        found = next(self._validator(status, content[media]["schema"]).iter_errors(answer.json()), None)
        return None if found is None else f"{status}: {found.json_path} {found.message[:300]}"

    def _validator(self, status: int, schema: dict[str, Any]) -> Draft202012Validator:
        if status not in self._validators:
            whole = schema | {"components": self.document["components"]}
            self._validators[status] = Draft202012Validator(whole, format_checker=FormatChecker())
        return self._validators[status]


def operations_of(document: dict[str, Any]) -> Iterator[Operation]:
    """Every operation. Members that are not documented count as wrong, so all models are closed."""
    closed = copy.deepcopy(document)
    for schema in closed["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    for path, methods in closed["paths"].items():
        for method, described in methods.items():
            yield Operation(path, method.upper(), described, closed)


# --- requests out of schemas


def requests_to(operation: Operation, known: Known) -> st.SearchStrategy[Request]:
    """Requests that fit the document, and some that nearly do."""
    parameters = operation.described["parameters"]

    def of(place: str, text: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
        there = [each for each in parameters if each["in"] == place]
        values = {each["name"]: _parameter(each, text, known) for each in there}
        required = {name: value for name, value in values.items() if place == "path"}
        return st.fixed_dictionaries(
            required, optional={name: value for name, value in values.items() if name not in required}
        )

    body, form, files = _bodies(operation, known)
    return st.builds(
        _request,
        st.just(operation.method),
        path=of("path", _PATH_TEXT).map(lambda values: _filled(operation.path, values)),
        query=of("query", st.text(st.characters(exclude_categories=["Cs"]), max_size=20)),
        headers=of("header", _HEADER_TEXT),
        body=body,
        form=form,
        files=files,
    )


def _request(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], body: Any, form: Any, files: Any
) -> Request:
    content: Request = {"data": form, "files": files}
    if body is not None:
        content = {"data": json.dumps(body).encode()}
        headers = headers | {"Content-Type": "application/json"}
    return {"method": method, "url": path, "params": query, "headers": headers} | content


def _filled(path: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


def _parameter(parameter: dict[str, Any], text: st.SearchStrategy[str], known: Known) -> st.SearchStrategy[str]:
    schema = parameter["schema"]
    kind = text if schema.get("type") == "string" and "format" not in schema else _values(schema, {}, known).map(str)
    return _or_known(parameter["name"], kind, known).map(str)


def _bodies(operation: Operation, known: Known) -> tuple[st.SearchStrategy[Any], ...]:
    content = operation.described.get("requestBody", {}).get("content", {})
    components = operation.document["components"]["schemas"]
    none = st.none()
    if "application/json" in content:
        fitting = _values(content["application/json"]["schema"], components, known)
        spoiled = fitting.flatmap(_spoiled)
        # what fits nowhere is refused in the same place for all operations: seldom
        return st.one_of(*[fitting] * 4, *[spoiled] * 3, _ANY), none, none
    if not content:
        return none, none, none
    schema = next(iter(content.values()))["schema"]
    texts = {name for name, each in schema["properties"].items() if "contentMediaType" not in each}
    form = st.fixed_dictionaries({}, optional={name: _or_known(name, st.text(max_size=20), known) for name in texts})
    if "multipart/form-data" not in content:
        return none, form, none
    file = st.tuples(st.just("file.json"), _or_known("file", st.binary(max_size=60), known))
    parts = {name: file for name in schema["properties"] if name not in texts}
    return none, form, st.fixed_dictionaries({}, optional=parts | {"other": file})


def _spoiled(body: Any) -> st.SearchStrategy[Any]:
    """The body with one member replaced by anything."""
    if not isinstance(body, dict) or not body:
        return _ANY
    return st.tuples(st.sampled_from(sorted(body)), _ANY).map(lambda change: body | {change[0]: change[1]})


def _or_known(name: str, fallback: st.SearchStrategy[Any], known: Known) -> st.SearchStrategy[Any]:
    values = known.get(name.replace("_", "").lower())
    if not values:
        return fallback
    meant = st.sampled_from(values)
    return st.one_of(meant, meant, meant, meant, meant, fallback)


def _values(schema: dict[str, Any], components: dict[str, Any], known: Known) -> st.SearchStrategy[Any]:
    """JSON values that fit a schema of the kinds that pydantic writes."""
    if "$ref" in schema:
        return _values(components[schema["$ref"].rpartition("/")[2]], components, known)
    if "anyOf" in schema:
        return st.one_of([_values(each, components, known) for each in schema["anyOf"]])
    for fixed in ("enum", "const"):
        if fixed in schema:
            return st.sampled_from(schema[fixed] if fixed == "enum" else [schema[fixed]])
    makers: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
        "object": lambda: _objects(schema, components, known),
        "array": lambda: st.lists(_values(schema.get("items", {}), components, known), max_size=3),
        "string": lambda: _texts(schema),
        "integer": lambda: _integers(schema),
        "number": lambda: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**40), 2**40),
        "boolean": st.booleans,
        "null": st.none,
    }
    return makers[schema["type"]]() if "type" in schema else _ANY


def _objects(schema: dict[str, Any], components: dict[str, Any], known: Known) -> st.SearchStrategy[Any]:
    if "properties" not in schema:
        return st.dictionaries(st.text(max_size=8), _ANY, max_size=3)
    members = {
        name: _or_known(name, _values(each, components, known), known) for name, each in schema["properties"].items()
    }
    required = {name: members[name] for name in schema.get("required", ())}
    optional = {name: each for name, each in members.items() if name not in required}
    return st.one_of(st.fixed_dictionaries(members), st.fixed_dictionaries(required, optional=optional))


@cache
def _text(shortest: int, longest: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=shortest, max_size=longest)


def _texts(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("format") == "uuid":
        return st.uuids().map(str)
    if schema.get("format") == "date-time":
        return st.datetimes().map(lambda moment: moment.isoformat() + "Z")
    if "pattern" in schema:
        return st.from_regex(schema["pattern"])
    shortest = schema.get("minLength", 0)
    longest = schema.get("maxLength", 1000)
    text = _text(shortest, min(longest, max(20, shortest)))
    return text if longest < len(ENC_STRING) else st.just(ENC_STRING) | text


def _integers(schema: dict[str, Any]) -> st.SearchStrategy[int]:
    lowest = schema.get("minimum", -(2**31))
    highest = schema.get("maximum", schema.get("exclusiveMaximum", 2**31) - 1)
    return st.integers(lowest, highest) | st.integers(max(lowest, 0), min(highest, 25))


# --- what the requests lead to


def drawn(strategies: Sequence[st.SearchStrategy[Any]], examples: int) -> list[list[Any]]:
    """Different values of each strategy, at most so many; the same in every run.

    Hypothesis spends more on a test than on a value, so a test draws for several strategies at once.
    """
    found: list[list[Any]] = [[] for _ in strategies]
    for first in range(0, len(strategies), _AT_ONCE):

        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.tuples(*strategies[first : first + _AT_ONCE]))
        def draw(values: tuple[Any, ...]) -> None:
            for place, value in enumerate(values, first):  # noqa: B023
                found[place].append(value)

        draw()
    return found


def problems_of(
    operation: Operation, requests_made: Iterable[Request], callers: Mapping[str, Api], most: Mapping[str, int]
) -> list[str]:
    """Everybody sends the same requests, each the first so many; what is wrong with the answers, with an example.

    most: who -> how many. Those who are let in come last, as they may take away what the others ask for. Who was
    turned away at the door stays away: nothing of a request is looked at there.
    """
    problems: dict[str, str] = {}
    turned_away = Counter[str]()
    for number, request in enumerate(_different(requests_made)):
        for name in most:
            if number < most[name] and turned_away[name] < _KNOCKS:
                answer = _send(callers[name], request)
                turned_away[name] += _is_the_door(answer)
                problem = operation.problem(answer)
                if problem is not None:
                    problems.setdefault(problem, f"{operation}: {problem}\n    {name}: {request}")
    return list(problems.values())


def _different(requests_made: Iterable[Request]) -> Iterable[Request]:
    return {repr(each): each for each in requests_made}.values()


def _send(api: Api, request: Request) -> requests.Response:
    """Whatever the request says of it, the client says who calls."""
    headers = {**request.get("headers", {}), **api.headers}
    return api.request(**request | {"headers": headers}, allow_redirects=False)


def _is_the_door(answer: requests.Response) -> bool:
    """Whether the policy did not let somebody in."""
    return answer.status_code == 401 or (answer.is_redirect and "/login" in answer.headers["Location"])
