"""What the portal shows of accounts: a list to search in.

Source: src/Admin/Views/Users/Index.cshtml; fidelity.md: pages.portal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from common.domains.accounts.service import User, search_accounts
from selfhost.context import SelfHostContext
from selfhost.portal.rules import PAGE


@dataclass(frozen=True)
class UserSearch:
    """Part of an address, and which page (from 1)."""

    email: str = ""
    page: int = 1
    count: int = PAGE


class FoundUsers(NamedTuple):
    """One page of accounts. more: whether there is a next page."""

    users: Sequence[User]
    more: bool


def search_users(ctx: SelfHostContext, search: UserSearch) -> FoundUsers:
    """The accounts that fit, newest first (one statement)."""
    rows = search_accounts(ctx, search.email, skip=(search.page - 1) * search.count, limit=search.count + 1)
    return FoundUsers(rows[: search.count], len(rows) > search.count)
