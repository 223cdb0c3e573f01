"""What to do about a refusal, in the language of who reads: what somebody asked for first (a rule of the simulated
network, a fault), then what its cause needs, else a text of the catalogue for the rule."""

from collections.abc import Iterable

from common.server.locale.texts import Texts
from common.sim.journal.store import Entry

PREFIX = "x.advice."

ADVISED = frozenset(
    """
    account
    api-key
    api-key.tier
    billing
    billing-sync.key-mismatch
    billing-sync.trial
    body.content-type
    collections
    companions
    connection
    connection.cloud
    connection.disabled
    connection.families
    connection.license
    connection.no-key
    devices
    events
    groups
    guard.cloud
    guard.self-hosted
    import
    import.plan
    installations
    jobs
    license-sync.cloud-failed
    license-sync.cloud-off
    license-sync.no-connection
    license-sync.overtaken
    license.already-premium
    license.can-use
    license.can-use.disabled
    license.can-use.email
    license.can-use.email-not-verified
    license.can-use.expired
    license.can-use.installation
    license.can-use.not-issued-yet
    license.can-use.self-host
    license.in-use
    license.in-use-elsewhere
    license.not-verified
    license.single-organization
    license.token
    license.token.IDX10222
    license.token.IDX10223
    license.type
    license.unreadable
    license.version
    licensing
    licensing.installation
    licensing.license-key
    licensing.no-subscription
    licensing.payment-issue
    mail.failed
    mail.not-configured
    members
    members.invite-token
    members.last-owner
    members.owner-only
    model-state
    older
    organization
    organization.one-free
    pages
    pages.foreign-form
    pages.foreign-name
    path
    payment.declined
    plan
    policies
    policy.installation
    policy.licensing
    policy.organization
    policy.token
    portal
    premium
    provider
    public-api
    purchase
    push
    push.not-configured
    rate-limit
    registration
    registration.closed
    registration.expired-link
    registration.taken
    registration.token
    route.method
    route.unknown
    seats
    seats.provider
    seats.reseller
    seats.self-hosted
    secrets-manager
    sign-up
    sponsorship
    sponsorship-sync
    sponsorship-sync.organization
    sponsorship-sync.overtaken
    sponsorship.confirmed-only
    sponsorship.one-per-member
    sponsorship.policy
    sponsorship.redeem-owner
    sponsorship.redeem-subscription
    sponsorship.redeem-tier
    sponsorship.redeem-twice
    sponsorship.tier
    sponsorship.token
    sponsorship.yourself
    sso
    storage
    subscription
    subscription.provider
    sync
    token.invalid-client
    token.invalid-client.disabled
    token.invalid-client.malformed-id
    token.invalid-client.other-region
    token.invalid-client.swapped
    token.invalid-client.unknown-id
    token.invalid-client.wrong-key
    token.invalid-grant
    token.invalid-scope
    two-step
    upgrade
    validation
    vault
    """.split()  # noqa: SIM905 - one a line
)
"""Rules, first words of rules, and rules with a cause, that the catalogue has an advice for."""


def with_advice(entries: Iterable[Entry], language: str) -> list[Entry]:
    """The entries, with `advice` of those that were refused; null where nobody has any."""
    texts = Texts(language)
    return [each | {"advice": " ".join(_advice(each, texts)) or None} for each in entries]


def _advice(entry: Entry, texts: Texts) -> Iterable[str]:
    because, egress, why = entry.get("because") or {}, entry.get("egress"), entry.get("why")
    fault = entry["fault"] or because.get("fault")
    if egress is not None:
        yield texts("x.advice.egress", **egress)
    if fault is not None:
        yield texts("x.advice.fault", fault=fault)
    told = advice_of(because.get("rule"), because.get("cause"), texts)
    if told is None and why is not None:
        told = texts.gloss(why) or why
    if told is None and entry["kind"] != "call":
        told = advice_of(entry["rule"], entry["cause"], texts)
    if told is not None:
        yield told


def advice_of(rule: str | None, cause: str | None, texts: Texts) -> str | None:
    """What to do. The most particular text counts: of the cause, of the rule, of the rule's first words."""
    for key in _keys(rule, cause):
        if key in ADVISED:
            return texts(PREFIX + key)
    return None


def _keys(rule: str | None, cause: str | None) -> Iterable[str]:
    if rule is None:
        return
    if cause is not None:
        yield f"{rule}.{cause}"
    words = rule.split(".")
    for count in range(len(words), 0, -1):
        yield ".".join(words[:count])
