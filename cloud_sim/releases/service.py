"""Choosing the release that a cloud behaves as, and asking for it."""

from cloud_sim.context import CloudContext
from cloud_sim.releases.models import SimulatedRelease
from common.releases import NEWEST, Release, abilities
from common.server.database import inserting
from common.server.observed import note_control
from common.sim.generation import raise_generation

_ROW = 1


def simulated_release(ctx: CloudContext) -> Release:
    """The release whose licences and answers are given now."""
    row = ctx.session.get(SimulatedRelease, _ROW)
    return Release.parse(row.release) if row else NEWEST


def unknown_fields(ctx: CloudContext) -> frozenset[str]:
    """C# names of the licence fields that this release does not know."""
    return abilities(simulated_release(ctx)).unknown_fields


def choose_release(ctx: CloudContext, release: Release) -> None:
    """Behave as this one from the next request on."""
    raise_generation(ctx.session)
    chosen = inserting(ctx.session, SimulatedRelease).values(id=_ROW, release=str(release))
    ctx.session.execute(chosen.on_conflict_do_update(index_elements=["id"], set_={"release": chosen.excluded.release}))
    ctx.session.expire_all()
    note_control("release", ctx.side.app_name, f"v{release}")
