"""What instances of each release make of the licences that clouds of each release issue: run, and written to the docs.

`python -m tests.support.release_matrix` renews the table of docs/fidelity.md.
"""

import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from common.cli.releases import MATRIX, WORKS
from common.clock import ManualClock
from common.crypto.certificates import load_or_create
from tests.support.harness import START, WRAPPED_KEY, Person, Workshop, make_pair
from tests.support.license_loop import LICENSES, Loop
from tests.support.shelf import Shelf

DOCUMENT = Path(__file__).parents[2] / "docs" / "fidelity.md"
BEGIN = (
    "<!-- releases: made by `python -m tests.support.release_matrix` from a run,"
    " checked by tests/app/pair/test_release_matrix.py -->\n"
)
END = "<!-- /releases -->"
Results = dict[str, dict[str, str]]


def run(workshop: Workshop) -> Results:
    """Instance release -> cloud release -> `works`, or the refusal."""
    loop = Loop(make_pair(workshop))
    files: dict[str, bytes] = {cloud: _issued(loop, cloud) for cloud in MATRIX}
    proof = {"masterPasswordHash": loop.pair.owner.password_hash}
    assert loop.pair.owner.api.delete(f"/api/organizations/{loop.id}", json=proof).status_code == 200
    workshop.stop(loop.pair.selfhost)
    return {instance: _applied(workshop, loop, instance, files) for instance in MATRIX}


def table(results: Results) -> str:
    """The same in Markdown. A version that is not supported is short: its number says all."""
    head = f"| instance \\ cloud | {' | '.join(MATRIX)} |\n|---|{'---|' * len(MATRIX)}\n"
    rows = (f"| {each} | {' | '.join(_short(results[each][cloud]) for cloud in MATRIX)} |\n" for each in MATRIX)
    return head + "".join(rows)


def _short(text: str) -> str:
    return text.replace("Version ", "").replace(" is not supported.", " ✗")


def _issued(loop: Loop, release: str) -> bytes:
    chosen = loop.pair.cloud.client.put("/_sim/releases/cloud-us", json={"release": release})
    assert chosen.status_code == 200, chosen.text
    return loop.download()


def _applied(workshop: Workshop, loop: Loop, release: str, files: dict[str, bytes]) -> dict[str, str]:
    """The instance is restarted as this release."""
    ids = {f"globalSettings__installation__{name}": loop.pair.installation[name] for name in ("id", "key")}
    instance = workshop.selfhost(loop.pair.cloud, **ids, wardenloop__release=release)
    owner = instance.person(loop.pair.owner.email)
    owner.log_in()
    outcomes = {cloud: _outcome(owner, content) for cloud, content in files.items()}
    workshop.stop(instance)
    return outcomes


def _outcome(owner: Person, content: bytes) -> str:
    """An organization is made of the licence, and deleted again."""
    form: dict[str, tuple[str | None, Any]] = {"license": ("l.json", content), "key": (None, WRAPPED_KEY)}
    made = owner.api.post(LICENSES, files=form)
    if made.status_code != 200:
        return str(made.json()["message"])
    proof = {"masterPasswordHash": owner.password_hash}
    assert owner.api.delete(f"/api/organizations/{made.json()['id']}", json=proof).status_code == 200
    return WORKS


def main() -> None:
    """Write the table into the document."""
    with tempfile.TemporaryDirectory() as name:
        certificates = Path(name) / "certificate"
        load_or_create(certificates)
        with closing(Workshop(Shelf(Path(name) / "shelf", certificates), ManualClock(START))) as workshop:
            made = table(run(workshop))
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    DOCUMENT.write_text(before + BEGIN + made + END + rest.partition(END)[2])


if __name__ == "__main__":
    main()
