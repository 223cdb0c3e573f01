"""What the contract says of licences holds for a key of the real size only."""

from pathlib import Path

import pytest

from common.crypto.certificates import load_or_create
from tests.support.shelf import Shelf


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """As for all tests, with an RSA-4096 key."""
    certificates: Path = tmp_path_factory.mktemp("certificate-4096")
    load_or_create(certificates)
    return Shelf(tmp_path_factory.mktemp("shelf-4096"), certificates)
