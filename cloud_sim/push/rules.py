"""What the push relay accepts, and for whom a call is. Pure.

Source: src/Api/Platform/Push/Controllers/PushController.cs; fidelity.md: push.relay.
"""

from uuid import UUID

from common.errors import Refusal, bad_request


def not_configured() -> Refusal:
    """The token is of no installation."""
    return bad_request("Not correctly configured for push relays.", rule="push.not-configured")


def foreign_installation() -> Refusal:
    """The notification is for another installation than the token's."""
    return bad_request("InstallationId does not match current context.", rule="push.foreign-installation")


def prefixed(installation_id: UUID, name: object) -> str:
    """How the notification hub knows an id of an installation."""
    return f"{installation_id}_{name}"


def send_target(own: UUID, installation_id: UUID | None, user_id: UUID | None, organization_id: UUID | None) -> str:
    """For whom a notification is: installation before user before organization. Raises Refusal."""
    if installation_id is not None:
        if installation_id != own:
            raise foreign_installation()
        return f"installation:{installation_id}"
    if user_id is not None:
        return f"user:{prefixed(own, user_id)}"
    return f"organization:{prefixed(own, organization_id)}"
