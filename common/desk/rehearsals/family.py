"""What the family does that an offer goes to, and what both sides know of it then.

Source: fidelity.md: sponsorship.routes.
"""

from collections.abc import Mapping
from typing import Any

from common.desk.rehearsals.stage import FAMILY, Seen, Stage
from common.desk.stories import family
from common.desk.stories.scene import Caller, StoryFailed, done


def redeem(stage: Stage) -> Seen:
    """By the link of the newest mail; then the cloud is looked at, and the instance, which knows nothing yet."""
    person, answer = family.redeem(stage.scene, FAMILY)
    if not answer.ok:
        return Seen(answer.text, False)
    return Seen("", _is_sponsored(person) and _offer(stage)["status"] == "sent")


def become_active(stage: Stage) -> Seen:
    """The next sync tells the instance; then both sides are looked at."""
    answer = stage.scene.sync_sponsorships()
    if not answer.ok:
        return Seen(answer.text, False)
    offer = _offer(stage)
    active = offer["status"] == "active" and not offer["awaitingSync"]
    return Seen(str(offer["validUntil"] or ""), active and _is_sponsored(family.signed_in(stage.scene, FAMILY)))


def _is_sponsored(person: Caller) -> bool:
    """Whether the cloud has the newest organization of the family on the sponsored price."""
    rows = done(person.call("GET", "/api/accounts/profile")).body["organizations"]
    answers = [person.call("GET", f"/api/organizations/{each['id']}/subscription") for each in rows]
    plans = [done(each).body["subscription"] for each in answers]
    return any(item["sponsoredSubscriptionItem"] for plan in plans if plan for item in plan["items"])


def has_redeemed(stage: Stage) -> bool:
    """Whether the instance knows of an offer that was redeemed."""
    return any(each["validUntil"] for each in _offers(stage))


def _offers(stage: Stage) -> list[dict[str, Any]]:
    answer = stage.scene.instance.call("GET", f"/_sim/organizations/{stage.scene.id}/sponsorships")
    return list(done(answer).body["data"])


def _offer(stage: Stage) -> Mapping[str, Any]:
    """The newest, as the instance has it."""
    rows = _offers(stage)
    if not rows:
        raise StoryFailed("x.story.noSponsorship")
    return rows[-1]
