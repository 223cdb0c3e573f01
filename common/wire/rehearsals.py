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
    """text: what was read, literally."""

    name: str
    text: str
    as_expected: bool


class RehearsedStep(WireModel):
    """text: what was seen. at: simulated time, for people."""

    step: str
    text: str
    as_expected: bool
    at: str
    problems: list[StagedProblem]
