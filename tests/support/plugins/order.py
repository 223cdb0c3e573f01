"""What tests need, and who runs them when: the longest first, so that no worker is alone at the end.

A group stays on one worker. Groups are modules, but for those browser tests that change the settings and the time of
the one stack that they share, and for clients of another stack, which are on their own.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

SHARE_A_STACK = ("tests/ui/test_document_", "tests/ui/test_error_paths", "tests/ui/test_login_steps")
"""Browser tests, one after the other."""

LONG = (
    *SHARE_A_STACK,
    "tests/ui/test_demonstration",
    "tests/ui/test_screens",
    "tests/process/test_stack",
    "tests/kit/test_plugin",
    "tests/kit/test_docs",
    "tests/process/test_snapshots",
    "tests/kit/test_contract",
    "tests/process/test_crash_safety",
    "tests/process/test_workers",
    "tests/kit/test_generators",
    "tests/process/test_bw",
    "tests/process/",
    "tests/ui/",
    "tests/contract/",
    "tests/app/pair/",
    "tests/app/selfhost/test_jobs_processes",
    "tests/app/pages/test_hostile",
)
"""The longest first; what falls into many small groups, as the tests of bw do, fills the gaps of the last minutes."""

ALONE = "tests/process/test_bw"
GROUPS = {"test_two_step_login": "moves time", "test_too_many": "moves time", "test_item": "together"}
"""Words in the names of those that stay together: they move the time of their stack, or share clients."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "postgres: needs a PostgreSQL server.")
    config.addinivalue_line("markers", "processes: starts processes of its own.")
    config.addinivalue_line("markers", "sweep: goes over all there is of a kind, which takes its time.")
    config.addinivalue_line("markers", "last: after all others of its group, whose world it puts aside.")
    config.addinivalue_line("markers", "unmeasured: reaches nothing that other tests do not reach as well.")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Groups by our names: the marks of `--dist loadgroup` do not reach the scheduler with pytest 9.2 and xdist 3.8."""
    return Groups(config, log)


class Groups(LoadScopeScheduling):  # type: ignore[misc]
    """One group after the other, in the order of the items."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark and sort; within the same turn the order stays the random one."""
    for item in items:
        if _needs_postgres(item):
            item.add_marker(pytest.mark.postgres)
    items.sort(key=_turn)


def _needs_postgres(item: pytest.Item) -> bool:
    """Directly, or by a parameter whose fixture asks for the cluster when it is this one's turn."""
    fixtures = getattr(item, "fixturenames", ())
    call = getattr(item, "callspec", None)
    chosen = call is not None and "postgresql" in call.params.values() and "request" in fixtures
    return chosen or "postgres_cluster" in fixtures


def group_of(nodeid: str) -> str:
    """The group that a test stays with."""
    path, _, name = nodeid.partition("::")
    if path.startswith(SHARE_A_STACK):
        return "browsers"
    if path.startswith(ALONE):
        return next((group for word, group in GROUPS.items() if word in name), nodeid)
    return path


def _turn(item: pytest.Item) -> tuple[int, bool]:
    found = [turn for turn, path in enumerate(LONG) if item.nodeid.startswith(path)]
    return found[0] if found else len(LONG), item.get_closest_marker("last") is not None
