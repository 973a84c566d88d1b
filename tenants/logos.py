"""A tenant's logo in its portal: never the bytes that somebody uploaded, always drawn anew.

What else the file was (markup, a second format behind the picture, somebody's place in its
metadata) is left behind by `helpdesk.pictures`, which decodes it in bounded memory.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

from django.core.files.storage import default_storage
from PIL import Image

from helpdesk import pictures
from tenants.files import keep

MOST_BYTES = 1_000_000
# Pixels of a side as uploaded: a small file may hold a picture that fills the memory.
MOST_SIDE = 4_000
# What is kept: sharp on a display of twice the pixels at the size it is shown.
WIDTH, HEIGHT = 640, 128
# In memory until it is put into its box: once more twice the pixels, so that it stays sharp.
EDGE = 2 * WIDTH


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
        drawn, _kind = pictures.redrawn(uploaded, EDGE, most_side=MOST_SIDE)
    except pictures.TooManyPixelsError as error:
        raise TooLargeError from error
    except pictures.PictureRefusedError as error:
        raise LogoError from error
    pixels = drawn.convert("RGBA")
    pixels.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    pixels.save(file, "PNG", optimize=True)
    return Logo(file.getvalue(), *pixels.size)


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
