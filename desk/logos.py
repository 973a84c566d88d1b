"""The logo on invoices: looked at before it is kept, named by its content, never overwritten.

A written invoice keeps its logo's name, so a file stays for ever; who removes the logo only stops
using it.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from xml.parsers import expat

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from billing import logo_trial
from tenants.files import keep

MOST_BYTES = 500_000
# Pixels of a side: a small file may hold a picture that fills the memory.
MOST_PIXELS = 4_000
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg", "svg": "image/svg+xml"}
SVG = "http://www.w3.org/2000/svg"
# In an SVG: what runs, loads or embeds something.
REFUSED = {"script", "foreignobject", "iframe", "object", "embed", "audio", "video", "handler"}
EMBEDDED = ("data:image/png;base64,", "data:image/jpeg;base64,", "data:image/jpg;base64,")
DEEPEST = 64
MOST_ELEMENTS = 20_000


class LogoError(ValueError):
    """A file that is no logo for an invoice; the text says why."""


@dataclass(frozen=True, slots=True)
class Logo:
    content: bytes
    kind: str

    @property
    def name(self) -> str:
        return f"logos/{hashlib.sha256(self.content).hexdigest()}.{self.kind}"


def look_at(content: bytes) -> Logo:
    """What an uploaded file is; raises LogoError for what is no picture, or no safe one."""
    if len(content) > MOST_BYTES:
        raise LogoError(_("The file is too large: at most 500 kB."))
    if content.startswith(PNG):
        kind, sides = "png", _png_sides(content)
    elif content.startswith(JPEG):
        kind, sides = "jpg", _jpeg_sides(content)
    else:
        _Svg().read(content)
        return Logo(content, "svg")
    if not 0 < min(sides) <= max(sides) <= MOST_PIXELS:
        raise LogoError(_("The picture is broken, or a side has more than 4000 pixels."))
    return Logo(content, kind)


def store(logo: Logo) -> str:
    """Keep a logo and return its name; raises LogoError for one that cannot be printed."""
    if not default_storage.exists(logo.name):
        if not logo_trial.prints(logo.content, logo.kind):
            raise LogoError(
                _("The picture cannot be printed: please simplify it, or save it as PNG.")
            )
        keep(logo.name, logo.content)
    return logo.name


def as_data(name: str) -> str:
    """A stored logo as an address that needs no request of its own; empty where it is gone."""
    if not name:
        return ""
    try:
        with default_storage.open(name) as file:
            content = bytes(file.read())
    except OSError:
        return ""
    media_type = MEDIA_TYPES[PurePath(name).suffix.removeprefix(".")]
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _png_sides(content: bytes) -> tuple[int, int]:
    if content[12:16] != b"IHDR" or len(content) < 24:
        return 0, 0
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _jpeg_sides(content: bytes) -> tuple[int, int]:
    """From the first frame header, behind segments that each say how long they are."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = struct.unpack_from(">xBH", content, at)
        is_frame = 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}
        if is_frame:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        at += 2 + length
    return 0, 0


class _Svg:
    """Reads an SVG and refuses what runs, loads from elsewhere, or is built to fill the memory."""

    def __init__(self) -> None:
        self.depth = self.elements = 0
        # The text of a style element, which may come in pieces.
        self.style: list[str] | None = None

    def read(self, content: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._refuse
        parser.ProcessingInstructionHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(content, True)
        except expat.ExpatError as error:
            raise LogoError(_("A logo is a PNG, JPEG or SVG file.")) from error

    def _doctype(self, name: str, system: str | None, public: str | None, subset: int) -> None:
        # Older drawing programs name the public DTD, which nobody loads; definitions are refused.
        if subset or name != "svg":
            self._refuse()

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        space, _space, local = name.rpartition(" ")
        self.depth += 1
        self.elements += 1
        if self.elements == 1 and (space, local) != (SVG, "svg"):
            raise LogoError(_("A logo is a PNG, JPEG or SVG file."))
        if self.depth > DEEPEST or self.elements > MOST_ELEMENTS:
            raise LogoError(_("This SVG is too intricate: please simplify it, or save it as PNG."))
        if local.lower() in REFUSED:
            self._refuse()
        self.style = [] if local.lower() == "style" else None
        for attribute, value in attributes.items():
            self._attribute(attribute, value.strip())

    def _end(self, name: str) -> None:
        self.depth -= 1
        if self.style is not None:
            self._check("".join(self.style), is_style=True)
        self.style = None

    def _text(self, text: str) -> None:
        if self.style is not None:
            self.style.append(text)

    def _attribute(self, attribute: str, value: str) -> None:
        space, _space, local = attribute.rpartition(" ")
        name = local.lower()
        is_elsewhere = name in {"href", "src"} and not value.startswith(("#", *EMBEDDED))
        if name.startswith("on") or (is_elsewhere and value):
            self._refuse()
        self._check(value, is_style=not space)

    def _check(self, text: str, *, is_style: bool) -> None:
        plain = "".join(text.lower().split()).replace("'", "").replace('"', "")
        loads = plain.replace("url(#", "")
        if "url(" in loads or "@import" in plain or "javascript:" in plain:
            self._refuse()
        # An escape could spell any of these words.
        if is_style and "\\" in plain:
            self._refuse()

    def _refuse(self, *_parts: object) -> None:
        raise LogoError(_("This SVG contains a script or refers to something outside of it."))
