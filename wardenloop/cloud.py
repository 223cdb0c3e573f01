"""One region of the simulated cloud: accounts, and organizations with what happens to their subscriptions."""

from typing import Any

from wardenloop.licenses import License
from wardenloop.people import Account, ApiKey, buy
from wardenloop.sides import Side

PLANS = {
    "free": 0,
    "families-annually": 22,
    "teams-monthly": 17,
    "teams-annually": 18,
    "enterprise-monthly": 19,
    "enterprise-annually": 20,
    "teams-starter": 21,
}
_BILLING_SYNC = 1


class Organization:
    """An organization on the cloud, with its owner."""

    def __init__(self, cloud: "Cloud", owner: Account, id: str, name: str) -> None:
        self.id = id
        self.name = name
        self.owner = owner
        self._cloud = cloud

    def __repr__(self) -> str:
        return f"<Organization {self.name} {self.id}>"

    @property
    def seats(self) -> int:
        """Read anew at each access; setting it buys or gives back seats."""
        return int(self._details["seats"])

    @seats.setter
    def seats(self, wanted: int) -> None:
        change = wanted - self.seats
        if change:
            self.owner.call("POST", f"/organizations/{self.id}/seat", json={"seatAdjustment": change})

    @property
    def enabled(self) -> bool:
        """Whether it is switched on."""
        found = [each for each in self.owner.profile["organizations"] if each["id"] == self.id]
        return bool(found and found[0]["enabled"])

    @property
    def api_key(self) -> ApiKey:
        """The organization's own API key."""
        body = {"type": 0, "masterPasswordHash": self.owner.password_hash}
        key = self.owner.call("POST", f"/organizations/{self.id}/api-key", json=body)
        return ApiKey(f"organization.{self.id}", str(key["apiKey"]))

    def download_license(self, installation: Any = None) -> License:
        """The licence file for an installation (an object with `id`, or an id); without one for the instance's own."""
        wanted = getattr(installation, "id", installation) or self._cloud.installation_id()
        path = f"/organizations/{self.id}/license"
        return License.of(self.owner.call("GET", path, params={"installationId": wanted}))

    def billing_sync_token(self) -> str:
        """*Generate token*: made at the first call, the same one afterwards."""
        return self._key("api-key")

    def rotate_billing_sync_token(self) -> str:
        """*Rotate token*: the former one is good for nothing any more."""
        return self._key("rotate-api-key")

    def renew(self) -> "Organization":
        """The payment provider renews: a new period is paid."""
        return self._event("renew")

    def cancel(self) -> "Organization":
        """It ends with the paid period, as its owner wants it."""
        self.owner.call("POST", f"/organizations/{self.id}/cancel", json={})
        return self

    def fail_payment(self) -> "Organization":
        """The payment provider could not collect."""
        return self._event("past-due")

    def cause(self, event: str, **details: Any) -> "Organization":
        """Any other billing event (docs/simulation.md). Raises Refused that lists them for an unknown one."""
        return self._event(event, details)

    @property
    def subscription(self) -> dict[str, Any]:
        """What the simulator knows about its billing."""
        found: dict[str, Any] = self._cloud.http.get(f"/_sim/organizations/{self.id}/subscription")
        return found

    @property
    def _details(self) -> dict[str, Any]:
        found: dict[str, Any] = self.owner.call("GET", f"/organizations/{self.id}")
        return found

    def _key(self, action: str) -> str:
        body = {"type": _BILLING_SYNC, "masterPasswordHash": self.owner.password_hash}
        return str(self.owner.call("POST", f"/organizations/{self.id}/{action}", json=body)["apiKey"])

    def _event(self, event: str, details: dict[str, Any] | None = None) -> "Organization":
        self._cloud.http.post(f"/_sim/organizations/{self.id}/subscription/{event}", details or {})
        return self


class Installation:
    """An installation id with its key."""

    def __init__(self, id: str, key: str) -> None:
        self.id = id
        self.key = key

    @property
    def client_id(self) -> str:
        """As the token endpoint knows it."""
        return f"installation.{self.id}"

    def __repr__(self) -> str:
        return f"<Installation {self.id}>"


class Cloud(Side):
    """A region."""

    @property
    def push(self) -> str:
        """The push relay."""
        return f"{self.url}/push"

    def account(self, email: str | None = None, *, password: str | None = None, premium: bool = False) -> Account:
        """Somebody who is registered here. email: made up when left out."""
        found = super().account(email, password=password)
        if premium:
            self.http.post(f"/_sim/users/{found.email}/premium", {})
        return found

    def organization(
        self,
        name: str,
        *,
        plan: str = "enterprise-annually",
        seats: int = 10,
        trial: bool = False,
        owner: Account | None = None,
    ) -> Organization:
        """An organization of somebody (a new account unless one is given). seats: how many there are in the end."""
        if plan not in PLANS:
            raise ValueError(f"There is no plan {plan!r}. There are: {', '.join(PLANS)}.")
        owner = owner or self.account()
        has_seats = plan not in ("free", "families-annually", "teams-starter")
        created = buy(owner, name, PLANS[plan], seats=seats if has_seats else 0, trial=trial)
        return Organization(self, owner, str(created["id"]), name)

    def installation(self, email: str | None = None) -> Installation:
        """A new installation id and key, as bitwarden.com/host gives them."""
        made = self.http.post("/api/installations", {"email": email or self.http.somebody()})
        return Installation(str(made["id"]), str(made["key"]))

    def installation_id(self) -> str:
        """Of the stack's own instance."""
        return str(self._saved.installation["id"])

    @property
    def organizations(self) -> list[Organization]:
        """Those that the world of the test began with."""
        owners = {each.email: each for each in self.accounts}
        found = self._of_this_side(self._saved.organizations)
        return [Organization(self, owners[each["owner"]], each["id"], each["name"]) for each in found]
