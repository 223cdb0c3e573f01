"""How somebody becomes a member of an organization: invited by mail, accepting with the link, confirmed with the key.

Source: src/Api/AdminConsole/Controllers/OrganizationUsersController.cs; fidelity.md: clients.calls.
"""

import base64
from collections.abc import Sequence

from common.cli.client import Client, Mailbox, RequestFailed, link_parameters
from common.crypto.account import wrap_key
from common.enums import MemberType

MOST_INVITED = 20
"""Addresses in one invitation, as the web vault takes them."""


def add_member(owner: Client, member: Client, organization: str, mailbox: Mailbox) -> str:
    """Invite, accept, confirm; the id of the membership. Both have accounts on the same server."""
    membership = invite_member(owner, member, organization, mailbox)
    confirm_member(owner, member, organization, membership)
    return membership


def confirm_member(owner: Client, member: Client, organization: str, membership: str) -> None:
    """Give the organization's key to somebody who has accepted."""
    confirm_members(owner, [membership], organization)
    member.refresh()


def confirm_members(owner: Client, memberships: Sequence[str], organization: str) -> None:
    """The same for several who have accepted."""
    if not memberships:
        return
    users = f"/organizations/{organization}/users"
    found = owner.post(f"{users}/public-keys", {"ids": list(memberships)})["data"]
    key = owner.organization_key(organization)
    keys = [{"id": each["id"], "key": wrap_key(base64.b64decode(each["key"]), key, owner.draw)} for each in found]
    answers = owner.post(f"{users}/confirm", {"keys": keys})["data"]
    if refused := next((each["error"] for each in answers if each["error"]), None):
        raise RequestFailed(f"POST {users}/confirm", 400, refused)


def invite(owner: Client, emails: Sequence[str], organization: str, role: MemberType) -> dict[str, str]:
    """Have invitations sent; the id of each membership, by its address in small letters."""
    users = f"/organizations/{organization}/users"
    wanted = [each.lower() for each in emails]
    owner.post(f"{users}/invite", {"emails": wanted, "type": int(role), "collections": [], "groups": []})
    listed = owner.get(users)["data"]
    return {str(each["email"]): str(each["id"]) for each in listed if each["email"] in wanted}


def invite_member(owner: Client, member: Client, organization: str, mailbox: Mailbox) -> str:
    """Invite and accept; the id of the membership, which is still to be confirmed."""
    users = f"/organizations/{organization}/users"
    role = {"type": int(MemberType.USER), "collections": [], "groups": []}
    owner.post(f"{users}/invite", {"emails": [member.email]} | role)
    mail = mailbox.wait_for(member.email, link_to=owner.server.base_url, carrying="accept-organization")
    invitation = link_parameters(mail, "organizationUserId")
    membership = invitation["organizationUserId"]
    member.post(f"{users}/{membership}/accept", {"token": invitation["token"]})
    return str(membership)
