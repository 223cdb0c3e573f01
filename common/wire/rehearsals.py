"""Bodies of `/_sim/rehearsals`."""

from common.wire.base import WireModel


class RehearsalProblem(WireModel):
    """What can go wrong in a step."""

    name: str
    text: str


class RehearsalStep(WireModel):
    """do: on the real server. see: what will be seen."""

    name: str
    do: str
    see: str
    problems: list[RehearsalProblem]


class Rehearsal(WireModel):
    """A rehearsal in words."""

    name: str
    title: str
    steps: list[RehearsalStep]


class StagedProblem(WireModel):
    """text: what was read, literally. why: the cause as the journal names it, and what to do first; "" = not known.
    other_cause: it was read, and for another reason than what was staged."""

    name: str
    text: str
    as_expected: bool
    other_cause: bool
    why: str


class RehearsedStep(WireModel):
    """text: what was seen. at: simulated time, for people. why: of what is not as expected, as the journal has it."""

    step: str
    text: str
    as_expected: bool
    at: str
    why: str
    problems: list[StagedProblem]
