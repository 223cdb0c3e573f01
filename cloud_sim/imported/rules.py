"""From a licence file to what a cloud would hold of its organization. Pure."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from dateutil.relativedelta import relativedelta

from cloud_sim.subscriptions.rules import Terms
from common.enums import OrganizationStatus, SubscriptionStatus
from common.errors import Refusal, bad_request
from common.license.dates import USER_GRACE_DAYS
from common.license.model import License, OrganizationLicense, UserLicense, fields_of
from common.license.origins import Origin, Term
from common.license.timestamps import Timestamp
from common.plans import PREMIUM, plan_of

_COMPUTED = frozenset(
    {"installation_id", "version", "issued", "refresh", "expires", "expiration_without_grace_period", "trial"}
    | {"license_type", "limit_collection_creation_deletion", "hash", "signature", "token"}
)
_COPIED = [each.attribute for each in fields_of(OrganizationLicense) if each.attribute not in _COMPUTED]
_STATUSES = {
    Term.TRIAL: SubscriptionStatus.TRIALING,
    Term.ANNUAL: SubscriptionStatus.ACTIVE,
    Term.MONTHLY: SubscriptionStatus.ACTIVE,
    Term.LAPSED: SubscriptionStatus.UNPAID,
}
_LONGEST = {"name": 300, "business_name": 300, "billing_email": 256, "plan": 50, "license_key": 100}
_LONGEST_OF_PREMIUM = {"name": 50, "license_key": 100}


def check(file: OrganizationLicense, lacks: Collection[str]) -> None:
    """Refuse what no organization can have."""
    _check_members(file, _LONGEST, lacks)
    if file.id.int == 0:
        raise bad_request("The license names no organization.", rule="sim.import")


def check_premium(file: UserLicense, lacks: Collection[str]) -> None:
    """Refuse what no account can have."""
    _check_members(file, _LONGEST_OF_PREMIUM, lacks)


def _check_members(file: License, longest: Mapping[str, int], lacks: Collection[str]) -> None:
    for attribute, length in longest.items():
        if len(getattr(file, attribute) or "") > length:
            raise bad_request(f"{attribute} is longer than {length} characters.", rule="sim.import")
    if unknown := sorted(set(lacks) - {each.name for each in fields_of(type(file))}):
        raise bad_request(f"No license has {', '.join(unknown)[:200]}.", rule="sim.import")


def organization_exists() -> Refusal:
    """There is one of this id."""
    return bad_request("This cloud has an organization of this id already.", rule="sim.import")


def organization_columns(file: OrganizationLicense) -> dict[str, Any]:
    """The columns that the licence decides. Source: fidelity.md: license.file."""
    limited = file.limit_collection_creation_deletion
    values: dict[str, Any] = {each: getattr(file, each) for each in _COPIED}
    for required in ("name", "billing_email", "plan"):
        values[required] = values[required] or ""
    return values | {
        "limit_collection_creation": limited,
        "limit_collection_deletion": limited,
        "status": OrganizationStatus.CREATED,
    }


def terms_of(file: OrganizationLicense, origin: Origin) -> Terms | None:
    """The subscription that gives its dates; None where there is none."""
    subscription = origin.billing.subscription
    if subscription is None or subscription.period_start is None or subscription.period_end is None:
        return None
    starts, ends, trial = _moment(subscription.period_start), _moment(subscription.period_end), subscription.trial_end
    plan = plan_of(file.plan_type)
    in_trial = origin.term is Term.TRIAL
    return Terms(
        status=_STATUSES[origin.term],
        months=plan.period_months if plan else 12,
        anchor=ends if in_trial else starts,
        period_start=starts,
        period_end=ends,
        trial_start=starts if in_trial else None,
        trial_end=_moment(trial) if trial else None,
    )


def premium_terms_of(file: UserLicense) -> Terms:
    """The subscription of a premium licence; one without an end began when it was issued."""
    issued = _moment(file.issued)
    ends = file.refresh or (file.expires.plus_days(-USER_GRACE_DAYS) if file.expires else None)
    until = _moment(ends) if ends else issued + relativedelta(months=PREMIUM.period_months)
    starts = min(issued, until - relativedelta(months=PREMIUM.period_months))
    return Terms(
        status=SubscriptionStatus.ACTIVE,
        months=PREMIUM.period_months,
        anchor=starts,
        period_start=starts,
        period_end=until,
    )


def kept_until(file: OrganizationLicense, origin: Origin) -> datetime | None:
    """For how long the file is issued again as it was, if nothing changes: the end of what was paid for."""
    if origin.term is Term.LAPSED:
        return None
    until = origin.paid_until if origin.term in (Term.TRIAL, Term.ANNUAL, Term.MONTHLY) else file.expires
    return _moment(until) if until else None


def _moment(date: Timestamp) -> datetime:
    return date.datetime()
