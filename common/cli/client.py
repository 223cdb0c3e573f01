"""A small HTTP client that does what a Bitwarden client does: register, derive, sign in, refresh, call.

It shares no code with the servers it talks to; what is sent and what comes back can be watched.
Source: fidelity.md: clients.calls, identity.registration, identity.token.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import requests
from urllib3.filepost import encode_multipart_formdata

from common.cli.failure import RequestFailed as RequestFailed
from common.crypto import account
from common.enums import KdfType
from common.ids import Ids
from common.server.destinations import Destinations, NotOnThisMachine
from common.server.http.session import create_session
from common.server.seeding import nonces_of
from common.wire.registration import finished

TIMEOUT_SECONDS = 120.0
MAIL_PATIENCE_SECONDS = 20.0
_POLL_SECONDS = 0.1
_BOUNDARY_BYTES = 16
_FINISH_SIGN_UP = "finish-signup?"
_DEVICE_TYPE = "25"  # the Linux command line client
_HEADERS = {
    "User-Agent": "wardenloop",
    "Accept": "application/json",
    "Bitwarden-Client-Name": "cli",
    "Bitwarden-Client-Version": "2026.8.0",
    "Device-Type": _DEVICE_TYPE,
}


@dataclass(frozen=True)
class Exchange:
    """One request and its answer. sent, received: text of the bodies, "" when empty."""

    method: str
    url: str
    sent: str
    status: int
    received: str


Observer = Callable[[Exchange], None]


class Server:
    """One running app, called without an account."""

    def __init__(self, base_url: str, observe: Observer | None = None, *, ca: Path | None = None) -> None:
        """ca: PEM file of the authority to trust, where the app speaks https."""
        self.base_url = base_url.rstrip("/")
        here = Destinations.to(base_url)
        self._session = create_session(TIMEOUT_SECONDS, destinations=here, headers=_HEADERS, ca_bundle=ca)
        self._observe = observe or (lambda exchange: None)

    def call(self, method: str, path: str, *, bearer: str | None = None, **body: Any) -> Any:
        """Do one request; give back the decoded JSON, or the text, of a success. Raises RequestFailed.

        body: `json`, `data`, `files`, `params` or `headers`, as requests takes them.
        """
        headers = body.pop("headers", {}) | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        try:
            response = self._session.request(method, self.base_url + path, headers=headers, **body)
        except requests.RequestException as error:
            raise RequestFailed(f"{method} {path}", 0, _silence(error, self.base_url)) from error
        self._observe(_exchange_of(response))
        if not response.ok:
            raise RequestFailed(f"{method} {path}", response.status_code, _message_of(response))
        return _content_of(response)

    def lines(self, path: str) -> Iterator[str]:
        """POST of nothing, answered line by line as things happen. Raises RequestFailed."""
        try:
            with self._session.post(self.base_url + path, stream=True) as response:
                if not response.ok:
                    raise RequestFailed(f"POST {path}", response.status_code, _message_of(response))
                for line in response.iter_lines(chunk_size=1):
                    yield line.decode()
        except requests.RequestException as error:
            raise RequestFailed(f"POST {path}", 0, _silence(error, self.base_url)) from error

    def get(self, path: str, **params: str) -> Any:
        """GET with query parameters."""
        return self.call("GET", path, params=params)

    def post(self, path: str, json: Any = None) -> Any:
        """POST of a JSON body."""
        return self.call("POST", path, json=json)

    def is_alive(self, path: str = "/api/alive") -> bool:
        """Whether the app answers."""
        try:
            self.call("GET", path)
        except RequestFailed:
            return False
        return True

    def clock(self) -> dict[str, Any]:
        """Simulated time: `now`, `offsetSeconds`, `frozen`."""
        clock: dict[str, Any] = self.get("/_sim/clock")
        return clock

    def move_clock(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """Set (`now`, `freeze`), advance (`advanceSeconds`) or `reset` this app's time, whatever the others' is."""
        clock: dict[str, Any] = self.post("/_sim/clock", {**change, "jump": True})
        return clock


class Client:
    """One person's client, signed in to one server. draw: makes the bytes of keys where ids come from a seed."""

    def __init__(self, server: Server, email: str, password: str, ids: Ids) -> None:
        self.server = server
        self.email = account.normalised_email(email)
        self._password = password
        self.draw = nonces_of(ids)
        self._device = str(ids.uuid())
        self._hash: str | None = None
        self._tokens: dict[str, Any] = {}

    @property
    def password_hash(self) -> str:
        """What proves the master password to this server (derived with the settings that prelogin names)."""
        if self._hash is None:
            key = account.master_key(self._password, self.email, self._kdf())
            self._hash = account.server_hash(key, self._password)
        return self._hash

    def knows(self, password_hash: str) -> None:
        """What `password_hash` will be: whoever has made the account has derived it."""
        self._hash = password_hash

    def _kdf(self) -> account.Kdf:
        answer = self.server.post("/identity/accounts/prelogin/password", {"email": self.email})
        return account.Kdf(
            KdfType(answer["kdf"]), answer["kdfIterations"], answer.get("kdfMemory"), answer.get("kdfParallelism")
        )

    @property
    def public_key(self) -> str:
        """What others wrap keys with for this account: base64 of a DER SubjectPublicKeyInfo, as the server gave it."""
        pair: dict[str, str] = self._tokens["AccountKeys"]["publicKeyEncryptionKeyPair"]
        return pair["publicKey"]

    def organization_key(self, organization_id: str) -> bytes:
        """The key of an organization, unwrapped as the vault does after unlocking. LookupError: not a member."""
        wrapped = str(self.organization(organization_id)["key"])
        user_key = account.unlock(self._password, self.email, self._kdf(), self._tokens["Key"])
        return account.unwrap_key(account.decrypt(user_key, self._tokens["PrivateKey"]), wrapped)

    def sign_in(self) -> "Client":
        """Password grant; keeps the tokens."""
        self._tokens = self._token(
            grant_type="password",
            scope="api offline_access",
            username=self.email,
            password=self.password_hash,
            deviceType=_DEVICE_TYPE,
            deviceIdentifier=self._device,
            deviceName="wardenloop",
        )
        return self

    def refresh(self) -> None:
        """Renew the access token, or sign in again when the refresh token has expired meanwhile."""
        try:
            self._tokens |= self._token(grant_type="refresh_token", refresh_token=self._tokens["refresh_token"])
        except RequestFailed as failure:
            if failure.status != 400:
                raise
            self.sign_in()

    def _token(self, **fields: str) -> dict[str, Any]:
        form = {"client_id": "cli", **fields}
        answer: dict[str, Any] = self.server.call("POST", "/identity/connect/token", data=form)
        return answer

    def call(self, method: str, path: str, **body: Any) -> Any:
        """Call an API path (below `/api`) with the access token, renewing it once when it is refused."""
        if not self._tokens:
            self.sign_in()
        try:
            return self.server.call(method, "/api" + path, bearer=self._tokens["access_token"], **body)
        except RequestFailed as failure:
            if failure.status != 401:
                raise
        self.refresh()
        return self.server.call(method, "/api" + path, bearer=self._tokens["access_token"], **body)

    def get(self, path: str, **params: str) -> Any:
        """GET with query parameters."""
        return self.call("GET", path, params=params)

    def post(self, path: str, json: Any = None) -> Any:
        """POST of a JSON body."""
        return self.call("POST", path, json=json)

    def upload(self, path: str, license_text: str, **fields: str) -> Any:
        """POST a licence file as the web vault does: multipart, part `license`."""
        parts: dict[str, Any] = {**fields, "license": ("license.json", license_text, None)}
        body, kind = encode_multipart_formdata(parts, self.draw(_BOUNDARY_BYTES).hex() if self.draw else None)
        return self.call("POST", path, data=body, headers={"Content-Type": kind})

    def profile(self) -> dict[str, Any]:
        """The account and its organizations."""
        profile: dict[str, Any] = self.get("/accounts/profile")
        return profile

    def organization(self, organization_id: str) -> dict[str, Any]:
        """One of the organizations of the profile. Raises LookupError when the account is in no such organization."""
        for organization in self.profile()["organizations"]:
            if organization["id"] == organization_id:
                return dict(organization)
        raise LookupError(f"{self.email} is in no organization {organization_id}")


class Mailbox:
    """The built-in mailbox, read over HTTP."""

    def __init__(
        self,
        base_url: str,
        observe: Observer | None = None,
        *,
        ca: Path | None = None,
        shown: Mapping[str, str] | None = None,
    ) -> None:
        """shown: base URL of an app -> its address in links, where a reverse proxy shows it."""
        self._server = Server(base_url, observe, ca=ca)
        self._shown = shown or {}

    def wait_for(self, to: str, *, subject: str = "", link_to: str = "", carrying: str = "") -> dict[str, Any]:
        """The newest mail to this address, with `subject` in its subject and a link into the app at `link_to`.

        carrying: a text (not URL-encoded) that this link has to contain.
        Raises TimeoutError when none comes.
        """
        end = time.monotonic() + MAIL_PATIENCE_SECONDS
        shown = [
            at + link_to.removeprefix(url) for url, at in self._shown.items() if link_to and link_to.startswith(url)
        ]
        places = (link_to, *shown)
        while True:
            for mail in self._server.get("/api/messages", to=to, subject=subject)["data"]:
                links = (link for link in mail["links"] if carrying in unquote_plus(link))
                if not (link_to or carrying) or any(link.startswith(places) for link in links):
                    return dict(mail)
            if time.monotonic() > end:
                raise TimeoutError(f"no mail {subject!r} to {to} within {MAIL_PATIENCE_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)


def link_parameters(mail: Mapping[str, Any], name: str) -> dict[str, str]:
    """The parameters of the first link in a mail that has the parameter `name`, also behind `#`. LookupError if none.

    The links of the real vault carry their parameters behind a hash: `/#/verify-email?userId=..&token=..`.
    """
    for link in mail["links"]:
        parts = urlsplit(link)
        query = parts.fragment.partition("?")[2] or parts.query
        parameters = {key: values[0] for key, values in parse_qs(query).items()}
        if name in parameters:
            return parameters
    raise LookupError(f"the mail {mail['subject']!r} has no link with {name}")


def register(
    server: Server, mailbox: Mailbox, email: str, password: str, name: str, ids: Ids, kdf: account.Kdf | None = None
) -> Client:
    """Open an account as the web vault does (by way of the mailbox where the server asks for it); sign in.

    kdf: the default of today's clients when left out. Source: fidelity.md: identity.registration.
    """
    token = request_registration(server, email, name) or mailed_registration_token(mailbox, server, email)
    return finish_registration(server, email, password, token, ids, kdf)


def request_registration(server: Server, email: str, name: str) -> str:
    """The first half: the token that proves the address, or "" when the server sends it by mail."""
    wanted = {"email": email, "name": name, "receiveMarketingEmails": False}
    return str(server.post("/identity/accounts/register/send-verification-email", wanted))


def mailed_registration_token(mailbox: Mailbox, server: Server, email: str) -> str:
    """The token in the link of the verification mail that this server sent; an offer may come in at the same time."""
    mail = mailbox.wait_for(email, link_to=server.base_url, carrying=_FINISH_SIGN_UP)
    return link_parameters(mail, "token")["token"]


def finish_registration(
    server: Server, email: str, password: str, token: str, ids: Ids, wanted_kdf: account.Kdf | None = None
) -> Client:
    """The second half: follow the link, choose the master password, sign in."""
    clicked = {"email": email, "emailVerificationToken": token}
    server.post("/identity/accounts/register/verification-email-clicked", clicked)
    return open_account(server, email, password, {"emailVerificationToken": token}, ids, wanted_kdf)


def open_account(
    server: Server,
    email: str,
    password: str,
    proof: Mapping[str, str],
    ids: Ids,
    wanted_kdf: account.Kdf | None = None,
) -> Client:
    """Choose the master password and sign in. proof: the member of the body with the token that admits the address."""
    keys = account.new_account(email, password, wanted_kdf, draw=nonces_of(ids))
    server.post("/identity/accounts/register/finish", finished(email, keys, proof))
    client = Client(server, email, password, ids)
    client.knows(keys.master_password_hash)
    return client.sign_in()


def _exchange_of(response: requests.Response) -> Exchange:
    sent = response.request.body or b""
    return Exchange(
        method=response.request.method or "",
        url=response.request.url or "",
        sent=sent.decode("utf-8", "replace") if isinstance(sent, bytes) else str(sent),
        status=response.status_code,
        received=response.text,
    )


def _silence(error: requests.RequestException, base_url: str) -> str:
    """Why nothing came back, without the names of a library's classes."""
    if isinstance(error, requests.Timeout):
        return f"from {base_url} within {TIMEOUT_SECONDS:.0f} s"
    if isinstance(error, requests.exceptions.SSLError):
        return f"from {base_url}: its certificate is not trusted"
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ConnectionError | NotOnThisMachine):
        cause = cause.__cause__ or cause.__context__
    return f"from {base_url}" if cause is None else f"from {base_url}: {getattr(cause, 'strerror', None) or cause}"


def _content_of(response: requests.Response) -> Any:
    if "json" in response.headers.get("Content-Type", "") and response.content:
        return response.json()
    return response.text


def _message_of(response: requests.Response) -> str:
    """What the server says went wrong, in its own words."""
    try:
        body = response.json()
    except requests.JSONDecodeError:
        return response.text[:200]
    if not isinstance(body, dict):
        return str(body)
    if "error" in body:  # the token endpoint
        model = body.get("ErrorModel") or {}
        return str(model.get("Message") or body.get("error_description") or body["error"])
    details = [text for texts in (body.get("validationErrors") or {}).values() for text in texts]
    return " ".join([str(body.get("message", "")), *details]).strip()
