"""Plans: every plan that was ever sold, with its tier, abilities, limits and prices. Data and pure look-ups.

Prices are list prices in US dollars; the real cloud asks a pricing service. Nothing is ever charged here.
Source: test/Core.Test/Billing/Mocks/Plans/*.cs, src/Core/Billing/Models/StaticStore/Plan.cs,
src/Core/Billing/Extensions/BillingExtensions.cs; fidelity.md: license.enums, organization.plans.
"""

from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from common.enums import PlanType, ProductTier

NOTHING = Decimal(0)

_FAMILIES = {PlanType.FAMILIES_ANNUALLY_2019, PlanType.FAMILIES_ANNUALLY_2025, PlanType.FAMILIES_ANNUALLY}
_KNOWN = frozenset(PlanType)
_STARTER = {PlanType.TEAMS_STARTER_2023, PlanType.TEAMS_STARTER}


def tier_of(plan_type: int) -> ProductTier:
    """The family of a plan. Custom, and numbers that a licence may carry but nobody knows, count as Free."""
    if plan_type not in _KNOWN:
        return ProductTier.FREE
    plan = PlanType(plan_type)
    if plan in _FAMILIES:
        return ProductTier.FAMILIES
    if plan in _STARTER:
        return ProductTier.TEAMS_STARTER
    if plan.name.startswith("TEAMS"):
        return ProductTier.TEAMS
    if plan.name.startswith("ENTERPRISE"):
        return ProductTier.ENTERPRISE
    return ProductTier.FREE


@dataclass(frozen=True, kw_only=True)
class PasswordManager:
    """What a plan sells of the Password Manager.

    base_seats: included ones. max_seats: upper limit, None = any number. base_price: for the included seats and one
    period. seat_price, storage_price: per additional seat or GB and period.
    """

    base_seats: int = 0
    max_seats: int | None = None
    base_price: Decimal = NOTHING
    seat_price: Decimal = NOTHING
    provider_seat_price: Decimal = NOTHING
    sells_seats: bool = False
    autoscales: bool = False
    base_storage_gb: int | None = None
    storage_price: Decimal = NOTHING
    premium_access_price: Decimal = NOTHING
    max_collections: int | None = None
    plan_id: str | None = None
    seat_plan_id: str | None = None
    provider_seat_plan_id: str | None = None
    storage_plan_id: str | None = None
    premium_access_plan_id: str | None = None

    @property
    def sells_storage(self) -> bool:
        """Whether additional storage can be bought."""
        return self.storage_plan_id is not None

    @property
    def sells_premium_access(self) -> bool:
        """Whether premium for the members is an extra (2019 Families only)."""
        return self.premium_access_plan_id is not None


@dataclass(frozen=True, kw_only=True)
class SecretsManager:
    """What a plan sells of the Secrets Manager."""

    base_seats: int = 0
    base_service_accounts: int
    max_seats: int | None = None
    max_service_accounts: int | None = None
    max_projects: int = 0
    seat_price: Decimal = NOTHING
    service_account_price: Decimal = NOTHING
    seat_plan_id: str | None = None
    service_account_plan_id: str | None = None

    @property
    def sells_more(self) -> bool:
        """Whether seats and service accounts beyond the included ones can be bought."""
        return self.seat_plan_id is not None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One plan.

    abilities: organization columns (`use_groups`, `self_host`, ...) that the plan allows. legacy_year: until when it
    was sold. disabled: no longer sold.
    """

    type: PlanType
    name: str
    annual: bool
    name_key: str
    description_key: str
    trial_days: int | None
    abilities: frozenset[str]
    upgrade_order: int
    display_order: int
    legacy_year: int | None
    disabled: bool
    password_manager: PasswordManager
    secrets_manager: SecretsManager | None

    @property
    def tier(self) -> ProductTier:
        """The family of the plan."""
        return tier_of(self.type)

    def allows(self, ability: str) -> bool:
        """Whether an organization of this plan may have this ability."""
        return ability in self.abilities

    @property
    def period_months(self) -> int:
        """Calendar months of one paid period."""
        return 12 if self.annual else 1


class PremiumPlan(NamedTuple):
    """Premium membership of one person; yearly. Prices are placeholders (fidelity.md: organization.plans)."""

    price: Decimal = Decimal(10)
    price_id: str = "premium-annually"
    storage_gb: int = 1
    storage_price: Decimal = Decimal(4)
    storage_price_id: str = "personal-storage-gb-annually"
    period_months: int = 12


PREMIUM = PremiumPlan()

_FAMILIES_ABILITIES = frozenset({"self_host", "use_totp"})
_TEAMS_ABILITIES = frozenset(
    {"use_groups", "use_directory", "use_events", "use_totp", "use_2fa", "use_api", "users_get_premium"}
)
_ENTERPRISE_ABILITIES = _TEAMS_ABILITIES | {
    "use_policies",
    "self_host",
    "use_sso",
    "use_organization_domains",
    "use_key_connector",
    "use_scim",
    "use_reset_password",
    "use_custom_permissions",
    "use_my_items",
    "use_invite_links",
}
PLAN_ABILITIES = _ENTERPRISE_ABILITIES | {"use_risk_insights"}
"""Every ability that depends on the plan; what is missing here is switched on by hand for single organizations."""

_OPTIONAL_AT_SIGN_UP = frozenset({"use_key_connector"})

_PLAN_SUFFIX = {True: "annually", False: "monthly"}


def sign_up_abilities(plan: Plan, *, premium_access: bool = False) -> dict[str, bool]:
    """The abilities of a new organization.

    Key Connector is allowed by Enterprise plans but starts switched off.
    Source: src/Core/AdminConsole/OrganizationFeatures/Organizations/CloudOrganizationSignUpCommand.cs.
    """
    granted = plan.abilities - _OPTIONAL_AT_SIGN_UP
    abilities = {ability: ability in granted for ability in sorted(PLAN_ABILITIES)}
    abilities["users_get_premium"] |= premium_access
    abilities["use_password_manager"] = True
    return abilities


def _storage(annual: bool) -> tuple[Decimal, str]:
    return (Decimal(4) if annual else Decimal("0.5")), f"storage-gb-{_PLAN_SUFFIX[annual]}"


def _password_manager(
    annual: bool,
    seat_price: str,
    seat_plan_id: str,
    *,
    base_seats: int = 0,
    base_price: str = "0",
    plan_id: str | None = None,
    provider_seat_price: str = "0",
    provider_seat_plan_id: str | None = None,
) -> PasswordManager:
    storage_price, storage_plan_id = _storage(annual)
    return PasswordManager(
        base_seats=base_seats,
        base_price=Decimal(base_price),
        seat_price=Decimal(seat_price),
        provider_seat_price=Decimal(provider_seat_price),
        sells_seats=True,
        autoscales=True,
        base_storage_gb=1,
        storage_price=storage_price,
        plan_id=plan_id,
        seat_plan_id=seat_plan_id,
        provider_seat_plan_id=provider_seat_plan_id,
        storage_plan_id=storage_plan_id,
    )


def _secrets_manager(kind: str, annual: bool, service_accounts: int, *, since_2024: bool = False) -> SecretsManager:
    suffix = _PLAN_SUFFIX[annual]
    seat_prices = {("teams", True): 72, ("teams", False): 7, ("enterprise", True): 144, ("enterprise", False): 13}
    account_price = {
        (True, True): Decimal(12),
        (True, False): Decimal(1),
        (False, True): Decimal(6),
        (False, False): Decimal("0.5"),
    }
    account_plan = "secrets-manager-service-account" + ("-2024" if since_2024 else "")
    return SecretsManager(
        base_service_accounts=service_accounts,
        seat_price=Decimal(seat_prices[kind, annual]),
        service_account_price=account_price[since_2024, annual],
        seat_plan_id=f"secrets-manager-{kind}-seat-{suffix}",
        service_account_plan_id=f"{account_plan}-{suffix}",
    )


def _enterprise(
    plan_type: PlanType,
    year: str,
    legacy_year: int | None,
    password_manager: PasswordManager,
    *,
    service_accounts: int = 200,
    more: frozenset[str] = frozenset(),
) -> Plan:
    annual = "ANNUALLY" in plan_type.name
    return Plan(
        type=plan_type,
        name=f"Enterprise ({'Annually' if annual else 'Monthly'}){year}",
        annual=annual,
        name_key="planNameEnterprise",
        description_key="planDescEnterprise",
        trial_days=7,
        abilities=_ENTERPRISE_ABILITIES | more,
        upgrade_order=4,
        display_order=4,
        legacy_year=legacy_year,
        disabled=legacy_year is not None,
        password_manager=password_manager,
        secrets_manager=_secrets_manager(
            "enterprise", annual, service_accounts, since_2024=plan_type >= PlanType.ENTERPRISE_MONTHLY
        ),
    )


def _teams(
    plan_type: PlanType,
    year: str,
    legacy_year: int | None,
    password_manager: PasswordManager,
    *,
    service_accounts: int = 50,
    more: frozenset[str] = frozenset(),
) -> Plan:
    annual = "ANNUALLY" in plan_type.name
    return Plan(
        type=plan_type,
        name=f"Teams ({'Annually' if annual else 'Monthly'}){year}",
        annual=annual,
        name_key="planNameTeams",
        description_key="planDescTeams",
        trial_days=7,
        abilities=_TEAMS_ABILITIES | more,
        upgrade_order=3,
        display_order=3,
        legacy_year=legacy_year,
        disabled=legacy_year is not None,
        password_manager=password_manager,
        secrets_manager=_secrets_manager(
            "teams", annual, service_accounts, since_2024=plan_type >= PlanType.TEAMS_MONTHLY
        ),
    )


def _starter(plan_type: PlanType, service_accounts: int) -> Plan:
    storage_price, storage_plan_id = _storage(annual=False)
    return Plan(
        type=plan_type,
        name="Teams (Starter)",
        annual=False,
        name_key="planNameTeamsStarter",
        description_key="planDescTeams",
        trial_days=7,
        abilities=_TEAMS_ABILITIES,
        upgrade_order=2,
        display_order=2,
        legacy_year=2024,
        disabled=True,
        password_manager=PasswordManager(
            base_seats=10,
            max_seats=10,
            base_price=Decimal(20),
            base_storage_gb=1,
            storage_price=storage_price,
            plan_id="teams-org-starter",
            storage_plan_id=storage_plan_id,
        ),
        secrets_manager=_secrets_manager(
            "teams", annual=False, service_accounts=service_accounts, since_2024=plan_type == PlanType.TEAMS_STARTER
        ),
    )


def _families(
    plan_type: PlanType,
    name: str,
    *,
    seats: int,
    price: int,
    plan_id: str,
    legacy_year: int | None,
    disabled: bool,
    premium_included: bool,
) -> Plan:
    return Plan(
        type=plan_type,
        name=name,
        annual=True,
        name_key="planNameFamilies",
        description_key="planDescFamilies",
        trial_days=7,
        abilities=_FAMILIES_ABILITIES | ({"users_get_premium"} if premium_included else frozenset()),
        upgrade_order=1,
        display_order=1,
        legacy_year=legacy_year,
        disabled=disabled,
        password_manager=PasswordManager(
            base_seats=seats,
            max_seats=seats,
            base_price=Decimal(price),
            base_storage_gb=1,
            storage_price=Decimal(4),
            plan_id=plan_id,
            storage_plan_id="personal-storage-gb-annually",
            premium_access_price=NOTHING if premium_included else Decimal(40),
            premium_access_plan_id=None if premium_included else "personal-org-premium-access-annually",
        ),
        secrets_manager=None,
    )


def _bare(plan_type: PlanType, name: str, *, disabled: bool, password_manager: PasswordManager) -> Plan:
    return Plan(
        type=plan_type,
        name=name,
        annual=False,
        name_key="planNameFree",
        description_key="planDescFree",
        trial_days=None,
        abilities=frozenset(),
        upgrade_order=-1,
        display_order=-1,
        legacy_year=None,
        disabled=disabled,
        password_manager=password_manager,
        secrets_manager=None
        if disabled
        else SecretsManager(base_seats=2, base_service_accounts=3, max_seats=2, max_service_accounts=3, max_projects=3),
    )


_SCIM = frozenset({"use_scim"})
_RISK_INSIGHTS = frozenset({"use_risk_insights"})

_ALL = (
    _bare(
        PlanType.FREE,
        "Free",
        disabled=False,
        password_manager=PasswordManager(base_seats=2, max_seats=2, max_collections=2),
    ),
    _families(
        PlanType.FAMILIES_ANNUALLY_2019,
        "Families 2019",
        seats=5,
        price=12,
        plan_id="personal-org-annually",
        legacy_year=2020,
        disabled=True,
        premium_included=False,
    ),
    _teams(
        PlanType.TEAMS_MONTHLY_2019,
        " 2019",
        2020,
        _password_manager(
            False, "2.5", "teams-org-seat-monthly", base_seats=5, base_price="8", plan_id="teams-org-monthly"
        ),
    ),
    _teams(
        PlanType.TEAMS_ANNUALLY_2019,
        " 2019",
        2020,
        _password_manager(
            True, "24", "teams-org-seat-annually", base_seats=5, base_price="60", plan_id="teams-org-annually"
        ),
    ),
    _enterprise(
        PlanType.ENTERPRISE_MONTHLY_2019, " 2019", 2020, _password_manager(False, "4", "enterprise-org-seat-monthly")
    ),
    _enterprise(
        PlanType.ENTERPRISE_ANNUALLY_2019, " 2019", 2020, _password_manager(True, "36", "enterprise-org-seat-annually")
    ),
    _bare(PlanType.CUSTOM, "Custom", disabled=True, password_manager=PasswordManager(autoscales=True)),
    _families(
        PlanType.FAMILIES_ANNUALLY_2025,
        "Families 2025",
        seats=6,
        price=40,
        plan_id="2020-families-org-annually",
        legacy_year=None,
        disabled=True,
        premium_included=True,
    ),
    _teams(PlanType.TEAMS_MONTHLY_2020, " 2020", 2023, _password_manager(False, "4", "2020-teams-org-seat-monthly")),
    _teams(PlanType.TEAMS_ANNUALLY_2020, " 2020", 2023, _password_manager(True, "36", "2020-teams-org-seat-annually")),
    _enterprise(
        PlanType.ENTERPRISE_MONTHLY_2020, " 2020", 2023, _password_manager(False, "6", "2020-enterprise-seat-monthly")
    ),
    _enterprise(
        PlanType.ENTERPRISE_ANNUALLY_2020,
        " 2020",
        2023,
        _password_manager(True, "60", "2020-enterprise-org-seat-annually"),
    ),
    _teams(PlanType.TEAMS_MONTHLY_2023, "", 2024, _password_manager(False, "5", "2023-teams-org-seat-monthly")),
    _teams(PlanType.TEAMS_ANNUALLY_2023, "", 2024, _password_manager(True, "48", "2023-teams-org-seat-annually")),
    _enterprise(
        PlanType.ENTERPRISE_MONTHLY_2023, "", 2024, _password_manager(False, "7", "2023-enterprise-seat-monthly")
    ),
    _enterprise(
        PlanType.ENTERPRISE_ANNUALLY_2023, "", 2024, _password_manager(True, "72", "2023-enterprise-org-seat-annually")
    ),
    _starter(PlanType.TEAMS_STARTER_2023, 50),
    _teams(
        PlanType.TEAMS_MONTHLY,
        "",
        None,
        _password_manager(
            False,
            "5",
            "2023-teams-org-seat-monthly",
            provider_seat_price="4",
            provider_seat_plan_id="password-manager-provider-portal-teams-monthly-2024",
        ),
        service_accounts=20,
        more=_SCIM,
    ),
    _teams(
        PlanType.TEAMS_ANNUALLY,
        "",
        None,
        _password_manager(True, "48", "2023-teams-org-seat-annually"),
        more=_SCIM,
    ),
    _enterprise(
        PlanType.ENTERPRISE_MONTHLY,
        "",
        None,
        _password_manager(
            False,
            "7",
            "2023-enterprise-seat-monthly",
            provider_seat_price="6",
            provider_seat_plan_id="password-manager-provider-portal-enterprise-monthly-2024",
        ),
        service_accounts=50,
        more=_RISK_INSIGHTS,
    ),
    _enterprise(
        PlanType.ENTERPRISE_ANNUALLY,
        "",
        None,
        _password_manager(
            True,
            "72",
            "2023-enterprise-org-seat-annually",
            provider_seat_price="72",
            provider_seat_plan_id="password-manager-provider-portal-enterprise-annually-2024",
        ),
        service_accounts=50,
        more=_RISK_INSIGHTS,
    ),
    _starter(PlanType.TEAMS_STARTER, 20),
    _families(
        PlanType.FAMILIES_ANNUALLY,
        "Families",
        seats=6,
        price=40,
        plan_id="2020-families-org-annually",
        legacy_year=None,
        disabled=False,
        premium_included=True,
    ),
)

PLANS = MappingProxyType({plan.type: plan for plan in _ALL})
"""Every plan by its number, ascending."""

SPONSORED_FAMILIES_PLAN_ID = "2021-family-for-enterprise-annually"
"""Price of a Families organization that a member of an Enterprise organization sponsors: nothing."""


def plan_of(plan_type: int) -> Plan | None:
    """The plan of this number, or None for a number nobody knows."""
    return PLANS[PlanType(plan_type)] if plan_type in _KNOWN else None


def sold_plan(tier: ProductTier, *, annual: bool) -> Plan | None:
    """The plan of a family that is sold today, or None: Families for a year only, Free without a period."""
    sold = (plan for plan in _ALL if plan.tier == tier and not plan.disabled)
    return next((plan for plan in sold if plan.annual == annual or tier == ProductTier.FREE), None)
