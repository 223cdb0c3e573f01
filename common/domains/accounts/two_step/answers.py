"""Providers of two-step login as the wire tells them."""

from common.domains.accounts.two_step.service import AuthenticatorSetup, EmailSetup
from common.wire import two_step as wire


def provider(number: int, *, enabled: bool = True) -> wire.ProviderAnswer:
    """Whether a provider is in use."""
    return wire.ProviderAnswer(enabled=enabled, type=number)


def authenticator(found: AuthenticatorSetup) -> wire.AuthenticatorAnswer:
    """An authenticator, in use or offered, and the token that lets the caller change it."""
    details = wire.AuthenticatorDetails(enabled=found.enabled, key=found.key)
    return wire.AuthenticatorAnswer(authenticator=details, user_verification_token=found.token)


def authenticator_changed(key: str) -> wire.AuthenticatorChanged:
    """The authenticator that is used from now on."""
    return wire.AuthenticatorChanged(authenticator=wire.AuthenticatorDetails(enabled=True, key=key))


def email(found: EmailSetup) -> wire.EmailAnswer:
    """Where codes are mailed, and the token that lets the caller change it."""
    details = wire.EmailDetails(enabled=found.email is not None, email=found.email)
    return wire.EmailAnswer(email=details, user_verification_token=found.token)


def email_changed(address: str) -> wire.EmailChanged:
    """Where codes are mailed from now on."""
    return wire.EmailChanged(email=wire.EmailDetails(enabled=True, email=address))
