"""An Enterprise organization on both sides, connected, and the people around its sponsorships."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus
from uuid import UUID

import requests
import sqlalchemy as sa
from requests.adapters import BaseAdapter

from common.domains.organizations.models import Organization
from common.domains.sponsorships.models import OrganizationSponsorship
from common.domains.sponsorships.rules import status_of
from common.server.http.wsgi import WsgiAdapter
from common.server.mail.messages import Mail
from common.server.transaction import db
from tests.support.harness import Person, Side
from tests.support.scenarios import billing_sync_token, connect, create_from_license, download_license, new_organization

if TYPE_CHECKING:
    from tests.support.harness import Pair

FAMILIES_ANNUALLY = 22
OFFER_SUBJECT = "Accept Your Free Families Subscription"
SELF_HOSTED = "/api/organization/sponsorship/self-hosted"


@dataclass
class SponsorLoop:
    """The instance's organization `id`, its twin `cloud_id`, and what people do with sponsorships of it."""

    pair: "Pair"
    id: str
    cloud_id: str
    families: dict[str, "Families"] = field(default_factory=dict)

    def offer(self, email: str, by: Person | None = None, **more: Any) -> requests.Response:
        """A member gives something away on the instance."""
        body = {"planSponsorshipType": 0, "sponsoredEmail": email, "friendlyName": email} | more
        return (by or self.pair.owner).api.post(f"{SELF_HOSTED}/{self.id}/families-for-enterprise", json=body)

    def revoke(self, by: Person | None = None) -> requests.Response:
        """A member takes the own offer back."""
        return (by or self.pair.owner).api.delete(f"{SELF_HOSTED}/{self.id}")

    def revoke_named(self, name: str) -> requests.Response:
        """An administrator takes an offer back."""
        return self.pair.owner.api.delete(f"{SELF_HOSTED}/{self.id}/{name}/revoke")

    def sync(self) -> dict[str, Any]:
        """Manual sync through simulator control; the run."""
        answer = self.pair.selfhost.client.post(f"/_sim/organizations/{self.id}/sponsorships/sync")
        assert answer.status_code == 200, answer.text
        run: dict[str, Any] = answer.json()
        return run

    def rows(self) -> list[OrganizationSponsorship]:
        """The instance's rows, oldest first, detached."""
        return rows_of(self.pair.selfhost, self.id)

    def cloud_rows(self) -> list[OrganizationSponsorship]:
        """The cloud's rows, oldest first, detached."""
        return rows_of(self.pair.cloud, self.cloud_id)

    def status(self, email: str) -> tuple[str, bool] | None:
        """The word of the instance's row of this name, and whether it waits for a sync."""
        found = [row for row in self.rows() if row.friendly_name == email]
        if not found:
            return None
        return status_of(found[0], by_sync=True).value, found[0].pending_since is not None

    def offer_mails(self) -> list[Mail]:
        """The offers that the cloud mailed."""
        return [mail for mail in self.pair.cloud.mails if mail.subject == OFFER_SUBJECT]

    def agrees(self) -> bool:
        """Whether both sides tell the same story of every sponsorship that the instance has."""
        return sorted(map(_story, self.rows()), key=repr) == sorted(map(_story, self.cloud_rows()), key=repr)


def _story(row: OrganizationSponsorship) -> tuple[Any, ...]:
    return row.sponsoring_organization_user_id, row.friendly_name, row.valid_until, row.to_delete, row.last_sync_date


@dataclass
class Families:
    """Somebody on the cloud who was offered a Families plan: an account and a paid Families organization."""

    loop: SponsorLoop
    email: str
    person: Person = field(init=False)
    organization: str = field(init=False)

    def __post_init__(self) -> None:
        self.person = self.loop.pair.cloud.sign_up(self.email)
        made = new_organization(self.person, "Family", FAMILIES_ANNUALLY, additionalSeats=0)
        self.organization = made["id"]

    def token(self) -> str:
        """The token of the newest offer mailed to this address."""
        mail = next(mail for mail in reversed(self.loop.offer_mails()) if mail.to == self.email)
        found = re.search(r"token=([^&\s]+)", mail.text)
        assert found is not None
        return unquote_plus(found.group(1))

    def redeem(self, token: str | None = None) -> requests.Response:
        """Take the offer."""
        return self.person.api.post(
            "/api/organization/sponsorship/redeem",
            params={"sponsorshipToken": token or self.token()},
            json={"planSponsorshipType": 0, "sponsoredOrganizationId": self.organization},
        )

    def remove(self) -> requests.Response:
        """Give the sponsorship up."""
        return self.person.api.delete(f"/api/organization/sponsorship/sponsored/{self.organization}")


def licensed_world(pair: "Pair") -> SponsorLoop:
    """A connected pair with a fresh organization, as its licence says, and no sponsorships."""
    return SponsorLoop(pair, *pair.once("licensed world", lambda: _licensed_world(pair)))


def _licensed_world(pair: "Pair") -> tuple[str, str]:
    cloud_id = new_organization(pair.cloud_owner)["id"]
    license_file = download_license(pair.cloud_owner, cloud_id, pair.installation["id"])
    organization = str(create_from_license(pair.owner, license_file)["id"])
    connect(pair.owner, organization, billing_sync_token(pair.cloud_owner, cloud_id))
    return organization, cloud_id


def world(pair: "Pair") -> SponsorLoop:
    """The same, whose administrators may sponsor people who are no members. Its licence does not say so."""
    loop = licensed_world(pair)
    for side, known_as in ((pair.selfhost, loop.id), (pair.cloud, loop.cloud_id)):
        with side.app.app_context():  # Bitwarden switches this on by hand
            mine = sa.update(Organization).where(Organization.id == UUID(known_as))
            db.session.execute(mine.values(use_admin_sponsored_families=True))
            db.session.commit()
    return loop


def rows_of(side: Side, organization_id: str) -> list[OrganizationSponsorship]:
    """The sponsorships that an app has of an organization, oldest first, detached."""
    row = OrganizationSponsorship
    with side.app.app_context():
        query = sa.select(row).where(row.sponsoring_organization_id == UUID(organization_id))
        found = list(db.session.scalars(query.order_by(row.creation_date, row.friendly_name)))
        db.session.expunge_all()
        return found


class Line(BaseAdapter):
    """The line between instance and cloud. Cut on the way back, the cloud does its work and nobody hears of it.

    before: called with each request before it is delivered. lost: how many of the next sync answers get lost.
    delays: whether sync requests are held up until the client has given up (`deliver_late`).
    """

    def __init__(self, cloud: Side) -> None:
        super().__init__()
        self._adapter = WsgiAdapter(cloud.app)
        self.lost = 0
        self.down = self.delays = False
        self.late: list[requests.PreparedRequest] = []
        self.before: Any = None
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.requests.append(request)
        if self.down:
            raise requests.ConnectionError("down")
        if self.before is not None:
            self.before(request)
        if self.delays and str(request.url).endswith("/sponsorship/sync"):
            chunks: Any = request.body  # gone once they were read
            request.body = b"".join(chunks)
            self.late.append(request)
            raise requests.Timeout("no answer in time")
        answer = self.deliver(request)
        if self.lost and str(request.url).endswith("/sponsorship/sync"):
            self.lost -= 1
            raise requests.ConnectionError("cut on the way back")
        return answer

    def deliver(self, request: requests.PreparedRequest) -> requests.Response:
        """A request reaches the cloud."""
        return self._adapter.send(request)

    def deliver_late(self) -> requests.Response:
        """The oldest request that was held up reaches the cloud now."""
        return self.deliver(self.late.pop(0))

    def close(self) -> None:
        """Nothing is open."""


def line_of(pair: "Pair") -> Line:
    """Put a line between the two sides that a test can watch and cut."""
    line = Line(pair.cloud)
    pair.selfhost.app.extensions["wardenloop"].http.mount(pair.cloud.base_url, line)
    return line
