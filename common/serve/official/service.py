"""The proxy of a home: where it listens, and what its clients have to trust, said in a file that is gone after it."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from common.cli.home import HOST, PROXY_FILE, Home
from common.clock import SystemClock
from common.crypto.session_authority import make_session_authority
from common.files import write_file, write_json
from common.serve.official.proxy import Proxy
from common.serve.official.rules import places

OFFSET = 5
"""Its port, from the base."""


class Served:
    """The proxy of a running stack."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._authority = make_session_authority(SystemClock().now())
        self._proxy = Proxy(places(home.urls()), self._authority.context, home.ca)

    async def start(self, port: int) -> Mapping[str, Any]:
        """Listen, and say where: `proxy`, `proxy_ca`, `ca_bundle`. OSError where the port is taken."""
        await self._proxy.start(HOST, port)
        folder = self._home.root / "tls"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        own, bundle = folder / "official-hosts.crt.pem", folder / "all.crt.pem"
        write_file(own, self._authority.certificate)
        local = self._home.ca.read_bytes() if self._home.ca else b""
        write_file(bundle, self._authority.certificate + local)
        told = {"proxy": f"http://{HOST}:{port}", "proxy_ca": str(own), "ca_bundle": str(bundle)}
        write_json(self._home.root / PROXY_FILE, told)
        return told

    async def stop(self) -> None:
        """Nobody is led any more."""
        await self._proxy.stop()
        with suppress(OSError):
            (self._home.root / PROXY_FILE).unlink()
