"""The reference of the simulation, made from code: `docs/reference.md`, `docs/reference.zh-CN.md`.

`python -m tests.support.reference` writes both anew; tests/architecture/test_docs.py compares.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from flask import Flask

from common.cli.faults import DO
from common.cli.worlds.files import shipped
from common.clock import ManualClock
from common.crypto.certificates import load_or_create
from common.desk.app import create_desk
from common.desk.stories.service import listed
from common.license.forged_answers import RELEASES, answers_of
from common.license.forging import DEFECTS
from common.quirks import Quirk
from common.releases import NOT_SIMULATED, release_changes
from common.server.locale.texts import CHINESE, ENGLISH, Texts
from common.server.openapi.document import routes_of
from common.sim.faults.rules import PROFILES, told_of
from common.sim.journal.advice import ADVISED, PREFIX
from selfhost.egress.rules import SYMPTOMS
from tests.support.harness import START, Workshop
from tests.support.shelf import Shelf

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {ENGLISH: DOCS / "reference.md", CHINESE: DOCS / "reference.zh-CN.md"}

_INCIDENT_LANGUAGE = {ENGLISH: "en", CHINESE: "zh"}
_WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("Reference of the simulation", "模拟参考"),
    "made": (
        "Made from the code by `python -m tests.support.reference`; how it is used: [simulation.md](simulation.md). "
        "[中文](reference.zh-CN.md)",
        "由 `python -m tests.support.reference` 根据代码生成；用法见 [simulation.md](simulation.md)。"
        "[English](reference.md)",
    ),
    "resources": ("Resources", "资源"),
    "resources.intro": (
        "Control, by HTTP. Each app has those of its column; the desk (base port + 4) has those of the whole stack. "
        "Bodies and answers: `/_sim/openapi.json` of the desk.",
        "通过 HTTP 控制。各应用提供其所在列的资源；desk（基础端口 + 4）提供整个栈的资源。"
        "请求体与应答见 desk 的 `/_sim/openapi.json`。"
        "说明文字为英文。",
    ),
    "resources.head": ("Call|Desk|Cloud|Instance|What it does", "调用|desk|云端|实例|作用"),
    "faults": ("What a fault does", "故障的作用"),
    "faults.head": ("`do`|Value|Option", "`do`|值|选项"),
    "profiles": ("Profile `{name}`", "配置 `{name}`"),
    "profiles.head": ("Operation|One in|`do`|What it is", "操作|每几次一次|`do`|说明"),
    "egress": ("Egress rules", "出站规则"),
    "egress.head": ("Rule|What a real network of that kind shows", "规则|真实网络中的表现"),
    "advice": ("Rules that refuse, and what to do", "拒绝请求的规则与对策"),
    "advice.intro": (
        "The journal names the rule of each refusal; a rule that is not here takes the advice of its first words.",
        "记录会写明每次拒绝的规则；未列出的规则采用其前缀对应的建议。",
    ),
    "advice.head": ("Rule|What to do", "规则|对策"),
    "defects": ("Defects of licenses", "许可证缺陷"),
    "defects.intro": (
        "The literal answer of one release of each kind. Where creating, updating and syncing differ, each is named.",
        "各类版本给出的原文应答。新建、更新与同步的应答不同时分别列出。",
    ),
    "defects.head": ("Defect|What it is", "缺陷|说明"),
    "accepted": ("accepted", "接受"),
    "incidents": ("Incidents", "事件"),
    "incidents.head": ("Incident|What it is|What appears|Cause|What helps", "事件|说明|所见文本|原因|解决办法"),
    "worlds": ("Worlds", "世界"),
    "worlds.head": ("World|What is in it", "世界|内容"),
    "releases": ("Releases", "版本"),
    "releases.intro": (
        "Each release that changed something about licenses: the newest version of an organization's file that an "
        "instance understands and a cloud makes, whether the token counts (r) and is made (w).",
        "每个改变了许可证行为的版本：实例能识别、云端会签发的组织文件最高版本，令牌是否生效（r）、是否写入（w）。",
    ),
    "releases.head": ("Release|Understood|Made|Token|What came", "版本|识别|签发|令牌|变化"),
    "untold": ("only told, not simulated", "仅说明，未模拟"),
    "quirks": ("Quirks", "怪癖"),
    "quirks.intro": (
        "Defects of upstream, off by default. What each does: [fidelity.md](fidelity.md).",
        "上游的缺陷，默认关闭。各自的作用见 [fidelity.md](fidelity.md)。",
    ),
    "quirks.head": ("Quirk|Side", "怪癖|所在端"),
    "settings": ("Settings", "设置"),
    "settings.intro": (
        "Every variable and line: [settings.md](settings.md).",
        "所有变量与配置行见 [settings.md](settings.md)。",
    ),
}
_RECIPES: Mapping[str, str] = {
    "resources": "curl http://127.0.0.1:8404/_sim                       # what is on, on every side",
    "faults": (
        'wardenloop faults add --app cloud-us --operation "GET /api/licenses/organization/{organization_id}" --times 2'
        " --status 503\nwardenloop faults clear"
    ),
    "egress": "wardenloop egress set identity.bitwarden.com drop\nwardenloop egress clear",
    "advice": "wardenloop journal find --status 400",
    "defects": "wardenloop license forge expired,foreign-certificate -o forged.json",
    "incidents": "wardenloop incident run rotated-token --clean",
    "worlds": "wardenloop up --fresh --world synced",
    "releases": "wardenloop release set selfhost v2023.10",
    "quirks": "WARDENLOOP_QUIRKS=trial-billing-sync wardenloop up     # instance: the line wardenloop__quirks",
}


class _Page:
    """A page in one language, line by line."""

    def __init__(self, language: str) -> None:
        self._place = (ENGLISH, CHINESE).index(language)
        self.lines: list[str] = []

    def words(self, key: str) -> str:
        return _WORDS[key][self._place]

    def section(self, key: str) -> None:
        self.lines += ["", f"## {self.words(key)}", ""]
        if f"{key}.intro" in _WORDS:
            self.lines += [self.words(f"{key}.intro"), ""]
        if key in _RECIPES:
            self.lines += ["```shell", _RECIPES[key], "```", ""]

    def table(self, head: str, rows: Iterable[Sequence[str]]) -> None:
        names = head.split("|")
        self.lines += [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
        self.lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")


def page(language: str, apps: Mapping[str, Flask]) -> str:
    """The page. apps: `desk`, `cloud`, `selfhost`, with all their routes."""
    texts, made = Texts(language), _Page(language)
    made.lines = [f"# {made.words('title')}", "", made.words("made")]
    made.section("resources")
    made.table(made.words("resources.head"), _resources(apps))
    _faults(made)
    made.section("egress")
    made.table(made.words("egress.head"), ([f"`{rule}`", shown] for rule, shown in SYMPTOMS.items()))
    made.section("advice")
    made.table(made.words("advice.head"), ([f"`{rule}`", texts(PREFIX + rule)] for rule in sorted(ADVISED)))
    _defects(made, texts)
    made.section("incidents")
    rows = listed(_INCIDENT_LANGUAGE[language])
    members = ("title", "seen", "cause", "repair")
    made.table(
        made.words("incidents.head"), ([f"`{row['name']}`", *(row[each] or "" for each in members)] for row in rows)
    )
    made.section("worlds")
    made.table(made.words("worlds.head"), ([f"`{name}`", texts(f"x.world.{name}")] for name in shipped()))
    made.section("releases")
    made.table(made.words("releases.head"), _releases(made, texts))
    made.section("quirks")
    made.table(made.words("quirks.head"), ([f"`{each.label}`", each.side] for each in Quirk))
    made.section("settings")
    return "\n".join(made.lines).rstrip() + "\n"


def _resources(apps: Mapping[str, Flask]) -> Iterator[list[str]]:
    calls: dict[tuple[str, str], dict[str, str]] = {}
    for name, app in apps.items():
        for route in routes_of(app):
            if route.path.startswith("/_sim"):
                first = (route.view.__doc__ or "").strip().partition("\n\n")[0]
                calls.setdefault((route.path, route.method), {})[name] = " ".join(first.split())
    for (path, method), told in sorted(calls.items()):
        yield [f"`{method} {path}`", *("x" if name in told else "" for name in apps), next(iter(told.values()))]


def _faults(made: _Page) -> None:
    made.section("faults")
    options = {name: f"`--{option.replace('_', '-')}`" for option, name in DO.items()} | {"headers": "`--header`"}
    made.table(made.words("faults.head"), ([f"`{name}`", told, options[name]] for name, told in told_of().items()))
    for name, rules in PROFILES.items():
        made.lines += ["", made.words("profiles").format(name=name) + ":", ""]
        rows = (
            [f"`{rule['operation']}`", str(rule.get("every", 1)), f"`{json.dumps(rule['do'])}`", rule["note"]]
            for rule in rules
        )
        made.table(made.words("profiles.head"), rows)


def _defects(made: _Page, texts: Texts) -> None:
    made.section("defects")
    rows = (
        [f"`{name}`", texts(f"x.forge.{name}"), *(_answer(answers_of(name)[each], made) for each in RELEASES)]
        for name in DEFECTS
    )
    made.table("|".join([made.words("defects.head"), *RELEASES]), rows)


def _answer(by_operation: Mapping[str, str | None], made: _Page) -> str:
    told = {name: text or made.words("accepted") for name, text in by_operation.items()}
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return "\n".join(f"{name}: {text}" for name, text in told.items())


def _releases(made: _Page, texts: Texts) -> Iterator[list[str]]:
    for change in release_changes():
        able = change.abilities
        also = [
            texts(f"x.release.{name}") + (f" ({made.words('untold')})" if name in NOT_SIMULATED else "")
            for name in change.also
        ]
        token = "r" * able.reads_tokens + "w" * able.writes_tokens
        came = [*(f"`{name}`" for name in change.fields), *also]
        yield [f"v{change.release}", str(able.accepts), str(able.issues), token, ", ".join(came)]


def main() -> None:
    """Write both pages."""
    with tempfile.TemporaryDirectory() as directory:
        certificates = Path(directory) / "certificate"
        load_or_create(certificates)
        workshop = Workshop(Shelf(Path(directory) / "shelf", certificates), ManualClock(START))
        apps = {
            "desk": create_desk(Path(directory) / "mails"),
            "cloud": workshop.cloud().app,
            "selfhost": workshop.selfhost().app,
        }
        for language, path in PAGES.items():
            path.write_text(page(language, apps), "utf-8")


if __name__ == "__main__":
    main()
