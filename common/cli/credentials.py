"""Ready credentials: what `wardenloop urls --json` prints, so that a first call needs no key derivation.

Source: fidelity.md: billing-sync.api-keys, identity.token.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from common.cli.failure import RequestFailed
from common.cli.home import PROXY_FILE, Home, SavedAccount, SavedInstallation, SavedOrganization
from common.files import read_json

if TYPE_CHECKING:
    from common.cli.client import Client, Server

_DEVICE = {
    "deviceType": "25",  # the Linux command line client
    "deviceIdentifier": "6b1f0b4c-77d0-4c36-9d0e-2f4f6a5b8c11",
    "deviceName": "wardenloop",
}


def account_of(client: "Client", password: str, app: str, role: str) -> SavedAccount:
    """The account of somebody who is signed in, with the personal API key."""
    key = client.post("/accounts/api-key", {"masterPasswordHash": client.password_hash})
    user = str(client.profile()["id"])
    return SavedAccount(client.email, password, app, role, user, f"user.{user}", str(key["apiKey"]))


def organization_of(owner: "Client", app: str, organization: str) -> SavedOrganization:
    """An organization with its public API key; the owner asks for it."""
    body = {"type": 0, "masterPasswordHash": owner.password_hash}
    key = owner.post(f"/organizations/{organization}/api-key", body)
    name = str(owner.organization(organization)["name"])
    client = f"organization.{organization}"
    return SavedOrganization(app, organization, name, owner.email, client, str(key["apiKey"]))


def installation_of(app: str, answer: dict[str, Any]) -> SavedInstallation:
    """An installation as `POST /installations` answered it."""
    return SavedInstallation(app, str(answer["id"]), str(answer["key"]), f"installation.{answer['id']}")


def ready(home: Home, *, running: bool) -> dict[str, Any]:
    """All that is known of a stack. running: also a fresh access token for each account, None where there is none."""
    saved = home.saved()
    servers = _servers(home) if running and saved.accounts else {}
    accounts = [asdict(each) | {"access_token": access_token(servers.get(each.app), each)} for each in saved.accounts]
    return {
        **home.urls(),
        "control": f"{home.urls()['start']}/_sim",
        "home": str(home.root),
        "ca": str(home.ca) if home.ca else None,
        **(read_json(home.root / PROXY_FILE) or {}),
        "license_certificate": str(home.certificate_dir / "license.crt.pem"),
        "accounts": accounts,
        "organizations": [asdict(each) for each in saved.organizations],
        "installations": [asdict(each) for each in saved.installations],
    }


def _servers(home: Home) -> "dict[str, Server]":
    from common.cli.client import Server  # noqa: PLC0415 - a world without accounts asks nobody

    return {app: Server(url, ca=home.ca) for app, url in home.urls().items()}


def access_token(server: "Server | None", account: SavedAccount) -> str | None:
    """By the personal API key, as `bw login --apikey`; None when the app does not answer or has changed the key."""
    if server is None or account.client_secret is None:
        return None
    form = {
        "grant_type": "client_credentials",
        "scope": "api",
        "client_id": account.client_id,
        "client_secret": account.client_secret,
    }
    try:
        answer = server.call("POST", "/identity/connect/token", data=form | _DEVICE)
    except RequestFailed:
        return None
    return str(answer["access_token"])
