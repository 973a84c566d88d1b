"""No bytes make the parser raise, and none keep it for 5 seconds."""

import time
import unicodedata

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from benchmarks.corpus import mails
from channels.email.authentication import dmarc_result
from channels.email.confined import Budget
from channels.email.html import sanitise
from channels.email.parser import ParsedMail, dmarc_failed, read
from channels.email.quotes import reply_text
from tests.channels.email.test_parser import MAILS

SEEDS = [path.read_bytes() for path in sorted(MAILS.glob("*.eml"))]
SEEDS += list(mails(40, 11, "support@firma.example", "bank.example"))
PIECES = st.sampled_from(
    [
        b"\r\n",
        b"\n\n",
        b"\r",
        b"\x00",
        b"--",
        b"\r\n--x\r\n",
        b"=?utf-8?q?=",
        b"=?utf-8?b?",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
        b"Content-Type: multipart/alternative\r\n",
        b"Content-Type: message/delivery-status\r\n\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"Content-Transfer-Encoding: uuencode\r\n\r\nbegin 644 x\r\n",
        b"Content-Disposition: attachment; filename*0*=utf-8''%",
        b"; charset=utf-16",
        b"; charset=utf-7",
        b"; format=flowed; delsp=yes",
        b"From: <@[\r\n",
        b"Return-Path: <>\r\n",
        b"Final-Recipient: rfc822;;<\r\nAction:\r\n",
        b"References: <<>>,,\r\n",
        b"Am 1.1.2026 schrieb x@y:\r\n>",
        b"Von: a\r\nGesendet: b\r\nAn: c\r\n",
        b"<table><td><p><font size=1><!--",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        "\u202e\u0308".encode(),
    ]
)
LENIENT = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real mail with some stretches cut, doubled, moved or replaced."""
    raw = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 8))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.integers(0, 400)))
        put = draw(st.one_of(PIECES, st.binary(max_size=40), st.just(raw[start:end] * 2)))
        raw = raw[:start] + put + raw[end:]
    return raw


def checked(raw: bytes) -> ParsedMail:
    """Read a mail and check what holds of every one."""
    started = time.perf_counter()
    mail = read(raw)
    dmarc_failed(raw, ("mx.firma.example",))
    assert time.perf_counter() - started < 5
    lines = (mail.subject, mail.from_name, mail.from_address, mail.message_id, mail.date_header)
    for line in lines:
        assert {unicodedata.category(letter) for letter in line}.isdisjoint(
            {"Cc", "Cs", "Zl", "Zp"}
        )
        assert not set(line) & set("\u00ad\u200b\u202e\u2066")
    assert len(mail.subject) <= 998
    assert unicodedata.is_normalized("NFC", mail.subject)
    texts = (mail.text, mail.reply_text, mail.html or "", mail.automatic_reason)
    for text in (*lines, *texts, *mail.to, *mail.references, *mail.authentication_results):
        assert "\x00" not in text
        text.encode()  # no lone surrogate that PostgreSQL would refuse
    for attachment in mail.attachments:
        assert 0 < len(attachment.filename.encode()) <= 200
        assert not set(attachment.filename) & set("/\\\r\n\x00")
    assert mail.from_address == "" or mail.from_address.count("@") == 1
    return mail


@LENIENT
@given(st.binary(max_size=3000))
@example(
    b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n"
)
@example(b'Content-Type: multipart/mixed; boundary=""\n\n----\n\n--')
@example(b"From:\xa0@\xa0\n\n")
def test_any_bytes_are_a_mail(raw):
    checked(raw)


@LENIENT
@given(mutated())
def test_damaged_mail_is_still_read(raw):
    checked(raw)


@LENIENT
@given(st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=40).map(b"".join))
def test_rubble_of_mails_is_read(raw):
    checked(raw)


LINES = st.sampled_from(
    [
        "Am 1.1.2026 um 9:00 schrieb a@b:",
        "> x",
        ">",
        "",
        "-- ",
        "--",
        "Text",
        "Von: x",
        "Gesendet: y",
        "An: z",
        "Betreff: w",
        "_" * 32,
        "-----",
        "Gesendet von mir",
        "On x",
    ]
)


@LENIENT
@given(st.lists(LINES, max_size=30))
def test_reply_is_made_of_lines_of_the_text(lines):
    text = "\n".join(lines)
    reply = reply_text(text, "AW: x", Budget())

    assert reply == text or reply.strip() in text
    assert reply.strip() or not text.strip()


@LENIENT
@given(st.text(alphabet="ab =;.,\"'()/\\<>\t\r\n1@-", max_size=200))
def test_any_authentication_result_is_read(value):
    result = dmarc_result((f"mx.firma.example; dmarc={value}",), ("mx.firma.example",))

    assert result == result.strip().lower()


TAGS = st.sampled_from(
    [
        *(
            "<p>",
            "</p>",
            "<b",
            ">",
            '"',
            "&",
            "text",
            "<!--",
            "-->",
            "<table>",
            "<td background=x>",
        ),
        *("<svg>", "<math>", "<style>", "<script>", "</script>", "<noscript>", "<template>"),
        *("<img src=https://x.example/a>", "<img src='", "<a href=javascript:x>", "<iframe"),
        *("onload=x", "data-remote-src=x"),
    ]
)


@LENIENT
@given(st.lists(TAGS, max_size=40).map(" ".join))
def test_clean_html_loads_and_runs_nothing(html):
    result = sanitise(html, Budget())

    assert result is not None
    active = ("<script", "<style", "<iframe", "<svg", "<template", "onload=", ' src="http')
    tags = "".join(piece.partition(">")[0] + ">" for piece in result.split("<")[1:])
    assert not any(word in f"<{tags}" for word in active)


@pytest.mark.parametrize("raw", SEEDS[:8])
def test_every_prefix_of_a_real_mail_is_read(raw):
    for end in range(0, len(raw), 7):
        checked(raw[:end])
