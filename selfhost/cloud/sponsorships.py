"""Telling the cloud an organization's sponsorships.

Source: src/Core/OrganizationFeatures/OrganizationSponsorships/FamiliesForEnterprise/SelfHosted/
SelfHostedSyncSponsorshipsCommand.cs.
"""

from common.wire.sponsorships import SyncAnswer, SyncRequest
from selfhost.cloud.client import CloudClient
from selfhost.cloud.reading import json_value
from selfhost.cloud.tokens import INSTALLATION_SCOPE
from selfhost.cloud.trouble import CloudTrouble
from selfhost.context import SelfHostContext


def sponsorship_client(ctx: SelfHostContext) -> CloudClient:
    """One conversation; organizations that share it share its token, and its silence after a refused one."""
    return CloudClient(ctx, INSTALLATION_SCOPE)


def send_sponsorships(cloud: CloudClient, request: SyncRequest) -> SyncAnswer | CloudTrouble | None:
    """What the cloud says about these rows; None when it says JSON `null`."""
    return cloud.send("POST", "organization/sponsorship/sync", request.wire(), _read)


def _read(content: bytes) -> SyncAnswer | None:
    decoded = json_value(content)
    return None if decoded is None else SyncAnswer.read(decoded)
