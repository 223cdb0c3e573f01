"""What `wardenloop contract` says to people, in Chinese. Names of cases and texts of the wire stay."""

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import click

_CHOSEN = "wardenloop.language"
"""Where the command keeps what `--lang` said."""

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")

CHINESE = {
    "{passed} as upstream, {differs} different, {not_run} not run.": (
        "{passed} 个与上游一致，{differs} 个不同，{not_run} 个未运行。"
    ),
    "not run": "未运行",
    "not-run": "未运行",
    "passed": "一致",
    "differs": "不同",
    "DIFFERS": "不同",
    "because {reason}": "原因：{reason}",
    "upstream": "上游",
    "expected {expected}, found {found}": "应为 {expected}，实际为 {found}",
    "--safe: it would change something": "--safe：它会改变内容",
    "Contract": "契约",
    "Case": "用例",
    "Outcome": "结果",
    "What": "内容",
    "{count} cases.": "{count} 个用例。",
    "unnoticed": "未发现",
    "{kind} at {place}": "{place} 处的 {kind}",
    "{noticed} of {made}": "{noticed} / {made}",
    "{noticed} of {made} mutants noticed: {share}.": "{made} 个变异中发现了 {noticed} 个：{share}。",
    "{times} times, first {example}": "{times} 次，首次为 {example}",
    "{requests} requests, {findings} findings.": "{requests} 个请求，{findings} 个问题。",
    "refused": "会被拒绝",
    "habit": "习惯",
    "Written to {path}.": "已写入 {path}。",
    "No case was run.": "没有运行任何用例。",
    "The server is not right to begin with: see `contract run`.": "服务器本身就不正确：请见 `contract run`。",
    "There is no request of a client.": "没有客户端的请求。",
    "Give --journal or --file.": "请给出 --journal 或 --file。",
    "That is neither a journal nor an HTTP Archive ({error}).": "这既不是日志，也不是 HTTP Archive（{error}）。",
    "Give -o FOLDER: pact writes a file for each kind of server.": "请给出 -o FOLDER：pact 为每种服务器各写一个文件。",
    "pact-python is not installed: pip install 'wardenloop[pact]'": (
        "未安装 pact-python：pip install 'wardenloop[pact]'"
    ),
    "ends with .xml, .html or .json": "须以 .xml、.html 或 .json 结尾",
    "no case is called so; the groups are {groups}": "没有这样命名的用例；分组有 {groups}",
    "nothing": "空",
    "answered {what}": "回答为 {what}",
    "{count} cases: {names}": "{count} 个用例：{names}",
    " and {count} more (-v tells each)": " 以及另外 {count} 个（-v 逐个列出）",
    "state {name}: {problem}": "状态 {name}：{problem}",
    "{request} answered {status} {text}": "{request} 的回答是 {status} {text}",
    "{request} answered something that is no JSON": "{request} 的回答不是 JSON",
    "nothing says what {name} is": "没有说明 {name} 是什么",
    "--safe: {request} would change something": "--safe：{request} 会改变内容",
    "a mail has to be read, and no mailbox is known": "需要读取邮件，但不知道邮箱在哪里",
    "no mail to {to} has a link to {at}": "发给 {to} 的邮件中没有指向 {at} 的链接",
    "the answer has no {path}": "回答中没有 {path}",
    "{name} is no kind of new value": "{name} 不是一种新值",
    "the key derivation of {email} is not PBKDF2: give {name}.hash or {name}.token": (
        "{email} 的密钥派生不是 PBKDF2：请给出 {name}.hash 或 {name}.token"
    ),
    "only the simulator's own control can make it ({problem})": "只有模拟器自己的控制接口能做到（{problem}）",
    "a licence is needed: give license.file in the accounts, or the address of the cloud": (
        "需要一份许可证：请在账户文件中给出 license.file，或给出云端的地址"
    ),
    "cloud communication is off on the target": "目标上的云端通信已关闭",
}

_SAYS = Path(__file__).with_name("says.zh-Hans.json")


@cache
def says() -> Mapping[str, str]:
    """What cases say, in Chinese."""
    found: Mapping[str, str] = json.loads(_SAYS.read_text("utf-8"))
    return found


def language() -> str:
    """`zh` or `en`: what the command was asked for, else what the terminal speaks."""
    context = click.get_current_context(silent=True)
    asked = context.meta.get(_CHOSEN) if context else None
    spoken = next((os.environ[name] for name in _VARIABLES if os.environ.get(name)), "")
    return asked or ("zh" if spoken.lower().startswith("zh") else "en")


def said(text: str, /, **values: Any) -> str:
    """A text in that language."""
    found = (CHINESE.get(text) or says().get(text, text)) if language() == "zh" else text
    return found.format(**values) if values else found
