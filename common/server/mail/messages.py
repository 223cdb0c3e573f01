"""The mails of our flows: upstream's subjects and links, our own words. Pure: facts in, a Mail out.

Source: src/Core/Platform/Mail/HandlebarsMailService.cs; fidelity.md: mail.subjects, identity.registration,
account.email-verification.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import NamedTuple
from urllib.parse import quote_plus
from uuid import UUID

LICENSING_HELP = "https://bitwarden.com/help/licensing-on-premise/"
OTP_MINUTES = 5

_SIGNATURE = "Wardenloop, a simulator of Bitwarden servers for tests and rehearsals"
_PARAGRAPH = '<p style="margin:0 0 16px;line-height:1.5">{}</p>'
_BUTTON = (
    '<p style="margin:0 0 16px"><a href="{url}" style="display:inline-block;padding:10px 20px;border-radius:4px;'
    'background:#175ddc;color:#ffffff;text-decoration:none">{label}</a></p>'
)
_PAGE = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
    '<body style="margin:0;padding:24px;font-family:sans-serif;font-size:16px;color:#1b2029">\n{body}\n'
    '<p style="margin:24px 0 0;font-size:12px;color:#5a6d91">{signature}</p></body></html>\n'
)


@dataclass(frozen=True)
class Mail:
    """One mail to one address. category: upstream's template category, for logs; it is not sent.

    name: of a mail that may be sent twice; it is in the `Message-ID` both times, so that who looks there can tell.
    """

    to: str
    subject: str
    text: str
    html: str
    category: str
    name: str | None = None


class Link(NamedTuple):
    """Where a mail leads: the text of the button and the address behind it."""

    label: str
    url: str


def compose(to: str, subject: str, category: str, paragraphs: Sequence[str], link: Link | None = None) -> Mail:
    """Build both parts of a mail from plain text. Everything is HTML-escaped; the text part holds the bare link."""
    subject = " ".join(subject.split())  # a line break in an organization's name must not become a header
    blocks = [_PARAGRAPH.format(escape(paragraph)) for paragraph in paragraphs]
    lines = list(paragraphs)
    if link is not None:
        blocks.append(_BUTTON.format(url=escape(link.url), label=escape(link.label)))
        lines.append(f"{link.label}:\n{link.url}")
    html = _PAGE.format(title=escape(subject), body="\n".join(blocks), signature=escape(_SIGNATURE))
    text = "\n\n".join([*lines, f"-- \n{_SIGNATURE}"]) + "\n"
    return Mail(to, subject, text, html, category)


def verify_email(vault: str, to: str, user_id: UUID, token: str) -> Mail:
    """Asks the owner of an existing account to confirm the address. vault: base URL of the web vault."""
    url = f"{_base(vault)}/#/verify-email?userId={user_id}&token={url_encode(token)}"
    return compose(
        to,
        "Verify Your Email",
        "VerifyEmail",
        ["Please confirm that this e-mail address belongs to your Bitwarden account."],
        Link("Verify email", url),
    )


def registration_verification(vault: str, to: str, token: str, from_marketing: str | None = None) -> Mail:
    """Leads somebody who wants an account to the page that finishes the registration."""
    url = (
        f"{_base(vault)}/redirect-connector.html#finish-signup"
        f"?token={url_encode(token)}&email={url_encode(to)}&fromEmail=true"
    )
    if from_marketing:
        url += f"&fromMarketing={url_encode(from_marketing)}"
    return compose(
        to,
        "Verify Your Email",
        "VerifyEmail",
        [
            "Confirm this e-mail address to finish creating your Bitwarden account. The link works for 15 minutes.",
            "If you did not ask for an account, ignore this mail.",
        ],
        Link("Verify email", url),
    )


class Trial(NamedTuple):
    """What somebody wants to try. tier, products: upstream's numbers; product 0 is the vault. days: of the trial."""

    tier: int
    products: Sequence[int]
    days: int
    payment_optional: bool = False


def trial_verification(vault: str, to: str, token: str, trial: Trial, *, account_exists: bool) -> Mail:
    """Leads somebody to an organization's trial: to a page that also registers, or only makes the organization."""
    page = "trial-initiation" if 0 in trial.products else "secrets-manager-trial-initiation"
    url = (
        f"{_base(vault)}/#/{'create-organization' if account_exists else page}"
        f"?token={url_encode(token)}&email={url_encode(to)}&fromEmail=true&productTier={int(trial.tier)}"
        f"&product={','.join(map(str, trial.products))}&trialLength={trial.days}"
    )
    what = "start your free trial" if trial.days else "start your plan"
    return compose(
        to,
        "Verify your email",
        "VerifyEmail",
        [f"Confirm this e-mail address and {what}.", "If you did not ask for it, ignore this mail."],
        Link("Verify email", f"{url}&paymentOptional=true" if trial.payment_optional else url),
    )


def license_expired(to: str, organization_name: str | None = None) -> Mail:
    """Tells that a validation run switched off an organization, or without a name the premium of the addressee.

    The only mail about it, whatever was wrong with the licence file.
    """
    if organization_name is None:
        loss = "The license of your premium membership is no longer valid, so premium features were switched off."
    else:
        loss = f"The license of the organization {defused(organization_name)} is no longer valid, so it was disabled."
    return compose(
        to,
        "License Expired",
        "LicenseExpired",
        [loss, "Download the current license file from the cloud and upload it to your server to go on."],
        Link("Read how to update a license", LICENSING_HELP),
    )


class Invitation(NamedTuple):
    """What an organization invitation says. token: goes into the link; expires: aware, shown in UTC."""

    organization_id: UUID
    organization_user_id: UUID
    organization_name: str
    email: str
    token: str
    expires: datetime
    account_exists: bool
    free_organization: bool = False
    init_organization: bool = False


def organization_invite(vault: str, invitation: Invitation) -> Mail:
    """Invites somebody into an organization; the subject depends on whether the account exists and on the plan.

    Source also: src/Core/Models/Mail/OrganizationUserInvitedViewModel.cs.
    """
    name = defused(invitation.organization_name)
    match invitation.free_organization, invitation.account_exists:
        case True, True:
            subject = "You have been invited to a Bitwarden vault"
        case True, False:
            subject = "You have been invited to Bitwarden Password Manager"
        case False, True:
            subject = f"{name} invited you to their Bitwarden vault"
        case _:
            subject = f"{name} set up a Bitwarden account for you"
    return compose(
        invitation.email,
        subject,
        "OrganizationUserInvited",
        [
            f"You are invited to join the organization {name}.",
            f"The invitation ends on {invitation.expires:%Y-%m-%d} at {invitation.expires:%H:%M} UTC.",
        ],
        Link(
            "Join organization" if invitation.account_exists else "Create account", _invitation_url(vault, invitation)
        ),
    )


def _invitation_url(vault: str, invitation: Invitation) -> str:
    parameters = {
        "organizationId": str(invitation.organization_id),
        "organizationUserId": str(invitation.organization_user_id),
        "email": url_encode(invitation.email),
        "organizationName": url_encode(invitation.organization_name),
        "token": url_encode(invitation.token),
        "initOrganization": str(invitation.init_organization),
        "orgUserHasExistingUser": str(invitation.account_exists),
    }
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    return f"{_base(vault)}/#/accept-organization?{query}"


def organization_confirmed(vault: str, to: str, organization_name: str) -> Mail:
    """Tells a member that an administrator confirmed them."""
    return compose(
        to,
        f"You have been confirmed to {organization_name}",
        "OrganizationUserConfirmed",
        [f"You are now a confirmed member of {defused(organization_name)} and can open what it shares with you."],
        Link("Open the web vault", f"{_base(vault)}/#/"),
    )


def organization_revoked(vault: str, to: str, organization_name: str, because: str, category: str) -> Mail:
    """Tells a member that a policy which was switched on took the place from them."""
    return compose(
        to,
        f"You have been revoked from {organization_name}",
        category,
        [f"Your access to {defused(organization_name)} has been revoked, because {because}"],
        Link("Open the web vault", f"{_base(vault)}/#/"),
    )


def one_time_code(to: str, code: str, minutes: int = OTP_MINUTES) -> Mail:
    """Carries the code that stands in for the master password (`request-otp`) or admits a new device."""
    return compose(
        to,
        "Your Bitwarden Verification Code",
        "OTP",
        [f"Your verification code is {code}", f"It works for {minutes} minutes. Do not share it with anybody."],
    )


def two_step_code(to: str, code: str, minutes: int = OTP_MINUTES) -> Mail:
    """Carries the code of the second step of a login."""
    return compose(
        to,
        "Your Bitwarden Verification Code",
        "TwoFactorEmail",
        [f"Your two-step verification code is {code}", f"It works for {minutes} minutes."],
    )


def change_email(to: str, code: str) -> Mail:
    """Carries the code that makes this the address of an account."""
    return compose(
        to,
        "Your Email Change",
        "ChangeEmail",
        [f"Use the code {code} to finish the change of your e-mail address.", f"It works for {OTP_MINUTES} minutes."],
    )


def change_email_taken(to: str, wanted: str) -> Mail:
    """Tells that the wanted address belongs to another account."""
    return compose(
        to,
        "Your Email Change",
        "ChangeEmailAlreadyExists",
        [f"The address {defused(wanted)} belongs to another account, so yours cannot be changed to it."],
    )


def password_hint(vault: str, to: str, hint: str | None) -> Mail:
    """Reminds of the master password, or tells that there is no hint."""
    text = f"Your master password hint is: {hint}" if hint else "Your account has no master password hint."
    return compose(
        to,
        "Your Master Password Hint",
        "MasterPasswordHint" if hint else "NoMasterPasswordHint",
        [text],
        Link("Log in", f"{_base(vault)}/#/login"),
    )


def admin_login(admin: str, to: str, return_url: str, token: str) -> Mail:
    """Signs an administrator in to the System Administrator Portal. admin: its base URL, such as `{vault}/admin`."""
    url = (
        f"{_base(admin)}/login/confirm"
        f"?returnUrl={url_encode(return_url)}&email={url_encode(to)}&token={url_encode(token)}"
    )
    return compose(
        to,
        "[Admin] Continue Logging In",
        "PasswordlessSignIn",
        ["Use this link to go on signing in to the System Administrator Portal. It works for 15 minutes."],
        Link("Continue logging in", url),
    )


def url_encode(text: str) -> str:
    """Form encoding as .NET's WebUtility.UrlEncode writes it: blanks as `+`, `!*()` as they are, `~` encoded."""
    return quote_plus(text, safe="!*()").replace("~", "%7E")


def defused(name: str) -> str:
    """A name that a mail program will not turn into a link: no scheme, `[at]` and `[dot]` for the signs.

    Source: src/Core/Utilities/CoreHelpers.cs (SanitizeForEmail).
    """
    name = re.sub(r"\.(?=\w)", "[dot]", name.replace("@", "[at]"))
    while (without := re.sub(r"\w*://", "", name)) != name:
        name = without
    return name


def _base(url: str) -> str:
    return url.rstrip("/")
