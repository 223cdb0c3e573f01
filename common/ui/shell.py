"""The frame round every page, as the templates show it: where it runs, where one can go, what has to be said first.

Source: fidelity.md: pages.shell.
"""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from common.settings import desk_of


class NavItem(NamedTuple):
    """An entry of the side navigation. href: with the app's root; None for a heading over `children`. icon: a symbol of
    icons.svg."""

    label: str
    href: str | None
    current: bool = False
    children: Sequence["NavItem"] = ()
    testid: str = ""
    external: bool = False
    icon: str = ""


class Banner(NamedTuple):
    """Something that is said above a page. kind: `info`, `warning`, `danger`."""

    kind: str
    text: str
    href: str | None = None
    link_label: str | None = None


class Product(NamedTuple):
    """An entry of the product switcher."""

    label: str
    href: str
    current: bool


class OrganizationLink(NamedTuple):
    """An entry of the organization switcher."""

    name: str
    href: str
    suspended: bool
    current: bool


class Shell(NamedTuple):
    """What the templates of the frame show. app: `cloud` or `selfhost`. region: `US`, `EU` or None.
    other_region_url: where who is not signed in here may go instead."""

    app: str
    region: str | None
    base_url: str
    mailbox_url: str | None
    other_region_url: str | None = None
    products: Sequence[Product] = ()
    nav: Sequence[NavItem] = ()
    organizations: Sequence[OrganizationLink] = ()
    banners: Sequence[Banner] = ()

    @property
    def desk_url(self) -> str | None:
        """Of the start page, for who is not there; the desk has the mailbox too."""
        return None if self.app == "desk" else desk_of(self.mailbox_url)

    @property
    def host(self) -> str:
        """Name and port that people reach the app by."""
        return urlsplit(self.base_url).netloc
