"""What really failed: the wire has one text for everything, so the cause and what to do are told beside it.

A cause comes from what is there to be seen (content type, body, the configured addresses), never from a status alone:
any web server answers 404.
"""

from enum import Enum
from typing import NamedTuple
from urllib.parse import urlsplit

import requests

from common.configuration.official import is_official, official_region
from common.server.observed import note_trouble
from selfhost.cloud.network import REDIRECTS
from selfhost.cloud.reading import json_object
from selfhost.cloud.symptoms import InBetween
from selfhost.cloud.telling import egress_of
from selfhost.cloud.unreached import Unreached
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.egress.rules import InForce


class CloudTrouble(NamedTuple):
    """Why the cloud gave nothing.

    reason: a word for programs (`not-simulated`, `no-api-host`, `wrong-port`, `plain-http-address`, `swapped`,
    `no-such-path`, `refused`, `name-not-resolved`, `timeout`, `tls`, `tls-expired`, `tls-name`, `no-tls`, `proxy`,
    `redirected`, `web-page`, `unreachable`, `invalid-client`, `token-refused`, `back-off`, `not-json`, `unauthorized`,
    `forbidden`, `not-found`, `unknown-organization`, `invalid-billing-sync-key`, `overtaken`, `rejected`,
    `server-error`).
    symptom: what a person can do about it. egress: the rule of the simulated network that did it, None = none did.
    """

    reason: str
    symptom: str
    egress: InForce | None = None

    @property
    def advice(self) -> str:
        """The symptom as it is, and beside it what makes it where the network is a simulated one."""
        if self.egress is None:
            return self.symptom
        said = f"The simulated network does this: egress rule {self.egress.rule.value} of {self.egress.host}."
        return f"{self.symptom} {said}"


def note(trouble: CloudTrouble) -> None:
    """Tell whoever observes why the request that needed the cloud is refused."""
    note_trouble(trouble.reason, trouble.symptom, egress_of(trouble.egress), called=True)


class Part(Enum):
    """Which of the configured addresses a call is about: how it is called, and which setting holds it."""

    IDENTITY = ("identity", "globalSettings__installation__identityUri")
    API = ("api", "globalSettings__installation__apiUri")
    PUSH = ("push", "globalSettings__pushRelayBaseUri")

    @property
    def service(self) -> str:
        return self.value[0]

    @property
    def setting(self) -> str:
        return self.value[1]

    def address(self, deployment: SelfHostSettings) -> str:
        """As it is written."""
        match self:
            case Part.IDENTITY:
                return deployment.installation_identity_uri
            case Part.API:
                return deployment.installation_api_uri
            case Part.PUSH:
                return deployment.push_relay_base_uri or ""


_NETWORK = {
    "timeout": "{host} did not answer in time; a firewall may drop the packets.",
    "tls": "The certificate of {host} is not trusted: {detail} A private authority belongs into bwdata/ca-certificates "
    "(*.crt, PEM), then restart.",
    "tls-expired": "The certificate of {host} has expired, or one of the two clocks is wrong.",
    "tls-name": "The certificate of {host} is that of another name.",
    "no-tls": "{host} speaks no TLS: is it a port for plain HTTP, or does something in between answer?",
    "name-not-resolved": "{host} cannot be resolved. Check DNS and the configured address.",
    "refused": "{host} refuses the connection. Is it running, and does a firewall block it?",
    "unreachable": "{host} cannot be reached: {detail}",
}


def _made_by(response: requests.Response) -> InForce | None:
    return response.egress if isinstance(response, InBetween) else None


def unreachable(failed: Unreached, part: Part, deployment: SelfHostSettings) -> CloudTrouble:
    """A call that got no answer."""
    return _unreachable(failed, part, deployment)._replace(egress=failed.egress)


def _unreachable(failed: Unreached, part: Part, deployment: SelfHostSettings) -> CloudTrouble:
    if failed.reason == "not-simulated":
        return _not_simulated(failed.host.rpartition(":")[0], part, deployment)
    if failed.reason == "proxy":
        name = f"{failed.proxy.variable} ({failed.proxy.address})" if failed.proxy else "A proxy in between"
        return CloudTrouble("proxy", f"{name} does not let {failed.host} through: {failed}")
    return CloudTrouble(failed.reason, _NETWORK[failed.reason].format(host=failed.host, detail=failed))


def _not_simulated(host: str, part: Part, deployment: SelfHostSettings) -> CloudTrouble:
    """The address leads nowhere in this world. Where a real one would be at fault too, that is what is told."""
    address = part.address(deployment)
    port, region = urlsplit(address).port, official_region(host)
    if region is not None and port not in (None, 80, 443) and host in deployment.simulator.hosts:
        return CloudTrouble("wrong-port", f"Bitwarden's {host} serves port 443 only, not {port}: see {part.setting}.")
    if region is not None and host not in deployment.simulator.hosts:
        right = f"https://{part.service}.{host_domain(host)}"
        return CloudTrouble(
            "no-api-host", f"{host} is no such host of Bitwarden: {part.setting} of the {region} is {right}."
        )
    return CloudTrouble(
        "not-simulated",
        f"{host} is not on this machine, and nothing else is contacted: either no simulated cloud has this "
        f"name (is it misspelt?), or say which address stands for it: wardenloop__hosts__{host}=URL.",
    )


def host_domain(host: str) -> str:
    """`bitwarden.eu` of `www.bitwarden.eu`."""
    return ".".join(host.split(".")[-2:])


def token_refused(response: requests.Response, deployment: SelfHostSettings) -> CloudTrouble:
    """An answer of the token endpoint that brings no token."""
    return _token_refused(response, deployment)._replace(egress=_made_by(response))


def _token_refused(response: requests.Response, deployment: SelfHostSettings) -> CloudTrouble:
    try:
        error = json_object(response.content).get("error")
    except ValueError:
        return _stranger(response, Part.IDENTITY, deployment) or CloudTrouble(
            "token-refused", f"The cloud gave no access token: {_status(response)}."
        )
    if error == "invalid_client":
        return CloudTrouble(
            "invalid-client",
            f"The cloud of this region does not accept installation.{deployment.installation_id}: unknown id (from the "
            "other region?), wrong installation key, or a disabled installation.",
        )
    return CloudTrouble("token-refused", f"The cloud gave no access token: {_status(response)}{_after(error)}.")


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

_NOT_FOUND = "Resource not found."


def rejected(response: requests.Response, part: Part, deployment: SelfHostSettings) -> CloudTrouble:
    """A refusal by the cloud's API, or by who stands where it should be."""
    return _rejected(response, part, deployment)._replace(egress=_made_by(response))


def _rejected(response: requests.Response, part: Part, deployment: SelfHostSettings) -> CloudTrouble:
    try:
        message = json_object(response.content).get("message")
    except ValueError:
        return _bare(response, part, deployment)
    if not isinstance(message, str):
        return _stranger(response, part, deployment) or _not_json(response)
    if message in _EXPLAINED:
        return _EXPLAINED[message]
    if message == _NOT_FOUND:
        return CloudTrouble(
            "not-found", f"The cloud does not know this organization; is {response.url} the region where it lives?"
        )
    if response.status_code >= requests.codes.server_error:
        return CloudTrouble("server-error", f"The cloud failed with status {response.status_code}.")
    return CloudTrouble("rejected", f"The cloud refused with status {response.status_code}: {message}")


def _bare(response: requests.Response, part: Part, deployment: SelfHostSettings) -> CloudTrouble:
    """An answer that is no JSON: of the cloud's framework (401 and 403 without a body), or of somebody else."""
    if not response.content:
        if response.status_code == requests.codes.unauthorized and _wants_a_token(response):
            return CloudTrouble(
                "unauthorized",
                "The API does not accept the token of the identity service; are apiUri and identityUri of one region?",
            )
        if response.status_code == requests.codes.forbidden:
            return CloudTrouble("forbidden", "The token does not allow this call.")
    return _stranger(response, part, deployment) or _not_json(response)


def _stranger(response: requests.Response, part: Part, deployment: SelfHostSettings) -> CloudTrouble | None:
    """Who answers that is not the one who was asked, as far as the answer and the configuration tell."""
    url, status = response.url, _status(response)
    if response.status_code == requests.codes.proxy_authentication_required:
        return CloudTrouble("proxy", f"A proxy wants to be logged in at before it lets anybody to {url}: {status}.")
    address = part.address(deployment)
    if _is_plain(address):
        return CloudTrouble(
            "plain-http-address",
            f"{part.setting}={address} begins with http: Bitwarden answers that with a redirect to https, and what "
            f"follows a redirect is no POST and has no token ({status}). Write https.",
        )
    if response.status_code in REDIRECTS:
        return CloudTrouble(
            "redirected", f"{url} is answered with a redirect to {response.headers.get('Location', '')}, not followed."
        )
    if _is_page(response):
        return CloudTrouble(
            "web-page",
            f"{url} is answered with a web page ({status}), not by Bitwarden: a captive portal, a proxy, or another "
            "site at this address.",
        )
    if response.status_code in (requests.codes.not_found, requests.codes.method_not_allowed) and not response.content:
        if (other := _swapped_with(part, deployment)) is not None:
            return CloudTrouble(
                "swapped", f"{part.setting} holds the address of the {other} service; are the two swapped?"
            )
        return CloudTrouble(
            "no-such-path", f"The server of {part.setting} has nothing at {url} ({status}): check host and path."
        )
    if response.status_code >= requests.codes.server_error:
        return CloudTrouble("server-error", f"The cloud failed with status {response.status_code}.")
    return None


def _swapped_with(part: Part, deployment: SelfHostSettings) -> str | None:
    """The service whose address stands where that of another belongs, told by its name."""
    here = urlsplit(part.address(deployment))
    for other in Part:
        there = urlsplit(other.address(deployment))
        by_host = (here.hostname or "").startswith(f"{other.service}.")
        by_path = here.path.strip("/") == other.service and there.path.strip("/") == part.service
        if other is not part and (by_host or by_path):
            return other.service
    return None


def not_json(response: requests.Response) -> CloudTrouble:
    """An answer that no Bitwarden server gives."""
    return _not_json(response)._replace(egress=_made_by(response))


def _not_json(response: requests.Response) -> CloudTrouble:
    if _is_page(response):
        return CloudTrouble(
            "web-page",
            f"{response.url} is answered with a web page ({_status(response)}), not by Bitwarden: a captive portal, a "
            "proxy, or another site at this address.",
        )
    return CloudTrouble(
        "not-json",
        f"{response.url} answers something else than Bitwarden ({_status(response)}); something in between, or "
        "another server?",
    )


def wrong_kind_of_server(response: requests.Response, part: Part, deployment: SelfHostSettings) -> CloudTrouble:
    """For a try: an answer that is good in itself, or a 404 with a body, but not that of this part of Bitwarden."""
    trouble = _stranger(response, part, deployment) or _not_json(response)
    return trouble._replace(egress=_made_by(response))


def _is_page(response: requests.Response) -> bool:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind in ("text/html", "application/xhtml+xml") or response.content.lstrip()[:1] == b"<"


def _is_plain(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "http" and is_official((parts.hostname or "").rstrip("."))


def _wants_a_token(response: requests.Response) -> bool:
    """Whether it is a token that is missing, and not a login at something in between."""
    return response.headers.get("WWW-Authenticate", "Bearer").startswith("Bearer")


def _status(response: requests.Response) -> str:
    """`404 text/html`, `404 without a body`."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip() or "no content type"
    return f"{response.status_code} {kind if response.content else 'without a body'}"


def _after(error: object) -> str:
    return f" {error}" if isinstance(error, str) else ""
