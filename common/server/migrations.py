"""Database migrations of either app. Revisions are numbered (0001, 0002, ...), so the newest is known without Alembic.

An app's revisions live in `<package>/migrations/versions`; a served app brings its database up to date before it
answers (wsgi.py), and several processes that start at once do it one after the other.
"""

import importlib
import os
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, ProgrammingError

from common.files import PRIVATE
from common.server.database import Base, UtcDateTime, tables_of, tune_engines
from common.server.serving import NO_USE_TRYING_AGAIN

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.config import Config
    from alembic.operations.ops import MigrationScript

_LOCK = 5_723_001  # any number, the same for every process
_UNKNOWN = (
    "The database {database} was made by another version of wardenloop (its revision is {found}), and this one cannot "
    "go on with it. Start with an empty home: `wardenloop up --fresh` (it forgets everything in this home)."
)


def folder_of(package: str) -> Path:
    """Where the app keeps its revisions."""
    return Path(str(importlib.import_module(package).__file__)).parent / "migrations"


def newest_revision(package: str) -> str:
    """Number of the newest revision of the app; 0000 = none yet."""
    return max(_revisions(package), default="0000")


@cache
def _revisions(package: str) -> frozenset[str]:
    return frozenset(path.name[:4] for path in (folder_of(package) / "versions").glob("[0-9]*.py"))


class UnknownRevision(Exception):
    """A database of another version of wardenloop. The text says what to do about it."""


class NotMigrated(RuntimeError):
    """A revision failed; why was printed."""


First = Callable[[sa.Connection], object]
"""Done to a database that is new, before anybody sees it."""


def ensure_current(package: str, database_url: str, first: First | None = None) -> None:
    """Bring the database to the newest revision; does nothing (and does not load Alembic) when it is there.

    first: done in the transaction that makes it, where there was none; of several processes perhaps by each.
    Raises UnknownRevision for a database that no revision of ours leads on from, NotMigrated.
    """
    engine = _engine(database_url)
    try:
        found = _revision_in(engine)
        if found is not None and found not in _revisions(package):
            raise UnknownRevision(_UNKNOWN.format(database=_name(engine), found=found))
        if found != newest_revision(package):
            _apart(engine, partial(upgrade, package, engine, first if found is None else None))
    finally:
        engine.dispose()


def _apart(engine: sa.Engine, migrate: Callable[[], object]) -> None:
    """In a process of its own, which takes Alembic and all that it loads along: a sixth of what a served app holds.

    Where other threads run, it is done here: what they hold at that moment would stay held in the new process.
    """
    if threading.active_count() > 1:
        migrate()
        return
    engine.dispose()  # no connection is shared
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            migrate()
            status = 0
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)
    if os.waitpid(pid, 0)[1]:
        raise NotMigrated(f"The database {_name(engine)} could not be brought up to date.")


def _name(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=True)


def ensure_current_or_exit(package: str, database_url: str, first: First | None = None) -> None:
    """`ensure_current` for a program: where nothing can be done it ends with a message, and is not started again."""
    try:
        ensure_current(package, database_url, first)
    except UnknownRevision as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(NO_USE_TRYING_AGAIN)


def upgrade(package: str, engine: sa.Engine, first: First | None = None) -> None:
    """Run every missing revision in one transaction, one process at a time."""
    from alembic import command  # noqa: PLC0415 - 0.2 s that an up-to-date app need not spend

    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        command.upgrade(_config(package, connection), "head")
        if first is not None:
            first(connection)


def write_revision(package: str, database_url: str, message: str) -> None:
    """Write the next revision: what the models have and the database has not. For developers."""
    from alembic import command  # noqa: PLC0415

    engine = _engine(database_url)
    number = f"{int(newest_revision(package)) + 1:04}"
    with engine.begin() as connection:
        command.revision(_config(package, connection), message, autogenerate=True, rev_id=number)


def run_in_environment(package: str) -> None:
    """What `migrations/env.py` does: hand Alembic the connection and the tables of this app."""
    from alembic import context  # noqa: PLC0415

    names = {table.name for table in tables_of(package)}
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        include_name=lambda name, kind, _parents: kind != "table" or name in names,
        include_object=lambda thing, name, kind, _reflected, _other: kind != "table" or name in names,
        render_as_batch=True,
        render_item=_render_own_types,
        process_revision_directives=_leave_out_owners,
        compare_type=True,
    )
    context.run_migrations()


def _render_own_types(kind: str, thing: object, autogen: "AutogenContext") -> str | Literal[False]:
    if kind == "type" and isinstance(thing, UtcDateTime):
        autogen.imports.add("from common.server.database import UtcDateTime")
        return "UtcDateTime()"
    return False


def _leave_out_owners(_context: object, _revision: object, directives: "list[MigrationScript]") -> None:
    """A revision belongs to one app anyway."""
    for script in directives:
        for operation in script.upgrade_ops.ops if script.upgrade_ops else ():
            if hasattr(operation, "info"):
                operation.info = {}


def _engine(database_url: str) -> sa.Engine:
    engine = sa.create_engine(database_url)
    if engine.dialect.name == "sqlite" and engine.url.database:
        _keep_private(Path(engine.url.database))
    tune_engines([engine])
    return engine


def _keep_private(database: Path) -> None:
    """The file, and what SQLite puts beside it, which gets the same mode."""
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(PermissionError):  # somebody else's, and writable for us
        database.touch(PRIVATE)
        database.chmod(PRIVATE)


def _revision_in(engine: sa.Engine) -> str | None:
    try:
        with engine.connect() as connection:
            revision: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
            return revision
    except (OperationalError, ProgrammingError):
        return None


def _config(package: str, connection: sa.Connection) -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(folder_of(package)))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


if __name__ == "__main__":  # python -m common.server.migrations cloud_sim "what changed"
    with tempfile.TemporaryDirectory() as scratch:
        url = f"sqlite:///{scratch}/empty.db"
        if newest_revision(sys.argv[1]) != "0000":
            upgrade(sys.argv[1], _engine(url))
        write_revision(sys.argv[1], url, sys.argv[2])
