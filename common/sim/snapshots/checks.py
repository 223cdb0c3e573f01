"""What must be true before a snapshot is brought back, so that nothing is changed where it is not."""

import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from common.sim.snapshots import rules
from common.sim.snapshots.databases import schema_of_copy
from common.sim.snapshots.descriptions import Snapshot, copy_of
from common.sim.snapshots.folders import Layout

PROBLEMS = (OSError, sqlite3.Error, sa.exc.SQLAlchemyError, ValueError, KeyError)
"""What reading and writing one may end in, whoever wrote it."""

_ROOM = 4 * 1024 * 1024


def require_room(layout: Layout, needed: int) -> None:
    free = shutil.disk_usage(layout.root).free
    if needed + _ROOM > free:
        raise rules.no_room(needed + _ROOM, free)


def require_whole(layout: Layout, snapshot: Snapshot) -> None:
    """Find out before anything is changed whether it can be brought back. Errors: 409, 507."""
    data = layout.shelf / snapshot.data
    for app, schema in snapshot.schemas.items():
        copy = copy_of(data, app)
        if schema is None:
            continue
        try:
            found = schema_of_copy(copy) if copy.exists() else None
        except PROBLEMS as error:
            raise rules.broken(snapshot.name, f"the database of {app} cannot be read ({error})") from error
        if found is None:
            raise rules.broken(snapshot.name, f"the database of {app} is missing")
        if found != schema:
            raise rules.broken(snapshot.name, f"the database of {app} is another one")
    if _scheme(snapshot.addresses) != _scheme(layout.addresses()):
        raise rules.other_scheme()
    if not (data / "files").is_dir() or not (data / "mail").is_dir():
        raise rules.broken(snapshot.name, "its files are missing")
    if (size := bytes_below(data)) != snapshot.size:
        raise rules.broken(snapshot.name, f"it has {size} bytes and not {snapshot.size}")
    require_room(layout, snapshot.size)


def require_same_schema(layout: Layout, snapshot: Snapshot) -> None:
    for app, schema in snapshot.schemas.items():
        here = layout.database(app)
        copy = copy_of(layout.shelf / snapshot.data, app)
        if schema is not None and (here.path is None) != copy.is_dir():
            raise rules.broken(snapshot.name, f"{app} has a database of another kind now")
        found = here.schema() if here.is_there else None
        if schema is not None and found is not None and schema != found:
            raise rules.other_schema(app, schema, found)


def _scheme(addresses: Mapping[str, str]) -> str:
    return addresses.get("cloud_us", "").partition(":")[0]


def bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
