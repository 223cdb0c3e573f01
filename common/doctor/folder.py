"""A server's own `bwdata`: the files in it that doctor looks at, read as they are.

Source: util/Setup/Templates/DockerCompose.hbs; fidelity.md: deployment.tree.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cryptography import x509

from common.configuration.forms import LARGEST
from common.configuration.reading import SourceFile
from common.doctor.findings import Authority

_ENVIRONMENT = ("env/uid.env", "env/global.override.env", "docker/docker-compose.override.yml")
_CERTIFICATES = (".crt", ".pem", ".cer", ".der")
_LARGEST_LICENSE = 1024 * 1024


class Folder(NamedTuple):
    """What is in it. environment: None where it has no env file at all."""

    environment: tuple[SourceFile, ...]
    licenses: tuple[SourceFile, ...]
    authorities: tuple[Authority, ...]


def read_folder(path: Path) -> Folder:
    """The configuration, the licences of organizations, and the authorities. Errors: OSError."""
    environment = (path / name for name in _ENVIRONMENT)
    licenses = sorted((path / "core/licenses/organization").glob("*.json"))
    return Folder(
        tuple(read_source(each, LARGEST) for each in environment if each.is_file() and each.stat().st_size),
        tuple(read_source(each, _LARGEST_LICENSE) for each in licenses if each.is_file()),
        tuple(_authorities(path / "ca-certificates")),
    )


def read_source(path: Path, most: int = _LARGEST_LICENSE) -> SourceFile:
    """A file, of one that is too long only so much that it is seen to be."""
    with path.open("rb") as file:
        return SourceFile(path.name, file.read(most + 1))


def _authorities(folder: Path) -> Iterator[Authority]:
    for path in sorted(folder.glob("*")):
        if path.suffix.lower() in _CERTIFICATES and path.is_file():
            content = read_source(path).content
            try:
                found = x509.load_pem_x509_certificates(content)
            except ValueError:
                found = []
            trusted = bool(found) and path.suffix == ".crt"
            yield Authority(path.name, trusted, bool(found), found[0].not_valid_after_utc if found else None)
