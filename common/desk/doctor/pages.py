"""The page that looks through a real configuration: `/doctor`. What is given is read, answered and forgotten.

Source: fidelity.md: pages.own.
"""

from collections.abc import Iterator

from flask import request
from flask.typing import ResponseReturnValue

from common.clock import SystemClock
from common.configuration.forms import LARGEST
from common.configuration.reading import SourceFile, UnreadableConfiguration
from common.desk.frame import desk_pages, render
from common.doctor.examination import examine, told
from common.license.files import MAX_UPLOAD_BYTES, UnreadableLicense
from common.ui.standalone import texts

bp = desk_pages("desk_doctor_pages")

_BAD_REQUEST = 400


@bp.get("/doctor")
def show_doctor() -> ResponseReturnValue:
    """An empty form."""
    return render("desk/doctor.html")


@bp.post("/doctor")
def look_through() -> ResponseReturnValue:
    """What is wrong or risky in the files, or in what was pasted; the page does not show them again."""
    t = texts()
    files = [*_uploaded("env", LARGEST), *_pasted()]
    licenses = [*_uploaded("license", MAX_UPLOAD_BYTES)]
    if not files:
        return render("desk/doctor.html", _BAD_REQUEST, problem=t("x.doctor.give"))
    try:
        _, findings = examine(files, licenses, now=SystemClock().now())
    except UnreadableConfiguration as error:
        return render("desk/doctor.html", _BAD_REQUEST, problem=f"{error.file}: {t(error.key, **error.values)}")
    except UnreadableLicense as error:
        names = ", ".join(each.name for each in licenses)
        problem = t("x.doctor.license", file=names, why=t.gloss(str(error)) or str(error))
        return render("desk/doctor.html", _BAD_REQUEST, problem=problem)
    return render("desk/doctor.html", findings=[(each, told(each, t)) for each in findings])


def _uploaded(name: str, most: int) -> Iterator[SourceFile]:
    for part in request.files.getlist(name):
        if part.filename:
            yield SourceFile(part.filename, part.stream.read(most + 1))


def _pasted() -> Iterator[SourceFile]:
    text = request.form.get("text", "")
    if text.strip():
        yield SourceFile(texts()("x.doctor.pastedText"), text.replace("\r\n", "\n").encode())
