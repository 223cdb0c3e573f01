"""Values of the chart `self-host`: what its templates make of them. Pure.

Source: bitwarden/helm-charts: charts/self-host/values.yaml, templates/pre-install-hook-configmap.yaml; fidelity.md:
deployment.helm.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from common.configuration.official import REGIONS

_PREFIX = "globalSettings__"
HELM_SETTINGS: Mapping[str, str] = {
    f"{_PREFIX}baseServiceUri__vault": "general.domain",
    f"{_PREFIX}disableUserRegistration": "general.disableUserRegistration",
    "adminSettings__admins": "general.admins",
    f"{_PREFIX}mail__replyToEmail": "general.email.replyToEmail",
    f"{_PREFIX}mail__smtp__host": "general.email.smtpHost",
    f"{_PREFIX}mail__smtp__port": "general.email.smtpPort",
    f"{_PREFIX}mail__smtp__ssl": "general.email.smtpSsl",
    f"{_PREFIX}mail__smtp__trustServer": "general.email.smtpTrustServer",
    f"{_PREFIX}mail__smtp__sslOverride": "general.email.smtpSslOverride",
    f"{_PREFIX}mail__smtp__startTls": "general.email.smtpStartTls",
    f"{_PREFIX}enableCloudCommunication": "general.enableCloudCommunication",
    f"{_PREFIX}baseServiceUri__cloudRegion": "general.cloudRegion",
    f"{_PREFIX}installation__identityUri": "general.cloudIdentityApiUri",
    f"{_PREFIX}installation__apiUri": "general.cloudApiUri",
    f"{_PREFIX}pushRelayBaseUri": "general.cloudPushRelayBaseUri",
}
"""Setting of the server -> value of the chart that it comes from."""


def helm_values(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The settings that the chart gives the server. Addresses that are not said follow the region, here alone.

    Id and key are in a secret of their own, which is another file.
    """
    for setting, path in HELM_SETTINGS.items():
        found = _at(values, path)
        if found is None or isinstance(found, dict | list):
            continue
        text = str(found).lower() if isinstance(found, bool) else str(found)
        yield setting, f"https://{text}" if path == "general.domain" else text
    domain = REGIONS.get(str(_at(values, "general.cloudRegion")), REGIONS["US"])
    for setting, service in (
        ("installation__identityUri", "identity"),
        ("installation__apiUri", "api"),
        ("pushRelayBaseUri", "push"),
    ):
        if _at(values, HELM_SETTINGS[_PREFIX + setting]) in (None, ""):
            yield _PREFIX + setting, f"https://{service}.{domain}"


def _at(values: Mapping[str, Any], path: str) -> Any:
    found: Any = values
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found
