"""Authorities of the operator's own, `bwdata/ca-certificates/*.crt`: trusted like the system's after a start.

PEM only: the containers leave a DER file out with a warning of their own.
Source: the services' entrypoint.sh (update-ca-certificates); fidelity.md: deployment.tree.
"""

from pathlib import Path
from typing import NamedTuple

from cryptography import x509

from common.files import write_file

FOLDER = "ca-certificates"
BUNDLE = "authorities.pem"


class Authorities(NamedTuple):
    """trusted: files with certificates. left_out: files whose name says so, and that hold none in PEM."""

    trusted: tuple[Path, ...]
    left_out: tuple[Path, ...]


def own_authorities(data_directory: Path) -> Authorities:
    """What lies in the folder now; files with another ending than `.crt` are looked at by nobody."""
    files = sorted(path for path in (data_directory / FOLDER).glob("*.crt") if path.is_file())
    good = tuple(path for path in files if _is_pem(path))
    return Authorities(good, tuple(path for path in files if path not in good))


def write_bundle(folder: Path, authorities: Authorities, others: Path | None) -> Path | None:
    """One file of everything that is trusted; None when there is nothing of the operator's own.

    others: authorities beside those, None = the usual ones of the web.
    """
    if not authorities.trusted:
        return None
    from requests.utils import DEFAULT_CA_BUNDLE_PATH  # noqa: PLC0415 - few have authorities of their own

    files = (others or Path(DEFAULT_CA_BUNDLE_PATH), *authorities.trusted)
    target = folder / BUNDLE
    write_file(target, b"\n".join(path.read_bytes() for path in files))
    return target


def _is_pem(path: Path) -> bool:
    try:
        return bool(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError):
        return False
