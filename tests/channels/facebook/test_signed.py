"""What Meta signs when somebody asks for something there (facts §11)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from channels.facebook import signed
from channels.facebook.signed import NotSignedError
from graph_standin.signing import base64url, mac, signed_request
from tests.channels.facebook.hooks import SECRET

ISSUED = datetime.fromtimestamp(1790000000, UTC)
VECTOR = (
    "xBJbRPBaZB3DVl6rdfscXF6jnJogp3qTYXGtKw2ZISE.eyJ1c2VyX2lkIjoiMjE4NDcxIiwiYWxnb3JpdGhtIjoi"
    "SE1BQy1TSEEyNTYiLCJpc3N1ZWRfYXQiOjE3OTAwMDAwMDAsImV4cGlyZXMiOjE3OTAwMDM2MDB9"
)
CONTENT = {"user_id": "218471", "algorithm": "HMAC-SHA256", "issued_at": 1790000000}


@pytest.fixture(autouse=True)
def at_that_time():
    with time_machine.travel(ISSUED + timedelta(seconds=3), tick=False):
        yield


def test_the_vector_of_the_facts_names_the_user():
    assert signed.parse(VECTOR) == signed.Signed("218471", ISSUED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        VECTOR.replace("xBJ", "xBK"),
        VECTOR.partition(".")[2],
        VECTOR + "A",
        "." + VECTOR.partition(".")[2],
        "ü.ü",
        signed_request("another", CONTENT),
    ],
)
def test_a_wrong_signature_is_refused(text):
    with pytest.raises(NotSignedError, match="signature"):
        signed.parse(text)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({**CONTENT, "algorithm": "none"}, "algorithm"),
        ({"user_id": "1", "issued_at": 1790000000}, "algorithm"),
        ({**CONTENT, "user_id": ""}, "who asked"),
        ({**CONTENT, "issued_at": "gestern"}, "when"),
        ({**CONTENT, "issued_at": 1780000000}, "too old"),
        ({**CONTENT, "issued_at": 1890000000}, "too old"),
    ],
)
def test_a_content_that_says_too_little_is_refused(content, why):
    with pytest.raises(NotSignedError, match=why):
        signed.parse(signed_request(SECRET, content))


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"[" * 5000])
def test_a_signed_content_that_is_none_is_refused(content):
    encoded = base64url(content)
    text = f"{base64url(mac(SECRET, encoded.encode()))}.{encoded}"

    with pytest.raises(NotSignedError):
        signed.parse(text)


def test_without_a_secret_nothing_is_signed(settings):
    settings.FACEBOOK_APP_SECRET = ""

    with pytest.raises(NotSignedError):
        signed.parse(signed_request("", CONTENT))


@given(st.text())
def test_whatever_comes_is_refused_or_read(text):
    with pytest.raises(NotSignedError):
        signed.parse(json.dumps(text))
