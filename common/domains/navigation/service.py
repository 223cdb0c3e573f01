"""The frame round every page of the two apps: products, side navigation, organizations, banners.

Source: fidelity.md: pages.shell.
"""

from collections.abc import Sequence

from common.domains.organizations import rules
from common.domains.organizations.memberships import Membership, gives_premium, memberships_of
from common.domains.organizations.models import Member, Organization
from common.domains.organizations.policies.service import is_enabled
from common.domains.organizations.rules import display_name
from common.enums import PolicyType, ProductTier
from common.server.context import Context
from common.ui.given import Person, Place
from common.ui.shell import Banner, NavItem, OrganizationLink, Product, Shell


def shell_of(ctx: Context, user: Person | None, place: Place, organization: Organization | None) -> Shell:
    """The frame round a page. organization: whose Admin Console is looked at."""
    settings, app, region = ctx.settings, ctx.side.app, ctx.side.region
    if user is None:
        return Shell(app, region, settings.base_url, settings.mailbox_url, settings.other_region_url)
    memberships = memberships_of(ctx, user.id)
    consoles = sorted((each for each in memberships if opens_console(each)), key=_name)
    build = _Navigation(place, app)
    if organization is None:
        nav = build.vault(user, memberships, offers_families=_offers_families(ctx, memberships))
    else:
        member = next((each.member for each in memberships if each.organization.id == organization.id), None)
        nav = build.console(organization, member) if member else []
    return Shell(
        app,
        region,
        settings.base_url,
        settings.mailbox_url,
        products=build.products(consoles, organization),
        nav=nav,
        organizations=[build.organization(each, organization) for each in consoles] if organization else (),
        banners=_banners(ctx, user, place, organization, memberships, build),
    )


def opens_console(membership: Membership) -> bool:
    """Whether this member may open the Admin Console."""
    return rules.may_open_console(membership.member, enabled=membership.organization.enabled)


def may_sponsor(membership: Membership) -> bool:
    """Whether the page of Families sponsorships has something to offer to this member, or something to show."""
    enterprise = membership.organization.tier == ProductTier.ENTERPRISE
    return membership.confirmed and (enterprise or membership.sponsorship is not None)


def _name(membership: Membership) -> str:
    return (display_name(membership.organization.name) or "").casefold()


def _offers_families(ctx: Context, memberships: Sequence[Membership]) -> bool:
    """Whether the page of Families sponsorships is named: not when the only organization that could sponsor forbids it.

    Source: free-families-policy.service.ts; fidelity.md: pages.shell.
    """
    sponsors = [each for each in memberships if may_sponsor(each)]
    if len(sponsors) != 1:
        return bool(sponsors)
    return not is_enabled(ctx, sponsors[0].organization.id, PolicyType.FREE_FAMILIES_SPONSORSHIP)


_ICONS = {
    "vault": "lock",
    "settings": "settings",
    "collections": "folder",
    "members": "user",
    "groups": "users",
    "reporting": "list",
    "billing": "card",
}
"""Entry of the first level -> its picture, a symbol of icons.svg."""


class _Navigation:
    """Builds the entries with their labels and addresses."""

    def __init__(self, place: Place, app: str) -> None:
        self._t, self._root, self._path, self._app = place.texts, place.root, place.path, app

    def _item(self, key: str, path: str, *children: NavItem) -> NavItem:
        icon = _ICONS.get(key, "")
        return NavItem(self._t(key), self._root + path, self._path == path, children, key, icon=icon)

    def _group(self, key: str, *children: NavItem) -> NavItem:
        current = any(each.current for each in children)
        return NavItem(self._t(key), None, current, children, key, icon=_ICONS.get(key, ""))

    def vault(self, user: Person, memberships: Sequence[Membership], *, offers_families: bool) -> list[NavItem]:
        """The side navigation of the web vault."""
        settings = [
            self._item("myAccount", "/settings/account"),
            self._item("preferences", "/settings/preferences"),
        ]
        if self._app == "cloud" or user.premium or not gives_premium(memberships):
            settings.append(self._item("subscription", self._subscription(user)))
        if offers_families:
            settings.append(self._item("sponsoredFamilies", "/settings/sponsored-families"))
        return [self._item("vault", "/vault"), self._group("settings", *settings)]

    def _subscription(self, user: Person) -> str:
        return f"/settings/subscription/{'user-subscription' if user.premium else 'premium'}"

    def console(self, organization: Organization, member: Member) -> list[NavItem]:
        """The side navigation of an organization's Admin Console: what this member may open."""
        base = f"/organizations/{organization.id}"
        items = [self._item("collections", f"{base}/collections")]
        if rules.may_manage_users(member):
            items.append(self._members(organization, base))
        if rules.may_see_groups(member):
            items.append(self._item("groups", f"{base}/groups"))
        if rules.may_read_events(member):
            items.append(self._group("reporting", self._item("eventLogs", f"{base}/reporting/events")))
        if rules.is_owner(member):
            items.append(self._group("billing", *self._billing(base)))
        settings = self._settings(member, base)
        return [*items, self._group("settings", *settings)] if settings else items

    def _billing(self, base: str) -> list[NavItem]:
        subscription = self._item("subscription", f"{base}/billing/subscription")
        if self._app != "cloud":
            return [subscription]
        history = self._item("billingHistory", f"{base}/billing/history")
        return [subscription, history._replace(testid="x.toBillingHistory")]

    def _settings(self, member: Member, base: str) -> list[NavItem]:
        items = []
        if rules.is_owner(member):
            items.append(self._item("organizationInfo", f"{base}/settings/account"))
        if rules.may_manage_policies(member):
            items.append(self._item("policies", f"{base}/settings/policies"))
        return items

    def _members(self, organization: Organization, base: str) -> NavItem:
        members = self._item("members", f"{base}/members")
        if not organization.use_admin_sponsored_families:
            return members
        return self._group("members", members, self._item("sponsoredFamilies", f"{base}/members/sponsored-families"))

    def products(self, consoles: Sequence[Membership], organization: Organization | None) -> list[Product]:
        """The product switcher: the Admin Console of the organization in view, else of the first by name."""
        in_console = organization is not None
        products = [Product(self._t("passwordManager"), f"{self._root}/vault", not in_console)]
        if consoles:
            target = organization or consoles[0].organization
            href = f"{self._root}/organizations/{target.id}"
            products.append(Product(self._t("adminConsole"), href, in_console))
        return products

    def organization(self, membership: Membership, current: Organization | None) -> OrganizationLink:
        """An entry of the organization switcher."""
        found = membership.organization
        href = f"{self._root}/organizations/{found.id}"
        is_current = current is not None and found.id == current.id
        return OrganizationLink(display_name(found.name) or "", href, not found.enabled, is_current)

    def suspended(self, organization: Organization, *, owner: bool) -> Banner:
        """The organization's licence or subscription has ended."""
        key = "x.suspendedOnCloud" if self._app == "cloud" else "x.suspendedBanner"
        text = self._t(key, organization=display_name(organization.name))
        if not owner:
            return Banner("danger", f"{text} {self._t('x.orgSuspendedItems')}")
        href = f"{self._root}/organizations/{organization.id}/billing/subscription"
        return Banner("danger", text, href, self._t("subscription"))

    def unverified(self) -> Banner:
        """The address of the account is not verified."""
        return Banner("info", self._t("verifyEmailDesc"), f"{self._root}/settings/verify-email", self._t("sendEmail"))

    def in_grace(self, organization: Organization, ended: str, days: int) -> Banner:
        """The paid period is over, the grace period is not."""
        text = self._t("x.graceBanner", organization=display_name(organization.name), date=ended, days=days)
        href = f"{self._root}/organizations/{organization.id}/billing/subscription"
        return Banner("warning", text, href, self._t("subscription"))


def _banners(
    ctx: Context,
    user: Person,
    place: Place,
    organization: Organization | None,
    memberships: Sequence[Membership],
    build: _Navigation,
) -> list[Banner]:
    if organization is None:
        unverified = [] if user.email_verified else [build.unverified()]
        suspended = [each for each in memberships if each.confirmed and not each.organization.enabled]
        return unverified + [
            build.suspended(each.organization, owner=rules.is_owner(each.member)) for each in suspended
        ]
    if not organization.enabled:
        return [build.suspended(organization, owner=True)]
    owned = any(each.organization.id == organization.id and rules.is_owner(each.member) for each in memberships)
    grace = ctx.side.grace_of(ctx, organization.id) if owned else None
    if grace is None:
        return []
    return [build.in_grace(organization, place.texts.date(grace.ended), grace.days_left)]
