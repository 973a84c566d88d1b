"""Pictures that people send, decoded in bounded memory and made anew, wherever they are for.

Only PNG, JPEG and WebP are tried, whatever the name says. What comes out holds pixels and nothing
more: no place where it was taken, no comments, no second file hidden behind the first.
"""

from __future__ import annotations

import threading
import warnings
from io import BytesIO

from PIL import Image, ImageOps

# Pixels it may have: a photograph, which is decoded at a fraction of its size, or anything else,
# which stands in memory whole, up to four times over while it is made smaller.
MOST_PIXELS = {"JPEG": 40_000_000, "PNG": 20_000_000, "WEBP": 20_000_000}
# How a telephone's JPEG is called that holds a second picture, of its brightness or its depth.
_ALSO = {"MPO": "JPEG"}
FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
# How many are decoded at once in a process; the others wait a second or two.
AT_ONCE = 2
_turn = threading.BoundedSemaphore(AT_ONCE)


class PictureRefusedError(ValueError):
    """What was sent is no picture that we take: another format, damaged, or too many pixels."""


class TooManyPixelsError(PictureRefusedError):
    """It is a picture, but too large a one."""


def redrawn(content: bytes, edge: int, *, most_side: int | None = None) -> tuple[Image.Image, str]:
    """The pixels, upright, with the longer edge at `edge` at most, and the name of the format.

    `most_side` is how many pixels a side may have as it is sent, if there is such a limit.
    Raises PictureRefusedError.
    """
    try:
        with _turn, warnings.catch_warnings():
            # Our own limit is checked before a single pixel is decoded.
            warnings.simplefilter("ignore")
            return _redrawn(content, edge, most_side)
    except PictureRefusedError:
        raise
    except Exception as error:
        # Whatever a damaged file makes the decoder stumble over: it says so in many ways.
        raise PictureRefusedError from error


def _redrawn(content: bytes, edge: int, most_side: int | None) -> tuple[Image.Image, str]:
    with Image.open(BytesIO(content), formats=list(FORMATS)) as sent:
        kind = _ALSO.get(sent.format or "", sent.format or "")
        if kind not in FORMATS:
            raise PictureRefusedError
        if sent.width * sent.height > MOST_PIXELS[kind]:
            raise TooManyPixelsError
        if most_side is not None and max(sent.size) > most_side:
            raise TooManyPixelsError
        small = _small(sent, kind, edge)
        # Only now: turning makes a copy, of what is small by then.
        turned = ImageOps.exif_transpose(small)
    fresh = Image.new(turned.mode, turned.size)
    fresh.paste(turned)
    return fresh, kind


def _small(sent: Image.Image, kind: str, edge: int) -> Image.Image:
    """The picture with its longer edge at `edge` at most, and as few copies of it as can be."""
    scale = min(1, 2 * edge / max(sent.size))
    # A JPEG is then decoded at a half, a quarter or an eighth of its size; other kinds are not.
    sent.draft(None, (int(sent.width * scale), int(sent.height * scale)))
    sent.load()
    mode = _mode(sent, kind)
    plain = sent if sent.mode == mode else sent.convert(mode)
    plain.thumbnail((edge, edge))
    return plain


def _mode(image: Image.Image, kind: str) -> str:
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    return "RGBA" if has_alpha and kind != "JPEG" else "RGB"
