"""Pictures that people send: each is decoded and made anew, so that nothing else comes with it.

Only PNG, JPEG and WebP are tried, whatever the name says. What comes out holds pixels and nothing
more: no place where it was taken, no comments, no second file hidden behind the first.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from PIL import Image, ImageOps

from forum.posts import Picture, Post
from helpdesk.texts import one_line

# Bytes of one picture as it is sent; the longer edge it is shown with.
MOST_BYTES = 10_000_000
EDGE = 1600
PER_POST = 4
# Pixels it may have: a photograph, which is decoded at a fraction of its size, or anything else,
# which stands in memory whole, up to four times over while it is made smaller.
MOST_PIXELS = {"JPEG": 40_000_000, "PNG": 20_000_000, "WEBP": 20_000_000}
# How many are decoded at once in a process; the others wait a second or two.
AT_ONCE = 2
_turn = threading.BoundedSemaphore(AT_ONCE)
FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


class PictureRefusedError(ValueError):
    """What was sent is no picture that we take: another format, damaged, or too many pixels."""


@dataclass(frozen=True, slots=True)
class Made:
    """A picture as it is stored."""

    name: str
    content: bytes
    content_type: str
    width: int
    height: int


def make(name: str, content: bytes) -> Made:
    """Decode what was sent and make it anew; raises PictureRefusedError."""
    try:
        with _turn, warnings.catch_warnings():
            # Our own limit is checked before a single pixel is decoded.
            warnings.simplefilter("ignore")
            return _make(name, content)
    except Exception as error:
        # Whatever a damaged file makes the decoder stumble over: it says so in many ways.
        raise PictureRefusedError(name) from error


def keep(post: Post, made: Iterable[Made]) -> None:
    """Store pictures with their post, no more than PER_POST in all."""
    room = PER_POST - post.pictures.count()
    for one in list(made)[: max(0, room)]:
        picture = Picture(
            post=post,
            name=one.name,
            content_type=one.content_type,
            width=one.width,
            height=one.height,
        )
        picture.file.save("", ContentFile(one.content, name="picture"), save=True)


def _make(name: str, content: bytes) -> Made:
    with Image.open(BytesIO(content), formats=list(FORMATS)) as sent:
        kind = sent.format or ""
        if kind not in FORMATS or sent.width * sent.height > MOST_PIXELS[kind]:
            raise PictureRefusedError(name)
        small = _small(sent, kind)
        # Only now: turning makes a copy, of what is small by then.
        turned = ImageOps.exif_transpose(small)
    fresh = Image.new(turned.mode, turned.size)
    fresh.paste(turned)
    out = BytesIO()
    fresh.save(out, kind, **({} if kind == "PNG" else {"quality": 85}))
    return Made(_name(name), out.getvalue(), FORMATS[kind], fresh.width, fresh.height)


def _small(sent: Image.Image, kind: str) -> Image.Image:
    """The picture with its longer edge at EDGE at most, and as few copies of it as can be."""
    scale = min(1, 2 * EDGE / max(sent.size))
    # A JPEG is then decoded at a half, a quarter or an eighth of its size; other kinds are not.
    sent.draft(None, (int(sent.width * scale), int(sent.height * scale)))
    sent.load()
    mode = _mode(sent, kind)
    plain = sent if sent.mode == mode else sent.convert(mode)
    plain.thumbnail((EDGE, EDGE))
    return plain


def _mode(image: Image.Image, kind: str) -> str:
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    return "RGBA" if has_alpha and kind != "JPEG" else "RGB"


def _name(name: str) -> str:
    """The file's name without its ending, as words."""
    stem = one_line(name.replace("\\", "/").rpartition("/")[2]).rpartition(".")
    return (stem[0] or stem[2]).replace("_", " ")[:120]
