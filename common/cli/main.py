"""The `wardenloop` command. A subcommand is imported when it runs or is asked for its help: the list needs none."""

from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import click

from common.cli.failure import TOLD, sentence
from common.cli.home import DEFAULT_HOME, Home
from common.server.terminal import accept_any_character, open_standard_files, unwritable_output_told
from common.settings import UnknownVariable, process_environment, refuse_unknown_variables, wants_colour


class Later(NamedTuple):
    """Where a subcommand is (`module:name`), and what the list says of it (the beginning of its own help)."""

    target: str
    help: str


PARTS = {
    "Begin": {
        "up": Later("common.cli.running:up", "Start the stack; the first time, also set up its world."),
        "demo": Later(
            "common.cli.demo:demo",
            "A fresh world, every step of the documentation performed in it, and the start page.",
        ),
        "status": Later(
            "common.cli.running:status",
            "Say which processes are up, what time it is for them, and which release they simulate.",
        ),
        "urls": Later(
            "common.cli.running:urls",
            "Print the addresses, accounts and passwords; as JSON with ids, API keys and fresh access tokens too.",
        ),
        "ca": Later(
            "common.cli.running:ca",
            "Print the path of the certificate authority that `up --tls` uses; made when there is none yet.",
        ),
        "selfhost": Later(
            "common.cli.selfhost:selfhost_command",
            "The instance's own commands, as of bitwarden.sh: install, start, stop, rebuild, update, help ...",
        ),
        "loop": Later(
            "common.cli.loop.command:loop",
            "Perform every step of the documentation on the running stack. Moves simulated time by over two years.",
        ),
    },
    "Time": {
        "agenda": Later("common.cli.clocks:agenda", "What will happen when, on every side. Nothing is done."),
        "clock": Later("common.cli.clocks:clock", "Show and move simulated time."),
        "jobs": Later("common.cli.jobs:jobs", "Show and run the recurring jobs of the self-hosted instance."),
    },
    "Have something go wrong": {
        "faults": Later("common.cli.faults:faults", "Have calls and mails go wrong on purpose."),
        "egress": Later(
            "common.cli.egress:egress",
            "A firewall, resolver, proxy or captive portal between the instance and others, per host.",
        ),
        "license": Later(
            "common.cli.license:license_group",
            "Look at, recompute, verify and forge licence files; fetch the one of an organization from the cloud.",
        ),
        "billing-token": Later(
            "common.cli.billing_tokens:billing_token",
            "The billing sync token of an organization: show it, rotate it on the cloud, save it on the instance.",
        ),
        "release": Later(
            "common.cli.releases:release",
            "Behave as another server release: what a cloud issues, what an instance understands, in which words.",
        ),
        "incident": Later(
            "common.cli.incidents:incident",
            "Known failures of the real world, on this stack: what a person sees, why, and what helps.",
        ),
    },
    "See what happened": {
        "state": Later(
            "common.cli.beliefs:state",
            "What each side believes: licences, connections, sponsorships on both ends, and what is simulated.",
        ),
        "journal": Later(
            "common.cli.journal:journal", "What crossed the wire, what became of it, and why it was refused."
        ),
        "logs": Later(
            "common.cli.logs:logs",
            "Print what the processes wrote, a line for each request; then the instance's log files (bwdata/logs).",
        ),
        "sponsorships": Later(
            "common.cli.sponsorships:sponsorships_group",
            "Sync the sponsorships of the self-hosted instance, and see how the syncs went.",
        ),
    },
    "Keep and change worlds": {
        "world": Later(
            "common.cli.worlds.command:world",
            "Worlds as files: list those that come along, apply one, describe the running one.",
        ),
        "snapshot": Later(
            "common.cli.snapshots:snapshot", "Keep the whole world as it is at a moment, and bring it back."
        ),
        "reset": Later("common.cli.snapshots:reset", "Bring back the world that the stack began with."),
    },
    "Put it into your own programs": {
        "serve": Later(
            "common.serve.command:serve",
            "Everything in one process, for tests: both clouds, the instance with its jobs, the mailbox.",
        ),
        "contract": Later(
            "wardenloop.contract.commands:contract",
            "What these servers promise on the wire, as cases: ask any server, prove them, judge a client, export.",
        ),
        "env": Later(
            "common.cli.environment:env", "Print addresses, ids and keys as environment variables for other programs."
        ),
        "proxy": Later(
            "common.serve.official.command:proxy",
            "Answer for api.bitwarden.com and its siblings, for programs that honour HTTPS_PROXY.",
        ),
        "payload-path": Later(
            "wardenloop.commands:payload_path",
            "Print the folder to put on PYTHONPATH for a server line of one's own, as `gunicorn cloud_sim.wsgi:app`.",
        ),
    },
    "End": {
        "down": Later("common.cli.running:down", "Stop the stack. Its world stays for the next `up`."),
    },
}
"""The commands in the order of a person's day."""

COMMANDS = {name: command for part in PARTS.values() for name, command in part.items()}


class Commands(click.Group):
    """A group that knows its subcommands by name and help, and imports the one that is wanted."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        open_standard_files()
        accept_any_character()
        with unwritable_output_told():  # help and version are written before a command runs
            return super().main(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what a person can cause ends it with a sentence, and exit status 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # whoever read our output has had enough
        except TOLD as error:
            raise click.ClickException(sentence(error, running=_is_running(ctx))) from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        room = formatter.width - 6 - max(map(len, COMMANDS))
        for title, part in PARTS.items():
            with formatter.section(title):
                listed = [(name, click.Command(name, help=command.help)) for name, command in part.items()]
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
@click.version_option(package_name="wardenloop")
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
