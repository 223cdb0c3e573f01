"""What keeps an account from being deleted. Pure. Source: src/Core/Services/Implementations/UserService.cs."""

from common.errors import Refusal, invalid_field


def sole_owner() -> Refusal:
    """400: organizations would be left without an owner."""
    return invalid_field(
        "",
        "Cannot delete this user because it is the sole owner of at least one organization. "
        "Please delete these organizations or upgrade another user.",
        rule="account.sole-owner",
    )
