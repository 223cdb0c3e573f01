"""Where commands take ids and the randomness of keys from: by chance, or in a world with a seed out of it."""

from common.cli.home import Home
from common.ids import Ids, SystemIds
from common.server.seeding import ProcessIds


def ids_of_home(home: Home, purpose: str) -> Ids:
    """purpose: what for; each command of one has a row of its own, by how many there were before it in this world."""
    if home.seed is None:
        return SystemIds()
    return ProcessIds(home.seed, f"client/{purpose}", home.root / "desk")
