"""HTTP of organization API keys. Source: fidelity.md: billing-sync.api-keys."""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.organizations.api_keys import answers
from common.domains.organizations.api_keys import service as api_keys
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, read_json
from common.server.operation import Rows, operation
from common.wire.api_keys import ApiKeyRequest, ApiKeyResponse, KeyInformation
from common.wire.fields import read_enum

KEY_NAMES = ("Default", "BillingSync", "Scim")
"""Source: src/Core/Enums/OrganizationApiKeyType.cs."""

bp = Blueprint("api_keys", __name__, url_prefix="/organizations/<uuid:organization_id>")


@bp.post("/api-key")
@policy.application
@operation(body=ApiKeyRequest, answer=ApiKeyResponse)
def reveal_api_key(organization_id: UUID) -> Response:
    """Show a key after checking the secret; made if missing."""
    wanted = read_json(ApiKeyRequest)
    caller = policy.caller().user
    key = api_keys.reveal_api_key(context(), caller, organization_id, wanted.type, wanted.proof)
    return answer(answers.api_key(key))


@bp.post("/rotate-api-key")
@policy.application
@operation(body=ApiKeyRequest, answer=ApiKeyResponse)
def rotate_api_key(organization_id: UUID) -> Response:
    """Replace a key after checking the secret."""
    wanted = read_json(ApiKeyRequest)
    caller = policy.caller().user
    key = api_keys.rotate_api_key(context(), caller, organization_id, wanted.type, wanted.proof)
    return answer(answers.api_key(key))


@bp.get("/api-key-information", defaults={"key_type": None})
@bp.get("/api-key-information/<key_type>")
@policy.application
@operation(answer=Rows(KeyInformation))
def show_api_keys(organization_id: UUID, key_type: str | None) -> Response:
    """Which keys there are, without the keys."""
    number = None if key_type is None else read_enum(key_type, "type", KEY_NAMES)
    keys = api_keys.api_key_information(context(), policy.caller().user, organization_id, number)
    return answer_rows(answers.key_information(key) for key in keys)
