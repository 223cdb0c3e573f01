"""Operations that were compared with upstream's source at the tag, as tests/fixtures/compared.yaml has them.

`python -m tests.support.compared` writes the table of docs/fidelity.md anew.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import requests
import yaml

from tests.support.operations import PAGE

CASES = Path(__file__).parents[1] / "fixtures" / "compared.yaml"
BEGIN, END = (
    "<!-- compared: made by `python -m tests.support.compared`, checked by tests/architecture/test_docs.py -->\n",
    "<!-- /compared -->",
)
SIDES = {"cloud": "cloud", "selfhost": "instance"}
BLANK = {"data": b"", "headers": {"Content-Type": "application/json"}}


class Variant(NamedTuple):
    """One request and upstream's answer in a line. sent: JSON, `None` (an empty body), `...` (none), or a word."""

    name: str
    caller: str
    sent: Any
    told: str


class Compared(NamedTuple):
    """An operation, with placeholders. difference: what upstream does otherwise, and for which variant we do it."""

    side: str
    operation: str
    upstream: str
    variants: tuple[Variant, ...]
    difference: str


def compared() -> list[Compared]:
    """All of them, in the order in which they are asked."""
    rows = yaml.safe_load(CASES.read_text("utf-8"))
    return [
        Compared(
            row["side"],
            row["operation"],
            row["upstream"],
            tuple(
                Variant(name, each[0], each[1] if len(each) > 2 else ..., each[-1])
                for name, each in row["variants"].items()
            ),
            row.get("difference", ""),
        )
        for row in rows
    ]


def told(answer: requests.Response) -> str:
    """An answer in a line: status, and the texts of an error by their names."""
    status = answer.status_code
    if status < 400:
        return f"{status}" if answer.content else f"{status} empty"
    if not answer.content:
        return f"{status}"
    body = answer.json()
    if found := body.get("validationErrors") or body.get("errors"):
        texts = "; ".join(f"{name}: {' | '.join(each)}" for name, each in found.items())
        return f"{status} " + re.sub(r"The JSON value could not be converted\.[^;]*", "not converted", texts)
    return f"{status} {body['message']}"


def named(value: Any, names: Mapping[str, str]) -> Any:
    """The same with what the placeholders stand for."""
    if isinstance(value, str):
        return re.sub(r"\{([\w.]+)\}", lambda found: names.get(found[1], found[0]), value)
    if isinstance(value, list):
        return [named(each, names) for each in value]
    return {name: named(each, names) for name, each in value.items()} if isinstance(value, dict) else value


def differences(
    side: str, people: Mapping[str, requests.Session], names: Mapping[str, str], files: Mapping[str, Any]
) -> Iterator[str]:
    """Ask everything of a side; what is not answered as it says. files: word -> what `requests` takes for it."""
    for each in (each for each in compared() if each.side == side):
        method, path = named(each.operation.partition("#")[0].strip(), names).split(" ", 1)
        for variant in each.variants:
            body = _body(variant.sent, names, files)
            found = told(people[variant.caller].request(method, path, **body))
            if found != variant.told:
                yield f"{each.operation} [{variant.name}]\n  {found}\n  {variant.told}"


def _body(sent: Any, names: Mapping[str, str], files: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(sent, str):
        return dict(files[sent])
    if sent is ...:
        return {}
    return BLANK if sent is None else {"json": named(sent, names)}


def _shown(operation: str) -> str:
    """`GET /api/organizations/{…}/users`."""
    method, path = operation.partition("#")[0].strip().partition("?")[0].split(" ", 1)
    return f"{method} " + re.sub(r"/(\{[\w.]+\}|nonsense|nobody|nine|99)(?=/|$)", "/{…}", path)


HEAD = "| Operation | Side | Variants | Upstream | Difference |\n|---|---|---|---|---|"


def table() -> str:
    """The Markdown of all of them."""
    rows = compared()
    variants = sum(len(each.variants) for each in rows)
    by_name = sorted(rows, key=lambda each: (each.side, _shown(each.operation).split()[::-1]))
    groups = [(key, list(of)) for key, of in groupby(by_name, key=lambda each: (each.side, _shown(each.operation)))]
    lines = [f"{len(groups)} operations, {variants} variants.", "", HEAD]
    for (side, operation), of in groups:
        names = ", ".join(dict.fromkeys(variant.name for each in of for variant in each.variants))
        difference = "; ".join(dict.fromkeys(each.difference for each in of if each.difference))
        lines.append(f"| `{operation}` | {SIDES[side]} | {names} | {of[0].upstream} | {difference} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the table."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(before + BEGIN + table() + END + rest.partition(END)[2], "utf-8")


if __name__ == "__main__":
    main()
