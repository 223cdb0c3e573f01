"""The guided run from the first step to the last: the page on licences, then the page on sponsorships in each region.

The individual licence is applied before simulated time moves, so that it has expired when it is updated at the end.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from common.cli.loop import (
    automatic_sync,
    individual,
    organization,
    renewal,
    sponsorship_life,
    sponsorship_offer,
    sponsorship_region,
    sponsorship_setup,
)
from common.cli.loop.step import Step
from common.documents import LICENSES, SPONSORSHIPS

DOCUMENTS = (LICENSES, SPONSORSHIPS)
"""The pages of the documentation, by the numbers of their files."""

REGIONS = ("US", "EU")


@dataclass(frozen=True)
class Chapter:
    """A document played in one region, with people of its own."""

    document: str
    region: str
    steps: tuple[Step, ...]


_LICENSE_STEPS: tuple[Step, ...] = (
    organization.register_owner,
    organization.subscribe,
    organization.find_installation,
    organization.download_organization_license,
    organization.create_organization,
    organization.add_seats,
    organization.update_manually,
    organization.update_old_server,
    organization.refuse_families,
    automatic_sync.refuse_trial,
    automatic_sync.enable_cloud_communication,
    automatic_sync.rebuild_and_start,
    automatic_sync.generate_token,
    automatic_sync.save_token,
    automatic_sync.sync_license,
    individual.ask_for_account,
    individual.download_individual_license,
    individual.verify_email,
    individual.apply_individual_license,
    renewal.renew,
    renewal.live_in_grace,
    renewal.suspend,
    renewal.recover,
    individual.update_individual_license,
)

_SETUP: tuple[Step, ...] = (
    sponsorship_setup.check_firewall,
    sponsorship_setup.generate_token,
    sponsorship_setup.update_license,
    sponsorship_setup.save_token,
    sponsorship_offer.join,
    sponsorship_offer.offer,
    sponsorship_offer.sign_in_to_portal,
    sponsorship_offer.open_in_portal,
)

_OFFER_TO_REVOCATION: tuple[Step, ...] = (
    sponsorship_offer.sync_offer,
    sponsorship_life.redeem,
    sponsorship_life.sync_redemption,
    sponsorship_life.revoke,
)

_SPONSORSHIP_STEPS: dict[str, tuple[Step, ...]] = {
    "US": (
        sponsorship_setup.subscribe,
        sponsorship_setup.enable_communication,
        sponsorship_setup.rebuild,
        *_SETUP,
        *_OFFER_TO_REVOCATION,
        sponsorship_life.sync_daily,
        sponsorship_life.end,
    ),
    "EU": (
        sponsorship_setup.subscribe,
        sponsorship_region.move_to_region,
        sponsorship_setup.enable_communication,
        sponsorship_setup.rebuild,
        *_SETUP,
        sponsorship_region.fail_in_wrong_region,
        sponsorship_region.set_eu_lines,
        sponsorship_region.rebuild_for_eu,
        *_OFFER_TO_REVOCATION,
        sponsorship_life.sync_revocation,
        sponsorship_region.return_to_found_region,
    ),
}


def chapters(documents: Iterable[str] = DOCUMENTS, regions: Iterable[str] = REGIONS) -> tuple[Chapter, ...]:
    """What is to be played, in order. regions: of the page on sponsorships; that on licences has no variants."""
    wanted, chosen = frozenset(documents), frozenset(regions)
    licenses = (Chapter(LICENSES, "US", _LICENSE_STEPS),) if LICENSES in wanted else ()
    if SPONSORSHIPS not in wanted:
        return licenses
    return licenses + tuple(_sponsorships_in(region) for region in REGIONS if region in chosen)


def _sponsorships_in(region: str) -> Chapter:
    """The steps are named after their region, because a run may play both."""
    steps = _SPONSORSHIP_STEPS[region]
    named = tuple(replace(step, name=f"{region.lower()}-{step.name}") for step in steps)
    return Chapter(SPONSORSHIPS, region, named)
