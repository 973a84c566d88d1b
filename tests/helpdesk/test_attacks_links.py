"""Links in what somebody wrote."""

from __future__ import annotations

import time

import pytest
from django.utils.html import escape

from helpdesk.templatetags.links import LOOKED_AT, linked


def test_addresses_become_links_and_all_else_is_escaped():
    shown = linked('<b> & https://a.example/"onmouseover="x <script>')

    assert '<a href="https://a.example/' in shown
    assert "&lt;b&gt; &amp; " in shown
    assert shown.endswith("&lt;script&gt;")


@pytest.mark.parametrize("blank", [" ", "\n", ""])
def test_a_long_text_is_shown_whole(blank):
    text = "<i>Wort&" + f"{blank}<i>Wort&" * LOOKED_AT

    assert linked(text) == escape(text)


def test_a_message_of_nothing_but_addresses_is_shown_quickly():
    text = " ".join(f"www.a{number}.de" for number in range(40_000))

    started = time.process_time()
    shown = linked(text)

    assert time.process_time() - started < 0.5
    assert '<a href="http://www.a1.de"' in shown
    assert shown.endswith(" www.a39999.de")
