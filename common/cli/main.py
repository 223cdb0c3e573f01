"""The `wardenloop` command. A subcommand is imported when it runs or is asked for its help: the list needs none."""

import gc
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import click

from common.cli.failure import TOLD, sentence
from common.cli.home import DEFAULT_HOME, Home
from common.cli.language import (
    chosen,
    in_language,
    main_language_option,
    meant,
    spoken_by,
    teach_click,
    with_language,
)
from common.server.terminal import accept_any_character, open_standard_files, unwritable_output_told
from common.settings import UnknownVariable, process_environment, refuse_unknown_variables, wants_colour


class Later(NamedTuple):
    """Where a subcommand is (`module:name`), and what the list says of it: the beginning of its own help, and Chinese.

    Said here and not in the catalogue, which a list of commands need not read.
    """

    target: str
    help: str
    chinese: str


PARTS = {
    "Begin": {
        "up": Later(
            "common.cli.running:up",
            "Start the stack; the first time, also set up its world.",
            "启动环境；第一次还会建立其世界。",
        ),
        "demo": Later(
            "common.cli.demo:demo",
            "A fresh world, every step of the documentation performed in it, and the start page.",
            "一个全新的世界，执行文档的每一步，然后打开起始页。",
        ),
        "status": Later(
            "common.cli.running:status",
            "Say which processes are up, what time it is for them, and which release they simulate.",
            "显示哪些进程在运行、它们的时间，以及所模拟的版本。",
        ),
        "urls": Later(
            "common.cli.running:urls",
            "Print the addresses, accounts and passwords; as JSON with ids, API keys and fresh access tokens too.",
            "打印地址、账户和密码；JSON 形式还包括 ID、API 密钥和新的访问令牌。",
        ),
        "ca": Later(
            "common.cli.running:ca",
            "Print the path of the certificate authority that `up --tls` uses; made when there is none yet.",
            "打印 `up --tls` 使用的证书颁发机构的路径；没有则生成。",
        ),
        "selfhost": Later(
            "common.cli.selfhost:selfhost_command",
            "The instance's own commands, as of bitwarden.sh: install, start, stop, rebuild, update, help ...",
            "实例自己的命令，与 bitwarden.sh 相同：install、start、stop、rebuild、update、help ...",
        ),
        "loop": Later(
            "common.cli.loop.command:loop",
            "Perform every step of the documentation on the running stack. Moves simulated time by over two years.",
            "在运行中的环境上执行文档的每一步。模拟时间会前进两年多。",
        ),
    },
    "Time": {
        "agenda": Later(
            "common.cli.clocks:agenda",
            "What will happen when, on every side. Nothing is done.",
            "各端将在何时发生什么。不会执行任何操作。",
        ),
        "clock": Later(
            "common.cli.clocks:clock",
            "Show and move simulated time.",
            "显示和移动模拟时间。",
        ),
        "jobs": Later(
            "common.cli.jobs:jobs",
            "Show and run the recurring jobs of the clouds and of the self-hosted instance.",
            "显示和运行云端与自托管实例的周期任务。",
        ),
    },
    "Have something go wrong": {
        "faults": Later(
            "common.cli.faults:faults",
            "Have calls and mails go wrong on purpose.",
            "让调用和邮件按计划出错。",
        ),
        "egress": Later(
            "common.cli.egress:egress",
            "A firewall, resolver, proxy or captive portal between the instance and others, per host.",
            "实例与外界之间的防火墙、域名解析、代理或登录门户，按主机设置。",
        ),
        "license": Later(
            "common.cli.license:license_group",
            "Look at, recompute, verify and forge license files; fetch the one of an organization from the cloud.",
            "查看、重新计算、验证和伪造许可证文件；从云端获取组织的许可证。",
        ),
        "billing-token": Later(
            "common.cli.billing_tokens:billing_token",
            "The billing sync token of an organization: show it, rotate it on the cloud, save it on the instance.",
            "组织的计费同步令牌：显示、在云端轮换、保存到实例。",
        ),
        "release": Later(
            "common.cli.releases:release",
            "Behave as another server release: what a cloud issues, what an instance understands, in which words.",
            "按另一个服务器版本行事：云端签发什么、实例识别什么、用什么措辞。",
        ),
        "incident": Later(
            "common.cli.incidents:incident",
            "Known failures of the real world, on this stack: what a person sees, why, and what helps.",
            "真实世界的已知故障，在此环境中重现：看到什么、为什么、如何解决。",
        ),
    },
    "See what happened": {
        "state": Later(
            "common.cli.beliefs:state",
            "What each side believes: licenses, connections, sponsorships on both ends, and what is simulated.",
            "各端所认为的状态：许可证、连接、两端的赞助，以及模拟了什么。",
        ),
        "journal": Later(
            "common.cli.journal:journal",
            "What crossed the wire, what became of it, and why it was refused.",
            "线路上传输了什么、结果如何、为何被拒绝。",
        ),
        "logs": Later(
            "common.cli.logs:logs",
            "Print what the processes wrote, a line for each request; then the instance's log files (bwdata/logs).",
            "打印各进程的输出，每个请求一行；然后是实例的日志文件（bwdata/logs）。",
        ),
        "sponsorships": Later(
            "common.cli.sponsorships:sponsorships_group",
            "Sync the sponsorships of the self-hosted instance, and see how the syncs went.",
            "同步自托管实例的赞助，并查看同步结果。",
        ),
    },
    "Keep and change worlds": {
        "world": Later(
            "common.cli.worlds.command:world",
            "Worlds as files: list those that come along, apply one, describe the running one.",
            "以文件表示的世界：列出自带的、应用其一、描述运行中的世界。",
        ),
        "snapshot": Later(
            "common.cli.snapshots:snapshot",
            "Keep the whole world as it is at a moment, and bring it back.",
            "保存某一时刻的整个世界，并可恢复。",
        ),
        "reset": Later(
            "common.cli.snapshots:reset",
            "Bring back the world that the stack began with.",
            "恢复到环境开始时的世界。",
        ),
    },
    "Look at your own server": {
        "rehearse": Later(
            "common.cli.rehearse:rehearse",
            "Do here first what you will do on the real server: renewal, billing sync, lapse ...; with a report.",
            "先在这里完成将在真实服务器上做的事：续订、计费同步、到期……并生成报告。",
        ),
        "doctor": Later(
            "common.cli.doctor:doctor",
            "Look through a real configuration for what breaks or endangers its talk with the cloud.",
            "检查真实的配置：哪些会中断或危及它与云端的通信。",
        ),
    },
    "Put it into your own programs": {
        "serve": Later(
            "common.serve.command:serve",
            "Everything in one process, for tests: both clouds, the instance with its jobs, the mailbox.",
            "一个进程包含一切，用于测试：两个云端、实例及其任务、邮箱。",
        ),
        "contract": Later(
            "wardenloop.contract.commands:contract",
            "What these servers promise on the wire, as cases: ask any server, prove them, judge a client, export.",
            "这些服务器在线路上的承诺，以用例表示：询问任意服务器、证明、评判客户端、导出。",
        ),
        "env": Later(
            "common.cli.environment:env",
            "Print addresses, ids and keys as environment variables for other programs.",
            "将地址、ID 和密钥打印为环境变量，供其他程序使用。",
        ),
        "proxy": Later(
            "common.serve.official.command:proxy",
            "Answer for api.bitwarden.com and its siblings, for programs that honour HTTPS_PROXY.",
            "为遵循 HTTPS_PROXY 的程序应答 api.bitwarden.com 等主机名。",
        ),
        "payload-path": Later(
            "wardenloop.commands:payload_path",
            "Print the folder to put on PYTHONPATH for a server line of one's own, as `gunicorn cloud_sim.wsgi:app`.",
            "打印应加入 PYTHONPATH 的文件夹，用于自己的服务器命令，如 `gunicorn cloud_sim.wsgi:app`。",
        ),
    },
    "End": {
        "down": Later(
            "common.cli.running:down",
            "Stop the stack. Its world stays for the next `up`.",
            "停止环境。其世界保留到下次 `up`。",
        ),
    },
}
"""The commands in the order of a person's day."""

PARTS_IN_CHINESE = {
    "Begin": "开始",
    "Time": "时间",
    "Have something go wrong": "让某处出错",
    "See what happened": "查看发生了什么",
    "Keep and change worlds": "保存与更换世界",
    "Look at your own server": "检查自己的服务器",
    "Put it into your own programs": "用于自己的程序",
    "End": "结束",
}

teach_click()

COMMANDS = {name: command for part in PARTS.values() for name, command in part.items()}


class Commands(click.Group):
    """A group that knows its subcommands by name and help, and imports the one that is wanted."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        open_standard_files()
        accept_any_character()
        vars(self)["_help_option"] = None  # made in the language of this run
        words = next(iter(arguments), None) or options.get("args") or sys.argv[1:]
        with spoken_by(words), unwritable_output_told():  # help and version are written before a command runs
            return super().main(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what a person can cause ends it with a sentence, and exit status 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # whoever read our output has had enough
        except click.ClickException as error:
            vars(error)["message"] = meant(error.message)
            raise
        except TOLD as error:
            raise click.ClickException(sentence(error, running=_is_running(ctx))) from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].target.partition(":")
        gc.disable()  # nothing of what is imported ever goes: looking through it again and again is a tenth of a start
        try:
            command: click.Command = getattr(import_module(module), attribute)
        finally:
            gc.freeze()
            gc.enable()
        return in_language(with_language(command))

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        click.Group.format_help(in_language(self), ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        room = formatter.width - 6 - max(map(len, COMMANDS))
        chinese = chosen() == "zh"
        for title, part in PARTS.items():
            with formatter.section(PARTS_IN_CHINESE[title] if chinese else title):
                told = {name: command.chinese if chinese else command.help for name, command in part.items()}
                listed = [(name, click.Command(name, help=text)) for name, text in told.items()]
                formatter.write_dl([(f"{name:<12}", command.get_short_help_str(room)) for name, command in listed])


def _is_running(ctx: click.Context) -> bool:
    from common.cli.stack import is_running  # noqa: PLC0415 - for those who are in trouble

    try:
        return ctx.obj is not None and is_running(ctx.obj)
    except OSError:
        return False


_EXIT_STATUS = "Exit status: 0 = done; 1 = it failed, or the answer is no; 2 = wrong usage or unreadable input."


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EXIT_STATUS)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_HOME,
    envvar="WARDENLOOP_HOME",
    show_default=True,
    help="Folder that holds all state.",
)
@main_language_option
@click.version_option(package_name="wardenloop", help="Show the version and exit.")
@click.pass_context
def main(ctx: click.Context, home: Path) -> None:
    """The whole Bitwarden licensing loop on one machine: two simulated cloud regions and a self-hosted instance."""
    ctx.color = None if wants_colour() else False
    try:
        refuse_unknown_variables(process_environment())
    except UnknownVariable as error:
        raise click.UsageError(str(error)) from error
    ctx.obj = Home(home.resolve())


if __name__ == "__main__":
    main()
