"""Licence files of the instance: `{licenseDirectory}/{organization|user}/{id}.json`, replaced whole or not at all.

A change is staged in the transaction that changes its owner (`stage`) and put on the disk after the commit (`publish`).
A reader looks at what is staged first, so disk and database agree for everybody at any moment.
Source: src/Core/Billing/Services/Implementations/LicensingService.cs; fidelity.md: license.store.
"""

import hashlib
import logging
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from common.files import PRIVATE, sync_folder, write_file
from common.server.transaction import own_transaction
from selfhost.context import SelfHostContext
from selfhost.license_files.models import StagedLicense

ORGANIZATION = "organization"
USER = "user"

log = logging.getLogger(__name__)

_LOCK = 0x6C6963656E7365  # "license"; any number nobody else uses


LONGEST = 4 * 1024 * 1024
"""Bytes of a file; an upload has 50 KB at most."""


def lock(ctx: SelfHostContext) -> None:
    """Let nobody else change licences until this transaction ends; what was read before is read again.

    SQLite transactions exclude each other from their first statement (common/server/database.py).
    """
    if ctx.session.get_bind().dialect.name == "postgresql":
        ctx.session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    ctx.session.expire_all()


def path_of(directory: Path, kind: str, owner_id: UUID) -> Path:
    """Where a licence file is. The name is the instance's id; the `Id` inside is the cloud's."""
    return directory / kind / f"{owner_id}.json"


def read(ctx: SelfHostContext, kind: str, owner_id: UUID) -> bytes | None:
    """The licence file in force, None when there is none. OSError when it cannot be read."""
    staged = ctx.session.execute(
        sa.select(StagedLicense.content).where(StagedLicense.kind == kind, StagedLicense.owner_id == owner_id)
    ).one_or_none()
    return _content(staged.content) if staged else read_published(ctx, kind, owner_id)


def staged(ctx: SelfHostContext, kind: str) -> dict[UUID, bytes | None]:
    """All files of a kind that are decided but not on the disk yet: one statement for reading many files."""
    rows = ctx.session.execute(
        sa.select(StagedLicense.owner_id, StagedLicense.content).where(StagedLicense.kind == kind)
    )
    return {row.owner_id: _content(row.content) for row in rows}


def read_published(ctx: SelfHostContext, kind: str, owner_id: UUID) -> bytes | None:
    """The file on the disk, None when there is none. OSError when it cannot be read.

    No more of it than any licence has: what somebody else put there may not fit into memory, and is unreadable so.
    """
    with suppress(FileNotFoundError), path_of(ctx.deployment.license_directory, kind, owner_id).open("rb") as file:
        return file.read(LONGEST)
    return None


def stage(ctx: SelfHostContext, kind: str, owner_id: UUID, content: str | None) -> None:
    """Decide in this transaction what the file will be (None = gone). Call under `lock`, as its last step.

    The text is already written beside its place, so that a full or read-only disk (OSError) fails the request while
    nothing has changed.
    """
    row = ctx.session.get(StagedLicense, (kind, owner_id))
    if row is not None:
        _name_beside(row, ctx).unlink(missing_ok=True)  # should we fail now, publishing writes it again
    if content is not None:
        _write_beside(path_of(ctx.deployment.license_directory, kind, owner_id), content.encode())
    if row is None:
        row = StagedLicense(kind=kind, owner_id=owner_id)
        ctx.session.add(row)
    row.content = content
    ctx.session.flush()


def publish(ctx: SelfHostContext) -> None:
    """Save what was decided, then put on the disk what is staged, also what a killed process left behind.

    A disk that fails now undoes nothing: the file stays staged, readers see it, the next call tries again.
    """
    with own_transaction(ctx.session):
        lock(ctx)
        for row in ctx.session.scalars(sa.select(StagedLicense)):
            try:
                _put(path_of(ctx.deployment.license_directory, row.kind, row.owner_id), _content(row.content))
            except OSError as error:
                log.error("License file %s of %s cannot be written yet: %s", row.kind, row.owner_id, error)
            else:
                ctx.session.delete(row)


def publish_leftovers(ctx: SelfHostContext) -> bool:
    """At start: finish what a killed process began, and sweep away what it did not even decide.

    False when the database does not answer, or has no tables yet.
    """
    try:
        _publish_and_sweep(ctx)
    except SQLAlchemyError as error:
        log.warning("License files cannot be looked after yet: %s", error)
        return False
    return True


def _publish_and_sweep(ctx: SelfHostContext) -> None:
    publish(ctx)
    with own_transaction(ctx.session):
        lock(ctx)
        expected = {_name_beside(row, ctx) for row in ctx.session.scalars(sa.select(StagedLicense))}
        for folder in (ctx.deployment.license_directory / kind for kind in (ORGANIZATION, USER)):
            for stray in folder.glob(".*.json.*"):
                if stray not in expected:
                    stray.unlink(missing_ok=True)


def _content(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _name_beside(row: StagedLicense, ctx: SelfHostContext) -> Path:
    return _beside(path_of(ctx.deployment.license_directory, row.kind, row.owner_id), (row.content or "").encode())


def _beside(path: Path, content: bytes) -> Path:
    """Name of the file while it is not in force: told apart by content, so that no half-written one is ever taken."""
    return path.with_name(f".{path.name}.{hashlib.sha256(content).hexdigest()[:16]}")


def _write_beside(path: Path, content: bytes) -> Path:
    beside = _beside(path, content)
    write_file(beside, content, PRIVATE, durable=True)
    return beside


def _put(path: Path, content: bytes | None) -> None:
    """Make the file be `content` in one step, whatever was there."""
    if content is not None:
        beside = _beside(path, content)
        if not beside.exists():
            _write_beside(path, content)
        beside.replace(path)
    elif path.exists():
        path.unlink()
    else:
        return
    sync_folder(path.parent)
