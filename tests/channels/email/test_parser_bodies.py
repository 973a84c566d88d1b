"""What is shown and what is attached."""

import pytest

from channels.email import defects
from channels.email.attachments import safe_filename
from channels.email.parser import read

HEAD = b"From: eva@kunde.example\r\n"


def mail_of(content_type: str, *parts: str, boundary: str = "x"):
    """Read a mail of one multipart; each part is its header, a blank line and its body."""
    lines = [f"--{boundary}\r\n{part}" for part in parts]
    body = "\r\n".join([*lines, f"--{boundary}--", ""])
    head = f"Content-Type: {content_type}; boundary={boundary}\r\n\r\n"
    return read(HEAD + (head + body).encode())


TEXT = "Content-Type: text/plain; charset=utf-8\r\n\r\n"
HTML = "Content-Type: text/html; charset=utf-8\r\n\r\n"


def test_alternative_takes_the_text_and_the_html():
    mail = mail_of("multipart/alternative", TEXT + "Grüße", HTML + "<p>Grüße</p>")

    assert (mail.text, mail.html) == ("Grüße", "<p>Grüße</p>")


@pytest.mark.parametrize(
    "stub",
    ["", "   ", "Ihr E-Mail-Programm kann kein HTML anzeigen.", "This is an HTML message."],
)
def test_text_that_only_points_to_the_html_is_replaced_by_it(stub):
    mail = mail_of("multipart/alternative", TEXT + stub, HTML + "<p>Der Inhalt</p>")

    assert mail.text == "Der Inhalt"


def test_texts_of_a_mixed_mail_are_shown_one_after_the_other():
    mail = mail_of("multipart/mixed", TEXT + "Eins", TEXT + "Zwei", HTML + "<p>Drei</p>")

    assert mail.text == "Eins\n\nZwei\n\nDrei"
    assert mail.html == "<p>Eins</p>\n<hr>\n<p>Zwei</p>\n<hr>\n<p>Drei</p>"


def test_plain_part_beside_html_is_escaped():
    mail = mail_of("multipart/mixed", HTML + "<p>Eins</p>", TEXT + "<b>fett</b>")

    assert mail.html == "<p>Eins</p>\n<hr>\n<p>&lt;b&gt;fett&lt;/b&gt;</p>"


@pytest.mark.parametrize(
    ("header", "filename"),
    [
        ("Content-Type: text/plain\r\nContent-Disposition: attachment", "attachment-1.txt"),
        ("Content-Type: text/plain; name=protokoll.log", "protokoll.log"),
        ("Content-Type: text/calendar; method=REQUEST", "invite.ics"),
        ("Content-Type: message/rfc822", "message.eml"),
        ("Content-Type: application/ms-tnef", "winmail.dat"),
        ("Content-Type: image/png", "image-1.png"),
        ("Content-Type: unsinn", "attachment-1.bin"),
        ("Content-Type: application/pgp-signature", "signature.asc"),
        ('Content-Type: application/pdf; name="=?utf-8?q?=C3=9Cbersicht=2Epdf?="', "Übersicht.pdf"),
        (
            "Content-Type: application/pdf; name*0*=utf-8''%C3%9Cber; name*1*=sicht.pdf",
            "Übersicht.pdf",
        ),
        ("Content-Type: application/pdf; name*=iso-8859-1'de'%DCber.pdf", "Über.pdf"),
        ("Content-Type: application/pdf; name*=quatsch''%DCber.pdf", "Über.pdf"),
        ("Content-Disposition: attachment; filename=Übersicht.pdf", "Übersicht.pdf"),
    ],
)
def test_files_are_attached_under_their_names(header, filename):
    mail = mail_of("multipart/mixed", TEXT + "Siehe Anhang", header + "\r\n\r\nInhalt")

    assert mail.text == "Siehe Anhang"
    assert [(a.filename, a.content) for a in mail.attachments] == [(filename, b"Inhalt")]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system32\\calc.exe", "calc.exe"),
        ("..", ""),
        ("/", ""),
        (".bashrc", "bashrc"),
        ("Rechnung\u202efdp.exe", "Rechnungfdp.exe"),
        ("a\x00b\r\nc.pdf", "a b c.pdf"),
        ('a<b>:"|?*.pdf', "a_b______.pdf"),
        ("ordner/", "ordner"),
        ("ü" * 300 + ".pdf", "ü" * 98 + ".pdf"),
        ("x." + "y" * 300, "x." + "y" * 198),
        ("  Leerzeichen .pdf ", "Leerzeichen .pdf"),
        ("~root", "root"),
    ],
)
def test_file_names_cannot_lead_anywhere(name, safe):
    assert safe_filename(name) == safe


def test_forwarded_mail_stays_closed():
    inner = "Content-Type: message/rfc822\r\n\r\nSubject: Innen\r\n\r\nInnerer Text"
    mail = mail_of("multipart/mixed", TEXT + "Bitte ansehen", inner)

    assert mail.text == "Bitte ansehen"
    assert mail.attachments[0].content == b"Subject: Innen\r\n\r\nInnerer Text"


def test_signed_mail_is_shown_and_its_signature_kept():
    mail = mail_of(
        "multipart/signed; protocol=application/pkcs7-signature",
        TEXT + "Unterschrieben",
        "Content-Type: application/pkcs7-signature\r\n\r\nxx",
    )

    assert mail.text == "Unterschrieben"
    assert [a.filename for a in mail.attachments] == ["smime.p7s"]


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nxx",
        b"Content-Type: multipart/encrypted; boundary=x\r\n\r\n--x\r\n%b\r\n--x--\r\n"
        % b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
    ],
)
def test_encrypted_mail_says_so(raw):
    mail = read(HEAD + raw)

    assert mail.text == ""
    assert defects.ENCRYPTED in mail.defects
    assert len(mail.attachments) == 1


def test_calendar_among_the_alternatives_is_kept():
    mail = mail_of(
        "multipart/alternative",
        TEXT + "Einladung",
        HTML + "<p>Einladung</p>",
        "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR",
    )

    assert (mail.text, mail.html) == ("Einladung", "<p>Einladung</p>")
    assert [a.filename for a in mail.attachments] == ["invite.ics"]


@pytest.mark.parametrize(
    ("sent", "content", "is_sound"),
    [
        (b"R3LDvMOfZQ==", "Grüße", True),
        (b"R3LD*#vMO\r\n fZQ==", "Grüße", True),
        (b"R3LDvMOfZ", "Grüß", False),
        (b"R3LDvMOfZQ", "Grüße", False),
        (b"R3I=w7zDn2U=", "Grüße", False),
        (b"===", "", False),
    ],
)
def test_damaged_base64_is_read_as_far_as_it_goes(sent, content, is_sound):
    mail = read(
        HEAD + b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + sent
    )

    assert mail.text == content
    assert (defects.DAMAGED_ENCODING not in mail.defects) == is_sound


def test_uuencoded_file_is_decoded():
    mail = read(
        HEAD + b"Content-Type: application/octet-stream; name=a.txt\r\n"
        b"Content-Transfer-Encoding: x-uuencode\r\n\r\n"
        b"begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n"
    )

    assert mail.attachments[0].content == b"Cat"


def test_multipart_without_boundary_is_read_by_its_visible_one():
    mail = read(
        HEAD + b"Content-Type: multipart/mixed\r\n\r\n--grenze\r\n"
        b"Content-Type: text/plain\r\n\r\nGefunden\r\n--grenze--\r\n"
    )

    assert mail.text == "Gefunden"


@pytest.mark.parametrize(
    "content_type",
    [b"multipart/mixed", b"multipart/mixed; boundary=fehlt", b"multipart/mixed; boundary="],
)
def test_multipart_without_parts_is_shown_as_text(content_type):
    mail = read(HEAD + b"Content-Type: " + content_type + b"\r\n\r\nNur Text")

    assert mail.text == "Nur Text"
    assert mail.defects == (defects.NO_BOUNDARY,)


def test_unclosed_multipart_gives_its_last_part():
    mail = read(
        HEAD
        + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nEins\r\n--x\r\n\r\nZwei"
    )

    assert mail.text == "Eins\n\nZwei"


def test_boundary_that_begins_like_another_does_not_end_it():
    inner = (
        "Content-Type: multipart/alternative; boundary=xy\r\n\r\n"
        "--xy\r\n" + TEXT + "Eins\r\n--xy\r\n" + HTML + "<p>Eins</p>\r\n--xy--"
    )
    mail = mail_of("multipart/mixed", inner, TEXT + "Zwei")

    assert mail.text == "Eins\n\nZwei"


def test_preamble_and_epilogue_are_not_shown():
    head = HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    mail = read(head + b"Vorspann\r\n--x\r\n\r\nEins\r\n--x--\r\nNachspann")

    assert mail.text == "Eins"


def test_forwarded_inner_mail_in_base64_is_decoded():
    inner = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    mail = mail_of("multipart/mixed", TEXT + "Siehe unten", inner + "U3ViamVjdDogWA0KDQpZ")

    assert mail.attachments[0].content == b"Subject: X\r\n\r\nY"


def test_delsp_joins_without_a_space():
    head = HEAD + b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n"
    mail = read(head + b"Donau \r\ndampf \r\nschiff\r\n")

    assert mail.text == "Donaudampfschiff"


def test_charset_of_the_header_wins_over_the_one_in_the_document():
    raw = b'<meta charset="utf-8"><p>Gr\xfc\xdfe</p>'

    declared = read(HEAD + b"Content-Type: text/html; charset=iso-8859-1\r\n\r\n" + raw)
    undeclared = read(HEAD + b"Content-Type: text/html\r\n\r\n" + raw.replace(b"utf-8", b"koi8-r"))

    assert declared.text == "Grüße"
    assert undeclared.text == "Grъъe".replace("ъъ", b"\xfc\xdf".decode("koi8-r"))
