"""The user's cache of test keys."""

from pathlib import Path

from common.cli import keys
from common.crypto.certificates import PAIR_FILE
from common.crypto.keys import SIGNING_KEY_FILE


def write(root: Path, text: str) -> None:
    for name in keys.FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text} {name}")


def test_the_files_are_those_that_the_apps_make() -> None:
    assert {Path(name).name for name in keys.FILES} == {PAIR_FILE, SIGNING_KEY_FILE}


def test_what_one_home_made_the_next_one_gets_and_nobody_else_can_read(tmp_path: Path) -> None:
    first, second, cache = tmp_path / "first", tmp_path / "second", tmp_path / "cache" / "keys"
    write(first, "of the first")
    keys.keep(cache, first)
    keys.take(cache, second)
    for name in keys.FILES:
        assert (second / name).read_text() == f"of the first {name}"
        assert {(root / name).stat().st_mode & 0o777 for root in (cache, second)} == {0o600}
    assert cache.stat().st_mode & 0o777 == 0o700


def test_nothing_that_is_there_is_replaced(tmp_path: Path) -> None:
    write(tmp_path / "home", "of the home")
    write(tmp_path / "cache", "of the cache")
    keys.take(tmp_path / "cache", tmp_path / "home")
    keys.keep(tmp_path / "cache", tmp_path / "home")
    assert (tmp_path / "home" / keys.FILES[0]).read_text().startswith("of the home")
    assert (tmp_path / "cache" / keys.FILES[0]).read_text().startswith("of the cache")


def test_without_a_cache_every_home_makes_its_own(tmp_path: Path) -> None:
    keys.take(tmp_path / "nowhere", tmp_path / "home")
    (tmp_path / "file").write_text("in the way")
    write(tmp_path / "home", "own")
    keys.keep(tmp_path / "file" / "cache", tmp_path / "home")


def test_the_folder_is_where_users_keep_caches(tmp_path: Path) -> None:
    assert keys.cache_folder({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "wardenloop" / "keys"
    assert keys.cache_folder({}).is_relative_to(Path.home())
