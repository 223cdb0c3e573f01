"""`python -m bench [--write]`: run every benchmark, print the table, optionally into docs/benchmarks.md."""

import argparse
import compileall
import platform
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from bench.advancing import advance_many, advance_one
from bench.journal import journaled_request
from bench.kit import clean_world, memory_of_serve, reset_of_serve, serve_starts
from bench.licensing import issue_license
from bench.machine import Watch
from bench.mailbox import list_of_mails
from bench.measure import Result
from bench.pairs import fresh_pair, shelf_in, whole_loop
from bench.processes import list_of_commands, memory, reset_of_a_stack, stack_up_and_down, start_up
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
    _compile()
    with tempfile.TemporaryDirectory() as folder, Watch() as machine:
        chosen = {name: measure for name, measure in _measures(Path(folder)).items() if arguments.only in name}
        results = [result for name, measure in chosen.items() for result in _taken(name, measure)]
    page = f"{_table(results)}\n\nThe machine: {machine}."
    print(page)
    if arguments.write:
        PAGE.write_text(_page(page), "utf-8")


def _compile() -> None:
    """What the installation of a package does, so that a checkout starts as an installed package does."""
    for package in ("common", "cloud_sim", "selfhost"):
        compileall.compile_dir(Path(__file__).parents[1] / package, quiet=2)


def _taken(name: str, measure: Callable[[], Result | list[Result]]) -> list[Result]:
    print(f"{name} ...", file=sys.stderr, flush=True)
    result = measure()
    return result if isinstance(result, list) else [result]


def _measures(directory: Path) -> dict[str, Callable[[], Result | list[Result]]]:
    load_or_create(directory / "certificate")
    person = Workshop(shelf_in(directory / "requests"), ManualClock(START)).cloud().sign_up("bench@example.com")
    paths = ["/api/config", "/api/plans", "/identity/.well-known/openid-configuration"]
    return {
        "license": lambda: issue_license(directory / "certificate"),
        "request": lambda: authenticated_request(person),
        "journal": lambda: journaled_request(directory),
        "help": list_of_commands,
        "start": lambda: start_up(directory),
        "stack": lambda: stack_up_and_down(directory),
        "reset": lambda: reset_of_a_stack(directory),
        "serve-start": serve_starts,
        "serve-reset": reset_of_serve,
        "serve-world": clean_world,
        "serve-memory": memory_of_serve,
        "pair": lambda: fresh_pair(directory),
        "loop": lambda: whole_loop(directory),
        "memory": lambda: memory(directory, paths),
        "mailbox": lambda: list_of_mails(directory),
        "advance-one": lambda: advance_one(directory),
        "advance-thousand": lambda: advance_many(directory),
        "sponsorships": lambda: sync_rows(directory),
        "sponsorships-growth": lambda: sync_grows_linearly(directory),
    }


def _table(results: list[Result]) -> str:
    rows = ["| What | Ours, wall / CPU | Reference, wall / CPU | Ratio | Bar | |", "|---|---|---|---|---|---|"]
    for each in results:
        verdict = "ok" if each.ratio <= each.bar else "**over**"
        reference = f"{each.reference} ({each.reference_name})" if each.reference else "-"
        rows.append(
            f"| {each.name} | {each.ours} | {reference} | {each.ratio:.2f} {each.unit} | <= {each.bar} {each.unit} "
            f"| {verdict} |"
        )
    return "\n".join(rows)


def _page(table: str) -> str:
    return f"""# Benchmarks

Made by `make bench` (Python {platform.python_version()}, SQLAlchemy {version("sqlalchemy")}, Flask {version("flask")}).
Every row is the median of measurements taken in turns with its reference, in the same run; ratios are of CPU time (of
all processes that took part), which a busy machine disturbs least. Benchmarks are never tests.

{table}
"""


if __name__ == "__main__":
    main()
