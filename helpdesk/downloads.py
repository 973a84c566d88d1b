"""Giving a stored file to somebody who may see it; whether they may is the view's question."""

from __future__ import annotations

import re
from typing import Protocol

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpResponse
from django.utils.http import content_disposition_header

# Types under which a browser runs nothing, whoever refers to the file: on our own host a script or
# a style sheet that somebody sent would be what our pages may load (script-src 'self').
_HARMLESS = re.compile(r"((image|audio|video)/[\w.+-]{1,60}|application/pdf|text/plain)")
# Whatever the bytes are: nothing in them runs, loads or frames anything (HTML, SVG, PDF).
_NOTHING = "default-src 'none'; sandbox"


class StoredFile(Protocol):
    """A file of a message, an article or whatever else has some."""

    filename: str
    content_type: str

    @property
    def file(self) -> FieldFile: ...

    @property
    def is_safe_image(self) -> bool: ...


def attachment_response(attachment: StoredFile) -> FileResponse:
    """Stream a file as a download under its own name (RFC 6266); safe images show in place.

    Raises Http404 when the file itself is gone.
    """
    declared = attachment.content_type
    try:
        content = attachment.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(
        content,
        as_attachment=not attachment.is_safe_image,
        filename=attachment.filename,
        content_type=declared if _HARMLESS.fullmatch(declared) else "application/octet-stream",
        headers={
            "Content-Security-Policy": _NOTHING,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=3600",
        },
    )


def pdf_response(content: bytes, filename: str) -> HttpResponse:
    """Give a PDF that we made, as a download under its own name."""
    headers = {
        "Content-Disposition": content_disposition_header(True, filename) or "attachment",
        "Content-Security-Policy": _NOTHING,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)
