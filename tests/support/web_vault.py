"""What the official web vaults of 2024 and 2026 call on the pages of these flows, and what we answer.

Read from their source (libs/common/src/services/api.service.ts and the API services beside the pages): paths only.
`python -m tests.support.web_vault` writes the table of docs/fidelity.md anew.
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect
from werkzeug.test import create_environ

from common.clock import ManualClock
from common.crypto.certificates import load_or_create
from common.wire.base import ErrorAnswer
from tests.support.harness import START, Workshop
from tests.support.operations import APPS, PAGE
from tests.support.shelf import Shelf

BEGIN, END = (
    "<!-- web vault: made by `python -m tests.support.web_vault`, checked by tests/architecture/test_docs.py -->\n",
    "<!-- /web vault -->",
)
SERVED, REFUSED, NONE = "served", "refused in words", "none"
ID = "3f2b9c1e-6a57-4d0b-9b1a-b2c40101aaaa"

BOTH, OLD, NEW = "2024, 2026", "2024", "2026"
GONE = "2024, gone upstream"
LATER = "newest, later than the reference"

Call = tuple[str, str]
"""Generation and call: `GET /sync`. {x}: an id, or a number."""

CALLS: dict[str, tuple[Call, ...]] = {
    "start": (
        (BOTH, "GET /config"),
        (BOTH, "GET /sync"),
        (BOTH, "GET /accounts/profile"),
        (BOTH, "GET /accounts/revision-date"),
        (BOTH, "POST /accounts/verify-password"),
        (BOTH, "GET /accounts/billing/history"),
        (BOTH, "GET /tasks"),
        (BOTH, "GET /notifications"),
        (BOTH, "GET /auth-requests"),
        (NEW, "GET /auth-requests/pending"),
        (BOTH, "POST /auth-requests"),
        (BOTH, "GET /devices/knowndevice"),
    ),
    "account settings": (
        (BOTH, "PUT /accounts/profile"),
        (BOTH, "PUT /accounts/avatar"),
        (BOTH, "POST /accounts/email-token"),
        (BOTH, "POST /accounts/email"),
        (BOTH, "POST /accounts/password"),
        (BOTH, "POST /accounts/kdf"),
        (BOTH, "POST /accounts/security-stamp"),
        (BOTH, "POST /accounts/api-key"),
        (BOTH, "POST /accounts/rotate-api-key"),
        (BOTH, "POST /accounts/verify-email"),
        (BOTH, "POST /accounts/verify-email-token"),
        (BOTH, "POST /accounts/delete-recover"),
        (BOTH, "DELETE /accounts"),
        (BOTH, "GET /devices"),
        (BOTH, "GET /settings/domains"),
        (BOTH, "PUT /settings/domains"),
        (BOTH, "GET /two-factor"),
        (BOTH, "POST /two-factor/get-authenticator"),
        (BOTH, "PUT /two-factor/authenticator"),
        (BOTH, "DELETE /two-factor/authenticator"),
        (BOTH, "POST /two-factor/get-email"),
        (BOTH, "PUT /two-factor/email"),
        (BOTH, "POST /two-factor/send-email"),
        (BOTH, "POST /two-factor/get-recover"),
        (GONE, "PUT /two-factor/disable"),
        (BOTH, "POST /two-factor/get-duo"),
        (BOTH, "POST /two-factor/get-yubikey"),
        (BOTH, "POST /two-factor/get-webauthn"),
        (BOTH, "GET /webauthn"),
        (BOTH, "GET /emergency-access/trusted"),
        (BOTH, "GET /emergency-access/granted"),
        (BOTH, "POST /emergency-access/invite"),
    ),
    "premium": (
        (BOTH, "GET /plans/premium"),
        (OLD, "GET /accounts/subscription"),
        (GONE, "GET /plans/sales-tax-rates"),
        (GONE, "PUT /accounts/tax"),
        (BOTH, "POST /accounts/license"),
        (GONE, "POST /accounts/premium"),
        (GONE, "POST /accounts/storage"),
        (GONE, "POST /accounts/payment"),
        (GONE, "POST /accounts/reinstate-premium"),
        (GONE, "GET /accounts/tax"),
        (GONE, "GET /accounts/billing/payment-method"),
        (GONE, "POST /setup-payment"),
        (BOTH, "POST /accounts/cancel"),
        (BOTH, "GET /accounts/billing/invoices"),
        (BOTH, "GET /accounts/billing/transactions"),
        (NEW, "GET /account/billing/vnext/subscription"),
        (NEW, "POST /account/billing/vnext/subscription"),
        (NEW, "PUT /account/billing/vnext/subscription/storage"),
        (NEW, "POST /account/billing/vnext/subscription/reinstate"),
        (NEW, "GET /account/billing/vnext/license"),
        (NEW, "POST /account/billing/vnext/self-host/license"),
        (NEW, "GET /account/billing/vnext/payment-method"),
        (NEW, "PUT /account/billing/vnext/payment-method"),
        (NEW, "GET /account/billing/vnext/credit"),
        (NEW, "GET /account/billing/vnext/discounts"),
        (NEW, "POST /account/billing/vnext/premium/checkout"),
        (NEW, "POST /account/billing/vnext/upgrade"),
        (NEW, "POST /billing/preview-invoice/premium/subscriptions/purchase"),
        (NEW, "POST /billing/preview-invoice/premium/subscriptions/upgrade"),
    ),
    "new organization": (
        (BOTH, "GET /plans"),
        (BOTH, "POST /setup-intent/card"),
        (BOTH, "POST /setup-intent/bank-account"),
        (BOTH, "GET /tax/is-country-supported"),
        (NEW, "POST /billing/preview-invoice/organizations/subscriptions/purchase"),
        (BOTH, "POST /organizations"),
        (BOTH, "POST /organizations/create-without-payment"),
        (BOTH, "POST /organizations/licenses/self-hosted"),
        (BOTH, "POST /organizations/{id}/keys"),
        (BOTH, "GET /organizations/{id}/keys"),
        (NEW, "GET /organizations/{id}/public-key"),
    ),
    "organization billing": (
        (BOTH, "GET /organizations/{id}/subscription"),
        (BOTH, "POST /organizations/{id}/subscription"),
        (BOTH, "POST /organizations/{id}/seat"),
        (BOTH, "POST /organizations/{id}/storage"),
        (BOTH, "POST /organizations/{id}/upgrade"),
        (BOTH, "POST /organizations/{id}/cancel"),
        (BOTH, "POST /organizations/{id}/reinstate"),
        (BOTH, "POST /organizations/{id}/sm-subscription"),
        (BOTH, "POST /organizations/{id}/subscribe-secrets-manager"),
        (BOTH, "GET /organizations/{id}/license"),
        (BOTH, "POST /organizations/licenses/self-hosted/{id}"),
        (BOTH, "POST /organizations/licenses/self-hosted/{id}/sync"),
        (BOTH, "GET /organizations/{id}/billing"),
        (BOTH, "GET /organizations/{id}/billing/history"),
        (BOTH, "GET /organizations/{id}/billing/invoices"),
        (BOTH, "GET /organizations/{id}/billing/transactions"),
        (GONE, "GET /organizations/{id}/billing/metadata"),
        (GONE, "GET /organizations/{id}/tax"),
        (GONE, "PUT /organizations/{id}/tax"),
        (GONE, "POST /organizations/{id}/payment"),
        (NEW, "GET /organizations/{id}/billing/vnext/metadata"),
        (NEW, "GET /organizations/{id}/billing/vnext/self-host/metadata"),
        (NEW, "GET /organizations/{id}/billing/vnext/warnings"),
        (NEW, "GET /organizations/{id}/billing/vnext/payment-method"),
        (NEW, "PUT /organizations/{id}/billing/vnext/payment-method"),
        (NEW, "GET /organizations/{id}/billing/vnext/address"),
        (NEW, "PUT /organizations/{id}/billing/vnext/address"),
        (NEW, "GET /organizations/{id}/billing/vnext/credit"),
        (NEW, "POST /organizations/{id}/billing/vnext/credit/bitpay"),
        (NEW, "GET /organizations/{id}/billing/vnext/churn-mitigation-offer"),
        (NEW, "POST /organizations/{id}/billing/vnext/payment-method/verify-bank-account"),
        (NEW, "POST /organizations/{id}/billing/vnext/subscription/restart"),
        (NEW, "POST /billing/preview-invoice/organizations/{id}/subscription/plan-change"),
        (NEW, "PUT /billing/preview-invoice/organizations/{id}/subscription/update"),
        (BOTH, "GET /organizations/{id}/api-key-information"),
        (BOTH, "POST /organizations/{id}/api-key"),
        (BOTH, "POST /organizations/{id}/rotate-api-key"),
        (BOTH, "GET /organizations/connections/enabled"),
        (BOTH, "GET /organizations/connections/{id}/1"),
        (BOTH, "POST /organizations/connections/"),
        (BOTH, "PUT /organizations/connections/{id}"),
        (BOTH, "DELETE /organizations/connections/{id}"),
    ),
    "sponsorships": (
        (BOTH, "POST /organization/sponsorship/{id}/families-for-enterprise"),
        (BOTH, "POST /organization/sponsorship/self-hosted/{id}/families-for-enterprise"),
        (BOTH, "POST /organization/sponsorship/{id}/families-for-enterprise/resend"),
        (BOTH, "POST /organization/sponsorship/validate-token"),
        (BOTH, "POST /organization/sponsorship/redeem"),
        (BOTH, "DELETE /organization/sponsorship/{id}"),
        (BOTH, "DELETE /organization/sponsorship/self-hosted/{id}"),
        (BOTH, "DELETE /organization/sponsorship/sponsored/{id}"),
        (BOTH, "GET /organization/sponsorship/{id}/sync-status"),
        (NEW, "GET /organization/sponsorship/{id}/sponsored"),
        (NEW, "GET /organization/sponsorship/self-hosted/{id}/sponsored"),
        (NEW, "DELETE /organization/sponsorship/{id}/{name}/revoke"),
        (NEW, "DELETE /organization/sponsorship/self-hosted/{id}/{name}/revoke"),
    ),
    "members": (
        (BOTH, "GET /organizations/{id}/users"),
        (BOTH, "GET /organizations/{id}/users/mini-details"),
        (BOTH, "GET /organizations/{id}/users/{id}"),
        (BOTH, "POST /organizations/{id}/users/invite"),
        (BOTH, "POST /organizations/{id}/users/reinvite"),
        (BOTH, "POST /organizations/{id}/users/{id}/reinvite"),
        (BOTH, "POST /organizations/{id}/users/{id}/accept"),
        (BOTH, "POST /organizations/{id}/users/{id}/accept-init"),
        (BOTH, "GET /users/{id}/public-key"),
        (NEW, "GET /users/{id}/keys"),
        (BOTH, "POST /organizations/{id}/users/public-keys"),
        (BOTH, "POST /organizations/{id}/users/{id}/confirm"),
        (BOTH, "POST /organizations/{id}/users/confirm"),
        (BOTH, "PUT /organizations/{id}/users/{id}"),
        (BOTH, "DELETE /organizations/{id}/users/{id}"),
        (BOTH, "DELETE /organizations/{id}/users"),
        (BOTH, "PUT /organizations/{id}/users/{id}/revoke"),
        (BOTH, "PUT /organizations/{id}/users/revoke"),
        (NEW, "PUT /organizations/{id}/users/revoke-self"),
        (OLD, "PUT /organizations/{id}/users/{id}/restore"),
        (NEW, "PUT /organizations/{id}/users/{id}/restore/vnext"),
        (BOTH, "PUT /organizations/{id}/users/restore"),
        (BOTH, "PUT /organizations/{id}/users/enable-secrets-manager"),
        (BOTH, "DELETE /organizations/{id}/users/{id}/delete-account"),
        (BOTH, "DELETE /organizations/{id}/users/delete-account"),
        (BOTH, "GET /organizations/{id}/users/{id}/reset-password-details"),
        (BOTH, "PUT /organizations/{id}/users/{id}/reset-password-enrollment"),
        (NEW, "POST /organizations/{id}/users/account-recovery-details"),
        (NEW, "PUT /organizations/{id}/users/{id}/recover-account"),
        (NEW, "POST /organizations/{id}/users/{id}/auto-confirm"),
        (NEW, "POST /organizations/{id}/users/bulk-auto-confirm"),
        (NEW, "GET /organizations/{id}/users/pending-auto-confirm"),
        (LATER, "PUT /organizations/{id}/users/enable-pam"),
        (BOTH, "GET /organizations/{id}/users/{id}/events"),
        (BOTH, "POST /organizations/{id}/leave"),
    ),
    "groups": (
        (BOTH, "GET /organizations/{id}/groups"),
        (BOTH, "GET /organizations/{id}/groups/details"),
        (BOTH, "GET /organizations/{id}/groups/{id}/details"),
        (BOTH, "GET /organizations/{id}/groups/{id}/users"),
        (BOTH, "POST /organizations/{id}/groups"),
        (BOTH, "PUT /organizations/{id}/groups/{id}"),
        (BOTH, "DELETE /organizations/{id}/groups/{id}"),
        (BOTH, "DELETE /organizations/{id}/groups"),
        (BOTH, "DELETE /organizations/{id}/groups/{id}/user/{id}"),
    ),
    "collections": (
        (BOTH, "GET /collections"),
        (BOTH, "GET /organizations/{id}/collections"),
        (BOTH, "GET /organizations/{id}/collections/details"),
        (BOTH, "GET /organizations/{id}/collections/{id}/details"),
        (BOTH, "GET /organizations/{id}/collections/{id}/users"),
        (BOTH, "POST /organizations/{id}/collections"),
        (BOTH, "PUT /organizations/{id}/collections/{id}"),
        (BOTH, "DELETE /organizations/{id}/collections/{id}"),
        (BOTH, "DELETE /organizations/{id}/collections"),
        (BOTH, "POST /organizations/{id}/collections/bulk-access"),
    ),
    "items of an organization": (
        (BOTH, "GET /ciphers/organization-details"),
        (BOTH, "GET /ciphers/organization-details/assigned"),
        (BOTH, "GET /ciphers/{id}/admin"),
        (BOTH, "POST /ciphers/admin"),
        (BOTH, "PUT /ciphers/{id}/admin"),
        (BOTH, "DELETE /ciphers/{id}/admin"),
        (BOTH, "DELETE /ciphers/admin"),
        (BOTH, "PUT /ciphers/{id}/delete-admin"),
        (BOTH, "PUT /ciphers/delete-admin"),
        (BOTH, "PUT /ciphers/{id}/restore-admin"),
        (BOTH, "PUT /ciphers/restore-admin"),
        (BOTH, "PUT /ciphers/{id}/collections-admin"),
        (BOTH, "POST /ciphers/bulk-collections"),
    ),
    "items": (
        (BOTH, "GET /ciphers/{id}"),
        (BOTH, "GET /ciphers/{id}/details"),
        (BOTH, "POST /ciphers"),
        (BOTH, "POST /ciphers/create"),
        (BOTH, "PUT /ciphers/{id}"),
        (BOTH, "PUT /ciphers/{id}/partial"),
        (BOTH, "PUT /ciphers/{id}/share"),
        (BOTH, "PUT /ciphers/share"),
        (BOTH, "PUT /ciphers/{id}/collections_v2"),
        (BOTH, "PUT /ciphers/move"),
        (BOTH, "PUT /ciphers/{id}/delete"),
        (BOTH, "PUT /ciphers/delete"),
        (BOTH, "DELETE /ciphers/{id}"),
        (BOTH, "DELETE /ciphers"),
        (BOTH, "PUT /ciphers/{id}/restore"),
        (BOTH, "PUT /ciphers/restore"),
        (BOTH, "POST /ciphers/purge"),
        (NEW, "PUT /ciphers/{id}/archive"),
        (NEW, "PUT /ciphers/{id}/unarchive"),
        (BOTH, "POST /ciphers/{id}/attachment/v2"),
        (BOTH, "GET /folders"),
        (BOTH, "POST /folders"),
        (BOTH, "PUT /folders/{id}"),
        (BOTH, "DELETE /folders/{id}"),
    ),
    "organization settings": (
        (BOTH, "GET /organizations/{id}"),
        (BOTH, "PUT /organizations/{id}"),
        (BOTH, "DELETE /organizations/{id}"),
        (BOTH, "PUT /organizations/{id}/collection-management"),
        (BOTH, "GET /organizations/{id}/policies"),
        (BOTH, "GET /organizations/{id}/policies/token"),
        (BOTH, "GET /organizations/{id}/policies/master-password"),
        (BOTH, "PUT /organizations/{id}/policies/1"),
        (BOTH, "GET /organizations/{id}/sso"),
        (BOTH, "POST /organizations/{id}/sso"),
        (BOTH, "GET /organizations/connections/{id}/2"),
        (BOTH, "GET /organizations/{id}/two-factor"),
        (BOTH, "GET /organizations/{id}/domain"),
        (BOTH, "POST /organizations/{id}/domain"),
        (BOTH, "GET /organizations/{id}/auth-requests"),
        (BOTH, "GET /organizations/{id}/events"),
        (BOTH, "GET /organizations/{id}/auto-enroll-status"),
        (LATER, "GET /organizations/auto-enroll-status"),
        (BOTH, "POST /organizations/{id}/delete-recover-token"),
        (GONE, "POST /organizations/{id}/import"),
    ),
    "previews behind a flag": (
        (LATER, "GET /account/billing/subscription/purchase/preview"),
        (LATER, "GET /account/billing/subscription/upgrade/preview"),
        (LATER, "POST /organizations/billing/subscription/purchase/preview"),
        (LATER, "POST /organizations/{id}/billing/subscription/plan-change/invoice/preview"),
        (LATER, "GET /organizations/{id}/billing/churn-offer"),
        (LATER, "POST /organizations/{id}/billing/churn-offer/redeem"),
    ),
    "provider portal": (
        (BOTH, "GET /providers/{id}"),
        (BOTH, "PUT /providers/{id}"),
        (BOTH, "POST /providers/{id}/setup"),
        (BOTH, "GET /providers/{id}/users"),
        (BOTH, "POST /providers/{id}/users/invite"),
        (BOTH, "GET /providers/{id}/organizations"),
        (BOTH, "POST /providers/{id}/clients"),
        (BOTH, "PUT /providers/{id}/clients/{id}"),
        (NEW, "GET /providers/{id}/clients/addable"),
        (BOTH, "GET /providers/{id}/billing/invoices"),
        (BOTH, "GET /providers/{id}/billing/subscription"),
        (NEW, "GET /providers/{id}/billing/vnext/warnings"),
    ),
}


def answer(app: Flask, call: str) -> str:
    """What an app does with a call, as its URL map and its operations say."""
    method, _, path = call.partition(" ")
    url = f"/api{path}".replace("{id}", ID).replace("{name}", "friend")
    try:
        endpoint, _ = app.url_map.bind_to_environ(create_environ(url, method=method)).match()
    except (NotFound, MethodNotAllowed):
        return NONE
    except RequestRedirect:
        raise AssertionError(f"{call} is redirected, which loses its body") from None
    view: Any = app.view_functions[endpoint]
    return REFUSED if all(body is ErrorAnswer for body in view.operation.answers.values()) else SERVED


def table(apps: Mapping[str, Flask]) -> str:
    """The Markdown of all calls."""
    return "\n".join(_lines(apps)) + "\n"


def _lines(apps: Mapping[str, Flask]) -> Iterator[str]:
    yield f"| Page | Web vault | Call | {' | '.join(APPS.values())} |"
    yield "|---|---|---|---|---|"
    for page, calls in CALLS.items():
        for generation, call in calls:
            answers = " | ".join(answer(apps[app], call) for app in APPS)
            yield f"| {page} | {generation} | `{call}` | {answers} |"


def main() -> None:
    """Write the table."""
    with tempfile.TemporaryDirectory() as name:
        certificates = Path(name) / "certificate"
        load_or_create(certificates)
        workshop = Workshop(Shelf(Path(name) / "shelf", certificates), ManualClock(START))
        written = table({side.app.name: side.app for side in (workshop.cloud(), workshop.selfhost())})
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    PAGE.write_text(before + BEGIN + written + END + rest.partition(END)[2])


if __name__ == "__main__":
    main()
