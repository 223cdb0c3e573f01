"""Files that are whole or not there (common/files.py)."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from common.files import PRIVATE, create_file, read_json, write_file, write_json


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_replaced_with_the_wanted_mode_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "made" / "secret"
    write_file(path, "old")
    assert mode(path) == 0o644
    write_file(path, "grüße\r\n", PRIVATE, durable=True)
    assert (path.read_bytes(), mode(path)) == ("grüße\r\n".encode(), 0o600)
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_file(tmp_path / "folder", "content")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_created_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "key"
    contents = [bytes([number]) * 1000 for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda content: create_file(path, content), contents))
    assert made.count(True) == 1
    assert path.read_bytes() == contents[made.index(True)]
    assert (mode(path), list(tmp_path.iterdir())) == (0o600, [path])


@pytest.mark.parametrize("content", [None, b"", b"[1]", b"{"])
def test_what_is_no_json_object_reads_as_none(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "file").write_bytes(content)
    assert read_json(tmp_path / "file") is None


def test_json_comes_back(tmp_path: Path) -> None:
    write_json(tmp_path / "file", {"name": "公司"})
    assert "公司" in (tmp_path / "file").read_text("utf-8")
    assert read_json(tmp_path / "file") == {"name": "公司"}
