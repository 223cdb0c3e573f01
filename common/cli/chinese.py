"""Chinese for what click writes itself, and for the help of every command: loaded where Chinese is wanted only."""

import json
from copy import copy
from functools import cache
from inspect import cleandoc
from pathlib import Path
from typing import TypeVar

import click

HELP = Path(__file__).with_name("help.zh-Hans.json")
"""English help -> Chinese, of commands and options."""

CLICK = {
    "%(prog)s, version %(version)s": "%(prog)s，版本 %(version)s",
    "(dynamic)": "（动态）",
    "(Did you mean one of: {possibilities}?)": "（您是否想输入：{possibilities}？）",
    "Aborted!": "已中止！",
    "Argument {name!r} takes {nargs} values.": "参数 {name!r} 需要 {nargs} 个值。",
    "Choose from:\n\t{choices}": "可选：\n\t{choices}",
    "Commands": "命令",
    "Could not open file {filename!r}: {message}": "无法打开文件 {filename!r}：{message}",
    "Did you mean {possibility}?": "您是否想输入 {possibility}？",
    "Do you want to continue?": "是否继续？",
    "Error: invalid input": "错误：输入无效",
    "Error: {message}": "错误：{message}",
    "Got unexpected extra argument ({args})": "多余的参数（{args}）",
    "Got unexpected extra arguments ({args})": "多余的参数（{args}）",
    "Invalid value for {param_hint}: {message}": "{param_hint} 的值无效：{message}",
    "Invalid value: {message}": "值无效：{message}",
    "Missing argument": "缺少参数",
    "Missing command.": "缺少命令。",
    "Missing option": "缺少选项",
    "Missing parameter": "缺少参数",
    "Missing parameter: {param_name}": "缺少参数：{param_name}",
    "Missing {param_type}": "缺少{param_type}",
    "No such command {name!r}.": "没有命令 {name!r}。",
    "No such option {name!r}.": "没有选项 {name!r}。",
    "Option {name!r} does not take a value.": "选项 {name!r} 不带值。",
    "Option {name!r} requires an argument.": "选项 {name!r} 需要一个值。",
    "Option {name!r} requires {nargs} arguments.": "选项 {name!r} 需要 {nargs} 个值。",
    "Options": "选项",
    "Press any key to continue...": "按任意键继续……",
    "Show the version and exit.": "显示版本并退出。",
    "Show this message and exit.": "显示此帮助并退出。",
    "Takes {nargs} values but 1 was given.": "需要 {nargs} 个值，只给出 1 个。",
    "Takes {nargs} values but {len} were given.": "需要 {nargs} 个值，给出 {len} 个。",
    "Try '{command} {option}' for help.": "可用 '{command} {option}' 查看帮助。",
    "Usage:": "用法：",
    "default: {default}": "默认：{default}",
    "env var: {var}": "环境变量：{var}",
    "required": "必填",
    "unknown error": "未知错误",
    "{name} {filename!r} does not exist.": "{filename!r} 不存在。",
    "{name} {filename!r} is a directory.": "{filename!r} 是文件夹。",
    "{name} {filename!r} is a file.": "{filename!r} 是文件。",
    "{name} {filename!r} is not executable.": "{filename!r} 不可执行。",
    "{name} {filename!r} is not readable.": "{filename!r} 不可读。",
    "{name} {filename!r} is not writable.": "{filename!r} 不可写。",
    "{value!r} does not match the format {format}.": "{value!r} 不符合格式 {format}。",
    "{value!r} does not match the formats {formats}.": "{value!r} 不符合任何格式：{formats}。",
    "{value!r} is not a valid UUID.": "{value!r} 不是有效的 UUID。",
    "{value!r} is not a valid {number_type}.": "{value!r} 不是有效的数字（{number_type}）。",
    "{value!r} is not one of {choices}.": "{value!r} 不在可选值之中：{choices}。",
    "{value!r} is not {choice}.": "{value!r} 不是 {choice}。",
    "{value} is not in the range {range}.": "{value} 不在范围 {range} 之内。",
}
"""Texts of click that a command can come to write -> Chinese."""


Command = TypeVar("Command", bound=click.Command)


@cache
def helps() -> dict[str, str]:
    """English -> Chinese."""
    found: dict[str, str] = json.loads(HELP.read_text("utf-8"))
    return found


def helped(command: Command) -> Command:
    """The command, and all below it, with its help in Chinese; it itself stays as it is."""
    found = copy(command)
    found.help, found.short_help = _said(command.help), _said(command.short_help)
    found.epilog = _said(command.epilog)
    vars(found)["_help_option"] = None  # click makes its own once, in the language of then
    found.params = [_option(each) for each in command.params]
    if isinstance(found, click.Group):
        found.commands = {name: helped(each) for name, each in found.commands.items()}
    return found


def _option(parameter: click.Parameter) -> click.Parameter:
    if not isinstance(parameter, click.Option):
        return parameter
    found = copy(parameter)
    found.help = _said(parameter.help)
    return found


def _said(text: str | None) -> str | None:
    return text and helps().get(cleandoc(text), text)
