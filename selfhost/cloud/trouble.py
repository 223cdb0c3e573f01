"""What really failed: the wire has one text for everything, so the cause and what to do are told beside it."""

from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NameResolutionError

from common.server.destinations import not_on_this_machine
from selfhost.cloud.reading import json_object

_LONGEST_DETAIL = 300


class CloudTrouble(NamedTuple):
    """Why the cloud gave nothing.

    reason: a word for programs (`not-simulated`, `refused`, `name-not-resolved`, `timeout`, `tls`, `unreachable`,
    `invalid-client`, `token-refused`, `back-off`, `not-json`, `unauthorized`, `forbidden`, `not-found`,
    `unknown-organization`, `invalid-billing-sync-key`, `overtaken`, `rejected`, `server-error`).
    advice: what a person can do about it.
    """

    reason: str
    advice: str


def unreachable(error: Exception, url: str) -> CloudTrouble:
    """A call that got no answer."""
    host = urlsplit(url).netloc
    if (outside := not_on_this_machine(error)) is not None:
        return CloudTrouble(
            "not-simulated",
            f"{outside.host} is not on this machine, and nothing else is contacted: either no simulated cloud has this "
            f"name (is it misspelt?), or say which address stands for it: wardenloop__hosts__{outside.host}=URL.",
        )
    if isinstance(error, requests.Timeout):
        return CloudTrouble("timeout", f"{host} did not answer in time; a firewall may drop the packets.")
    if isinstance(error, requests.exceptions.SSLError):
        return CloudTrouble("tls", f"The certificate of {host} is not trusted: {_shortened(error)}")
    if any(isinstance(cause, NameResolutionError) for cause in _causes(error)):
        return CloudTrouble("name-not-resolved", f"{host} cannot be resolved. Check DNS and the configured address.")
    if any(isinstance(cause, ConnectionRefusedError) for cause in _causes(error)):
        return CloudTrouble("refused", f"{host} refuses the connection. Is it running, and does a firewall block it?")
    return CloudTrouble("unreachable", f"{host} cannot be reached: {_shortened(error)}")


def token_refused(response: requests.Response, client_id: str) -> CloudTrouble:
    """An answer of the token endpoint that brings no token."""
    try:
        error = json_object(response.content).get("error")
    except ValueError:
        error = None
    if error == "invalid_client":
        return CloudTrouble(
            "invalid-client",
            f"The cloud of this region does not accept {client_id}: unknown id (from the other region?), "
            "wrong installation key, or a disabled installation.",
        )
    status = f"{response.status_code}{f' {error}' if error else ''}"
    return CloudTrouble("token-refused", f"The cloud gave no access token: {status}.")


OVERTAKEN = "A newer sync of this organization has been taken over already."

_EXPLAINED: dict[str, CloudTrouble] = {
    "Invalid organization": CloudTrouble(
        "unknown-organization",
        "The cloud of this region does not know the organization of this license; does it live in the other region?",
    ),
    "Invalid Billing Sync Key": CloudTrouble(
        "invalid-billing-sync-key",
        "The billing sync token is not the current one: copy it from the cloud again and save it here.",
    ),
    OVERTAKEN: CloudTrouble(
        "overtaken", "A newer sync of this organization has told the cloud more meanwhile. Nothing is left to do."
    ),
}
"""Texts of the cloud's API that name the cause. Source: fidelity.md: license.cloud-sync, sponsorship.sync."""


def rejected(response: requests.Response, url: str) -> CloudTrouble:
    """A refusal by the cloud's API."""
    try:
        message = json_object(response.content).get("message")
    except ValueError:
        message = None
    match response.status_code:
        case 401:
            return CloudTrouble(
                "unauthorized",
                "The API does not accept the token of the identity service; are apiUri and identityUri of one region?",
            )
        case 403:
            return CloudTrouble("forbidden", "The token does not allow this call.")
        case 404:
            return CloudTrouble(
                "not-found", f"The cloud does not know this organization; is {url} the region where it lives?"
            )
        case 400 | 409 if isinstance(message, str) and message in _EXPLAINED:
            return _EXPLAINED[message]
        case status if status >= 500:
            return CloudTrouble("server-error", f"The cloud failed with status {status}.")
        case status:
            return CloudTrouble("rejected", f"The cloud refused with status {status}: {message or response.reason}")


def not_json(url: str) -> CloudTrouble:
    """An answer that no Bitwarden server gives."""
    return CloudTrouble("not-json", f"{url} answers something else than Bitwarden; a proxy or a captive portal?")


def _causes(error: BaseException) -> list[BaseException]:
    """The exception and everything inside it: causes, contexts and wrapped reasons."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
    return found


def _shortened(error: Exception) -> str:
    return str(error)[:_LONGEST_DETAIL]
