"""What a rehearsal was, for the file of who will do it for real: as Markdown and as a page that prints well."""

import base64
import hashlib
import html
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from common.desk.rehearsals.service import said as in_words
from common.desk.rehearsals.service import steps_of, told, words_of
from common.server.locale.texts import CHINESE, Texts

_SIGNS = re.compile(r"([\\`*_\[\]<>&])")
_STYLE = (
    "body{font:11pt/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.6rem}h2{font-size:1.1rem;margin-top:1.6rem;break-after:avoid}section{break-inside:avoid}"
    "dt{font-weight:600}dd{margin:0 0 .5rem}code{overflow-wrap:anywhere}.no{color:#a00;font-weight:600}"
    "@media print{body{margin:0;max-width:none}}"
)
POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""The page's own: it has its style in it, so that it can be kept as one file."""


def markdown(record: Mapping[str, Any], texts: Texts) -> str:
    """The report as Markdown."""
    lines = [f"# {texts('x.rehearse.report', name=texts(_title(record)))}", "", texts("x.rehearse.reportIntro"), ""]
    for number, (outcome, rows) in enumerate(_steps(record, texts, _literal), 1):
        lines += [f"## {texts('x.rehearse.step', number=number)}", ""]
        lines += [f"* **{name}** {_inline(value)}" for name, value, _ in rows]
        lines += ["", ""] if outcome else [f"* {texts('x.rehearse.notDone')}", ""]
    lines.append(texts("x.rehearse.made", moment=record.get("made", "-")))
    return "\n".join(lines) + "\n"


def page(record: Mapping[str, Any], texts: Texts) -> str:
    """The report as an HTML document of its own."""
    title = html.escape(texts("x.rehearse.report", name=texts(_title(record))))
    parts = []
    for number, (outcome, rows) in enumerate(_steps(record, texts), 1):
        facts = "".join(
            f"<dt>{html.escape(name)}</dt><dd{'' if fine else ' class=no'}>{html.escape(value)}</dd>"
            for name, value, fine in rows
        )
        undone = "" if outcome else f"<p class=no>{html.escape(texts('x.rehearse.notDone'))}</p>"
        heading = html.escape(texts("x.rehearse.step", number=number))
        parts.append(f"<section><h2>{heading}</h2><dl>{facts}</dl>{undone}</section>")
    language = "zh-Hans" if texts.language == CHINESE else "en"
    made = html.escape(texts("x.rehearse.made", moment=record.get("made", "-")))
    intro = html.escape(texts("x.rehearse.reportIntro"))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main><h1>{title}</h1><p>{intro}</p>{''.join(parts)}<p>{made}</p></main></body></html>\n"
    )


Row = tuple[str, str, bool]
Said = Callable[[str], str]
"""What makes a text of an app a part of the report."""


def _steps(
    record: Mapping[str, Any], texts: Texts, said: Said = str
) -> Iterator[tuple[Mapping[str, Any] | None, list[Row]]]:
    story = str(record["story"])
    for step in steps_of(story):
        words, outcome = words_of(story, step, texts), record["steps"].get(step.name)
        rows: list[Row] = [
            (texts("x.rehearse.do"), words.do, True),
            (texts("x.rehearse.see"), words.see, True),
            *((texts("x.rehearse.wrong"), each, True) for each in words.problems.values()),
        ]
        if outcome is not None:
            rows += _of_outcome(told(outcome, texts), texts, said)
        yield outcome, rows


def _of_outcome(outcome: Mapping[str, Any], texts: Texts, said: Said) -> Iterator[Row]:
    for problem in outcome["problems"]:
        fine = bool(problem["asExpected"])
        yield texts("x.rehearse.staged", name=problem["name"]), said(problem["text"]), fine
        if problem["otherCause"]:
            yield texts("x.rehearse.otherwise"), texts("x.rehearse.otherCause", staged=problem["name"]), False
        if problem["why"]:
            yield texts("x.rehearse.why"), said(problem["why"]), fine
    done = texts("x.rehearse.fine" if outcome["asExpected"] else "x.rehearse.otherwise")
    text = f"{done} {said(in_words(outcome['text'], texts))}".rstrip()
    yield texts("x.rehearse.here", moment=outcome["at"]), text, bool(outcome["asExpected"])
    if outcome["why"]:
        yield texts("x.rehearse.why"), said(outcome["why"]), False


def _title(record: Mapping[str, Any]) -> str:
    return f"x.rehearse.{record['story']}"


def _inline(text: str) -> str:
    return text.replace("\n", " ")


def _literal(text: str) -> str:
    """Without what Markdown, or HTML in it, would make of signs: what apps say holds what people named."""
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))
