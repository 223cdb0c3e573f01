"""config.yml: read, normalised, written again."""

from dataclasses import replace

import pytest

from common.configuration.values import SettingsError
from selfhost.deployment.config_file import ConfigYml, read, render


def test_round_trip() -> None:
    config = replace(
        ConfigYml(),
        url="https://bw.example.com:8443",
        http_port="",
        push_notifications=False,
        real_ips=("10.0.0.0/8", "fd00::/8"),
        nginx_header_content_security_policy="default-src 'self'; img-src 'self' #x",
        enable_scim=True,
    )
    assert read(render(config)) == config


def test_what_people_write() -> None:
    text = """
# comment
url: "https://bw.example.com"   # mine
http_port: 8080
ssl: False
https_port:
ssl_versions: null
real_ips:
  - 10.1.0.0/16
  - '10.2.0.0/16'
unknown_key: gone
unknown_list:
- x
"""
    config = read(text)
    assert (config.url, config.http_port, config.ssl, config.https_port) == (
        "https://bw.example.com",
        "8080",
        False,
        "",
    )
    assert config.real_ips == ("10.1.0.0/16", "10.2.0.0/16") and config.ssl_versions == ""
    assert "unknown" not in render(config)


def test_inline_list() -> None:
    assert read("real_ips: [10.0.0.0/8, '::1']").real_ips == ("10.0.0.0/8", "::1")


@pytest.mark.parametrize(
    "text",
    ["ssl: yes", "just words", "url: {a: b}", 'url: "open', "url:\n- a\n- b\nssl: true\n- c", "real_ips: 10.0.0.1"],
)
def test_unreadable_lines_are_named(text: str) -> None:
    with pytest.raises(SettingsError, match=r"config\.yml line \d"):
        read(text)
