"""HTTP of organization API keys. Source: fidelity.md: billing-sync.api-keys."""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.organizations.api_keys import answers
from common.domains.organizations.api_keys import service as api_keys
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, read_json
from common.server.operation import Rows, operation
from common.server.routing import named
from common.wire.api_keys import ApiKeyRequest, ApiKeyResponse, KeyInformation

KEY_NAMES = ("Default", "BillingSync", "Scim")
"""Source: src/Core/Enums/OrganizationApiKeyType.cs."""

bp = Blueprint("api_keys", __name__, url_prefix="/organizations")

INFORMATION = "/<guid('id'):organization_id>/api-key-information"


@bp.post("/<guid:organization_id>/api-key")
@policy.application
@operation(body=ApiKeyRequest, answer=ApiKeyResponse)
def reveal_api_key(organization_id: UUID) -> Response:
    """Show a key after checking the secret; made if missing."""
    wanted = read_json(ApiKeyRequest)
    caller = policy.caller().user
    key = api_keys.reveal_api_key(context(), caller, organization_id, wanted.type, wanted.proof)
    return answer(answers.api_key(key))


@bp.post("/<guid:organization_id>/rotate-api-key")
@policy.application
@operation(body=ApiKeyRequest, answer=ApiKeyResponse)
def rotate_api_key(organization_id: UUID) -> Response:
    """Replace a key after checking the secret."""
    wanted = read_json(ApiKeyRequest)
    caller = policy.caller().user
    key = api_keys.rotate_api_key(context(), caller, organization_id, wanted.type, wanted.proof)
    return answer(answers.api_key(key))


@bp.get(INFORMATION, defaults={"key_type": None})
@bp.get(f"{INFORMATION}/{named('type', KEY_NAMES, 'key_type')}")
@policy.application
@operation(answer=Rows(KeyInformation))
def show_api_keys(organization_id: UUID, key_type: int | None) -> Response:
    """Which keys there are, without the keys."""
    keys = api_keys.api_key_information(context(), policy.caller().user, organization_id, key_type)
    return answer_rows(answers.key_information(key) for key in keys)
