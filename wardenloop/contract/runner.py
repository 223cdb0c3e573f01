"""Running cases: prepare, ask, compare. A case that cannot be prepared is not run and says why: it has not passed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from wardenloop.bodies import in_short, is_page
from wardenloop.contract.cases import Case, Expectation
from wardenloop.contract.licences import disagreements
from wardenloop.contract.patterns import Difference, compare, told
from wardenloop.contract.stage import CannotPrepare, Stage
from wardenloop.contract.target import Answer, NoAnswer


@dataclass(frozen=True)
class Result:
    """What became of a case. outcome: passed, differs, not-run. asked: the request as it went out, in one line."""

    case: Case
    outcome: str
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    asked: str = ""
    answer: Answer | None = field(default=None, repr=False)
    expected: Expectation | None = field(default=None, repr=False)


def run_cases(
    cases: Iterable[Case], stage: Stage, *, safe: bool = False, ignore: Iterable[str] = ()
) -> Iterator[Result]:
    """The results, one by one. safe: only what reads. ignore: kinds of differences that do not count."""
    ignored = frozenset(ignore)
    for case in cases:
        if safe and not case.only_reads:
            yield Result(case, "not-run", reason="--safe: it would change something")
        else:
            yield run_case(case, stage, ignored)


def run_case(case: Case, stage: Stage, ignored: frozenset[str] = frozenset()) -> Result:
    """Ask one case on a stage."""
    asked = f"{case.ask.method} {case.ask.path}"
    try:
        own = stage.for_case(case.needs, case.fresh)
        for each in case.before:
            own.ask(each)
        sent = own.sent(case.ask)
        expected = filled(case.expect, own.filled)
    except (CannotPrepare, NoAnswer) as error:
        return Result(case, "not-run", reason=str(error), asked=asked)
    asked = f"{sent.method} {own.target.url(sent.path)}"
    try:
        answer = own.target.ask(sent)
    except NoAnswer as error:
        return Result(case, "differs", (Difference("answer", "body", "an answer", str(error)),), asked=asked)
    differences = tuple(each for each in differences_of(expected, answer) if each.kind not in ignored)
    return Result(case, "differs" if differences else "passed", differences, "", asked, answer, expected)


def filled(expect: Expectation, fill: Callable[[Any], Any]) -> Expectation:
    """The expectation with the values of a stage."""
    return replace(expect, body=fill(expect.body), headers=fill(dict(expect.headers)))


def differences_of(expect: Expectation, answer: Answer) -> Iterator[Difference]:
    """What is not as expected in an answer."""
    if answer.status != expect.status:
        yield Difference("status", "status", str(expect.status), f"{answer.status}{_said(answer)}")
    yield from _headers(expect, answer)
    if expect.media_type == "application/json":
        try:
            found = answer.json()
        except ValueError:
            yield Difference("body", "body", "JSON in UTF-8, each member once", _shown(answer.body))
            return
        seen = list(compare(expect.body, found))
        yield from seen or (disagreements(found) if expect.agrees else ())
    elif expect.body is None:
        if answer.body:
            yield Difference("body", "body", "nothing", _shown(answer.body))
    else:
        yield from compare(expect.body, answer.body.decode("utf-8", "replace"), "body")


def _headers(expect: Expectation, answer: Answer) -> Iterator[Difference]:
    if expect.media_type is not None and answer.media_type != expect.media_type:
        yield Difference("header content-type", "header", expect.media_type, told(answer.media_type))
    elif answer.media_type == "application/json" and answer.charset not in (None, "utf-8"):
        yield Difference("header content-type", "header", "charset=utf-8", f"charset={answer.charset}")
    for name, pattern in expect.headers.items():
        found = answer.headers.get(name.lower())
        for each in compare(pattern, found, f"header {name.lower()}"):
            yield Difference(each.path, "header", each.expected, each.found)


def _said(answer: Answer) -> str:
    text = in_short(answer.body.decode("utf-8", "replace"))
    return f" {text}" if text and answer.status >= 400 else ""


def _shown(body: bytes) -> str:
    text = body.decode("utf-8", "replace").strip()
    if is_page(text):
        return f"a page: {in_short(text)}"
    return repr(text[:160]) if text else "nothing"
