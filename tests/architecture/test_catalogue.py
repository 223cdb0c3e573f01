"""The texts of the screens: both languages, nothing unused, nothing missing."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from string import Formatter
from typing import NamedTuple

import pytest
from jinja2 import nodes

from common.cli.worlds.files import shipped
from common.configuration.known import Reason, Verdict
from common.desk.rehearsals.stories import STORIES
from common.desk.stories.incidents import INCIDENTS
from common.doctor.examination import known_keys
from common.doctor.findings import Severity
from common.documents import documents
from common.license.agenda import What
from common.license.forging import DEFECTS
from common.license.origins import Term
from common.license.spelling import Spelling
from common.releases import release_changes
from common.sim.journal.advice import ADVISED
from common.sim.timeline.entries import Kind
from common.ui.script_texts import SCRIPT_TEXTS
from tests.architecture.sources import CATALOGUE, module, paths, shown, template, text

LANGUAGES = {"en", "zh-Hans"}
WIRE = "wire."
NAMED_BY = {
    "texts": 0,
    "worded": 0,
    "t": 0,
    "_t": 0,
    "_item": 0,
    "_group": 0,
    "flash": 0,
    "done": 1,
    "StoryFailed": 0,
    "FieldProblem": 1,
    "field_problem": 1,
}
"""Functions that are given a key -> at which place."""

IN_SCRIPT = re.compile(r"""(?:\btext\(\s*|\btextKey\s*[:=]\s*)["'`]([\w.-]+)["'`]""")


class Use(NamedTuple):
    """A key that a place names. given: its placeholders, None when they cannot be read off there."""

    key: str
    where: str
    given: frozenset[str] | None


@cache
def entries() -> list[tuple[str, str, dict[str, str]]]:
    """(file, key, texts), also of keys that stand twice."""
    found: list[tuple[str, str, dict[str, str]]] = []
    for path in sorted(CATALOGUE.glob("*.json")):
        pairs = json.loads(path.read_text("utf-8"), object_pairs_hook=list)
        found += [(path.name, key, dict(texts)) for key, texts in pairs]
    return found


def placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def in_templates() -> Iterator[Use]:
    """`t("key", name=...)`, wherever it stands in an expression."""
    for path in paths(".html"):
        for call in template(path).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "t" and call.args:
                given = None if call.dyn_kwargs else frozenset(pair.key for pair in call.kwargs)
                for key in _template_strings(call.args[0]):
                    yield Use(key, f"{shown(path)}:{call.lineno}", given)


def _template_strings(argument: nodes.Node) -> Iterator[str]:
    """A literal key, or the literals of `"a" if x else "b"` and of `{x: "a"}[y]`."""
    if isinstance(argument, nodes.Const):
        yield str(argument.value)
    elif isinstance(argument, nodes.CondExpr):
        for branch in (argument.expr1, argument.expr2):
            yield from _template_strings(branch) if branch else ()
    elif isinstance(argument, nodes.Getitem):
        yield from _template_strings(argument.node)
    elif isinstance(argument, nodes.Dict):
        for pair in argument.items:
            yield from _template_strings(pair.value)


def in_modules() -> Iterator[Use]:
    """`texts("key", name=...)` and what answers are given."""
    for path in paths(".py"):
        for call in ast.walk(module(path)):
            if isinstance(call, ast.Call):
                place = _place_of_key(call)
                if place is not None and len(call.args) > place:
                    named = [each.arg for each in call.keywords]
                    given = frozenset(name for name in named if name) if None not in named else None
                    for key in _module_strings(call.args[place]):
                        yield Use(key, f"{shown(path)}:{call.lineno}", given)


def _place_of_key(call: ast.Call) -> int | None:
    function = call.func
    if isinstance(function, ast.Call):
        function = function.func  # texts()("key")
        return 0 if _name(function) == "texts" else None
    return NAMED_BY.get(_name(function))


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _module_strings(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    elif isinstance(argument, ast.IfExp):
        yield from _module_strings(argument.body)
        yield from _module_strings(argument.orelse)


def in_scripts() -> Iterator[Use]:
    for path in paths(".js"):
        for found in IN_SCRIPT.finditer(text(path)):
            yield Use(found[1], shown(path), None)


@cache
def uses() -> list[Use]:
    return [*in_templates(), *in_modules(), *in_scripts()]


@cache
def written_anywhere() -> set[str]:
    """Every text literal of templates and modules: a key may also come out of a mapping."""
    found = set(SCRIPT_TEXTS)
    for document in documents().values():
        found |= {document.key, *(chapter.key for chapter in document.chapters)}
    found |= {f"x.forge.{name}" for name in DEFECTS}
    found |= {f"x.advice.{rule}" for rule in ADVISED}
    found |= {f"x.incident.{name}.{word}" for name in INCIDENTS for word in ("title", "cause", "repair")}
    found |= {f"x.world.{name}" for name in shipped()}
    found |= {f"x.doctor.{key}{part}" for key in known_keys() for part in ("", ".symptom", ".repair")}
    found |= {f"x.doctor.{severity}" for severity in Severity}
    found |= {f"x.env.{word}" for words in (Verdict, Reason) for word in words}
    for story, steps in STORIES.items():
        found |= {f"x.rehearse.{story}", *(f"x.rehearse.problem.{each}" for step in steps for each in step.problems)}
        found |= {f"x.rehearse.{story}.{step.name}.{part}" for step in steps for part in ("do", "see")}
    found |= {f"x.agenda.{each}{part}" for each in (*What, *Kind) for part in ("", ".do")}
    found |= {f"x.agenda.proof.{each}" for each in ("good", "bad", "expired", "not-checked")}
    found |= {f"x.import.term.{each}" for each in Term} | {f"x.import.spelt.{each}" for each in Spelling}
    found |= {f"x.release.{name}" for change in release_changes() for name in change.also}
    for path in paths(".html"):
        constants = template(path).find_all(nodes.Const)
        found |= {each.value for each in constants if isinstance(each.value, str)}
    for path in paths(".py"):
        for node in ast.walk(module(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def test_every_text_is_there_in_both_languages() -> None:
    assert [(file, key) for file, key, texts in entries() if texts.keys() != LANGUAGES or not all(texts.values())] == []


def test_both_languages_have_the_same_placeholders() -> None:
    differing = {
        key: list(texts.values())
        for _, key, texts in entries()
        if placeholders(texts["en"]) != placeholders(texts["zh-Hans"])
    }
    assert differing == {}


def test_no_key_stands_twice() -> None:
    files: dict[str, list[str]] = {}
    for file, key, _ in entries():
        files.setdefault(key, []).append(file)
    assert {key: where for key, where in files.items() if len(where) > 1} == {}


def test_chinese_texts_are_chinese() -> None:
    """A forgotten translation is the English text again; single words and names may be the same in both."""
    several_words = re.compile("[a-z] [a-z]")
    same = [key for _, key, texts in entries() if len(set(texts.values())) == 1 and several_words.search(texts["en"])]
    assert same == []


def test_english_texts_spell_license_as_upstream_does() -> None:
    """`license`, also of everything else that apps, desk and command show; prose of docs/ says `licence`."""
    told = [key for _, key, texts in entries() for text in [texts["en"]] if re.search("licenc", text, re.IGNORECASE)]
    assert told == []


def test_punctuation_is_that_of_the_language() -> None:
    """Full-width beside Chinese; 「」 round words of the screen, “” round literal English; nothing of it in English."""
    han = "[\u4e00-\u9fff]"
    foreign = {
        "en": re.compile("[\u3000-\u303f\uff00-\uff65]"),
        "zh-Hans": re.compile(
            rf"{han} ?[,;:!?()]|[,;:!?(] ?{han}|{han}\\.( |$)|“[^“”]*{han}[^“”]*”"
            r'|(?<![-A-Za-z{{:=] )(?<![{{:=])"[A-Z][^"\\=]*"'
        ),
    }
    assert [
        (key, found[0])
        for _, key, texts in entries()
        for language, text in texts.items()
        if (found := foreign[language].search(text))
    ] == []


def test_chinese_texts_use_the_words_of_the_documents() -> None:
    others = {"停用": "禁用", "高级会员": "高级版", "产品切换菜单": "产品切换器", "系统管理门户": "系统管理员门户"}
    assert [(key, word) for _, key, texts in entries() for word in others if word in texts["zh-Hans"]] == []


def test_every_used_key_is_there() -> None:
    known = {key for _, key, _ in entries()}
    assert [(use.key, use.where) for use in uses() if use.key not in known] == []


def test_every_key_is_used() -> None:
    written = written_anywhere() | {use.key for use in uses()}
    assert [(file, key) for file, key, _ in entries() if key not in written and not key.startswith(WIRE)] == []


def test_every_place_fills_in_what_its_text_asks_for() -> None:
    texts = {key: both["en"] for _, key, both in entries()}
    known = [use for use in uses() if use.key in texts and use.given is not None]
    lacking = [
        (use.key, use.where, sorted(missing))
        for use in known
        if (missing := placeholders(texts[use.key]) - (use.given or frozenset()))
    ]
    assert lacking == []


def test_scripts_are_handed_the_texts_they_use() -> None:
    used = {use.key for use in in_scripts()}
    assert used - set(SCRIPT_TEXTS) == set()
    everything = "".join(text(path) for path in paths(".js"))
    assert [key for key in SCRIPT_TEXTS if not re.search(rf"""["'`]{re.escape(key)}["'`]""", everything)] == []


@pytest.mark.parametrize("kind", ["template", "module", "script"])
def test_uses_are_found(kind: str) -> None:
    """The reading above reads something."""
    assert len(list({"template": in_templates, "module": in_modules, "script": in_scripts}[kind]())) > 5
