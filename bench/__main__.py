"""`python -m bench [--write]`: run every benchmark, print the table, optionally into docs/benchmarks.md."""

import argparse
import platform
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from bench.licensing import issue_license
from bench.measure import Result
from bench.pairs import fresh_pair, shelf_in, whole_loop
from bench.processes import memory, start_up
from bench.requests_in_process import authenticated_request
from bench.sponsorships import sync_grows_linearly, sync_rows
from common.clock import ManualClock
from common.crypto.certificates import load_or_create
from tests.support.harness import START, Workshop

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main() -> None:
    """Run and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="", help="run only the benchmarks whose name holds this word")
    options.add_argument("--write", action="store_true", help="also write docs/benchmarks.md")
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = [measure() for name, measure in _measures(Path(folder)).items() if arguments.only in name]
    table = _table(results)
    print(table)
    if arguments.write:
        PAGE.write_text(_page(table))


def _measures(directory: Path) -> dict[str, Callable[[], Result]]:
    load_or_create(directory / "certificate")
    person = Workshop(shelf_in(directory / "requests"), ManualClock(START)).cloud().sign_up("bench@example.com")
    paths = ["/api/config", "/api/plans", "/identity/.well-known/openid-configuration"]
    return {
        "license": lambda: issue_license(directory / "certificate"),
        "request": lambda: authenticated_request(person),
        "start": lambda: start_up(directory),
        "pair": lambda: fresh_pair(directory),
        "loop": lambda: whole_loop(directory),
        "memory": lambda: memory(directory, paths),
        "sponsorships": lambda: sync_rows(directory),
        "sponsorships-growth": lambda: sync_grows_linearly(directory),
    }


def _table(results: list[Result]) -> str:
    rows = ["| What | Ours | Reference | Ratio | Bar | |", "|---|---|---|---|---|---|"]
    for each in results:
        verdict = "ok" if each.ratio <= each.bar else "**over**"
        rows.append(
            f"| {each.name} | {each.ours:.2f} {each.unit} | {each.reference:.2f} {each.unit} ({each.reference_name}) "
            f"| {each.ratio:.2f} x | <= {each.bar} x | {verdict} |"
        )
    return "\n".join(rows)


def _page(table: str) -> str:
    return f"""# Benchmarks

Made by `make bench` (Python {platform.python_version()}, SQLAlchemy {version("sqlalchemy")}, Flask {version("flask")}).
Every row is the median of measurements taken in turns with its reference, in the same run. Benchmarks are never tests.

{table}
"""


if __name__ == "__main__":
    main()
