"""Uploaded licence files: the one part of a multipart form, with upstream's limits.

Source: src/Api/Utilities/ApiHelpers.cs (ReadJsonFileFromBody); fidelity.md: license.create.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from flask import Request, request
from werkzeug.datastructures import FileStorage
from werkzeug.formparser import FormDataParser

from common.license.files import MAX_UPLOAD_BYTES

Value = TypeVar("Value")


class NamedParts(FormDataParser):
    """Leaves out the parts of a form that have no name: nobody can ask for them."""

    def parse(self, *arguments: Any, **options: Any) -> Any:
        """Stream, fields, files."""
        stream, form, files = super().parse(*arguments, **options)
        return stream, _named(form), _named(files)


def _named(fields: Any) -> Any:
    return type(fields)((name, value) for name, value in fields.items(multi=True) if name is not None)


class OwnRequest(Request):
    """A request to an app."""

    form_data_parser_class = NamedParts


def form_text(name: str) -> str | None:
    """A text field of the form, its name in any case."""
    return _any_case(request.form, name)


def read_file(name: str) -> bytes | None:
    """The bytes of a file part; None when the request has no length or is too long to be looked at."""
    part: FileStorage | None = _any_case(request.files, name)
    if part is None or request.content_length is None or request.content_length > MAX_UPLOAD_BYTES:
        return None
    content: bytes = part.read()
    return content


def require_license() -> None:
    """Refuse a form without a licence file as upstream's model validation does."""
    from common.wire.selfhost import LicenseUpload  # noqa: PLC0415 - a request is an app's, a licence few routes'

    LicenseUpload.read({"license": file_marker("license")})


def file_marker(name: str) -> str | None:
    """Something for a required file part in a model, so that a missing one reads as such."""
    return "present" if _any_case(request.files, name) is not None else None


def _any_case(fields: Mapping[str, Value], name: str) -> Value | None:
    return next((value for key, value in fields.items() if key.lower() == name.lower()), None)
