"""The prompts of `bitwarden.sh`: answered by a flag, else at the terminal, and never waited for where nobody types."""

import sys
from collections.abc import Callable

import click


class Unanswered(click.UsageError):
    """A question that nobody can answer here."""


class Questions:
    """Asks, and refuses to wait for an answer that cannot come.

    interactive: somebody (or a pipe that was named as the source of answers) is there to type.
    """

    def __init__(self, *, interactive: bool, read_line: Callable[[], str] = lambda: sys.stdin.readline()) -> None:
        self.interactive = interactive
        self._read_line = read_line

    def ask(self, prompt: str, flag: str, answer: str | None) -> str:
        """The flag's value, or one line typed after `prompt`; Unanswered without either."""
        if answer is not None:
            return answer
        if not self.interactive:
            raise Unanswered(f"No terminal to ask at: give {flag} to answer '{prompt.strip()}'")
        click.echo(prompt, nl=False)
        line = self._read_line()
        if not line:
            click.echo()
            raise Unanswered(f"No answer to '{prompt.strip()}': the input ended (flag {flag})")
        return line.rstrip("\r\n")

    def ask_again(self, prompt: str, flag: str, answer: str | None, accept: Callable[[str], str | None]) -> str:
        """Like `ask`, repeated until `accept` has no complaint; a complaint about a flag's value ends the program."""
        while True:
            given = self.ask(prompt, flag, answer)
            complaint = accept(given)
            if complaint is None:
                return given
            click.echo(complaint)
            if answer is not None:
                raise click.exceptions.Exit(1)
