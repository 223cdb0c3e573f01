"""Bodies of the release dial: `/_sim/releases`."""

from common.wire.base import RequiredText, WireModel, WireRequest


class ReleaseRow(WireModel):
    """A server release that changed something about licences.

    accepts, issues: newest licence file that an instance of it understands, and the one that a cloud of it makes.
    reads_tokens, writes_tokens: whether a licence token counts, and is made. fields: that came with it. changes: what
    else did, with what is only told and not simulated marked so.
    """

    release: str
    accepts: int
    issues: int
    reads_tokens: bool
    writes_tokens: bool
    fields: tuple[str, ...]
    changes: tuple["ToldChange", ...]


class ToldChange(WireModel):
    """A change in words, both languages."""

    name: str
    en: str
    zh: str
    simulated: bool


class Releases(WireModel):
    """The release that is simulated now, and all that changed something, the oldest first."""

    release: str
    data: tuple[ReleaseRow, ...]


class ChosenRelease(WireRequest):
    """`v2024.1`, `2024.1.0`."""

    release: RequiredText
