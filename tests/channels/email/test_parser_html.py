"""HTML of strangers: nothing active, nothing loaded, the text readable, the time bounded."""

import time
from base64 import b64encode

import pytest

from channels.email import defects
from channels.email.confined import Budget
from channels.email.html import sanitise, strip_tags, to_text
from channels.email.parser import read
from tests.channels.email.test_parser import HEAD


def clean(html: str) -> str | None:
    return sanitise(html, Budget())


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("<p>Hallo</p><script>alert(1)</script>", "<p>Hallo</p>"),
        ('<p onclick="x()">Hallo</p>', "<p>Hallo</p>"),
        ("<style>p{color:red}</style><p style='position:fixed'>Hallo</p>", "<p>Hallo</p>"),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ('<a href="data:text/html,x">x</a>', "x"),
        ('<iframe src="https://x.example"></iframe>', ""),
        ('<form action="https://x.example"><input name=a>Text</form>', "Text"),
        ("<svg><script>alert(1)</script></svg>", ""),
        ('<meta http-equiv="refresh" content="0;https://x.example"><p>x</p>', "<p>x</p>"),
        ('<base href="https://x.example"><p>x</p>', "<p>x</p>"),
        ('<td background="https://x.example/a.png">x</td>', "x"),
        ('<img src="https://x.example/a.png">', '<img data-remote-src="https://x.example/a.png">'),
        (
            '<img src="HTTP://x.example/?a=1&b=2">',
            '<img data-remote-src="HTTP://x.example/?a=1&amp;b=2">',
        ),
        ('<img src="cid:bild1@x">', '<img src="cid:bild1@x">'),
        ('<img src="//x.example/a.png">', "<img>"),
        ('<img src="/desk/tickets/1/closure">', "<img>"),
        ('<img src="data:image/png;base64,AAAA">', "<img>"),
        ('<img data-remote-src="https://x.example/a.png">', "<img>"),
        ('<img srcset="https://x.example/a.png 2x">', "<img>"),
        ("<p>Grüße &amp; Küsse</p><!-- Kommentar -->", "<p>Grüße &amp; Küsse</p>"),
    ],
)
def test_html_is_harmless(html, safe):
    result = clean(html)

    assert result is not None
    assert (
        result.replace(' target="_blank"', "")
        .replace(' rel="noopener noreferrer nofollow"', "")
        .removeprefix("<a>")
        .removesuffix("</a>")
        == safe
    )


def test_links_open_elsewhere_and_tell_nothing_of_us():
    assert clean('<a href="https://x.example/">x</a>') == (
        '<a href="https://x.example/" target="_blank" rel="noopener noreferrer nofollow">x</a>'
    )


def test_relative_links_into_our_own_pages_are_taken_off():
    result = clean('<a href="/desk/tickets/1/closure">x</a>')

    assert result is not None
    assert "/desk/" not in result


def test_large_html_is_cleaned_like_a_small_one():
    result = clean("<p onclick=x>Zeile</p>" * 3000 + '<img src="https://x.example/a.png">')

    assert result == "<p>Zeile</p>" * 3000 + '<img data-remote-src="https://x.example/a.png">'


def test_text_of_html_keeps_its_paragraphs():
    html = "<style>x{}</style><p>Eins &amp; zwei</p><div>Drei<br>Vier</div><ul><li>Fünf</li></ul>"

    assert to_text(html, Budget()) == "Eins & zwei\n\nDrei\nVier\n  * Fünf"


@pytest.mark.parametrize("levels", [20, 300, 1500])
def test_deeply_nested_text_is_not_lost(levels):
    assert to_text("<div>" * levels + "Innen" + "</div>" * levels, Budget()).strip() == "Innen"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Eins</p><p>Zwei</p>", "Eins\n\nZwei"),
        ("a < b", "a"),
        ("<script>x</script>Text<!-- y -->", "Text"),
        ("<SCRIPT>x</SCRIPT>Text", "Text"),
        ("<script>x", "x"),
        ("Text<!-- offen", "Text"),
        ("<head><title>T</title></head>Text", "Text"),
        ("&lt;b&gt; &amp; &uuml;", "<b> & ü"),
    ],
)
def test_tags_are_stripped_as_the_last_resort(html, text):
    assert strip_tags(html) == text


HOSTILE = {
    "nested": "<div>" * 190_000,
    "openings": "<" * 1_000_000,
    "scripts": "<script>" * 120_000,
    "comments": "<!--" * 240_000,
    "misnested": "<p>" + "".join(f"<font size={n}>" for n in range(3000)) + "<p>x" * 3000,
    "misnested, small": "<p>" + "".join(f"<font size={n}>" for n in range(490)) + "<p>x" * 490,
    "entities": "&" * 1_000_000,
    "attributes": "<a " + "a=b " * 240_000,
    "tables": "<table><tr><td>" * 60_000,
    "titles": "<head><title><style>" * 49_000,
    "links": '<a href="x">' * 80_000,
    "templates": "<template>" * 90_000,
    "open tags": "<p " * 300_000,
    "pictures": '<img src="data:image/png;base64,AAAA' * 25_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_html_is_done_in_time(kind):
    raw = HEAD + b"Content-Type: text/html\r\n\r\n" + HOSTILE[kind].encode()
    started = time.perf_counter()

    mail = read(raw)

    assert time.perf_counter() - started < 5
    assert mail.html is not None or defects.HTML_DROPPED in mail.defects


def test_html_too_complex_leaves_its_text():
    html = "<p>" + "".join(f"<font size={n}>" for n in range(3000)) + "<p>Wort" * 3000
    mail = read(HEAD + b"Content-Type: text/html\r\n\r\n" + html.encode())

    assert mail.html is None
    assert mail.text.count("Wort") == 3000
    assert mail.defects == (defects.HTML_DROPPED,)
    assert mail.body_truncated


def test_pictures_inside_the_html_become_inline_attachments():
    pixel = b64encode(b"\x89PNG\r\n" + bytes(40)).decode()
    html = f'<p>Sehen Sie: <img src="data:image/png;base64,{pixel}"></p>' * 2
    mail = read(HEAD + b"Content-Type: text/html\r\n\r\n" + html.encode())

    assert mail.html == (
        '<p>Sehen Sie: <img src="cid:picture-1@embedded"></p>'
        '<p>Sehen Sie: <img src="cid:picture-2@embedded"></p>'
    )
    assert [(a.filename, a.content_type, a.content_id, a.is_inline) for a in mail.attachments] == [
        ("picture-1.png", "image/png", "picture-1@embedded", True),
        ("picture-2.png", "image/png", "picture-2@embedded", True),
    ]
    assert mail.attachments[0].content.startswith(b"\x89PNG\r\n")


def test_large_picture_inside_the_html_does_not_cut_the_text_below():
    picture = "A" * 1_500_000
    html = f'<img src="data:image/png;base64,{picture}"><p>Darunter</p>'
    mail = read(HEAD + b"Content-Type: text/html\r\n\r\n" + html.encode())

    assert mail.text.strip() == "Darunter"
    assert mail.defects == ()
