"""Which operations a real client has driven, which our tests call: kept in tests/fixtures, shown in docs/fidelity.md.

`python -m tests.support.operations` writes the table anew; with the file of a recorded test run (`make coverage-table`,
see tests/recording/sitecustomize.py) what the last run found is replaced by what this one found. What was driven by
hand has a file of its own for each client, which no run touches.
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from common.clock import ManualClock
from common.crypto.certificates import load_or_create
from common.server.openapi.document import Route, routes_of
from tests.support.harness import START, Workshop
from tests.support.shelf import Shelf

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "fidelity.md"
KNOWN = ROOT / "tests" / "fixtures" / "driven_operations"
RECORDED = "recorded.json"
BEGIN, END = (
    "<!-- operations: made by `python -m tests.support.operations`, checked by tests/architecture/test_docs.py -->\n",
    "<!-- /operations -->",
)
DRIVEN, TESTED, UNTESTED = "driven by a real client", "tested by us", "untested"
APPS = {"cloud_sim": "cloud", "selfhost": "instance"}

Found = Mapping[str, Mapping[str, str]]
"""App -> operation (`GET /api/sync`) -> DRIVEN or TESTED."""


def name_of(route: Route) -> str:
    """How an operation is called in the list and the table."""
    return f"{route.method} {route.path}"


def read_record(lines: Iterable[str], rules: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """What a recorded run found. A client counts where it was served, not where it was refused.

    rules: app -> method and rule as Flask writes it -> operation.
    """
    found: dict[str, dict[str, str]] = {app: {} for app in APPS}
    for line in lines:
        app, method, rule, caller, status = line.rstrip("\n").split("\t")
        operation = rules.get(app, {}).get(f"{method} {rule}")
        if operation is None:
            continue
        if caller == "client" and int(status) < 400:
            found[app][operation] = DRIVEN
        else:
            found[app].setdefault(operation, TESTED)
    return found


def table(operations: Mapping[str, Iterable[str]], found: Found) -> str:
    """The Markdown of all operations. operations: app -> those it serves."""
    states = {app: {each: found.get(app, {}).get(each, UNTESTED) for each in operations[app]} for app in APPS}
    lines = []
    for app, side in APPS.items():
        counts = Counter(states[app].values())
        told = ", ".join(f"{counts[state]} {state}" for state in (DRIVEN, TESTED, UNTESTED))
        lines.append(f"* {side}: {len(states[app])} operations; {told}.")
    lines += ["", f"| Operation | {' | '.join(APPS.values())} |", "|---|---|---|"]
    everything = sorted({each for of_app in states.values() for each in of_app}, key=lambda each: each.split()[::-1])
    lines += [f"| `{each}` | {' | '.join(states[app].get(each, '') for app in APPS)} |" for each in everything]
    return "\n".join(lines) + "\n"


def known(directory: Path = KNOWN) -> Found:
    """What the last recorded run found, and what was driven by hand: app -> operations, a file a client."""
    found: dict[str, dict[str, str]] = json.loads((directory / RECORDED).read_text())
    for file in sorted(directory.glob("*.json")):
        if file.name != RECORDED:
            for app, operations in json.loads(file.read_text()).items():
                found[app] |= dict.fromkeys(operations, DRIVEN)
    return found


def note(found: Found, directory: Path = KNOWN) -> None:
    """Keep what a recorded run found in place of what the one before it found."""
    (directory / RECORDED).write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


def main(record: str | None = None) -> None:
    """Write the list (with a record) and the table."""
    with tempfile.TemporaryDirectory() as directory:
        routes = _routes(Path(directory))
    if record is not None:
        rules = {app: {f"{each.method} {each.rule.rule}": name_of(each) for each in of} for app, of in routes.items()}
        with Path(record).open(encoding="utf-8") as lines:
            note(read_record(lines, rules))
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    operations = {app: [name_of(each) for each in of] for app, of in routes.items()}
    PAGE.write_text(before + BEGIN + table(operations, known()) + END + rest.partition(END)[2])


def _routes(directory: Path) -> dict[str, list[Route]]:
    certificates = directory / "certificate"
    load_or_create(certificates)
    workshop = Workshop(Shelf(directory / "shelf", certificates), ManualClock(START))
    return {side.app.name: list(routes_of(side.app)) for side in (workshop.cloud(), workshop.selfhost())}


if __name__ == "__main__":
    main(*sys.argv[1:])
