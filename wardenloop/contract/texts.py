"""What `wardenloop contract` says to people, in Chinese. What a case says of upstream and texts of the wire stay."""

import os
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
    "no case begins so; the groups are {groups}": "没有这样开头的用例；分组有 {groups}",
}


def language() -> str:
    """`zh` or `en`: what the command was asked for, else what the terminal speaks."""
    context = click.get_current_context(silent=True)
    asked = context.meta.get(_CHOSEN) if context else None
    spoken = next((os.environ[name] for name in _VARIABLES if os.environ.get(name)), "")
    return asked or ("zh" if spoken.lower().startswith("zh") else "en")


def said(text: str, **values: Any) -> str:
    """A text in that language."""
    found = CHINESE.get(text, text) if language() == "zh" else text
    return found.format(**values) if values else found
