"""Bodies of the forge: `/_sim/forge`."""

from uuid import UUID

from common.wire.base import WireModel, WireRequest


class DefectRow(WireModel):
    """A defect in words, both languages.

    answers: release -> `create`, `update`, `sync` -> the literal text, null = accepted. A text that ends in "..." is
    the beginning of the answer; `{occupied}` stands for a number.
    """

    defect: str
    en: str
    zh: str
    answers: dict[str, dict[str, str | None]]


class ForgeRequest(WireRequest):
    """What to begin with. organization, user: id, name or address. file: Base64 of a licence that somebody brings."""

    organization: str | None = None
    user: str | None = None
    installation_id: UUID | None = None
    file: str | None = None
    unsigned: bool = False


class ForgedLicense(WireModel):
    """content: Base64 of the file's bytes."""

    defects: tuple[str, ...]
    file_name: str
    content: str
