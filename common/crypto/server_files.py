"""Where the files of an https stack are: known without loading what makes them."""

from pathlib import Path
from typing import NamedTuple

CA_CERTIFICATE_FILE = "ca.crt.pem"
"""The authority's certificate alone: what clients are told to trust."""


class ServerFiles(NamedTuple):
    """What a server is started with. ca: what its clients have to trust."""

    ca: Path
    certificate: Path
    key: Path
