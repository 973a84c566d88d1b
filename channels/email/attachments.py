"""Attachments: their bytes, and a name that is safe to show and to save under."""

import mimetypes
import re
from dataclasses import dataclass, field

from channels.email.charsets import clean_line
from channels.email.headers import decode_words
from channels.email.mime import Part

MAX_NAME_BYTES = 200
MAX_EXTENSION_CHARS = 20

# What file systems and shells on the agents' machines would trip over.
_UNSAFE = re.compile(r'[<>:"|?*]')
_DEFAULT_NAMES = {
    "message/rfc822": "message.eml",
    "message/delivery-status": "delivery-status.txt",
    "message/disposition-notification": "disposition-notification.txt",
    "text/rfc822-headers": "headers.txt",
    "text/calendar": "invite.ics",
    "application/ms-tnef": "winmail.dat",
    "application/pgp-signature": "signature.asc",
    "application/pgp-encrypted": "version.asc",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail; its type is the sender's claim, inline is what the HTML shows by its id."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str = ""
    is_inline: bool = False


def content_id(part: Part) -> str:
    """Return the Content-ID without its brackets, or ''."""
    return part.headers.text("content-id").strip("<> ")[:500]


def claimed_filename(part: Part) -> str:
    """Return the name that a part gives itself, made safe, or ''."""
    name = part.headers.parameter("content-disposition", "filename") or part.headers.parameter(
        "content-type", "name"
    )
    return safe_filename(name)


def safe_filename(name: str) -> str:
    """Return a path's last segment without traps: '../../etc/passwd' → 'passwd'."""
    segment = (
        clean_line(decode_words(name), 4000).replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    )
    return _shortened(
        _UNSAFE.sub("_", segment).strip(" .").removeprefix("~") if segment.strip(" .") else ""
    )


def _shortened(name: str) -> str:
    """Cut a name to MAX_NAME_BYTES and keep its extension."""
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    tail = dot + extension if stem and len(extension) <= MAX_EXTENSION_CHARS else ""
    room = MAX_NAME_BYTES - len(tail.encode())
    return name.removesuffix(tail).encode()[:room].decode(errors="ignore").rstrip() + tail


def filename(part: Part, number: int) -> str:
    """Return the part's own safe name, or one made from its type and number."""
    if claimed := claimed_filename(part):
        return claimed
    if default := _DEFAULT_NAMES.get(part.content_type):
        return default
    kind = "image" if part.maintype == "image" else "attachment"
    extension = (
        ".eml"
        if part.maintype == "multipart"
        else mimetypes.guess_extension(part.content_type) or ".bin"
    )
    return f"{kind}-{number}{extension}"
