"""A tenant's logo in its portal: never the bytes that somebody uploaded, always drawn anew.

Pillow decodes the picture and we write its pixels into a new PNG: whatever else the file was
(markup, a second format behind the picture, somebody's place in its metadata) is left behind.
"""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
import zlib
from dataclasses import dataclass

from django.core.files.storage import default_storage
from PIL import Image, ImageOps

from tenants.files import keep

MOST_BYTES = 1_000_000
# Pixels of a side as uploaded: a small file may hold a picture that fills the memory.
MOST_SIDE = 4_000
FORMATS = ("PNG", "JPEG", "WEBP")
# What is kept: sharp on a display of twice the pixels at the size it is shown.
WIDTH, HEIGHT = 640, 128
# What Pillow's decoders raise on files that are none, or were made to break them.
BROKEN = (
    ArithmeticError,
    EOFError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    LookupError,
    MemoryError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


class LogoError(Exception):
    """No picture that can be a logo."""


class TooLargeError(LogoError):
    """Too many bytes or pixels."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture as it is kept."""

    content: bytes
    width: int
    height: int

    @property
    def name(self) -> str:
        return f"branding/{hashlib.sha256(self.content).hexdigest()}.png"


def redrawn(uploaded: bytes) -> Logo:
    """The picture, made small enough; raises LogoError for what is none or too large."""
    if len(uploaded) > MOST_BYTES:
        raise TooLargeError
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(uploaded), formats=FORMATS) as picture:
                if max(picture.size) > MOST_SIDE:
                    raise TooLargeError
                pixels = ImageOps.exif_transpose(picture).convert("RGBA")
    except LogoError:
        raise
    except BROKEN as error:
        raise LogoError from error
    pixels.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    # A new picture holds pixels alone.
    clean = Image.new("RGBA", pixels.size)
    clean.paste(pixels)
    file = io.BytesIO()
    clean.save(file, "PNG", optimize=True)
    return Logo(file.getvalue(), *clean.size)


def store(logo: Logo) -> str:
    """Keep a logo among the tenant's files; returns its name."""
    keep(logo.name, logo.content)
    return logo.name


def read(name: str) -> bytes | None:
    """A stored logo; None where it is gone."""
    try:
        with default_storage.open(name) as file:
            return bytes(file.read())
    except OSError:
        return None
