"""HTTP of the forge: `GET /_sim/forge`, `POST /_sim/forge/{defect}` (several with commas)."""

import base64

from flask import Blueprint, Response

from cloud_sim.context import context
from cloud_sim.forge import service
from common.errors import bad_request
from common.license.forged_answers import answers_of
from common.license.forging import DEFECTS
from common.server import policy
from common.server.body import answer, answer_rows, read_json
from common.server.locale.texts import CHINESE, ENGLISH, Texts
from common.server.operation import Rows, operation
from common.wire.forge import DefectRow, ForgedLicense, ForgeRequest

bp = Blueprint("sim_forge", __name__, url_prefix="/_sim/forge")

_ENGLISH, _CHINESE = Texts(ENGLISH), Texts(CHINESE)
_NAMES = {True: "bitwarden_organization_license.json", False: "bitwarden_premium_license.json"}


@bp.get("")
@policy.control
@operation(answer=Rows(DefectRow, plain=True))
def list_defects() -> Response:
    """Every defect, and what instances of each kind of release answer to it."""
    rows = (
        DefectRow(
            defect=name,
            en=_ENGLISH(f"x.forge.{name}"),
            zh=_CHINESE(f"x.forge.{name}"),
            answers={release: dict(texts) for release, texts in answers_of(name).items()},
        )
        for name in DEFECTS
    )
    return answer_rows(rows, plain=True)


@bp.post("/<defects>")
@policy.control
@operation(body=ForgeRequest, answer=ForgedLicense)
def forge_license(defects: str) -> Response:
    """A licence with one thing wrong, or several (`expired,foreign-certificate`)."""
    wanted = read_json(ForgeRequest)
    forged = service.forge_license(
        context(),
        defects.split(","),
        service.Wanted(
            wanted.organization, wanted.user, wanted.installation_id, _content(wanted.file), wanted.unsigned
        ),
    )
    return answer(
        ForgedLicense(
            defects=tuple(defects.split(",")),
            file_name=_NAMES[forged.organization],
            content=base64.b64encode(forged.content).decode(),
        )
    )


def _content(text: str | None) -> bytes | None:
    try:
        return None if text is None else base64.b64decode(text, validate=True)
    except ValueError as error:  # also binascii.Error
        raise bad_request("file is no Base64.", rule="sim.forge.file") from error
