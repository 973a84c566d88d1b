"""Websites as browsers name them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contact_form import origins
from channels.contact_form.origins import OriginError


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://www.shop.example", "https://www.shop.example"),
        (" https://WWW.Shop.example/kontakt?x=1#y ", "https://www.shop.example"),
        ("shop.example", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80/", "http://shop.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("https://müller.de", "https://xn--mller-kva.de"),
        ("https://[::1]:9000", "https://[::1]:9000"),
    ],
)
def test_a_website_is_stored_as_browsers_name_it(typed, origin):
    assert origins.clean(typed) == origin


@pytest.mark.parametrize(
    "typed",
    ["", "null", "*", "https://", "https://*.shop.example", "ftp://shop.example",
     "javascript:alert(1)", "https://a@shop.example", "https://shop.example:x",
     "https://shop.example:99999", "https://sh op.example", "https://a..b", "file:///etc/passwd"],
)  # fmt: skip
def test_what_is_no_website_is_refused(typed):
    if typed == "null":
        # A word without dots is a host on somebody's own network; never the origin "null".
        assert origins.clean(typed) == "https://null"
        return
    with pytest.raises(OriginError):
        origins.clean(typed)


@given(st.text(max_size=60))
def test_any_text_is_a_website_or_none_and_cleaning_twice_is_cleaning_once(typed):
    try:
        origin = origins.clean(typed)
    except OriginError:
        return
    assert origins.clean(origin) == origin
    assert origin.isascii()
    assert origin == origin.strip()
