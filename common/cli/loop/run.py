"""Performing the guided run and telling how it goes: for people in Chinese or English, for machines as JSON."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from common.cli.client import Exchange, RequestFailed
from common.cli.home import Home, SavedAccount
from common.cli.loop.script import STEPS
from common.cli.loop.step import Step
from common.cli.loop.world import PASSWORD, StepFailed, World
from common.cli.selfhost import CommandFailed, Outcome
from common.ids import Ids

_SHOWN_CHARACTERS = 600
_TOLD = (RequestFailed, CommandFailed, StepFailed, TimeoutError, subprocess.TimeoutExpired)
_UNEXPECTED_SHAPE = (LookupError, TypeError, ValueError)


@dataclass(frozen=True)
class Result:
    """How a step went. facts: what it found. error: the exact failure, None when all is well."""

    step: Step
    facts: str
    error: str | None
    seen: tuple[Exchange | Outcome, ...]


def perform(home: Home, ids: Ids) -> Iterator[Result]:
    """Perform the steps one by one; the first failure is the last result."""
    world = World(home, ids)
    for step in STEPS:
        world.seen.clear()
        facts, error = "", None
        try:
            facts = step.act(world)
        except _TOLD as failure:
            error = str(failure)
        except _UNEXPECTED_SHAPE as failure:
            error = f"unexpected answer: {failure!r}"
        yield Result(step, facts, error, tuple(world.seen))
        if error is not None:
            return
    home.add_accounts(*_accounts_of(world))


def _accounts_of(world: World) -> Iterator[SavedAccount]:
    for app in ("cloud_us", "selfhost"):
        yield SavedAccount(world.email("owner"), PASSWORD, app, f"owner of the organization Loop {world.tag}")
        yield SavedAccount(world.email("member"), PASSWORD, app, "premium account")


def show(results: Iterator[Result], console: Console, language: str, *, verbose: bool) -> bool:
    """Print each step as it ends; whether all went well."""
    for number, result in enumerate(results, 1):
        console.print(f"[bold]{number:2}/{len(STEPS)}[/] {escape(result.step.wording(language))}", highlight=False)
        if verbose:
            for event in result.seen:
                console.print(escape(_told(event)), style="dim", highlight=False)
        if result.error is not None:
            console.print(f"      [red]✗[/] {escape(result.step.name)}: {escape(result.error)}", highlight=False)
            return False
        console.print(f"      [green]✓[/] {escape(result.facts)}", highlight=False)
    return True


def as_json(results: Iterator[Result], language: str) -> tuple[str, bool]:
    """All steps as one JSON document, and whether all went well."""
    steps = [
        {
            "name": result.step.name,
            "document": result.step.document,
            "text": result.step.wording(language),
            "facts": result.facts,
            "ok": result.error is None,
            "error": result.error,
        }
        for result in results
    ]
    document = json.dumps({"steps": steps}, indent=2, ensure_ascii=False)
    return document, all(step["ok"] for step in steps)


def _told(event: Exchange | Outcome) -> str:
    if isinstance(event, Outcome):
        return f"      $ ./bitwarden.sh {event.command}\n{_indented(event.output)}"
    return (
        f"      → {event.method} {event.url}\n{_indented(event.sent)}"
        f"      ← {event.status}\n{_indented(event.received)}"
    )


def _indented(text: str) -> str:
    shown = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]} ... ({len(text)} characters)"
    return "".join(f"        {line}\n" for line in shown.splitlines())
