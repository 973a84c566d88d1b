from __future__ import annotations

import struct
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from forum import moderation, pictures, writing
from forum.models import Picture, Post
from forum.writing import Draft
from helpdesk import pictures as decoding
from tests.threads import PATIENCE

# What decoding one picture may add to the process, in MB.
ROOM = 360
MEASURED = """
import sys, django
django.setup()
from forum import pictures
content = sys.stdin.buffer.read()
def peak():
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024
before = peak()
pictures.make("x", content)
print(peak() - before)
"""


def painted(kind: str = "PNG", size: tuple[int, int] = (40, 30), **options) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


def sent(content: bytes, name: str = "bild.png", kind: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, kind)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_made_anew_without_what_came_with_it(kind):
    exif = Image.Exif()
    exif[0x010F] = "GeheimeKamera"
    content = painted(kind, exif=exif) + b"<script>alert(1)</script>"

    made = pictures.make("Mein_Bild.v2.jpg", content)

    assert b"GeheimeKamera" not in made.content
    assert b"<script>" not in made.content
    with Image.open(BytesIO(made.content)) as again:
        assert (again.format, again.size) == (kind, (40, 30))
        assert not again.getexif()
    assert made.name == "Mein Bild.v2"


def test_a_turned_picture_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6

    made = pictures.make("x.jpg", painted("JPEG", exif=exif))

    assert (made.width, made.height) == (30, 40)


def test_a_big_picture_is_made_smaller():
    made = pictures.make("x.png", painted(size=(4000, 2000)))

    assert (made.width, made.height) == (1600, 800)


def test_a_photograph_with_a_second_picture_in_it_is_taken_without_that():
    """As many telephones write it: still a JPEG, with its brightness or depth as another one."""
    second = Image.new("RGB", (20, 15), "red")
    content = painted("MPO", save_all=True, append_images=[second])

    made = pictures.make("foto.jpg", content)

    assert (made.content_type, made.width, made.height) == ("image/jpeg", 40, 30)
    with Image.open(BytesIO(made.content)) as again:
        assert (again.format, again.getpixel((5, 5))[0] < 50) == ("JPEG", True)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script></html>",
        b"GIF89a" + b"<script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n" + b"kaputt" * 20,
        painted()[:60],
        painted("BMP"),
        painted("GIF"),
    ],
)
def test_what_is_no_picture_of_ours_is_refused(content):
    with pytest.raises(pictures.PictureRefusedError):
        pictures.make("x.png", content)


def test_more_pixels_than_we_decode_are_refused(monkeypatch):
    monkeypatch.setattr(decoding, "MOST_PIXELS", dict.fromkeys(pictures.FORMATS, 1000))

    with pytest.raises(pictures.PictureRefusedError):
        pictures.make("x.png", painted())


@pytest.mark.parametrize(
    ("kind", "mode", "size"),
    [
        ("JPEG", "RGB", (8000, 5000)),
        ("PNG", "RGBA", (5000, 4000)),
        ("PNG", "P", (5000, 4000)),
        ("WEBP", "RGBA", (5000, 4000)),
    ],
)
def test_the_largest_picture_that_is_taken_fits_into_memory(kind, mode, size):
    out = BytesIO()
    quick = {"PNG": {"compress_level": 1}, "WEBP": {"method": 0}, "JPEG": {}}[kind]
    Image.new(mode, size).save(out, kind, **quick)

    told = subprocess.run(
        [sys.executable, "-c", MEASURED], input=out.getvalue(), capture_output=True, check=True
    )

    assert int(told.stdout) <= ROOM


def test_two_pictures_are_made_at_once_and_no_more(monkeypatch):
    at_work, most, lock = set(), [], threading.Lock()
    # Each waits for a second one: with one at a time nobody would come.
    pair = threading.Barrier(2)

    redraw = decoding._redrawn

    def watched(content, *how):
        with lock:
            at_work.add(content)
            most.append(len(at_work))
        pair.wait(PATIENCE)
        # Time for a third one, were there room for it.
        time.sleep(0.05)
        with lock:
            at_work.discard(content)
        return redraw(content, *how)

    monkeypatch.setattr(decoding, "_redrawn", watched)
    contents = [painted(size=(40, height)) for height in range(20, 26)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda content: pictures.make("x", content), contents))

    assert max(most) == 2


def test_pictures_come_with_the_form_and_are_seen_with_the_post(client, topic, member, agent):
    user = member("Bekannt")
    client.force_login(user)
    path = f"/forum/themen/{topic.pk}/antwort/"

    refused = client.post(
        path,
        {"text": "Siehe Bild", "files": sent(b"<svg/>", '"><script>alert(1)</script>.png')},
    )
    assert refused.status_code == 422
    assert "Siehe Bild" in refused.content.decode()
    assert "<script>alert" not in refused.content.decode()
    taken = client.post(path, {"text": "Siehe Bild", "files": sent(painted(), 'a"<b>.png')})

    picture = Picture.objects.get()
    address = f"/forum/bilder/{picture.pk}/"
    body = client.get(taken["Location"].partition("#")[0]).content.decode()
    assert f'src="{address}"' in body
    assert "<b>" not in body
    client.logout()
    shown = client.get(address)
    assert pictures.make("x", b"".join(shown.streaming_content)).width == 40
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/png", "nosniff")
    moderation.hide(picture.post, by=agent, reason="Unscharf")
    assert client.get(address).status_code == 404
    client.force_login(user)
    own = client.get(address)
    assert own.status_code == 200
    own.close()


def test_a_post_has_no_more_pictures_than_allowed(client, topic, member):
    client.force_login(member("Bekannt"))

    page = client.post(
        f"/forum/themen/{topic.pk}/antwort/",
        {"text": "Viele", "files": [sent(painted(), f"{n}.png") for n in range(5)]},
    )

    assert page.status_code == 422
    assert not Post.objects.filter(is_question=False).exists()


def test_a_removed_picture_is_gone(client, topic, member, django_capture_on_commit_callbacks):
    user = member("Bekannt")
    post = writing.reply(
        topic, author=user, draft=Draft("Bild", [pictures.make("x.png", painted())])
    )
    picture = post.pictures.get()
    storage, name = picture.file.storage, picture.file.name
    client.force_login(user)

    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            f"/forum/beitraege/{post.pk}/bearbeiten/", {"text": "Ohne", "removed": picture.pk}
        )

    assert not Picture.objects.exists()
    assert not storage.exists(name)


def test_a_picture_whose_data_ends_too_soon_is_refused_in_words():
    whole = painted()
    said = b"eXIf" + b"II*\0"
    chunk = struct.pack(">I", 4) + said + struct.pack(">I", zlib.crc32(said))

    with pytest.raises(pictures.PictureRefusedError):
        pictures.make("x.png", whole[:33] + chunk + whole[33:])
