"""`wardenloop env`: where everything is and how to get in, as environment variables for other programs."""

import json
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

import click

from common.cli import stack
from common.cli.credentials import ready
from common.cli.home import PROXY_FILE, Home
from common.cli.language import worded
from common.files import read_json
from common.settings import EXPORTED, PREFIX

_NO_PROXY = "127.0.0.1,localhost,::1"
_APPS = ("cloud-us", "cloud-eu", "selfhost")
_ADDRESSES = ("cloud_us", "cloud_eu", "selfhost", "start", "mailbox", "control")
_TRUSTED = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


def _fish(name: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{quoted}'"


def _dotenv(name: str, value: str) -> str:
    plain = re.fullmatch(r"[A-Za-z0-9_./:@%+,=-]*", value)
    return f"{name}={value if plain else json.dumps(value)}"


_FORMATS: dict[str, Callable[[str, str], str]] = {
    "sh": lambda name, value: f"export {name}={shlex.quote(value)}",
    "fish": _fish,
    "dotenv": _dotenv,
}


@click.command("env")
@click.option(
    "--app", type=click.Choice(_APPS), default=_APPS[0], show_default=True, help="Whose account to sign in as."
)
@click.option("--official-hosts", is_flag=True, help="Also the proxy that answers for the official host names.")
@click.option("--format", "form", type=click.Choice([*_FORMATS, "json"]), default="sh", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="As --format json.")
@click.pass_obj
def env(home: Home, app: str, official_hosts: bool, form: str, as_json: bool) -> None:
    """Print addresses, ids and keys as environment variables for other programs.

    In a shell: `eval "$(wardenloop env)"`. WARDENLOOP_CLOUD_US and others say where everything is; BW_CLIENTID,
    BW_CLIENTSECRET and BW_PASSWORD sign in.
    """
    if not home.is_seeded:
        raise stack.StackError(worded("x.cli.noStack", home=home.root))
    found = variables(ready(home, running=stack.is_running(home)), app)
    if official_hosts:
        found |= _official(home)
    if as_json or form == "json":
        click.echo(json.dumps(found, indent=2))
    else:
        for name, value in found.items():
            click.echo(_FORMATS[form](name, value))


def variables(told: Mapping[str, Any], app: str) -> dict[str, str]:
    """The variables of a stack by what `urls --json` says of it. app: whose account."""
    key = app.replace("-", "_")
    account: Mapping[str, Any] = next((each for each in told["accounts"] if each["app"] == key), {})
    cloud = [each for each in told["organizations"] if each["owner"] == account.get("email") and each["app"] == key]
    organization: Mapping[str, Any] = next(iter(cloud), {})
    installation: Mapping[str, Any] = next(iter(told["installations"]), {})
    values = {name.upper(): told.get(name) for name in _ADDRESSES} | {
        "USER_ID": account.get("user_id"),
        "EMAIL": account.get("email"),
        "PASSWORD": account.get("password"),
        "ACCESS_TOKEN": account.get("access_token"),
        "ORGANIZATION_ID": organization.get("id"),
        "ORGANIZATION_CLIENTID": organization.get("client_id"),
        "ORGANIZATION_CLIENTSECRET": organization.get("client_secret"),
        "BILLING_SYNC_TOKEN": organization.get("billing_sync_token"),
        "INSTALLATION_ID": installation.get("id"),
        "INSTALLATION_KEY": installation.get("key"),
    }
    found = {f"{PREFIX}{name}": values[name] for name in EXPORTED}
    found |= {"BW_CLIENTID": account.get("client_id"), "BW_CLIENTSECRET": account.get("client_secret")}
    found |= {"BW_PASSWORD": account.get("password")}
    found |= dict.fromkeys(_TRUSTED, told["ca"])
    return {name: str(value) for name, value in found.items() if value}


def _official(home: Home) -> dict[str, str]:
    told = read_json(home.root / PROXY_FILE)
    if told is None:
        raise stack.StackError(worded("x.cli.envNoProxy"))
    found = {name: str(told["proxy"]) for name in ("HTTPS_PROXY", "https_proxy")}
    found |= dict.fromkeys(("NO_PROXY", "no_proxy"), _NO_PROXY)
    found["NODE_USE_ENV_PROXY"] = "1"  # Node's own clients look at the others from 24.5 on, if told to
    return found | dict.fromkeys(_TRUSTED, str(told["ca_bundle"]))
