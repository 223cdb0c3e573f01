"""HTTP of the Public API, for tokens of scope `api.organization`; the same on both sides.

Members, groups, policies and the import of a directory are whole; collections are refused in words. Events are
`common/domains/reporting`'s, the subscription is the cloud's.

Source: src/Api/AdminConsole/Public/Controllers, src/Api/Billing/Public; fidelity.md: organization.public-api.
"""

from collections.abc import Iterable
from uuid import UUID

from flask import Blueprint, Response, abort

from common.domains.organizations.collections.service import Access
from common.domains.organizations.groups import service as groups
from common.domains.organizations.members import service as members
from common.domains.organizations.members.service import MemberRole
from common.domains.organizations.policies import service as policies
from common.domains.organizations.policies.service import POLICY_NAMES
from common.domains.organizations.public_api import answers, rules, service
from common.domains.organizations.public_api.rules import GroupOf, Import
from common.domains.organizations.public_api.service import GroupWanted
from common.domains.organizations.service import find_member
from common.enums import MemberType
from common.errors import Refusal, bad_request
from common.server import policy
from common.server.app import context
from common.server.body import answer, bare, nothing, read_json
from common.server.operation import operation, refused
from common.server.routing import named
from common.wire.public_api import (
    CollectionAssociation,
    DirectoryImport,
    GroupIds,
    MemberIds,
    PublicGroup,
    PublicGroupSave,
    PublicMember,
    PublicMemberCreate,
    PublicMemberUpdate,
    PublicPolicy,
    PublicPolicySave,
)

NOT_SIMULATED = "This part of the Public API is not simulated."

bp = Blueprint("public_api", __name__, url_prefix="/public")

ONE = "/members/<guid('id'):member_id>"


def _own() -> UUID:
    return policy.caller().organization_id


def _member(member_id: UUID) -> UUID:
    """The organization, if the member is one of it; a bare 404 otherwise, as upstream's actions answer."""
    if find_member(context(), _own(), member_id) is None:
        abort(404)
    return _own()


@bp.get("/members")
@policy.public
@operation(answer={"type": "object"})
def list_members() -> Response:
    """Every member with collections; the envelope has no continuation token."""
    found = members.list_members(context(), None, _own(), with_collections=True)
    return answer({"object": "list", "data": [answers.member(each).wire() for each in found]})


@bp.get(ONE)
@policy.public
@operation(answer=PublicMember)
def show_member(member_id: UUID) -> Response:
    """One member."""
    return answer(answers.member(members.show_member(context(), None, _member(member_id), member_id)))


@bp.get(f"{ONE}/group-ids")
@policy.public
@operation(answer=list[UUID])
def show_group_ids(member_id: UUID) -> Response:
    """The groups that a member is in, without an envelope."""
    found = members.show_member(context(), None, _member(member_id), member_id)
    return bare([str(each) for each in found.group_ids])


@bp.post("/members")
@policy.public
@operation(body=PublicMemberCreate, answer=PublicMember)
def add_member() -> Response:
    """Invite somebody."""
    wanted = read_json(PublicMemberCreate)
    return answer(answers.member(service.add_member(context(), _own(), wanted.email, _role(wanted))))


@bp.put(ONE)
@policy.public
@operation(body=PublicMemberUpdate, answer=PublicMember)
def change_member(member_id: UUID) -> Response:
    """Change a member's role, collections and groups."""
    wanted = read_json(PublicMemberUpdate)
    return answer(answers.member(service.change_member(context(), _member(member_id), member_id, _role(wanted))))


@bp.put(f"{ONE}/group-ids")
@policy.public
@operation(body=GroupIds)
def set_group_ids(member_id: UUID) -> Response:
    """Say which groups a member is in."""
    wanted = read_json(GroupIds).group_ids
    service.set_groups(context(), _member(member_id), member_id, wanted)
    return nothing()


@bp.delete(ONE)
@policy.public
@operation()
def remove_member(member_id: UUID) -> Response:
    """Take a member out."""
    members.remove_member(context(), None, _member(member_id), member_id)
    return nothing()


@bp.post(f"{ONE}/reinvite")
@policy.public
@operation()
def reinvite_member(member_id: UUID) -> Response:
    """Mail a new link to an invited member."""
    members.reinvite_member(context(), None, _member(member_id), member_id)
    return nothing()


@bp.post(f"{ONE}/revoke")
@policy.public
@operation()
def revoke_member(member_id: UUID) -> Response:
    """Suspend a member."""
    members.revoke_member(context(), None, _member(member_id), member_id)
    return nothing()


@bp.post(f"{ONE}/restore")
@policy.public
@operation()
def restore_member(member_id: UUID) -> Response:
    """End a suspension."""
    members.restore_member(context(), None, _member(member_id), member_id)
    return nothing()


GROUP = "/groups/<guid('id'):group_id>"


def _group(group_id: UUID) -> UUID:
    """The organization, if the group is one of it; a bare 404 otherwise."""
    if all(each.group.id != group_id for each in groups.view_groups(context(), None, _own())):
        abort(404)
    return _own()


def _group_wanted() -> GroupWanted:
    sent = read_json(PublicGroupSave)
    access = None if sent.collections is None else list(_access(sent.collections))
    return GroupWanted(sent.name, sent.external_id, access)


@bp.get("/groups")
@policy.public
@operation(answer={"type": "object"})
def list_groups() -> Response:
    """Every group with collections; the envelope has no continuation token."""
    found = groups.view_groups(context(), None, _own())
    return answer({"object": "list", "data": [answers.group(each.group, each.access).wire() for each in found]})


@bp.post("/groups")
@policy.public
@operation(body=PublicGroupSave, answer=PublicGroup)
def add_group() -> Response:
    """Make a group."""
    wanted = _group_wanted()
    return answer(answers.group(service.add_group(context(), _own(), wanted), wanted.access))


@bp.get(GROUP)
@policy.public
@operation(answer=PublicGroup)
def show_group(group_id: UUID) -> Response:
    """One group."""
    found = groups.view_group(context(), None, _group(group_id), group_id)
    return answer(answers.group(found.group, found.access))


@bp.put(GROUP)
@policy.public
@operation(body=PublicGroupSave, answer=PublicGroup)
def change_group(group_id: UUID) -> Response:
    """Change a group."""
    wanted = _group_wanted()
    return answer(answers.group(service.change_group(context(), _group(group_id), group_id, wanted), wanted.access))


@bp.delete(GROUP)
@policy.public
@operation()
def delete_group(group_id: UUID) -> Response:
    """Delete a group; its members stay."""
    groups.delete_group(context(), None, _group(group_id), group_id)
    return nothing()


@bp.get(f"{GROUP}/member-ids")
@policy.public
@operation(answer=list[UUID])
def show_group_members(group_id: UUID) -> Response:
    """Who is in a group, without an envelope."""
    found = groups.members_of_group(context(), None, _group(group_id), group_id)
    return bare([str(each) for each in found])


@bp.put(f"{GROUP}/member-ids")
@policy.public
@operation(body=MemberIds)
def set_group_members(group_id: UUID) -> Response:
    """Say who is in a group."""
    wanted = read_json(MemberIds).member_ids
    service.set_group_members(context(), _group(group_id), group_id, wanted)
    return nothing()


@bp.post("/organization/import")
@policy.public
@operation(body=DirectoryImport)
def import_directory() -> Response:
    """Make members and groups what a directory says."""
    ctx, sent = context(), read_json(DirectoryImport)
    wanted = Import(
        members={each.external_id: (each.email or "").lower() for each in sent.members if not each.deleted},
        deleted={each.external_id for each in sent.members if each.deleted},
        groups=[GroupOf(each.name, each.external_id, each.member_external_ids) for each in sent.groups],
        overwrite=sent.overwrite_existing,
    )
    rules.check_size(wanted, large=sent.large_import, unlimited=ctx.side.licensed)
    rules.check_addresses(wanted)
    service.import_directory(ctx, _own(), wanted)
    return nothing()


def _not_simulated() -> Refusal:
    return bad_request(NOT_SIMULATED, rule="public-api.not-simulated")


POLICY = f"/policies/{named('type', POLICY_NAMES, 'policy_type')}"


@bp.get("/policies")
@policy.public
@operation(answer={"type": "object"})
def list_policies() -> Response:
    """Every policy that was set; the envelope has no continuation token."""
    found = policies.policies_set(context(), _own())
    return answer({"object": "list", "data": [answers.policy(each).wire() for each in found]})


@bp.get(POLICY)
@policy.public
@operation(answer=PublicPolicy)
def show_policy(policy_type: int) -> Response:
    """One of them; a bare 404 for one that was never set."""
    found = policies.find_policy(context(), _own(), policy_type)
    if found is None:
        abort(404)
    return answer(answers.policy(found))


@bp.put(POLICY)
@policy.public
@operation(body=PublicPolicySave, answer=PublicPolicy)
def save_policy(policy_type: int) -> Response:
    """Set a policy."""
    wanted = read_json(PublicPolicySave)
    saved = policies.save_policy(context(), None, _own(), policy_type, enabled=wanted.enabled, data=wanted.data)
    return answer(answers.policy(saved))


@bp.get("/collections")
@policy.public
@refused()
def refuse_part() -> Response:
    """What is not there is said to be not there."""
    raise _not_simulated()


@bp.get("/collections/<part>")
@bp.put("/collections/<part>")
@bp.delete("/collections/<part>")
@policy.public
@refused()
def refuse_one(part: str) -> Response:
    """The same for one of them."""
    raise _not_simulated()


def _role(wanted: PublicMemberUpdate) -> MemberRole:
    return MemberRole(
        type=MemberType(wanted.type),
        permissions=wanted.permissions.wire() if wanted.permissions else None,
        access=list(_access(wanted.collections or ())),
        group_ids=wanted.groups,
        external_id=wanted.external_id,
    )


def _access(sent: Iterable[CollectionAssociation]) -> Iterable[Access]:
    return (Access(each.id, each.read_only, bool(each.hide_passwords), bool(each.manage)) for each in sent)
