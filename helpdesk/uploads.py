"""Files that people send with a form: how many bytes, and what becomes of too many.

A file beyond the limits is dropped while it arrives, chunk by chunk, so that it costs neither disk
nor the text written beside it; the form then says which file it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.recording import File

# Bytes. What a mail server commonly takes is less; the outbox then says so on the ticket.
FILE_LIMIT = 25_000_000
MESSAGE_LIMIT = 40_000_000
MEGABYTE = 1_000_000

_MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}")


class QuotaHandler(FileUploadHandler):
    """The first upload handler: counts what comes in and skips what is too much."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.taken += len(raw_data)
        if start + len(raw_data) > FILE_LIMIT or self.taken > MESSAGE_LIMIT:
            self.taken -= start + len(raw_data)
            if self.request is not None:
                _refused(self.request).append(self.file_name or "?")
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class ManyFiles(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.Field):
    """Any number of files within the limits; clean gives a list of `tickets.recording.File`."""

    widget = ManyFiles

    def __init__(self) -> None:
        super().__init__(required=False, label=gettext_lazy("Attachments"))

    def clean(self, value: Sequence[UploadedFile] | None) -> list[File]:
        return [_read(upload) for upload in value or ()]


class FormWithFiles(forms.Form):
    """A form with attachments; it knows of files that were skipped on the way in."""

    files = FilesField()  # type: ignore[assignment]  # becomes a field, not the attribute

    def __init__(self, request: HttpRequest | None = None, **values: Any) -> None:
        if request is not None:
            values |= {"data": request.POST, "files": request.FILES}
        super().__init__(**values)
        self.refused_files = list(_refused(request)) if request is not None else []

    def clean_files(self) -> list[File]:
        """Refuse the message when a file was too big: half a message is none."""
        files: list[File] = self.cleaned_data["files"]
        if self.refused_files:
            raise forms.ValidationError(
                _(
                    "Too big: %(names)s. A file may have %(file)d MB, all of a message together "
                    "%(message)d MB. Your text is kept; please choose the files again."
                )
                % {
                    "names": ", ".join(self.refused_files),
                    "file": FILE_LIMIT // MEGABYTE,
                    "message": MESSAGE_LIMIT // MEGABYTE,
                }
            )
        return files


def _refused(request: HttpRequest) -> list[str]:
    names: list[str] = request.META.setdefault("helpdesk.refused_files", [])
    return names


def _read(upload: UploadedFile) -> File:
    declared = (upload.content_type or "").lower()
    is_plausible = _MEDIA_TYPE.fullmatch(declared) is not None
    upload.seek(0)
    return File(
        filename=upload.name or "",
        content_type=declared if is_plausible else "application/octet-stream",
        content=upload.read(),
    )
