"""The contract as a pact, made by pact-python (`pip install wardenloop[pact]`): one file for each kind of server."""

import json
import os
import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from wardenloop.contract.cases import SIDES, Case, load_cases
from wardenloop.contract.export.har import body_of
from wardenloop.contract.export.samples import filled, named, sample
from wardenloop.contract.patterns import EACH, FORMS, JWT, MAY_MISS, OPEN, SOME, STANDS, elements

CONSUMER = "client"
_PROVIDERS = {"cloud": "bitwarden-cloud", "selfhost": "bitwarden-instance"}


def write_pacts(folder: Path, cases: Iterable[Case] | None = None) -> list[Path]:
    """A pact (specification 4) for the cloud, and one for the instance. Raises ImportError without pact-python.

    The library tells its makers how it is used, unless it is told not to: nothing leaves this machine.
    """
    os.environ.setdefault("PACT_DO_NOT_TRACK", "true")
    pact_of = import_module("pact").Pact

    chosen = list(load_cases() if cases is None else cases)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for side in SIDES:
        mine = [each for each in chosen if each.side == side]
        if mine:
            pact = pact_of(CONSUMER, _PROVIDERS[side]).with_specification("V4")
            for case in mine:
                _add(pact, case)
            pact.write_file(folder, overwrite=True)
            written.append(folder / f"{CONSUMER}-{_PROVIDERS[side]}.json")
    return written


def _add(pact: Any, case: Case) -> None:
    interaction = pact.upon_receiving(f"{case.id}: {case.says}")
    for state in case.needs:
        interaction = interaction.given(state)
    path, _, query = filled(case.ask.path).partition("?")
    interaction = interaction.with_request(case.ask.method, path)
    for name, value in parse_qsl(query, keep_blank_values=True):
        interaction = interaction.with_query_parameter(name, value)
    text, kind = body_of(case.ask)
    headers = {**case.ask.headers, **({"Content-Type": kind} if kind else {})}
    if case.ask.caller != "nobody":
        headers["Authorization"] = f"Bearer {named(f'{case.ask.caller}.token')}"
    interaction = interaction.with_headers(headers)
    if text:
        interaction = interaction.with_body(text, kind or "text/plain")
    _answer(interaction.will_respond_with(case.expect.status), case)


def _answer(interaction: Any, case: Case) -> None:
    expect = case.expect
    for name, pattern in expect.headers.items():
        if pattern is not None:
            interaction = interaction.with_header(name, sample(pattern))
    if expect.media_type == "application/json":
        interaction.with_body(json.dumps(_matched(expect.body)), "application/json")


def _matched(pattern: Any) -> Any:
    """The pattern in pact's integration format: samples, with a rule where another value will do."""
    if isinstance(pattern, str):
        return _text(pattern)
    if isinstance(pattern, Mapping) and JWT in pattern:
        return {"pact:matcher:type": "regex", "regex": FORMS["jwt"], "value": sample(pattern)}
    if isinstance(pattern, Mapping):
        return {name: _matched(each) for name, each in pattern.items() if name != OPEN and not _is_open(name, each)}
    if isinstance(pattern, list):
        rule, wanted = elements(pattern)
        if rule in (EACH, SOME):
            return {"pact:matcher:type": "type", "min": int(rule == SOME), "value": [_matched(wanted[0])]}
        return [_matched(each) for each in wanted]
    return pattern


def _is_open(name: str, pattern: Any) -> bool:
    """Whether the member may be missing or null: pact has no word for it, and minds no member that it does not know."""
    stands = STANDS.fullmatch(pattern) if isinstance(pattern, str) else None
    return name.endswith(MAY_MISS) or (stands is not None and (bool(stands[2]) or stands[1] == "any"))


def _text(pattern: str) -> Any:
    stands = STANDS.fullmatch(pattern)
    if stands is None:
        return filled(pattern) if "{" not in pattern else {"pact:matcher:type": "type", "value": filled(pattern)}
    value, name = sample(pattern), stands[1]
    form, _, size = name.partition(" ")
    if form in FORMS:
        return {"pact:matcher:type": "regex", "regex": FORMS[form], "value": value}
    if form == "key":
        return {"pact:matcher:type": "regex", "regex": f"[A-Za-z0-9]{{{size}}}", "value": value}
    if name.startswith("~") and not re.search(r"\(\?|\{[a-z]", name):
        return {"pact:matcher:type": "regex", "regex": name[1:], "value": value}
    return {"pact:matcher:type": "type", "value": value}
