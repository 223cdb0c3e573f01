"""Which proxy .NET asks, and which files of `ca-certificates` count."""

from pathlib import Path

import pytest

from common.configuration.env_file import pasted_lines
from common.configuration.proxies import Proxies
from common.crypto.authority import ensure_authority
from selfhost.deployment.authorities import own_authorities, write_bundle
from tests.support.harness import START

HTTPS = {"HTTPS_PROXY": "http://me:secret@127.0.0.1:3128", "http_proxy": "127.0.0.1:8080"}


@pytest.mark.parametrize(
    ("environment", "url", "asked"),
    [
        ({}, "https://api.bitwarden.com/x", None),
        (HTTPS, "https://api.bitwarden.com/x", ("HTTPS_PROXY", "http://127.0.0.1:3128/")),
        (HTTPS, "http://127.0.0.1:8401/api/", ("http_proxy", "http://127.0.0.1:8080/")),
        (HTTPS | {"https_proxy": "http://other:1"}, "https://x.test/", ("https_proxy", "http://other:1/")),
        ({"ALL_PROXY": "http://all:1"}, "https://x.test/", ("ALL_PROXY", "http://all:1/")),
        (HTTPS | {"NO_PROXY": " localhost,127.0.0.1"}, "http://127.0.0.1:8401/", None),
        (HTTPS | {"NO_PROXY": "localhost, identity.bitwarden.com"}, "https://identity.bitwarden.com/", None),
        (HTTPS | {"NO_PROXY": ".bitwarden.com"}, "https://identity.bitwarden.com/", None),
        (HTTPS | {"NO_PROXY": "bitwarden.com,*"}, "https://identity.bitwarden.com/", ("HTTPS_PROXY", None)),
        ({"HTTPS_PROXY": " "}, "https://x.test/", None),
        ({"HTTPS_PROXY": "http://:x"}, "https://x.test/", None),
    ],
)
def test_the_proxy_of_an_address(environment: dict[str, str], url: str, asked: tuple[str, str | None] | None) -> None:
    proxy = Proxies.of(environment).of_url(url)
    assert (proxy is None) == (asked is None)
    if proxy is not None and asked is not None:
        assert proxy.variable == asked[0]
        assert asked[1] in (None, proxy.address)
        assert "secret" not in proxy.address


def test_certificates_in_pem_count_and_others_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "bwdata/ca-certificates"
    folder.mkdir(parents=True)
    pem = ensure_authority(tmp_path / "ca", START).read_bytes()
    (folder / "good.crt").write_bytes(pem)
    (folder / "other.pem").write_bytes(pem)
    (folder / "der.crt").write_bytes(b"\x30\x82\x01\x0a")
    found = own_authorities(tmp_path / "bwdata")
    assert ([path.name for path in found.trusted], [path.name for path in found.left_out]) == (
        ["good.crt"],
        ["der.crt"],
    )
    others = tmp_path / "stack.pem"
    others.write_bytes(b"# of the stack\n")
    bundle = write_bundle(tmp_path, found, others)
    assert bundle is not None and bundle.read_bytes() == b"# of the stack\n\n" + pem
    assert write_bundle(tmp_path, own_authorities(tmp_path / "elsewhere"), others) is None


def test_lines_pasted_as_one_are_found() -> None:
    text = (
        "globalSettings__a=1\n"
        "globalSettings__b=EU globalSettings__c=https://x\n"
        "#globalSettings__d=1 globalSettings__e=2\n"
        "mine=globalSettings__ is a prefix\n"
    )
    assert list(pasted_lines(text)) == [(2, "globalSettings__b")]
