"""How somebody becomes a member of an organization: invited by mail, accepting with the link, confirmed with the key.

Source: src/Api/AdminConsole/Controllers/OrganizationUsersController.cs; fidelity.md: clients.calls.
"""

import base64

from common.cli.client import Client, Mailbox, link_parameters
from common.crypto.account import wrap_key
from common.enums import MemberType


def add_member(owner: Client, member: Client, organization: str, mailbox: Mailbox) -> str:
    """Invite, accept, confirm; the id of the membership. Both have accounts on the same server."""
    membership = invite_member(owner, member, organization, mailbox)
    confirm_member(owner, member, organization, membership)
    return membership


def confirm_member(owner: Client, member: Client, organization: str, membership: str) -> None:
    """Give the organization's key to somebody who has accepted."""
    users = f"/organizations/{organization}/users"
    [found] = owner.post(f"{users}/public-keys", {"ids": [membership]})["data"]
    wrapped = wrap_key(base64.b64decode(found["key"]), owner.organization_key(organization))
    owner.post(f"{users}/{membership}/confirm", {"key": wrapped})
    member.refresh()


def invite(owner: Client, email: str, organization: str, role: MemberType) -> str:
    """Have an invitation sent; the id of the membership."""
    users = f"/organizations/{organization}/users"
    wanted = {"emails": [email.lower()], "type": int(role), "collections": [], "groups": []}
    owner.post(f"{users}/invite", wanted)
    listed = owner.get(users)["data"]
    return next(str(each["id"]) for each in listed if each["email"] == email.lower())


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
