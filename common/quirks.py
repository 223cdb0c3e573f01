"""Upstream's defects, by name: off by default, switched on where a tester wants to see that a tool survives them.

Clouds take them from WARDENLOOP_QUIRKS, the instance from `wardenloop__quirks`; docs/fidelity.md shows this table.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Quirk:
    """A named departure from our default. side: `cloud`, `selfhost` or `both`."""

    name: str
    side: str
    ours: str
    upstream: str


class UnknownQuirk(ValueError):
    """A name that is not in the table."""


def _table(*quirks: Quirk) -> dict[str, Quirk]:
    return {quirk.name: quirk for quirk in quirks}


QUIRKS = _table(
    Quirk(
        "key-before-password",
        "both",
        "A wrong master password makes no API key.",
        "The key row is made before the password is checked, so the page then offers to view a token nobody has seen.",
    ),
    Quirk(
        "trial-billing-sync",
        "cloud",
        "An organization in its free trial cannot set up billing sync: 400 with our own text.",
        "There is no such check.",
    ),
    Quirk(
        "silent-mail-drop",
        "both",
        "Without SMTP settings a request that needs a mail is refused with our own text.",
        "The answer is 200 and the mail is dropped.",
    ),
    Quirk(
        "token-expiry-raises",
        "selfhost",
        "60 days after the paid period the organization is disabled, also when its licence token has run out by then.",
        "An expired token makes the check raise; the organization stays enabled for ever.",
    ),
    Quirk(
        "token-skips-version",
        "selfhost",
        "`Version N is not supported.` is decided by what the simulated release understands, token or not.",
        "Releases from 2025.1 on never look at the version of a licence with a token.",
    ),
    Quirk(
        "token-parse-raises",
        "selfhost",
        "An answer of the token endpoint that is no token is a failed sync like any other.",
        "It is an unhandled error: 500.",
    ),
    Quirk(
        "duplicate-member-breaks-sync",
        "cloud",
        "Several sponsorships of one member are matched by member and friendly name.",
        "The whole sync answers 500.",
    ),
    Quirk(
        "sync-duplicate-member-raises",
        "selfhost",
        "Several sponsorships of one member are synced.",
        "The sync fails before anything is sent.",
    ),
    Quirk(
        "sync-unknown-member-raises",
        "selfhost",
        "A row in the answer that is not known here is passed over.",
        "The sync fails and nothing is saved.",
    ),
    Quirk(
        "orphan-offer",
        "cloud",
        "A removal that is repeated because its answer was lost stores and mails nothing.",
        "A fresh offer is stored and mailed.",
    ),
    Quirk(
        "stale-offer-after-replacement",
        "cloud",
        "When a member offers to another address, the open offer follows.",
        "Friendly name and address of a row that the cloud knows are never updated.",
    ),
    Quirk(
        "redeem-ignores-sponsor-policy",
        "cloud",
        "The sponsoring organization's Free Families policy stops a redemption.",
        "Only the sponsored organization's policy is looked at.",
    ),
    Quirk(
        "sponsorship-renewal-ignored",
        "cloud",
        "A sponsorship that no longer holds ends at renewal: regular price, a mail to the owner, the row goes.",
        "Nothing happens.",
    ),
    Quirk(
        "member-removal-deletes-sponsorships",
        "both",
        "Sponsorships of a removed member are marked for removal, so that the next sync tells the cloud.",
        "On other databases than SQL Server the rows are deleted and the cloud never hears of it.",
    ),
    Quirk(
        "portal-get-sync",
        "selfhost",
        "Manual Sync is a form with an antiforgery token.",
        "A plain link starts it, so that any page can.",
    ),
)


def checked_quirks(names: Iterable[str]) -> frozenset[str]:
    """These names as a set. Raises UnknownQuirk for one that is not in the table."""
    wanted = frozenset(filter(None, (name.strip() for name in names)))
    for name in sorted(wanted - QUIRKS.keys()):
        raise UnknownQuirk(f"Unknown quirk: {name}. Known: {', '.join(sorted(QUIRKS))}.")
    return wanted
