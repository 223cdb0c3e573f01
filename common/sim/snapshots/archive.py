"""A snapshot as one file, to be taken elsewhere. What comes from elsewhere is believed in nothing."""

import json
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from common.errors import Refusal
from common.files import PRIVATE, write_blocks
from common.sim.snapshots import rules
from common.sim.snapshots.checks import PROBLEMS, require_room, require_whole
from common.sim.snapshots.descriptions import Snapshot, description_of, find, write_description
from common.sim.snapshots.folders import Layout, belongs
from common.sim.snapshots.turns import Tools, alone, fresh_folder

_BLOCK = 1 << 20
_DESCRIPTION_BYTES = 1024 * 1024
_LEAST_ROOM = 4096
"""Of a file on the disk, whatever little is in it."""
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those that give out no more at a time than they are asked for."""
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""RuntimeError: encrypted, packed in a way that is not known here, nested too deeply."""


def export(layout: Layout, name: str, target: Path) -> Snapshot:
    """Write one as a file. It holds the keys and passwords of the world. Errors: 400, 404, 409, OSError."""
    with alone(layout):
        snapshot = find(layout, name)
        require_whole(layout, snapshot)
        data = layout.shelf / snapshot.data
        target.touch(PRIVATE)
        target.chmod(PRIVATE)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("snapshot.json", (layout.shelf / f"{name}.json").read_bytes())
            for path in sorted(data.rglob("*")):
                if path.is_file():
                    archive.write(path, f"data/{path.relative_to(data)}")
    return snapshot


def take_in(layout: Layout, source: Path, name: str | None, tools: Tools) -> Snapshot:
    """Keep what `export` wrote. name: instead of its own. Errors: 400 no such file, 409, 507."""
    with alone(layout):
        try:
            with zipfile.ZipFile(source) as archive:
                return _unpacked(layout, archive, name, tools)
        except (*_UNREADABLE, *PROBLEMS) as error:
            is_other_file = isinstance(error, zipfile.BadZipFile) and not zipfile.is_zipfile(source)
            why = "no ZIP archive" if is_other_file else error
            raise Refusal(400, f"{source.name} is no snapshot: {why}", rule=rules.RULE) from error


def _unpacked(layout: Layout, archive: zipfile.ZipFile, name: str | None, tools: Tools) -> Snapshot:
    if archive.getinfo("snapshot.json").file_size > _DESCRIPTION_BYTES:
        raise ValueError("its description is too long")
    found = description_of(json.loads(b"".join(_unpacking(archive, archive.getinfo("snapshot.json")))))
    own = rules.own_name(name or found.name)
    parts = [each for each in archive.infolist() if each.filename.startswith("data/") and not each.is_dir()]
    if (size := sum(each.file_size for each in parts)) != found.size:
        raise ValueError(f"its parts have {size} bytes and not the {found.size} that its description says")
    require_room(layout, sum(max(each.file_size, _LEAST_ROOM) for each in parts))
    snapshot = found._replace(name=own, data=fresh_folder(tools))
    folder = layout.shelf / snapshot.data
    try:
        for member in parts:
            path = member.filename.removeprefix("data/")
            if not _is_part(path):
                raise ValueError(f"{member.filename} does not belong there")
            mode = member.external_attr >> 16 & 0o777 or PRIVATE
            write_blocks(folder / path, _unpacking(archive, member), mode | 0o400)
        return write_description(layout, snapshot)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _unpacking(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """What a member holds, a block at a time, and exactly as much as it is said to. Errors: _UNREADABLE, ValueError."""
    if member.compress_type not in _PACKED:
        raise ValueError(f"{member.filename} is packed in a way that is not known here")
    left = member.file_size
    with archive.open(member) as content:
        while left and (block := content.read(min(left, _BLOCK))):
            left -= len(block)
            yield block
        if left or content.read(1):
            raise ValueError(f"{member.filename} has another size than it is said to have")


def _is_part(path: str) -> bool:
    room, _, rest = path.partition("/")
    if room == "files":
        return belongs(rest)
    return room in ("databases", "mail") and ".." not in Path(rest).parts and not Path(rest).is_absolute()
