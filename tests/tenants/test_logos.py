"""A logo is decoded in as little memory as any other picture that people send."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from PIL import Image

from forum import pictures
from helpdesk import pictures as decoding
from tenants import logos

# What decoding one logo may add to the process, in MB.
ROOM = 170
MEASURED = """
import sys, django
django.setup()
from tenants import logos
content = sys.stdin.buffer.read()
def peak():
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024
before = peak()
logos.redrawn(content)
print(peak() - before)
"""


def painted(kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (40, 30), **options):
    out = BytesIO()
    Image.new(mode, size, 5).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("JPEG", "RGB")])
def test_the_largest_logo_that_is_taken_fits_into_memory(kind, mode):
    content = painted(kind, mode, (logos.MOST_SIDE, logos.MOST_SIDE))
    assert len(content) <= logos.MOST_BYTES

    told = subprocess.run(
        [sys.executable, "-c", MEASURED], input=content, capture_output=True, check=True
    )

    assert int(told.stdout) <= ROOM


def test_logos_and_pictures_of_the_forum_wait_for_each_other(monkeypatch):
    most, at_work = [], []
    redraw = decoding._redrawn

    def watched(*values):
        at_work.append(1)
        most.append(len(at_work))
        try:
            return redraw(*values)
        finally:
            at_work.pop()

    monkeypatch.setattr(decoding, "_redrawn", watched)
    content = painted(size=(1000, 1000))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(logos.redrawn, [content] * 6))
        list(pool.map(lambda name: pictures.make(name, content), "abcdef"))

    assert len(most) == 12
    assert max(most) <= decoding.AT_ONCE


def test_a_logo_stands_upright_in_its_box():
    exif = Image.Exif()
    exif[0x0112] = 6

    logo = logos.redrawn(painted("JPEG", size=(3000, 1500), exif=exif))

    assert (logo.width, logo.height) == (64, 128)


@pytest.mark.parametrize("size", [(4001, 10), (10, 4001)])
def test_a_side_with_too_many_pixels_is_refused(size):
    with pytest.raises(logos.TooLargeError):
        logos.redrawn(painted(size=size))
