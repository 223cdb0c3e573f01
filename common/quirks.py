"""Upstream's defects, by name: off by default, switched on where a tester wants to see that a tool survives them.

Clouds take them from WARDENLOOP_QUIRKS, the instance from `wardenloop__quirks`; docs/fidelity.md shows this table.
"""

from collections.abc import Iterable
from enum import Enum


class UnknownQuirk(ValueError):
    """A name that no quirk has."""


class Quirk(Enum):
    """A named departure from our default.

    label: how people write it. side: who has it, `cloud`, `selfhost` or `both`. ours, upstream: what happens.
    """

    def __init__(self, label: str, side: str, ours: str, upstream: str) -> None:
        self.label, self.side, self.ours, self.upstream = label, side, ours, upstream

    KEY_BEFORE_PASSWORD = (
        "key-before-password",
        "both",
        "A wrong master password makes no API key.",
        "The key row is made before the password is checked, so the page then offers to view a token nobody has seen.",
    )
    TRIAL_BILLING_SYNC = (
        "trial-billing-sync",
        "cloud",
        "An organization in its free trial cannot set up billing sync: 400 with our own text.",
        "There is no such check.",
    )
    SILENT_MAIL_DROP = (
        "silent-mail-drop",
        "both",
        "Without SMTP settings a request that needs a mail is refused with our own text.",
        "The answer is 200 and the mail is dropped.",
    )
    TOKEN_EXPIRY_RAISES = (
        "token-expiry-raises",
        "selfhost",
        "60 days after the paid period the organization is disabled, also when its licence token has run out by then.",
        "An expired token makes the check raise; the organization stays enabled for ever.",
    )
    TOKEN_SKIPS_VERSION = (
        "token-skips-version",
        "selfhost",
        "`Version N is not supported.` is decided by what the simulated release understands, token or not.",
        "Releases from 2025.1 on never look at the version of a licence with a token.",
    )
    TOKEN_PARSE_RAISES = (
        "token-parse-raises",
        "selfhost",
        "An answer of the token endpoint that is no token is a failed sync like any other.",
        "It is an unhandled error: 500.",
    )
    UNSIGNED_LICENSE_KEY = (
        "unsigned-license-key",
        "selfhost",
        "A licence serves one organization: by the key that its token proves, and it is stored as the token says.",
        "The file's own key counts, which nothing protects beside a token: edited, one licence makes any number of "
        "organizations, and the next check disables the honest one.",
    )
    DUPLICATE_MEMBER_BREAKS_SYNC = (
        "duplicate-member-breaks-sync",
        "cloud",
        "Several sponsorships of one member are matched by member and friendly name.",
        "The whole sync answers 500.",
    )
    SYNC_DUPLICATE_MEMBER_RAISES = (
        "sync-duplicate-member-raises",
        "selfhost",
        "Several sponsorships of one member are synced.",
        "The sync fails before anything is sent.",
    )
    SYNC_UNKNOWN_MEMBER_RAISES = (
        "sync-unknown-member-raises",
        "selfhost",
        "A row in the answer that is not known here is passed over.",
        "The sync fails and nothing is saved.",
    )
    ORPHAN_OFFER = (
        "orphan-offer",
        "cloud",
        "A removal that is repeated because its answer was lost stores and mails nothing.",
        "A fresh offer is stored and mailed.",
    )
    STALE_OFFER_AFTER_REPLACEMENT = (
        "stale-offer-after-replacement",
        "cloud",
        "When a member offers to another address, the open offer follows.",
        "Friendly name and address of a row that the cloud knows are never updated.",
    )
    NAME_FINDS_ANYBODYS_SPONSORSHIP = (
        "name-finds-anybodys-sponsorship",
        "both",
        "By a friendly name administrators find what was given away for the organization, and everybody their own.",
        "The first sponsorship of that name is revoked or mailed again, also a colleague's personal one.",
    )
    LATE_SYNC_COUNTS = (
        "late-sync-counts",
        "cloud",
        "A request of an older sync, held up on its way until a newer one was taken over, is refused with 409.",
        "It is carried out: an offer that was revoked meanwhile is made and mailed, and no later sync ends it.",
    )
    REDEEM_IGNORES_SPONSOR_POLICY = (
        "redeem-ignores-sponsor-policy",
        "cloud",
        "The sponsoring organization's Free Families policy stops a redemption.",
        "Only the sponsored organization's policy is looked at.",
    )
    SPONSORSHIP_RENEWAL_IGNORED = (
        "sponsorship-renewal-ignored",
        "cloud",
        "A sponsorship that no longer holds ends at renewal: regular price, a mail to the owner, the row goes.",
        "Nothing happens.",
    )
    MEMBER_REMOVAL_DELETES_SPONSORSHIPS = (
        "member-removal-deletes-sponsorships",
        "both",
        "Sponsorships of a removed member are marked for removal, so that the next sync tells the cloud.",
        "On other databases than SQL Server the rows are deleted and the cloud never hears of it.",
    )
    GONE_ROUTES = (
        "gone-routes",
        "both",
        "What web vaults of 2024 to 2026.4 ask for on the pages of these flows is answered as their servers did, to "
        "clients that say such a version.",
        "Routes that newer servers no longer have answer 404: those web vaults stay on some pages for ever.",
    )
    PORTAL_GET_SYNC = (
        "portal-get-sync",
        "selfhost",
        "Manual Sync is a form with an antiforgery token.",
        "A plain link starts it, so that any page can.",
    )


def checked_quirks(labels: Iterable[str], side: str) -> frozenset[Quirk]:
    """The quirks of these labels, blanks passed over. side: whose settings they are in, `cloud` or `selfhost`.

    Raises UnknownQuirk, which lists the labels of this side, for another text and for a quirk of the other side, which
    would do nothing.
    """
    known = {quirk.label: quirk for quirk in Quirk if quirk.side in (side, "both")}
    wanted = frozenset(filter(None, (label.strip() for label in labels)))
    for label in sorted(wanted - known.keys()):
        raise UnknownQuirk(f"Unknown quirk: {label}. Known: {', '.join(sorted(known))}.")
    return frozenset(known[label] for label in wanted)
