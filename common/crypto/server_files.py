"""Where the files of an https stack are: known without loading what makes them."""

from dataclasses import dataclass
from pathlib import Path

CA_CERTIFICATE_FILE = "ca.crt.pem"
"""The authority's certificate alone: what clients are told to trust."""


@dataclass(frozen=True)
class ServerFiles:
    """What a server is started with. ca: what its clients have to trust."""

    ca: Path
    certificate: Path
    key: Path
