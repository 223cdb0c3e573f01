"""Settings that both apps read alike."""

import pytest
from click.testing import CliRunner

from cloud_sim.settings import from_environment
from common import settings
from common.cli.main import main
from common.settings import with_driver


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_gets_our_driver(scheme: str) -> None:
    assert with_driver(f"{scheme}://user@host/name") == "postgresql+psycopg://user@host/name"


def test_a_missing_driver_is_told_with_the_extra_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "find_spec", lambda _name: None)
    with pytest.raises(ValueError, match=r"pip install 'wardenloop\[postgres\]'"):
        with_driver("postgresql://host/name")
    assert with_driver("sqlite:///x.db") == "sqlite:///x.db"


@pytest.mark.parametrize("name", ["WARDENLOOP_WORKRES", "Wardenloop_Workers", "WARDENLOOP__CLOUDTIMEOUTSECONDS"])
def test_a_variable_that_nobody_reads_stops_cloud_and_command_and_tells_those_there_are(name: str) -> None:
    with pytest.raises(settings.UnknownVariable) as stopped:
        from_environment({name: "3", "WARDENLOOP_HOME": "x", "WARDENLOOP_THREADS": "3", "PYTHONWARDENLOOP_X": "y"})
    told = CliRunner().invoke(main, ["ca"], env={name: "3"})
    assert (told.exit_code, name in told.output, "WARDENLOOP_WORKERS" in told.output) == (2, True, True)
    text = str(stopped.value)
    assert text.startswith(f"Unknown environment variable: {name}.")
    assert all(f"WARDENLOOP_{known}" in text for known in ("HOME", *settings.CLOUD_VARIABLES))
    assert ("global.override.env" in text) == ("__" in name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REGION", "us"),
        ("BASE_URL", "127.0.0.1:8401"),
        ("OTHER_REGION_URL", "http://"),
        ("DATABASE_URL", "mysql://host/name"),
        ("SMTP_PORT", "smtp"),
        ("SMTP_PORT", "70000"),
        ("MAILBOX_SMTP", "127.0.0.1"),
        ("DANGEROUSLY_SEND_REAL_MAIL", "yes"),
        ("SECRET_DELAY", "-1"),
        ("SECRET_DELAY", "nan"),
        ("EMAIL_VERIFICATION", "off"),
        ("RATE_LIMITS", "1"),
        ("KNOWN_PROXIES", "proxy.example"),
        ("PATH_PREFIX", "/api"),
        ("QUIRKS", "no-such-quirk"),
    ],
)
def test_a_value_that_says_nothing_stops_a_cloud_by_name(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^WARDENLOOP_{name}: "):
        from_environment({f"WARDENLOOP_{name}": value})


def test_a_cloud_reads_flags_in_any_case_and_an_empty_value_as_none() -> None:
    read = from_environment({"WARDENLOOP_RATE_LIMITS": "True", "WARDENLOOP_EMAIL_VERIFICATION": "FALSE"})
    assert (read.rate_limits, read.enable_email_verification) == (True, False)
    empty = from_environment({f"WARDENLOOP_{name}": "" for name in settings.CLOUD_VARIABLES})
    assert empty == from_environment({})
