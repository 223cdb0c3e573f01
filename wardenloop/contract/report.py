"""What came of a run: for people, for CI (JUnit), for a browser, for programs."""

import html
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from wardenloop.bodies import in_short, is_page
from wardenloop.contract.patterns import Difference
from wardenloop.contract.runner import Result
from wardenloop.contract.texts import language, said

_NAMED = 6
_REFUSES = 400
OUTCOMES = ("passed", "differs", "not-run")


def counted(results: Iterable[Result]) -> dict[str, int]:
    """How many of each outcome."""
    counts = Counter(each.outcome for each in results)
    return {outcome: counts[outcome] for outcome in OUTCOMES}


def summary(results: Sequence[Result]) -> str:
    """One line."""
    counts = counted(results)
    return said(
        "{passed} as upstream, {differs} different, {not_run} not run.",
        passed=counts["passed"],
        differs=counts["differs"],
        not_run=counts["not-run"],
    )


def lines(result: Result) -> Iterator[str]:
    """A case that differs or was not run, as text; nothing of one that passed."""
    if result.outcome == "not-run":
        yield f"{said('not run')}  {result.case.id}: {said('because {reason}', reason=said(result.reason))}"
    if result.outcome == "differs":
        yield f"{said('DIFFERS')}  {result.case.id}: {said(result.case.says)}"
        yield f"         {result.asked}"
        yield from (f"         {_told(each)}" for each in result.differences)
        yield f"         {said('upstream')}: {result.case.upstream} (fidelity.md: {result.case.fidelity})"


def alike(result: Result) -> str | None:
    """What a result is told by together with others of which the same can be said: why they were not run, or what the
    server answers to all that it does not know. None of one with a story of its own."""
    if result.outcome == "not-run":
        return f"{said('not run')}  {said('because {reason}', reason=said(result.reason))}"
    answer, wanted = result.answer, result.expected
    if result.outcome != "differs" or answer is None or wanted is None or answer.status in (wanted.status, 500):
        return None
    text = answer.body.decode("utf-8", "replace")
    if answer.status < _REFUSES or (text and not is_page(text) and answer.media_type == "application/json"):
        return None
    parts = (str(answer.status), answer.media_type, f'"{in_short(text)}"' if text else said("nothing"))
    return f"{said('DIFFERS')}  {said('answered {what}', what=' '.join(filter(None, parts)))}"


def together(results: Iterable[Result]) -> Iterator[str]:
    """Those that are `alike`, each kind once, with their number and the first of their names."""
    kinds: dict[str, list[Result]] = {}
    for each in results:
        if (kind := alike(each)) is not None:
            kinds.setdefault(kind, []).append(each)
    for kind, found in kinds.items():
        yield kind
        names = ", ".join(each.case.id for each in found[:_NAMED])
        more = said(" and {count} more (-v tells each)", count=len(found) - _NAMED) if len(found) > _NAMED else ""
        yield f"         {said('{count} cases: {names}', count=len(found), names=names)}{more}"


def _told(each: Difference) -> str:
    what = said("expected {expected}, found {found}", expected=each.expected, found=each.found)
    return f"{each.path}: {each.kind}: {what}"


def as_json(results: Sequence[Result]) -> str:
    """One object: `counts`, and `cases` with their differences."""
    cases = [_plain(each) for each in results]
    return json.dumps({"counts": counted(results), "cases": cases}, ensure_ascii=False, indent=2)


def _plain(result: Result) -> dict[str, Any]:
    return {
        "id": result.case.id,
        "says": result.case.says,
        "kind": result.case.kind,
        "outcome": result.outcome,
        "reason": result.reason or None,
        "request": result.asked,
        "status": result.answer.status if result.answer else None,
        "differences": [
            {"path": each.path, "kind": each.kind, "expected": each.expected, "found": each.found}
            for each in result.differences
        ],
        "upstream": result.case.upstream,
        "fidelity": result.case.fidelity,
    }


def as_junit(results: Sequence[Result]) -> str:
    """A test suite of each group, as CI systems read it."""
    groups: dict[str, list[Result]] = {}
    for each in results:
        groups.setdefault(each.case.group, []).append(each)
    suites = "".join(_suite(name, found) for name, found in groups.items())
    return f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="wardenloop contract">{suites}</testsuites>\n'


def _suite(name: str, results: Sequence[Result]) -> str:
    counts = counted(results)
    head = f'tests="{len(results)}" failures="{counts["differs"]}" skipped="{counts["not-run"]}" errors="0"'
    return f"<testsuite name={quoteattr(name)} {head}>{''.join(map(_test, results))}</testsuite>"


def _test(result: Result) -> str:
    inside = ""
    if result.outcome == "not-run":
        inside = f"<skipped message={quoteattr(_printable(f'not run, because {result.reason}'))}/>"
    elif result.outcome == "differs":
        text = escape(_printable("\n".join(lines(result))))
        inside = f"<failure message={quoteattr(_printable(str(result.differences[0])))}>{text}</failure>"
    classname = quoteattr(f"contract.{result.case.group}")
    return f"<testcase classname={classname} name={quoteattr(result.case.id)}>{inside}</testcase>"


def _printable(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(each for each in text if each.isprintable() or each == "\n")


def as_html(results: Sequence[Result]) -> str:
    """One page that needs nothing else."""
    rows = "".join(_row(each) for each in results)
    title = f"{said('Contract')}: {html.escape(summary(results))}"
    return f"""<!doctype html>
<html lang="{"zh-Hans" if language() == "zh" else "en"}"><head><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #1b2733 }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #ccd3da }}
.differs {{ background: #fdecea }} .not-run {{ color: #5a6672 }} code {{ overflow-wrap: anywhere }}
</style></head><body><h1>{said("Contract")}</h1><p>{html.escape(summary(results))}</p>
<table><thead><tr><th>{said("Case")}</th><th>{said("Outcome")}</th><th>{said("What")}</th></tr></thead><tbody>{rows}</tbody></table></body></html>
"""


def _row(result: Result) -> str:
    what = "<br>".join(f"<code>{html.escape(each)}</code>" for each in lines(result)) or html.escape(
        said(result.case.says)
    )
    case = html.escape(result.case.id)
    return f'<tr class="{result.outcome}"><td>{case}</td><td>{said(result.outcome)}</td><td>{what}</td></tr>'
