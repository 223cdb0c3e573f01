"""Performing the guided run and telling how it goes: for people in Chinese or English, for machines as JSON."""

import re
import subprocess
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from rich.console import Console
from rich.markup import escape

from common.cli.client import Exchange, RequestFailed
from common.cli.credentials import account_of, organization_of
from common.cli.home import Home, SavedAccount, SavedOrganization
from common.cli.loop.script import Chapter
from common.cli.loop.sponsorship_region import leave_as_found
from common.cli.loop.step import Step
from common.cli.loop.world import PASSWORD, StepFailed, World
from common.cli.selfhost import CommandFailed, Outcome
from common.documents import LICENSES, SPONSORSHIPS
from common.ids import Ids
from common.server.terminal import json_text

_SHOWN_CHARACTERS = 600
_TOLD = (RequestFailed, CommandFailed, StepFailed, TimeoutError, subprocess.TimeoutExpired)
_UNEXPECTED_SHAPE = (LookupError, TypeError, ValueError)


@dataclass(frozen=True)
class Result:
    """How a step went. facts: what it found. error: the exact failure, None when all is well."""

    chapter: Chapter
    step: Step
    facts: str
    error: str | None
    seen: tuple[Exchange | Outcome, ...]


def perform(home: Home, ids: Ids, chapters: Sequence[Chapter]) -> Generator[Result, None, None]:
    """Perform the steps one by one; the first failure is the last result."""
    for chapter in chapters:
        world = World(home, ids, chapter.region)
        try:
            for result in _perform_chapter(world, chapter):
                yield result
                if result.error is not None:
                    return
        finally:
            leave_as_found(world)
        home.add_accounts(*_accounts_of(world, chapter), organizations=_organizations_of(world, chapter))


def _perform_chapter(world: World, chapter: Chapter) -> Iterator[Result]:
    for step in chapter.steps:
        world.seen.clear()
        facts, error = "", None
        try:
            facts = step.act(world)
        except _TOLD as failure:
            error = str(failure)
        except _UNEXPECTED_SHAPE as failure:
            error = f"unexpected answer: {failure!r}"
        yield Result(chapter, step, facts, error, tuple(world.seen))


def _accounts_of(world: World, chapter: Chapter) -> Iterator[SavedAccount]:
    cloud = f"cloud_{chapter.region.lower()}"
    for app in (cloud, "selfhost"):
        owner = world.owner_here if app == "selfhost" else world.owner_on_cloud
        yield account_of(owner, PASSWORD, app, f"owner of the organization {world.name}")
    if chapter.document == LICENSES:
        for app in (cloud, "selfhost"):
            member = world.member_here if app == "selfhost" else world.member_on_cloud
            yield account_of(member, PASSWORD, app, "premium account")
    else:
        yield account_of(world.sponsor, PASSWORD, "selfhost", f"member of the organization {world.name}")
        yield account_of(world.family, PASSWORD, cloud, "owner of a once sponsored Families organization")


def _organizations_of(world: World, chapter: Chapter) -> Iterator[SavedOrganization]:
    cloud = f"cloud_{chapter.region.lower()}"
    there = organization_of(world.owner_on_cloud, cloud, world.cloud_organization)
    yield replace(there, billing_sync_token=world.billing_sync_token)
    yield organization_of(world.owner_here, "selfhost", world.organization)
    if chapter.document != LICENSES:
        yield organization_of(world.family, cloud, world.family_organization)


def show(results: Iterator[Result], total: int, console: Console, language: str, *, verbose: bool) -> bool:
    """Print each step as it ends; whether all went well. total: how many there will be."""
    chapter = None
    for number, result in enumerate(results, 1):
        if result.chapter is not chapter:
            chapter = result.chapter
            console.print(f"[bold]{escape(_heading(chapter, language))}[/]", highlight=False)
        console.print(f"[bold]{number:2}/{total}[/] {escape(result.step.wording(language))}", highlight=False)
        if verbose:
            for event in result.seen:
                console.print(escape(_told(event)), style="dim", highlight=False)
        if result.error is not None:
            console.print(f"      [red]✗[/] {escape(result.step.name)}: {escape(result.error)}", highlight=False)
            return False
        console.print(f"      [green]✓[/] {escape(_facts(result, language))}", highlight=False)
    return True


_LABELS = {
    "email": "电子邮箱",
    "name": "名称",
    "id": "ID",
    "member": "成员",
    "mail": "邮件",
    "seats": "席位",
    "cloud seats": "云端席位",
    "self-hosted seats": "自托管席位",
    "version": "许可证版本",
    "installation": "安装",
    "premium": "高级版",
    "expires": "到期",
    "expiration": "到期",
    "enabled": "已启用",
    "now": "当前时间",
    "periodEndDate": "付费期结束",
    "emailVerified": "邮箱已验证",
    "apiKey": "计费同步令牌",
    "LastLicenseSync": "上次同步许可证",
    "enableCloudCommunication": "云端通信",
    "connections/enabled": "自动同步可用",
    "self-hosted": "自托管",
    "familySponsorshipAvailable": "可赞助家庭版",
    "Connections": "连接",
}
"""What stands before a colon in the facts -> Chinese; what stands behind it is the wire's."""


def _facts(result: Result, language: str) -> str:
    if language != "zh":
        return result.facts
    found = re.sub(
        r"(^|[,;] )([A-Za-z/ -]+): ", lambda part: f"{part[1]}{_LABELS.get(part[2], part[2])}：", result.facts
    )
    return re.sub(r"：(true|false)\b", lambda part: "：是" if part[1] == "true" else "：否", found)


_HEADINGS = {
    LICENSES: {"en": "Organization and premium licenses", "zh": "组织或高级版许可证"},
    SPONSORSHIPS: {"en": "Self-hosted Families sponsorships", "zh": "自托管家庭赞助"},
}


def _heading(chapter: Chapter, language: str) -> str:
    return f"{chapter.document} {_HEADINGS[chapter.document][language]} ({chapter.region})"


def as_json(results: Iterator[Result], language: str) -> tuple[str, bool]:
    """All steps as one JSON document, and whether all went well."""
    steps = [
        {
            "name": result.step.name,
            "document": f"{result.chapter.document} {result.step.document}",
            "text": result.step.wording(language),
            "facts": result.facts,
            "ok": result.error is None,
            "error": result.error,
        }
        for result in results
    ]
    document = json_text({"steps": steps})
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
