"""The test vectors of what Meta signs."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from graph_standin.signing import app_proof, signed_request, webhook_body, webhook_signature

SECRET = "geheim123"
BODY = (
    rb'{"object":"page","entry":[{"id":"100200300","time":1790000000000,"messaging":[{"sender":'
    rb'{"id":"777"},"recipient":{"id":"100200300"},"timestamp":1790000000000,"message":'
    rb'{"mid":"m_abc","text":"Gr\u00fc\u00dfe"}}]}]}'
)


def test_proof_of_a_token():
    assert (
        app_proof(SECRET, "EAAB-token")
        == "f6bc79066af3cb16986e9e7bea0da3d9432be785219d00273b533413f5fad1cb"
    )


def test_body_is_written_and_signed_as_meta_does():
    body = webhook_body(json.loads(BODY))

    assert body == BODY
    assert len(body) == 213
    assert (
        webhook_signature(SECRET, body)
        == "sha256=dc3d2498ea258cc9160ba99ba595b5dce59db32600fdff0bb8474f16347a1312"
    )


def test_body_written_again_has_another_signature():
    again = json.dumps(json.loads(BODY), ensure_ascii=False).encode()

    assert webhook_signature(SECRET, again).startswith("sha256=bb7beace")


def test_signed_request():
    content = {
        "user_id": "218471",
        "algorithm": "HMAC-SHA256",
        "issued_at": 1790000000,
        "expires": 1790003600,
    }

    assert signed_request(SECRET, content) == (
        "xBJbRPBaZB3DVl6rdfscXF6jnJogp3qTYXGtKw2ZISE.eyJ1c2VyX2lkIjoiMjE4NDcxIiwiYWxnb3JpdGhtIjoi"
        "SE1BQy1TSEEyNTYiLCJpc3N1ZWRfYXQiOjE3OTAwMDAwMDAsImV4cGlyZXMiOjE3OTAwMDM2MDB9"
    )


@given(st.dictionaries(st.text(), st.text()))
def test_body_is_ascii_and_means_the_same(content):
    body = webhook_body(content)

    assert body.isascii()
    assert json.loads(body) == content
