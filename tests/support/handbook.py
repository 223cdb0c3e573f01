"""Pages of the handbook that are made of code: commands and troubleshooting, and the Chinese of docs/settings.md.

`python -m tests.support.handbook` writes them anew; tests/architecture/test_handbook.py compares.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from string import Formatter

import click

from common.cli.chinese import helped
from common.cli.main import PARTS, PARTS_IN_CHINESE, main
from common.doctor.examination import known_keys
from common.doctor.findings import SEVERITIES
from common.server.locale.texts import CHINESE, ENGLISH, Texts
from tests.support.troubles import TROUBLES

DOCS = Path(__file__).parents[2] / "docs"
SETTINGS_IN_CHINESE = Path(__file__).with_name("settings.zh-CN.json")

_MADE = (
    "Made from the code by `python -m tests.support.handbook`. [中文]({other})",
    "由 `python -m tests.support.handbook` 根据代码生成。[English]({other})",
)


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\n", "<br>")).replace("|", "\\|").strip()


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(_cell(each) for each in cells) + " |"


def _table(head: str, rows: Iterable[Iterable[str]]) -> list[str]:
    names = head.split("|")
    return [_row(names), "|" + "---|" * len(names), *(_row(each) for each in rows)]


# --- commands


def commands(language: str) -> str:
    """Every command with its options."""
    chinese = language == CHINESE
    lines = [
        "# 命令参考" if chinese else "# Commands",
        "",
        _MADE[chinese].format(other="commands.md" if chinese else "commands.zh-CN.md"),
        "",
        "每个命令都有 `--help`（中文：`--lang zh`）。退出状态：0 = 完成，1 = 失败或答案为否，2 = 用法错误或输入不可读。"
        if chinese
        else "Each has `--help`. Exit status: 0 = done, 1 = it failed or the answer is no, 2 = wrong usage or "
        "unreadable input.",
    ]
    lines += _completion(chinese=chinese)
    root = click.Context(main, info_name="wardenloop")
    for title, part in PARTS.items():
        lines += ["", f"## {PARTS_IN_CHINESE[title] if chinese else title}"]
        for name, later in part.items():
            found = main.get_command(root, name)
            assert found is not None
            found = helped(found) if chinese else found
            lines += ["", f"### `{name}`", "", later.chinese if chinese else later.help, *_of(found, name, root)]
    return "\n".join(lines) + "\n"


_SHELLS = {
    "bash": ("~/.bashrc", 'eval "$(_WARDENLOOP_COMPLETE=bash_source wardenloop)"'),
    "zsh": ("~/.zshrc", 'eval "$(_WARDENLOOP_COMPLETE=zsh_source wardenloop)"'),
    "fish": ("~/.config/fish/completions/wardenloop.fish", "_WARDENLOOP_COMPLETE=fish_source wardenloop | source"),
}
"""Shell -> where the line belongs, the line."""


def _completion(*, chinese: bool) -> Iterator[str]:
    yield from ("", "## 命令补全" if chinese else "## Completion in the shell", "")
    yield (
        "Tab 键补全命令、选项和取值；把一行写入所用 shell 的文件："
        if chinese
        else "Commands, options and their values, by the tab key: one line in a file of your shell."
    )
    yield from ("", *_table("Shell|文件|行" if chinese else "Shell|File|Line", _shell_rows()))


def _shell_rows() -> Iterator[list[str]]:
    for shell, (file, line) in _SHELLS.items():
        yield [shell, f"`{file}`", f"`{line}`"]


def _of(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, parent=parent, info_name=name)
    if isinstance(command, click.Group):
        for each in sorted(command.commands):
            inner = command.commands[each]
            yield from ("", f"**`{context.command_path} {each}`** {_cell(_about(inner))}")
            yield from _options(inner, click.Context(inner, parent=context, info_name=each))
    else:
        yield from _options(command, context)


def _about(command: click.Command) -> str:
    return (command.help or "").partition("\n\n")[0]


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    shown = [each for each in command.params if not _everywhere(each) and not getattr(each, "hidden", False)]
    arguments = [each.human_readable_name for each in shown if isinstance(each, click.Argument)]
    yield from ("", "    " + " ".join([context.command_path, "[OPTIONS]", *arguments]))
    options = [each for each in shown if isinstance(each, click.Option)]
    if options:
        yield ""
        yield from (f"- `{_spelled(each)}`: {_cell(each.help or '')}{_default(each)}" for each in options)


def _spelled(option: click.Option) -> str:
    names = " / ".join([", ".join(option.opts), *option.secondary_opts])
    if option.is_flag:
        return names
    choices = "|".join(map(str, option.type.choices)) if isinstance(option.type, click.Choice) else ""
    return f"{names} {option.metavar or choices or option.type.name.upper()}"


def _default(option: click.Option) -> str:
    """Where it is said, and is the same everywhere."""
    shown = option.show_default is True and isinstance(option.default, str | int | float)
    return f" [{option.default}]" if shown else ""


def _everywhere(parameter: click.Parameter) -> bool:
    return bool({"--help", "--lang"} & set(parameter.opts))


# --- troubleshooting


def troubleshooting(language: str) -> str:
    """By what is seen: texts of the wire and of pages, then what doctor finds in a configuration."""
    texts, chinese = Texts(language), language == CHINESE
    lines = [
        "# 按症状排查" if chinese else "# Troubleshooting by symptom",
        "",
        _MADE[chinese].format(other="troubleshooting.md" if chinese else "troubleshooting.zh-CN.md"),
        "",
        "## 看到的文本" if chinese else "## Texts that people see",
        "",
        *_table(
            "文本|位置|原因|对策|命令" if chinese else "Text|Where|Cause|What helps|Command",
            (
                (
                    f"`{each.text.strip()}`",
                    each.where[chinese],
                    each.cause[chinese],
                    texts(f"x.advice.{each.rule}") if each.rule else each.help[chinese],
                    f"`{each.command}`" if each.command else "",
                )
                for each in TROUBLES
            ),
        ),
        "",
        "记录会说明每次拒绝的规则与对策：`wardenloop journal list`、`wardenloop journal show ID`，"
        "或起始页的闭环检查器。"
        if chinese
        else "The journal names rule and remedy of every refusal: `wardenloop journal list`, "
        "`wardenloop journal show ID`, or the inspector of the start page.",
        "",
        "## 真实服务器的配置" if chinese else "## The configuration of a real server",
        "",
        "`wardenloop doctor --env FILE` 会找出这些，不连接任何网络。"
        if chinese
        else "`wardenloop doctor --env FILE` finds these, and contacts nobody.",
        "",
        *_table(
            "编号|症状|原因|修复" if chinese else "Key|What is seen|Cause|Repair",
            (
                _of_finding(key, texts)
                for key in sorted(known_keys(), key=lambda each: (SEVERITIES[each] != "wrong", each))
            ),
        ),
    ]
    return "\n".join(lines) + "\n"


def _of_finding(key: str, texts: Texts) -> list[str]:
    said = [_with_gaps(texts(f"x.doctor.{key}{part}")) for part in (".symptom", "", ".repair")]
    return [f"`{key}`", *said]


def _with_gaps(text: str) -> str:
    """`{name}` of the catalogue as it would be filled in: by something."""
    return "".join(before + ("…" if name is not None else "") for before, name, _, _ in Formatter().parse(text))


# --- settings


def settings_in_chinese() -> str:
    """docs/settings.md with its words in Chinese; a KeyError names what settings.zh-CN.json has not got."""
    words: dict[str, str] = json.loads(SETTINGS_IN_CHINESE.read_text("utf-8"))
    made = []
    for line in (DOCS / "settings.md").read_text("utf-8").splitlines():
        if line.startswith("|") and not line.startswith("|---"):
            cells = line.strip("|").split(" | ")
            made.append("| " + " | ".join(_translated(cell.strip(), words) for cell in cells) + " |")
        else:
            made.append(line)
    paragraphs = "\n".join(made).split("\n\n")
    return "\n\n".join(each if each.startswith("|") else words[each] for each in paragraphs).rstrip() + "\n"


def _translated(cell: str, words: dict[str, str]) -> str:
    return cell if not re.search(r"[A-Za-z]", re.sub(r"`[^`]*`|\(stack\)", "", cell)) else words[cell]


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": lambda: commands(ENGLISH),
    "commands.zh-CN.md": lambda: commands(CHINESE),
    "troubleshooting.md": lambda: troubleshooting(ENGLISH),
    "troubleshooting.zh-CN.md": lambda: troubleshooting(CHINESE),
    "settings.zh-CN.md": settings_in_chinese,
}


def write() -> None:
    """All pages."""
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), "utf-8")


if __name__ == "__main__":
    write()
