"""Whole mails: the contract of `parse`, and every bad input of the outside with its outcome."""

import os
import time
from base64 import encodebytes
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import pytest

from benchmarks.corpus import mails
from channels.email import defects, parser
from channels.email.parser import ParsedMail, parse, read

MAILS = Path(__file__).parent / "mails"
HEAD = b"From: Eva Berg <eva@kunde.example>\r\nTo: support@firma.example\r\nSubject: Frage\r\n"
MAX_SECONDS = 5


def eml(name: str) -> ParsedMail:
    return read((MAILS / f"{name}.eml").read_bytes())


def test_outlook_answer_is_read_completely():
    mail = eml("outlook_reply")

    assert mail.subject == "AW: [#1042] Lagerbestand stimmt nicht"
    assert (mail.from_name, mail.from_address) == ("Käthe Müßig", "k.muessig@gartenbau.example")
    assert mail.to == ("support@firma.example",)
    assert mail.message_id == "<AM9PR01MB77@AM9PR01MB77.prod.example>"
    assert mail.in_reply_to == ("<t1042.a2@firma.example>",)
    assert mail.references == ("<t1042.a1@firma.example>", "<t1042.a2@firma.example>")
    assert mail.date_header == "Tue, 6 Jan 2026 09:14:02 +0000"
    assert mail.text.startswith("Guten Morgen,\n\ndie Bestände stimmen jetzt wieder, vielen Dank!")
    assert "Gesendet: Montag, 5. Januar 2026 16:40" in mail.text
    assert mail.reply_text.endswith("Viele Grüße\nKäthe Müßig")
    assert mail.html is not None
    assert "<p>die Bestände stimmen jetzt wieder, vielen Dank!</p>" in mail.html
    assert (mail.attachments, mail.defects, mail.is_automatic, mail.bounce) == ((), (), False, None)


def test_html_alone_becomes_text_and_its_quote_is_cut():
    mail = eml("gmail_html_only")

    assert mail.reply_text == "Hallo,\n\ndie Rechnung ist angekommen, danke!"
    assert "anbei die Rechnung." in mail.text


def test_files_among_alternatives_are_kept_in_their_order():
    mail = eml("apple_mixed")

    assert mail.text == "Sehen Sie bitte hier:\n\nUnd so sieht es danach aus."
    assert mail.html is not None
    assert mail.html.index("bitte hier") < mail.html.index("danach aus")
    [picture] = mail.attachments
    assert (picture.filename, picture.content_type) == ("Bildschirmübersicht.png", "image/png")
    assert picture.content.startswith(b"\x89PNG")


def test_picture_shown_by_its_content_id_is_inline_and_an_unused_one_is_not():
    mail = eml("related_cid")

    assert [(a.filename, a.content_id, a.is_inline) for a in mail.attachments] == [
        ("etikett.png", "bild1@zwoelfer", True),
        ("logo.png", "unbenutzt@zwoelfer", False),
        ("passwd", "", False),
    ]


def test_path_in_a_file_name_is_cut_to_its_last_segment():
    mail = eml("related_cid")

    assert mail.attachments[2].filename == "passwd"
    assert mail.attachments[2].content == b"%PDF-1.7\n"


def test_flowed_text_is_joined_but_quotes_and_signature_are_not():
    mail = eml("flowed")

    assert mail.text.split("\n")[:4] == [
        "Guten Tag, der Export hat heute funktioniert.",
        "",
        ">keine Quote, nur eingerückt",
        "> zitierte Zeile, die weitergeht",
    ]
    assert mail.text.endswith("-- \nRuth Lehmann")


BAD_HEAD = HEAD.replace(b"Subject: Frage\r\n", b"")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", ParsedMail(defects=(defects.NO_SENDER,))),
        (b"\r\n\r\n", ParsedMail(defects=(defects.NO_SENDER,))),
        (
            b"Subject: Ohne Absender\r\n\r\nHallo",
            ParsedMail(
                subject="Ohne Absender",
                text="Hallo",
                reply_text="Hallo",
                defects=(defects.NO_SENDER,),
            ),
        ),
        (
            b"kein Kopf, nur Text\nzweite Zeile",
            ParsedMail(
                text="kein Kopf, nur Text\nzweite Zeile",
                reply_text="kein Kopf, nur Text\nzweite Zeile",
                defects=(defects.NO_SENDER,),
            ),
        ),
    ],
    ids=["empty", "blank", "no sender", "no header"],
)
def test_next_to_nothing_is_still_a_mail(raw, expected):
    assert read(raw) == expected


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"Hal\x00lo\x07 Welt\x1b[31m", "Hallo Welt[31m"),
        (b"Content-Type: text/plain; charset=erfunden\r\n\r\nGr\xfc\xdfe", "Grüße"),
        (b"Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xfc\xdfe", "Gr\ufffd\ufffde"),
        (
            b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\n\x84Preis\x93 5 \x80",
            "„Preis“ 5 €",
        ),
        (b"Content-Type: text/plain; charset=us-ascii\r\n\r\nGr\xc3\xbc\xc3\x9fe", "Grüße"),
        (b"Content-Type: text/plain\r\n\r\nGr\xc3\xbc\xc3\x9fe", "Grüße"),
        (b"Content-Type: text/plain\r\n\r\n\xef\xbb\xbfGr\xc3\xbc\xc3\x9fe", "Grüße"),
        (b'Content-Type: text/plain; charset="koi8-r"\r\n\r\n\xf0\xd2\xc9\xd7\xc5\xd4', "Привет"),
        (b"Content-Type: text/plain; charset=utf-7\r\n\r\n+ADw-b+AD4-", "<b>"),
        (b"Content-Type: text/plain; charset=cp850\r\n\r\nGr\x81\xe1e", "Grüße"),
        (b"Content-Type: text/plain; charset=utf-16\r\n\r\n\xff\xfeH\x00i\x00", "Hi"),
        (b"Content-Type: text/plain; charset=utf-8\r\n\r\nu\xcc\x88", "ü"),
        (b"Content-Type: text; charset=utf-8\r\n\r\nnur Text", "nur Text"),
        (b"Content-Type: text/plain; charset=utf-8\r\n\r\n\xed\xb3\xbf!", "\ufffd\ufffd\ufffd!"),
    ],
)
def test_characters_are_read_by_what_they_are(body, text):
    separator = b"" if body.startswith(b"Content-Type") else b"\r\n"

    assert read(HEAD + separator + body).text == text


def test_unknown_charset_is_named_as_defect():
    mail = read(HEAD + b"Content-Type: text/plain; charset=erfunden\r\n\r\nGr\xfc\xdfe")

    assert mail.defects == (defects.UNKNOWN_CHARSET,)


def timed(raw: bytes) -> ParsedMail:
    started = time.perf_counter()
    mail = read(raw)
    assert time.perf_counter() - started < MAX_SECONDS
    return mail


def test_random_bytes_are_one_text_without_sender():
    mail = timed(os.urandom(200_000))

    assert mail.from_address == ""
    assert "\x00" not in mail.text


def test_ten_thousand_parts_are_cut_to_the_limit():
    part = b"--x\r\nContent-Type: text/plain\r\n\r\nTeil\r\n"
    mail = timed(
        HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + part * 10_000 + b"--x--"
    )

    assert mail.text.count("Teil") == 200
    assert mail.defects == (defects.TOO_MANY_PARTS,)


def nested(levels: int) -> bytes:
    opening = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level)
        for level in range(levels)
    )
    return HEAD + opening + b"Content-Type: text/plain\r\n\r\ninnen\r\n"


def test_five_thousand_levels_are_not_entered():
    mail = timed(nested(5000))

    assert mail.subject == "Frage"
    assert mail.defects == (defects.TOO_DEEP,)
    [rest] = mail.attachments
    assert b"innen" in rest.content


def test_thirty_levels_are_read():
    assert timed(nested(30)).text == "innen"


def test_subject_of_a_megabyte_is_cut_and_the_fields_behind_it_are_read():
    mail = timed(b"Subject: " + b"=?utf-8?q?=C3=BC?= " * 50_000 + b"\r\n" + BAD_HEAD + b"\r\nText")

    assert mail.subject == "ü" * len(mail.subject)
    assert 100 < len(mail.subject) <= 998
    assert mail.from_address == "eva@kunde.example"
    assert mail.defects == (defects.HEADER_CUT,)


def test_thousand_recipients_are_cut_to_two_hundred():
    everybody = b",\r\n ".join(b"k%d@kunde.example" % number for number in range(1000))
    mail = timed(b"From: eva@kunde.example\r\nTo: " + everybody + b"\r\n\r\nText")

    assert len(mail.to) == 200


SIZE = 50_000_000
HTML = HEAD + b"Content-Type: text/html\r\n\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
FILE = HEAD + b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: "
BIG = {
    "blank lines": lambda: HEAD + b"\r\n" + b"\n" * SIZE,
    "header fields": lambda: b"a:b\n" * (SIZE // 4),
    "one header field": lambda: b"Subject: " + b"x" * SIZE,
    "base64 of one letter": lambda: FILE + b"base64\r\n\r\n" + b"A=B" * (SIZE // 3),
    "quoted-printable": lambda: FILE + b"quoted-printable\r\n\r\n" + b"=C3=\r\n" * (SIZE // 6),
    "uuencode": lambda: FILE + b"uuencode\r\n\r\nbegin 644 a\n" + b"#0V%T\n" * (SIZE // 6),
    "delimiters": lambda: MIXED + b"\n--x" * (SIZE // 4),
    "half delimiters": lambda: MIXED + b"\n--xy" * (SIZE // 5),
    "text": lambda: HEAD + b"\r\n" + b"Am Montag schrieb " * (SIZE // 18),
    "html": lambda: HTML + b"<p>Hallo</p>" * (SIZE // 12),
    "nested and long": lambda: nested(29)[:-11] + b"\r\n\r\n" + b"x" * SIZE,
}


@pytest.mark.parametrize("kind", BIG)
def test_fifty_megabytes_take_less_than_five_seconds(kind):
    timed(BIG[kind]())


def test_large_file_comes_out_whole():
    content = os.urandom(36_000_000)
    mail = timed(FILE + b"base64\r\n\r\n" + encodebytes(content))

    assert mail.attachments[0].content == content


def test_fault_of_the_parser_itself_gives_an_unread_mail(monkeypatch):
    monkeypatch.setattr(parser.mime, "read", lambda raw: 1 / 0)

    assert parse(b"From: a@b.example\r\n\r\nText") == ParsedMail(defects=(defects.UNREADABLE,))


def test_text_is_cut_at_its_limit_and_says_so():
    mail = read(HEAD + b"\r\n" + b"Zeile\n" * 200_000)

    assert len(mail.text) <= 500_000
    assert mail.body_truncated
    assert mail.defects == (defects.TEXT_CUT,)


def test_every_mail_of_the_corpus_is_read_without_defect():
    corpus = list(mails(200, 3, "support@firma.example", "bank.example"))

    assert corpus == list(mails(200, 3, "support@firma.example", "bank.example"))
    for raw in corpus:
        mail = read(raw)
        assert mail.defects == ()
        assert mail.to == ("support@firma.example",)
        assert mail.from_address
        assert mail.message_id.endswith("@bank.example>")
        assert "\ufffd" not in mail.text + mail.subject
        assert "Ihr Kundendienst" not in mail.reply_text


def test_mail_of_the_standard_library_comes_back_as_written():
    message = MIMEMultipart("mixed")
    message["From"] = "Jürgen Groß <j@gross.example>"
    message["Subject"] = "Größe der Bestände – dringend"
    message.attach(MIMEText("Schöne Grüße\n", "plain", "utf-8"))
    message.attach(MIMEText("a;b\n", "csv", "utf-8"))

    mail = read(message.as_bytes())

    assert (mail.from_name, mail.subject) == ("Jürgen Groß", "Größe der Bestände – dringend")
    assert mail.text == "Schöne Grüße"
    assert [(a.filename, a.content) for a in mail.attachments] == [("attachment-1.csv", b"a;b\n")]
