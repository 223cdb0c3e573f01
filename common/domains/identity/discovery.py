"""What the identity service says it offers. Source: test/Identity.IntegrationTest/openid-configuration.json."""

from typing import Any

_SIGNING_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]


def discovery(issuer: str, identity: str) -> dict[str, Any]:
    """`/.well-known/openid-configuration`. identity: public base of this service, no final slash.

    Upstream names internal addresses here, which nobody outside reaches; ours can be used. What the library behind
    upstream offers but nobody serves here is listed all the same, as upstream does.
    """
    return {
        "issuer": issuer,
        "jwks_uri": f"{identity}/.well-known/openid-configuration/jwks",
        "authorization_endpoint": f"{identity}/connect/authorize",
        "token_endpoint": f"{identity}/connect/token",
        "device_authorization_endpoint": f"{identity}/connect/deviceauthorization",
        "backchannel_authentication_endpoint": f"{identity}/connect/ciba",
        "scopes_supported": [
            "api",
            "api.push",
            "api.licensing",
            "api.organization",
            "api.installation",
            "internal",
            "api.secrets",
            "api.send.access",
            "offline_access",
        ],
        "claims_supported": [
            "name",
            "email",
            "email_verified",
            "sstamp",
            "premium",
            "device",
            "devicetype",
            "orgowner",
            "orgadmin",
            "orguser",
            "orgcustom",
            "providerprovideradmin",
            "providerserviceuser",
            "accesssecretsmanager",
            "accesspam",
            "sub",
            "send_id",
            "organization",
        ],
        "grant_types_supported": [
            "authorization_code",
            "client_credentials",
            "refresh_token",
            "implicit",
            "password",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:openid:params:grant-type:ciba",
            "webauthn",
            "send_access",
        ],
        "response_types_supported": [
            "code",
            "token",
            "id_token",
            "id_token token",
            "code id_token",
            "code token",
            "code id_token token",
        ],
        "response_modes_supported": ["form_post", "query", "fragment"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "subject_types_supported": ["public"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": _SIGNING_ALGORITHMS,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "authorization_response_iss_parameter_supported": True,
        "backchannel_token_delivery_modes_supported": ["poll"],
        "backchannel_user_code_parameter_supported": True,
        "dpop_signing_alg_values_supported": _SIGNING_ALGORITHMS,
    }
