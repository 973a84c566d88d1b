"""Pictures in the forum: made anew from what was sent (`helpdesk.pictures`), kept with a post."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile

from forum.posts import Picture, Post
from helpdesk.pictures import FORMATS, MOST_PIXELS, PictureRefusedError, redrawn
from helpdesk.texts import one_line

__all__ = ["FORMATS", "MOST_BYTES", "MOST_PIXELS", "PictureRefusedError", "keep", "make"]

# Bytes of one picture as it is sent; the longer edge it is shown with.
MOST_BYTES = 10_000_000
EDGE = 1600
PER_POST = 4


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
    fresh, kind = redrawn(content, EDGE)
    out = BytesIO()
    fresh.save(out, kind, **({} if kind == "PNG" else {"quality": 85}))
    return Made(_name(name), out.getvalue(), FORMATS[kind], fresh.width, fresh.height)


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


def _name(name: str) -> str:
    """The file's name without its ending, as words."""
    stem = one_line(name.replace("\\", "/").rpartition("/")[2]).rpartition(".")
    return (stem[0] or stem[2]).replace("_", " ")[:120]
