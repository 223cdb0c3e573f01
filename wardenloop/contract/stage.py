"""What is true before a question is asked: people, organizations, tokens; and the values that cases name.

A state (`states.py`) is made on the target when a case first needs it, over the target's own API, or taken from a
file of accounts. What can be neither made nor taken is told: such a case is not run.
"""

import base64
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from wardenloop.bodies import in_short
from wardenloop.contract.cases import Ask
from wardenloop.contract.target import Answer, NoAnswer, Sent, Target
from wardenloop.contract.texts import said

_NAME = re.compile(r"\{([a-z][\w-]*(?:\.[\w-]+)*)(?:\+(\d+)d)?\}")
OFFER = "accept-families-for-enterprise"
"""In the link of an offer's mail."""

MAIL_PATIENCE_SECONDS = 20.0
_LOOK_SECONDS = 0.1
_OF_A_CLIENT = {
    "Accept": "application/json",
    "Bitwarden-Client-Name": "web",
    "Bitwarden-Client-Version": "2026.8.0",
    "Device-Type": "9",
}
"""Without a version no real server lets anybody sign in. Source: fidelity.md: identity.token-refusals."""

_FIXED = {
    "encrypted": "2.AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "wrapped-key": "4." + base64.b64encode(b"k" * 256).decode(),
}
_TOKEN_PATH = "/identity/connect/token"


class CannotPrepare(Exception):
    """The target cannot be brought into a state; the message says why."""


class _NoState(CannotPrepare):
    """The message names the state."""


class Mailbox(Protocol):
    """Where the target's mails end up."""

    def links(self, to: str) -> list[str]:
        """The links of all mails to this address, newest mail first."""


@dataclass
class Stage:
    """A target, what is known of it, and which states it is in.

    states: name -> function that makes it. control: whether the target has wardenloop's `/_sim`.
    cloud: the stage of the cloud that an instance belongs to. only_reading: nothing is made, only taken.
    """

    target: Target
    states: Mapping[str, Callable[["Stage"], None]]
    values: dict[str, Any] = field(default_factory=dict)
    mailbox: Mailbox | None = None
    cloud: "Stage | None" = None
    only_reading: bool = False
    given: dict[str, set[str]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    used_links: set[str] = field(default_factory=set)
    run: str = field(default_factory=lambda: uuid4().hex[:8])

    def prepare(self, *names: str) -> None:
        """Bring the target into these states. Raises CannotPrepare, the same each time."""
        for name in names:
            if name in self.given:
                continue
            if name in self.failed:
                raise _NoState(self.failed[name])
            before, earlier = set(self.values), set(self.given)
            try:
                self.states[name](self)
            except (CannotPrepare, NoAnswer) as error:
                inner = isinstance(error, _NoState)
                self.failed[name] = str(error) if inner else said("state {name}: {problem}", name=name, problem=error)
                raise _NoState(self.failed[name]) from error
            of_others = {key for other in self.given.keys() - earlier for key in self.given[other]}
            self.given[name] = self.values.keys() - before - of_others

    def for_case(self, needs: tuple[str, ...], fresh: tuple[str, ...]) -> "Stage":
        """A stage of one case's own, in the states that it needs; those in `fresh` are made for it alone.

        Raises CannotPrepare.
        """
        self.prepare(*(name for name in needs if name not in fresh))
        mine = {key for name in fresh for key in self.given.get(name, ())}
        own = replace(
            self,
            values={name: value for name, value in self.values.items() if name not in mine},
            given={name: keys for name, keys in self.given.items() if name not in fresh},
            failed=dict(self.failed),
            run=uuid4().hex[:8] if fresh else self.run,
        )
        own.prepare(*needs)
        return own

    def has(self, *names: str) -> bool:
        """Whether all these values are known."""
        return all(self.values.get(name) is not None for name in names)

    def need(self, name: str) -> Any:
        """A value that has to be known by now."""
        if name not in self.values:
            raise CannotPrepare(said("nothing says what {name} is", name=name))
        return self.values[name]

    def filled(self, template: Any) -> Any:
        """The template with names replaced by values, at any depth.

        `{new.uuid.a}` is new in each case, `{mail.PERSON.PARAMETER}` stands in the offer last mailed to somebody.
        """
        if isinstance(template, str):
            whole = _NAME.fullmatch(template)
            if whole is not None:
                return self._value(whole)
            return _NAME.sub(lambda found: str(self._value(found)), template)
        if isinstance(template, Mapping):
            return {self.filled(name): self.filled(value) for name, value in template.items()}
        if isinstance(template, list):
            return [self.filled(each) for each in template]
        return template

    def _value(self, found: re.Match[str]) -> Any:
        name, days = found[1], found[2]
        if name.startswith("new.") and name not in self.values:
            self.values[name] = _new(name)
        if name.startswith("mail."):
            _, person, parameter = name.split(".")
            return self.link(self.need(f"{person}.email"), OFFER)[parameter]
        value = _FIXED.get(name) or self.need(name)
        return value if days is None else _later(str(value), int(days))

    def sent(self, ask: Ask) -> Sent:
        """The request with its values and its caller's token."""
        headers = {**_OF_A_CLIENT, **self._credentials(ask.caller), **self.filled(ask.headers)}
        return Sent(ask.method, self.filled(ask.path), headers, _content(self.filled(ask.content), headers))

    def _credentials(self, caller: str) -> dict[str, str]:
        if caller == "nobody":
            return {}
        return {"Authorization": f"Bearer {self.need(f'{caller}.token')}"}

    def ask(self, ask: Ask) -> Answer:
        """A preparing request: its answer must be a success; what it says to save is saved. Raises CannotPrepare."""
        reads = ask.method == "GET" or ask.path == _TOKEN_PATH
        request = f"{ask.method} {ask.path}"
        if self.only_reading and not reads:
            raise CannotPrepare(said("--safe: {request} would change something", request=request))
        answer = self.target.ask(self.sent(ask))
        if not 200 <= answer.status < 300:
            text = in_short(answer.body.decode("utf-8", "replace"))
            told = said("{request} answered {status} {text}", request=request, status=answer.status, text=text)
            raise CannotPrepare(told.rstrip())
        for name, path in ask.save.items():
            self.values[name] = pick(answer.json(), path)
        return answer

    def call(self, request: str, caller: str = "nobody", **content: Any) -> Any:
        """As `ask`, in short: the decoded answer, None when there is none."""
        method, _, path = request.partition(" ")
        answer = self.ask(Ask(method, path, caller, content=content))
        try:
            return answer.json() if answer.body else None
        except ValueError as error:
            raise CannotPrepare(said("{request} answered something that is no JSON", request=request)) from error

    def link(self, to: str, at: str) -> dict[str, str]:
        """The parameters of a link that was mailed to an address and not used yet. at: a part of the link.

        Waits for it: mails may be sent after the answer.
        """
        if self.mailbox is None:
            raise CannotPrepare(said("a mail has to be read, and no mailbox is known"))
        end = time.monotonic() + MAIL_PATIENCE_SECONDS
        while True:
            for link in self.mailbox.links(to):
                if at in link and link not in self.used_links:
                    self.used_links.add(link)
                    return _parameters(link)
            if time.monotonic() > end:
                raise CannotPrepare(said("no mail to {to} has a link to {at}", to=to, at=at))
            time.sleep(_LOOK_SECONDS)


def pick(value: Any, path: str) -> Any:
    """The part of a JSON value at `data.0.id`; the whole at `$`. Raises CannotPrepare."""
    for name in path.removeprefix("$").strip(".").split(".") if path != "$" else ():
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise CannotPrepare(said("the answer has no {path}", path=path)) from error
    return value


def _parameters(link: str) -> dict[str, str]:
    """Of a link, also behind its hash."""
    parts = urlsplit(link)
    return {name: values[0] for name, values in parse_qs(parts.fragment.partition("?")[2] or parts.query).items()}


def _content(content: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """The keyword arguments of `requests`."""
    if "form" in content:
        return {"data": content["form"]}
    if "text" in content:
        return {"data": str(content["text"]).encode()}
    if "files" in content:
        files = {name: (None, value) for name, value in content["files"].items() if name != "license"}
        if "license" in content["files"]:
            files["license"] = ("bitwarden_license.json", content["files"]["license"])  # type: ignore[assignment]
        return {"files": files}
    return {"json": content["json"]} if "json" in content else {}


def _new(name: str) -> str:
    _, kind, *_ = name.split(".")
    if kind == "uuid":
        return str(uuid4())
    if kind == "email":
        return f"contract-{uuid4().hex[:12]}@example.com"
    raise CannotPrepare(said("{name} is no kind of new value", name=name))


def _later(moment: str, days: int) -> str:
    """A date-time of the wire, some days later, with as many digits."""
    whole, dot, rest = moment.removesuffix("Z").partition(".")
    later = datetime.fromisoformat(whole) + timedelta(days=days)
    return f"{later.isoformat()}{dot}{rest}Z"
