"""The guided run from the first step to the last.

The individual licence is applied before simulated time moves, so that it has expired when it is updated at the end.
"""

from common.cli.loop import automatic_sync, individual, organization, renewal
from common.cli.loop.step import Step

STEPS: tuple[Step, ...] = (
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
