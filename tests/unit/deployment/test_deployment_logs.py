"""Log files in the form of the real services."""

import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from common.clock import ManualClock
from selfhost.deployment import logs
from selfhost.deployment.logs import ServiceLog


def logger_into(folder: Path, clock: ManualClock) -> logging.Logger:
    logger = logging.Logger("deployment-test", logging.DEBUG)
    logger.addHandler(ServiceLog(folder, "Api", clock))
    return logger


def test_line_format_quoted_arguments_and_daily_files(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 8, 20, 12, 30, 0, 10_900, tzinfo=UTC))
    log = logger_into(tmp_path, clock)
    log.info("Starting job %s at %s.", "ValidateOrganizationsJob", clock.now())
    log.warning("Validating licenses for %d organizations, %s and 100%%.", 3, None)
    log.debug("Organization sync failed for '%s'", "x")
    clock.advance(timedelta(days=1))
    log.error("Request to %(Url)s failed", {"Url": 'http://"x"'})
    assert (tmp_path / "Api/20260820.txt").read_text() == (
        '2026-08-20 12:30:00.010 +00:00 [Information] Starting job "ValidateOrganizationsJob" at 08/20/2026 12:30:00.\n'
        "2026-08-20 12:30:00.010 +00:00 [Warning] Validating licenses for 3 organizations, null and 100%.\n"
    )
    assert (tmp_path / "Api/20260821.txt").read_text() == (
        '2026-08-21 12:30:00.010 +00:00 [Error] Request to "http://\\"x\\"" failed\n'
    )


def test_a_traceback_follows_its_line_and_percent_signs_without_arguments_stay(tmp_path: Path) -> None:
    log = logger_into(tmp_path, ManualClock(datetime(2026, 8, 20, tzinfo=UTC)))
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("Unhandled exception 100%")
    lines = (tmp_path / "Api/20260820.txt").read_text().splitlines()
    assert lines[0].endswith("[Error] Unhandled exception 100%") and lines[-1] == "ValueError: broken"


def test_a_line_about_a_database_that_is_gone_is_written_all_the_same(tmp_path: Path) -> None:
    class NoDatabase(ManualClock):
        def now(self) -> datetime:
            raise OSError("no database to ask for the time")

    logger_into(tmp_path, NoDatabase(datetime(2026, 8, 20, tzinfo=UTC))).warning("The database does not answer")
    (file,) = (tmp_path / "Api").iterdir()
    assert file.read_text().endswith("[Warning] The database does not answer\n")


def test_a_full_file_is_followed_by_another_one_of_the_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LONGEST", 100)
    log = logger_into(tmp_path, ManualClock(datetime(2026, 8, 20, tzinfo=UTC)))
    for number in range(5):
        log.info("line %d %s", number, "x" * 80)
    files = {path.name: path.read_text().count("line") for path in (tmp_path / "Api").iterdir()}
    assert files == {"20260820.txt": 1} | {f"20260820_{number:03d}.txt": 1 for number in range(1, 5)}


def test_a_month_of_files_is_kept_whatever_way_time_goes(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2027, 8, 20, tzinfo=UTC))
    log = logger_into(tmp_path, clock)
    for number in range(logs.KEPT + 9):
        log.info("once")
        os.utime(tmp_path / "Api" / f"{clock.now():%Y%m%d}.txt", (number, number))
        clock.advance(timedelta(days=-1))
    kept = sorted(path.name for path in (tmp_path / "Api").iterdir())
    newest = clock.now() + timedelta(days=1)
    assert kept == [f"{newest + timedelta(days=number):%Y%m%d}.txt" for number in range(logs.KEPT)]


def test_the_portal_writes_a_log_of_its_own(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 8, 20, tzinfo=UTC))
    before = {name: list(logging.getLogger(name).handlers) for name in ("selfhost", "common", logs.PORTAL)}
    try:
        logs.log_to_files(tmp_path / "api", "Api", clock)
        logs.log_to_files(tmp_path / "admin", "Admin", clock, [logs.PORTAL])
        logging.getLogger("selfhost.portal.login").error("no mail")
        logging.getLogger("selfhost.licensing").error("no licence")
    finally:
        for name, handlers in before.items():
            logging.getLogger(name).handlers[:] = handlers
    told = {path.parts[-3]: path.read_text().partition("] ")[2] for path in tmp_path.glob("*/*/*.txt")}
    assert told == {"admin": "no mail\n", "api": "no licence\n"}
