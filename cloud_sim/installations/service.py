"""Registering installations, and the token client that each of them is."""

from uuid import UUID

import sqlalchemy as sa

from cloud_sim.context import CloudContext
from cloud_sim.installations.models import Installation
from common.errors import bad_request, not_found
from common.server.clients import DAY, MachineClient
from common.server.context import Context
from common.server.locks import lock_row
from common.server.observed import TokenCause, note_cause

KEY_LENGTH = 20
SCOPES = frozenset({"api.push", "api.licensing", "api.installation"})


def register_installation(ctx: CloudContext, email: str, known_as: UUID | None = None) -> Installation:
    """Make a new installation; the same address may have any number.

    known_as: the id that somebody brings; 400 where there is one of this id.

    Source: src/Api/Platform/Installations; fidelity.md: cloud.installations.
    """
    if known_as is not None and ctx.session.get(Installation, known_as) is not None:
        raise bad_request("There is an installation of this id.", rule="sim.installation")
    installation = Installation(
        id=known_as or ctx.ids.uuid(),
        email=email,
        key=ctx.ids.secret(KEY_LENGTH),
        enabled=True,
        creation_date=ctx.clock.now(),
    )
    ctx.session.add(installation)
    return installation


def count_installations(ctx: CloudContext) -> int:
    """How many there are."""
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(Installation)) or 0


def list_installations(ctx: CloudContext) -> list[Installation]:
    """All of them, the oldest first (one statement)."""
    return list(ctx.session.scalars(sa.select(Installation).order_by(Installation.creation_date, Installation.id)))


def show_installation(ctx: CloudContext, installation_id: UUID) -> Installation:
    """The installation, enabled or not. Errors: 404."""
    found = ctx.session.get(Installation, installation_id)
    if found is None:
        raise not_found("installations.unknown")
    return found


def find_enabled_installation(ctx: CloudContext, installation_id: UUID | None) -> Installation | None:
    """The installation if this region knows it and it is enabled."""
    found = ctx.session.get(Installation, installation_id) if installation_id else None
    return found if found and found.enabled else None


def switch_installation(ctx: CloudContext, installation_id: UUID, *, enabled: bool) -> Installation:
    """Disable or enable an installation (upstream: its staff's portal). Errors: 404."""
    installation = lock_row(ctx.session, Installation, installation_id)
    if installation is None:
        raise not_found("installations.unknown")
    installation.enabled = enabled
    return installation


def installation_client(ctx: Context, identifier: str) -> MachineClient | None:
    """The token client `installation.{id}`: a day of access, and each token marks the installation as active and
    has its number.

    Source: src/Identity/IdentityServer/ClientProviders/InstallationClientProvider.cs; fidelity.md: cloud.installations.
    """
    try:
        installation_id = UUID(identifier)
    except ValueError:
        return None
    installation = ctx.session.get(Installation, installation_id)
    if installation is None or not installation.enabled:
        if installation is not None:
            note_cause(TokenCause.DISABLED)
        return None

    def issuing() -> dict[str, str]:
        row = Installation
        activity = {"last_activity_date": ctx.clock.now(), "tokens_issued": row.tokens_issued + 1}
        counted = sa.update(row).where(row.id == installation_id).values(activity).returning(row.tokens_issued)
        number = ctx.session.scalar(counted.execution_options(synchronize_session=False)) or 0
        return {"jti": token_id(number, ctx.ids.uuid())}

    claims = {"client_sub": str(installation.id)}
    return MachineClient(installation.key, SCOPES, DAY, claims, issuing=issuing)


def token_id(number: int, noise: UUID) -> str:
    """The `jti` of the installation's token of this number: 32 digits like any other, and in order.

    Nothing on the wire says which of two calls is of the older conversation; upstream does not know it either.
    """
    return f"{number:016X}{noise.hex[16:].upper()}"


def token_number(token_id: str | None) -> int:
    """The number in `token_id`; 0 for an id that has none."""
    try:
        return int((token_id or "")[:16], 16)
    except ValueError:
        return 0
