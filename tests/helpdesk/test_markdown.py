"""Markdown becomes HTML in which nothing runs, whatever was typed, and in bounded time."""

from __future__ import annotations

import time

import lxml.html
import pytest
from django.core.exceptions import ValidationError

from helpdesk.markdown import BUSY, Heading, contents, plain, render, validate, words_of

RUNS = "javascript:alert(1)"
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    f"[x]({RUNS})",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    f"![x]({RUNS})",
    '![x" onerror="alert(1)](/a.png)',
    '![x](/a.png "x\\" onerror=\\"alert(1)")',
    "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
    f"[x][1]\n\n[1]: {RUNS}",
    f"<{RUNS}>",
    '[x](https://example.org "\\"><script>alert(1)</script>")',
    "# <script>alert(1)</script>",
    '# x" onclick="alert(1)',
    "`<script>alert(1)</script>`",
    "```\n</code></pre><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "    <script>alert(1)</script>",
    "> <script>alert(1)</script>",
    "- <script>alert(1)</script>",
    "|<script>|\n|-|\n|<img src=x onerror=alert(1)>|",
    "<!-- --><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<style>*{display:none}</style>",
    "<iframe src='//evil.example'></iframe>",
    "<form action='//evil.example'><input name=password>",
    "<math><mtext></p><script>alert(1)</script>",
    'https://example.org/"onmouseover="alert(1)',
    "**<script>**alert(1)**</script>**",
    "\\<script>alert(1)\\</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]
LETTERS = 200_000
ENDLESS = {
    "quotes": ">",
    "quoted lists": "> - ",
    "lists": "- ",
    "emphasis": "*a **a ",
    "brackets": "[",
    "images": "![",
    "links": "[a](b",
    "backticks": "`a",
    "tags": "<a ",
    "addresses": "a@",
    "urls": "http://a.b/ ",
    "entities": "&amp;",
    "backslashes": "\\",
    "headings": "# a\n",
    "lines": "a\n",
    "tables": "|a\n|-\n",
    "references": "[a]: /x\n",
    "one word": "a",
}


def elements(html: str) -> list[lxml.html.HtmlElement]:
    return list(lxml.html.fragment_fromstring(str(html), create_parent="div").iterdescendants())


@pytest.mark.parametrize("source", HOSTILE)
def test_nothing_runs(source):
    for element in elements(render(source)):
        assert element.tag not in {"script", "svg", "style", "iframe", "form", "input", "math"}
        for name, value in element.attrib.items():
            assert name in {"href", "src", "alt", "title", "rel", "id", "class", "loading"}
            if name in {"href", "src"}:
                scheme = value.partition(":")[0].lower() if ":" in value else ""
                assert scheme in {"", "http", "https", "mailto", "tel"}


@pytest.mark.parametrize("unit", ENDLESS.values(), ids=ENDLESS)
def test_huge_and_deep_texts_take_bounded_time(unit):
    source = (unit * LETTERS)[:LETTERS]

    began = time.process_time()
    html = render(source)
    words = plain(source)

    assert time.process_time() - began < 12
    assert html or words == ""


def test_what_is_too_long_to_read_is_shown_as_typed():
    assert render("**a** <b>\n" * 30_000).startswith("<pre>**a** &lt;b&gt;\n")


def test_headings_stand_below_the_pages_own_and_have_ids():
    source = "# Drucken\n\n### Größe & Maß\n\n# Drucken\n\n## `Test`\n"

    assert contents(source) == [
        Heading(3, "s-drucken", "Drucken"),
        Heading(4, "s-groe-ma", "Größe & Maß"),
        Heading(3, "s-drucken-2", "Drucken"),
        Heading(4, "s-test", "Test"),
    ]
    assert [(e.tag, e.get("id")) for e in elements(render(source)) if e.get("id")] == [
        ("h3", "s-drucken"),
        ("h4", "s-groe-ma"),
        ("h3", "s-drucken-2"),
        ("h4", "s-test"),
    ]
    assert contents("# A", top=2, prefix="p7-") == [Heading(2, "p7-a", "A")]


def test_links_give_no_credit_and_images_come_from_this_host_only():
    html = render("https://example.org/a ![Plan](/bild/1) ![Fremd](https://example.org/x.png)")

    found = [(e.tag, e.get("href") or e.get("src"), e.get("rel")) for e in elements(html)]
    assert found == [
        ("p", None, None),
        ("a", "https://example.org/a", "nofollow ugc noopener"),
        ("img", "/bild/1", None),
        ("a", "https://example.org/x.png", "nofollow ugc noopener"),
    ]


@pytest.mark.parametrize("address", ["//example.org/x.png", "x.png"])
def test_image_that_only_looks_like_ours_is_a_link(address):
    assert "<img" not in render(f"![x]({address})")


def test_table_carries_classes_and_no_style():
    html = render("|Jahr|Preis|\n|:-:|-:|\n|2026|19|")

    assert '<th class="is-center">Jahr</th>' in html
    assert '<td class="is-right">19</td>' in html
    assert "style" not in html


def test_plain_gives_the_words():
    source = "# Titel\n\nEin **fetter** [Verweis](https://example.org)\nund ![Bild](/b)\n\n- `ja`\n"

    assert plain(source) == "Titel\nEin fetter Verweis und Bild\nja"


def test_the_words_are_read_from_what_was_made_too():
    made = render("Hallo **Welt** &amp; <b>\n\n- eins\n- zwei\n\n![Bild](/a.png)")

    assert words_of(made).split() == ["Hallo", "Welt", "&", "<b>", "eins", "zwei"]


@pytest.mark.parametrize(
    "source",
    [
        # Each row of a table gets as many cells as its first one has.
        "|" + "a|" * 100 + "\n|" + "-|" * 100 + "\n" + "|\n" * 9000,
        (">" * 19 + "a\n\n") * 900,
    ],
)
def test_a_few_words_become_no_endless_page(source):
    html = render(source)

    assert len(html) < 10 * len(source)
    assert html.startswith("<pre>")
    with pytest.raises(ValidationError, match="zu große"):
        validate(source)


# A head as wide as its empty rows are many makes the most cells of a text.
CELLS = "|" + "a|" * 180 + "\n|" + "-|" * 180 + "\n" + "|\n" * 360 + "\n"


@pytest.mark.parametrize("read", [render, plain, contents])
def test_tables_that_would_become_endless_are_shown_as_typed_at_once(read):
    source = (CELLS * 14)[:20_000]

    began = time.process_time()
    read(source)
    with pytest.raises(ValidationError, match="zu große"):
        validate(source)

    assert time.process_time() - began < 2


def test_a_large_table_that_somebody_has_filled_stays_one():
    row = "|" + " 12,90 € |" * 20 + "\n"
    source = row + "|" + "-|" * 20 + "\n" + row * 400

    validate(source)
    assert render(source).count("<td>") == 8000


def test_a_long_text_is_read_however_its_lines_end():
    """A browser sends both characters; a form's field is checked as it came."""
    long = "Ein *Wort* hier.\r\n\r\n" * BUSY

    assert render(long).count("<em>Wort</em>") == BUSY
    endless = "*a*\n\n" * BUSY + (">" * 19 + "a\n\n") * 2000
    with pytest.raises(ValidationError, match="zu große"):
        validate(endless.replace("\n", "\r\n"))
