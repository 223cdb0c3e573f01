"""`wardenloop up`, `down`, `status`, `urls` and `ca`: the processes of a stack and what is known about them."""

import fcntl
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from ipaddress import AddressValueError, IPv4Address
from typing import Any

import click

from common.cli import keys, stack
from common.cli.home import HOST, Home
from common.cli.language import meant, worded
from common.cli.leash import EndAsked, Leash, told_to_end
from common.clock import SystemClock
from common.server.destinations import is_loopback
from common.server.listening import ANY
from common.server.terminal import json_text
from common.settings import begin_moment, process_environment

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Moment(click.ParamType[str]):
    """A date or a moment, given on as it was written."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            begin_moment(str(value))
        except ValueError:
            self.fail(worded("x.cli.clockNoDate", text=value), param, ctx)
        return str(value)


STANDS_AT = "A new world begins at this moment (2026-11-01, 2026-11-01T09:00:00Z), and its clocks stand still there."


class BasePort(click.ParamType[int | str]):
    """A number, or `auto` for free ports that somebody else does not use."""

    name = "port|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        return AUTO if value == AUTO else int(click.IntRange(1, 65_000).convert(value, param, ctx))


AUTO = "auto"


def _public_url(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    if text and not re.fullmatch(r"https?://[^/?#@\s]+(/[A-Za-z0-9._~-]+)*/?", text):
        raise click.BadParameter(f"{text!r} is no address; write for example https://class.example.")
    return text.rstrip("/") if text else None


def _host(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    if text is None or text == HOST:
        return None
    if not (_is_ipv4(text) and stack.can_listen(text)):
        raise click.BadParameter(worded("x.cli.upHostNone", host=text))
    return text


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


@click.command()
@click.option("--detach", is_flag=True, help="Leave the stack running in the background.")
@click.option("--fresh", is_flag=True, help="Forget everything in this home first.")
@click.option("--yes", is_flag=True, help="Do not ask before --fresh stops a stack that runs.")
@click.option(
    "--base-port",
    type=BasePort(),
    envvar="WARDENLOOP_BASE_PORT",
    help="Ports: cloud US +1, cloud EU +2, self-hosted +3, desk +4, SMTP +25; `auto` looks for free ones, unless the "
    "world has its own.  [default: 8400]",
)
@click.option(
    "--tls/--no-tls",
    default=None,
    help="Serve https with a local certificate authority, as real clients want it (see `wardenloop ca`).",
)
@click.option("--world", "named", metavar="NAME-OR-FILE", help="Begin with this world (`world list`); needs --fresh.")
@click.option(
    "--seed",
    type=click.IntRange(0, 999_999_999),
    envvar="WARDENLOOP_SEED",
    help="Ids and tokens are made of this number: the same calls bring the same.  [default: by chance]",
)
@click.option("--at", type=Moment(), envvar="WARDENLOOP_AT", metavar="MOMENT", help=STANDS_AT)
@click.option(
    "--public-url",
    callback=_public_url,
    envvar="WARDENLOOP_PUBLIC_URL",
    metavar="URL",
    help="Where a reverse proxy shows the apps, below /us, /eu and /selfhost: links name it. Nothing is opened.",
)
@click.option(
    "--host",
    callback=_host,
    metavar="ADDRESS",
    help="Clouds and instance listen at this address, too, for other machines; the desk never does. Needs "
    "WARDENLOOP_CONTROL_TOKEN.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what `urls --json` does when all is up; the rest: stderr.")
@click.pass_obj
def up(
    home: Home,
    detach: bool,
    fresh: bool,
    yes: bool,
    base_port: int | str | None,
    tls: bool | None,
    named: str | None,
    seed: int | None,
    at: str | None,
    public_url: str | None,
    host: str | None,
    as_json: bool,
) -> None:
    """Start the stack; the first time, also set up its world. Without --detach it ends with this command."""
    if seed is not None and home.is_seeded and not fresh and seed != home.seed:
        raise click.UsageError(worded("x.cli.upSeed"))
    if at is not None and home.is_seeded and not fresh and at != home.at:
        raise click.UsageError(worded("x.cli.upAt"))
    if named and home.is_seeded and not fresh:
        raise click.UsageError(worded("x.cli.upWorld"))
    if public_url and home.is_seeded and not fresh and public_url != home.public_url:
        raise click.UsageError(worded("x.cli.upPublic"))
    if host and home.is_seeded and not fresh and host != home.host:
        raise click.UsageError(worded("x.cli.upHostOther"))
    if also := host or (None if fresh else home.host):
        public = public_url or (None if fresh else home.public_url)
        _require_guarded(also, public, tls=home.uses_tls if tls is None and not fresh else tls)
    wanted = _world(named) if named else None
    home.require_room()
    if (seed if seed is not None or fresh else home.seed) is not None:
        click.secho(worded("x.cli.upSeeded", seed=home.seed if seed is None else seed), fg="yellow", err=True)
    leash = Leash()
    with told_to_end():
        with _turn(home, waits=fresh):
            if fresh:
                _require_free(home, yes=yes)
            port = _chosen(home, base_port, fresh=fresh)
            stack.start(
                home, port, tls=tls, fresh=fresh, leash=leash, seed=seed, public_url=public_url, at=at, host=host
            )
            try:
                whole = _bring_to_life(home, wanted, as_json=as_json)
            except BaseException:
                stack.stop(home)  # half a stack helps nobody
                raise
        ours, _ = home.supervisor() if not detach else (None, False)
        if detach:
            leash.let_go()
        else:
            try:
                _watch(home, as_json=as_json)
            finally:
                if home.supervisor()[0] == ours:  # else somebody has begun anew in this home
                    stack.stop(home)
    if detach and not whole:
        raise SystemExit(1)


def _require_guarded(host: str, public_url: str | None, *, tls: bool | None) -> None:
    """Who listens for other machines says by which name they come, and what control asks of them."""
    if tls:
        raise click.UsageError(worded("x.cli.upHostTls"))
    if host == ANY and not public_url:
        raise click.UsageError(worded("x.cli.upHostAny"))
    if not is_loopback(host) and not process_environment().get("WARDENLOOP_CONTROL_TOKEN"):
        raise click.UsageError(worded("x.cli.upHostToken", host=host))


@contextmanager
def _turn(home: Home, *, waits: bool) -> Iterator[None]:
    """One after the other: whoever begins anew waits until another `up` has made its stack, and then ends that one."""
    folder = os.open(home.root, os.O_RDONLY)
    try:
        with suppress(BlockingIOError):  # its own lock refuses who does not begin anew
            fcntl.flock(folder, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
        yield
    finally:
        os.close(folder)


def _require_free(home: Home, *, yes: bool) -> None:
    """What runs in this home may be ended."""
    if not stack.is_running(home):
        return
    if not yes:
        _require_consent(home)
    from common.cli.snapshots import require_none_building  # noqa: PLC0415 - for those who begin anew

    require_none_building(home)


def _require_consent(home: Home) -> None:
    if not _can_answer():
        raise stack.StackError(worded("x.cli.upFreshRefused", home=home.root))
    click.confirm(worded("x.cli.upFreshAsked", home=home.root), abort=True)


def _can_answer() -> bool:
    return sys.stdin.isatty()


def _watch(home: Home, *, as_json: bool) -> None:
    """Print the log until the stack ends, or we are asked to end."""
    try:
        click.echo(f"\n{worded('x.cli.upCtrlC')}\n", err=as_json)
        for line in stack.follow_log(home):
            click.echo(line, nl=False, err=as_json)
    except EndAsked:
        with suppress(OSError):  # the terminal may be gone
            click.echo(f"\n{worded('x.cli.upStopping')}", err=as_json)


def _chosen(home: Home, base_port: int | str | None, *, fresh: bool) -> int | None:
    if not isinstance(base_port, str):
        return base_port
    return None if home.is_seeded and not fresh else stack.free_base_port()


def _world(named: str) -> dict[str, Any]:
    from common.cli.worlds.command import read_for  # noqa: PLC0415 - for those who want one

    return read_for(named)


def _bring_to_life(home: Home, wanted: dict[str, Any] | None, *, as_json: bool) -> bool:
    """Whether everything that is wanted serves. An instance that does not start leaves the rest to repair it with."""
    trouble = None
    stack.wait_until_healthy(home, ("cloud-us", "cloud-eu", "desk"))
    if home.is_seeded:
        if home.instance_is_wanted:
            trouble = stack.wait_for_instance(home)
        else:
            click.echo(worded("x.cli.upInstanceStopped"), err=as_json)
    else:
        stack.wait_for_runners(home)
        _make_world(home, wanted, as_json=as_json)
    _tell_urls(home, as_json=as_json)
    if trouble is not None:
        click.echo(f"\n{worded('x.cli.upInstanceTrouble', trouble=trouble)}", err=True)
    return trouble is None


def _make_world(home: Home, wanted: dict[str, Any] | None, *, as_json: bool) -> None:
    from common.cli.draws import ids_of_home  # noqa: PLC0415 - as above
    from common.cli.seed import set_up_first_world  # noqa: PLC0415 - needed once in the life of a home
    from common.cli.snapshots import keep_blank, keep_seed  # noqa: PLC0415 - as above

    keep_blank(home)
    if wanted is None:
        set_up_first_world(home, ids_of_home(home, "world"), partial(click.echo, err=as_json))
    else:
        from common.cli.worlds.command import build_world  # noqa: PLC0415 - for those who want one

        click.echo(worded("x.cli.upWorldBuilt"), err=as_json)
        build_world(home, wanted)
        keys.keep(keys.cache_folder(process_environment()), home.root)
    keep_seed(home)


@click.command()
@_json_option
@click.pass_obj
def down(home: Home, as_json: bool) -> None:
    """Stop the stack. Its world stays for the next `up`."""
    ran = stack.stop(home)
    if as_json:
        click.echo(json_text({"home": str(home.root), "stopped": ran}))
    else:
        click.echo(worded("x.cli.downStopped") if ran else worded("x.cli.downNothing", home=home.root))


@click.command()
@_json_option
@click.pass_obj
def status(home: Home, as_json: bool) -> None:
    """Say which processes are up, what time it is for them, and which release they simulate.

    The exit status is 1 when one of them is down.
    """
    if home.is_half_built:
        from common.cli.snapshots import tell_half_built  # noqa: PLC0415 - as below

        tell_half_built(home)
    rows = [_status_of(home, process) for process in stack.PROCESSES] if home.ports() else []
    if as_json:
        click.echo(json_text({"running": stack.is_running(home), "processes": rows}))
    else:
        _print_status(home, rows)
    if not rows or not all(row["up"] for row in rows):
        raise SystemExit(1)


def _print_status(home: Home, rows: list[dict[str, Any]]) -> None:
    if not rows:
        raise stack.StackError(worded("x.cli.noStack", home=home.root))
    for row in rows:
        state = worded("x.cli.statusUp" if row["up"] else "x.cli.statusDown")
        click.secho(f"{state:<5}", fg="green" if row["up"] else "red", nl=False)
        click.echo("  ".join((f"{row['process']:<13}", row["url"] or "", *_seen(row["time"], row["release"]))).rstrip())


def _status_of(home: Home, process: str) -> dict[str, Any]:
    alive, url = stack.is_alive(home, process), stack.url_of(home, process)
    row: dict[str, Any] = {"process": process, "up": alive, "url": url, "time": None, "release": None}
    if alive and url and process != "desk":
        from common.cli.client import Server  # noqa: PLC0415 - 0.2 s that `up` and `down` need not spend

        app = Server(url, ca=home.ca)
        row |= {"time": app.clock()["now"], "release": app.get("/api/version")}
    return row


def _seen(time: str | None, release: str | None) -> tuple[str, ...]:
    return () if time is None else (second(time), worded("x.cli.statusRelease", release=release))


def second(moment: str | None) -> str:
    """A moment as people read it: no fraction of a second."""
    return re.sub(r"\.\d+", "", moment) if moment else worded("x.cli.never")


@click.command()
@_json_option
@click.pass_obj
def urls(home: Home, as_json: bool) -> None:
    """Print the addresses, accounts and passwords; as JSON with ids, API keys and fresh access tokens too."""
    if not home.is_seeded:
        raise stack.StackError(worded("x.cli.noStack", home=home.root))
    _tell_urls(home, as_json=as_json)


def _tell_urls(home: Home, *, as_json: bool) -> None:
    if as_json:
        from common.cli.credentials import ready  # noqa: PLC0415 - as above

        click.echo(json_text(ready(home, running=stack.is_running(home))))
    else:
        print_urls(home)


def print_urls(home: Home) -> None:
    """Addresses, and who may sign in."""
    click.echo()
    for name, url in home.urls().items():
        click.echo(f"{name:<9} {url}")
    click.echo()
    for account in home.accounts():
        click.echo(f"{account.app:<9} {account.email:<28} {account.password:<29} {meant(account.role)}")
    click.echo(f"\n{worded('x.cli.urlsJson')}")


@click.command()
@click.option("--pem", is_flag=True, help="Print the certificate itself instead of where it is.")
@_json_option
@click.pass_obj
def ca(home: Home, pem: bool, as_json: bool) -> None:
    """Print the path of the certificate authority that `up --tls` uses; made when there is none yet.

    It can vouch for localhost, 127.0.0.1 and ::1 only. For `bw`: NODE_EXTRA_CA_CERTS="$(wardenloop ca)".
    """
    from common.crypto.authority import UnreadableAuthority, ensure_authority  # noqa: PLC0415 - as above

    try:
        certificate = ensure_authority(home.tls_dir, SystemClock().now())
    except UnreadableAuthority as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json_text({"certificate": str(certificate), "pem": certificate.read_text("ascii")}))
    else:
        click.echo(certificate.read_text("ascii") if pem else certificate, nl=not pem)
