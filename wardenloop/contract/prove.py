"""Whether the cases notice a wrong server: each right answer is bent in one place, and its case is asked again.

Nothing is asked of the server for it: the answers of one run are bent in memory. A few mutants go over the wire as
well, through a proxy that bends what passes (`bending_proxy`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wardenloop.contract.mutants import Mutant, mutants_of
from wardenloop.contract.runner import Result, differences_of

BAR = 0.95


@dataclass(frozen=True)
class Proof:
    """Mutants that were made, and those that nobody noticed. By kind: made, noticed."""

    made: int
    unnoticed: Sequence[tuple[str, Mutant]]
    by_kind: dict[str, tuple[int, int]]

    @property
    def noticed(self) -> float:
        """The share."""
        return 1 - len(self.unnoticed) / self.made if self.made else 0.0


def prove(results: Iterable[Result]) -> Proof:
    """Bend the answers of a run in which all is right."""
    made: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    unnoticed = []
    for case, mutant, noticed in _judged(results):
        made[mutant.kind] += 1
        if not noticed:
            missed[mutant.kind] += 1
            unnoticed.append((case, mutant))
    by_kind = {kind: (count, count - missed[kind]) for kind, count in sorted(made.items())}
    return Proof(sum(made.values()), unnoticed, by_kind)


def _judged(results: Iterable[Result]) -> Iterator[tuple[str, Mutant, bool]]:
    for result in results:
        if result.outcome == "passed" and result.answer is not None and result.expected is not None:
            for mutant in mutants_of(result.answer):
                noticed = next(differences_of(result.expected, mutant.answer), None) is not None
                yield result.case.id, mutant, noticed
