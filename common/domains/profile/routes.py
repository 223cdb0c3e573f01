"""What a client is told about its user, under `/api`: profile, organizations, everything a sync brings.

Source: src/Api/Auth/Controllers/AccountsController.cs, src/Api/Vault/Controllers/SyncController.cs.
"""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.accounts import service as accounts
from common.domains.organizations.collections.answers import collection_details
from common.domains.organizations.memberships import collections_of
from common.domains.profile import answers, service
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, nothing, query_flag, read_json
from common.server.operation import Rows, operation
from common.wire import profile as wire
from common.wire.collections import CollectionDetails
from common.wire.master_password import SecretVerification
from common.wire.sync import Domains, DomainsUpdate, Vault

bp = Blueprint("profile", __name__)


@bp.get("/accounts/profile")
@policy.application
@operation(answer=wire.Profile)
def show_profile() -> Response:
    """The signed-in user with organizations."""
    found = service.profile_of(context(), policy.caller().user)
    return answer(answers.profile(found))


@bp.route("/accounts/profile", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.ProfileRequest, answer=wire.Profile)
def change_profile() -> Response:
    """Set the display name."""
    ctx, user_id = context(), policy.caller().user
    accounts.change_profile(ctx, user_id, read_json(wire.ProfileRequest).name)
    return _profile_without_organizations(user_id)


@bp.route("/accounts/avatar", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.AvatarRequest, answer=wire.Profile)
def change_avatar() -> Response:
    """Set the avatar's color."""
    ctx, user_id = context(), policy.caller().user
    accounts.change_avatar(ctx, user_id, read_json(wire.AvatarRequest).avatar_color)
    return _profile_without_organizations(user_id)


def _profile_without_organizations(user_id: UUID) -> Response:
    found = service.profile_of(context(), user_id)
    return answer(answers.profile(found, with_organizations=False))


@bp.get("/organizations")
@bp.get("/accounts/organizations")
@policy.application
@operation(answer=Rows(wire.ProfileOrganization))
def list_organizations() -> Response:
    """The confirmed memberships."""
    found = service.profile_of(context(), policy.caller().user)
    return answer_rows(answers.confirmed_organizations(found))


@bp.get("/sync")
@policy.application
@operation(query=["excludeDomains"], answer=Vault)
def sync() -> Response:
    """Everything a client keeps."""
    with_domains = not query_flag("excludeDomains")
    found = service.vault_of(context(), policy.caller().user)
    return answer(answers.vault(found, with_domains=with_domains))


@bp.get("/collections")
@policy.application
@operation(answer=Rows(CollectionDetails))
def list_collections() -> Response:
    """The collections that the caller may use, of all organizations."""
    found = collections_of(context(), policy.caller().user)
    return answer_rows(collection_details(each) for each in found)


@bp.get("/settings/domains")
@policy.application
@operation(query=["excluded"], answer=Domains)
def show_domains() -> Response:
    """Domains that the caller takes for the same."""
    return answer(answers.domains(accounts.require_user(context(), policy.caller().user)))


@bp.put("/settings/domains")
@bp.post("/settings/domains")
@policy.application
@operation(body=DomainsUpdate, answer=Domains)
def save_domains() -> Response:
    """Say which domains are the same."""
    sent = read_json(DomainsUpdate)
    user = accounts.save_domains(
        context(), policy.caller().user, sent.equivalent_domains, sent.excluded_global_equivalent_domains
    )
    return answer(answers.domains(user))


@bp.delete("/accounts")
@policy.application
@operation(body=SecretVerification)
def delete_account() -> Response:
    """Delete the account."""
    service.delete_account(context(), policy.caller().user, read_json(SecretVerification).proof)
    return nothing()


bp.add_url_rule("/accounts/delete", view_func=delete_account, methods=["POST"])
