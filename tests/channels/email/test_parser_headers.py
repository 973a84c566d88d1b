"""Header fields, addresses and message ids of the mails that break parsers."""

import time

import pytest

from channels.email import defects
from channels.email.headers import decode_words
from channels.email.parser import read


@pytest.mark.parametrize(
    ("field", "name", "address"),
    [
        ("Eva Berg <eva@Kunde.Example>", "Eva Berg", "eva@kunde.example"),
        ("Müller, Eva <eva@kunde.example>", "Müller, Eva", "eva@kunde.example"),
        ('"Müller, Eva" <eva@kunde.example>', "Müller, Eva", "eva@kunde.example"),
        ("eva@kunde.example (Eva Berg)", "Eva Berg", "eva@kunde.example"),
        ("eva@kunde.example", "", "eva@kunde.example"),
        ("<eva@kunde.example>", "", "eva@kunde.example"),
        ("'eva@kunde.example' <eva@kunde.example>", "eva@kunde.example", "eva@kunde.example"),
        (
            '"Chef <chef@firma.example>" <evil@x.example>',
            "Chef <chef@firma.example>",
            "evil@x.example",
        ),
        ("=?utf-8?q?M=C3=BC?= =?utf-8?q?ller?= <m@x.example>", "Müller", "m@x.example"),
        ('"=?utf-8?B?TcO8bGxlcg==?=" <m@x.example>', "Müller", "m@x.example"),
        ("=?utf-8?q?M=C3=BCller_=3Cm=40x=2Eexample=3E?=", "Müller", "m@x.example"),
        ("Gruppe: a@x.example, b@x.example;", "", "a@x.example"),
        ('"a\\"b" <m@x.example>', 'a"b', "m@x.example"),
        ('"eva.berg"@x.example', "", '"eva.berg"@x.example'),
        ("Eva\u202egreB <eva@x.example>", "EvagreB", "eva@x.example"),
        ("mailto:eva@x.example", "", "eva@x.example"),
        ('"offen <eva@x.example>', '"offen', "eva@x.example"),
        ("<>", "", ""),
        ('"a" <b', "", ""),
        ("undisclosed-recipients:;", "", ""),
        ("@", "", ""),
        ("e" * 300 + "@x.example", "", ""),
    ],
)
def test_sender_is_read_as_people_write_it(field, name, address):
    mail = read(f"From: {field}\r\n\r\nText".encode())

    assert (mail.from_name.strip('"'), mail.from_address) == (name.strip('"'), address)


def test_raw_eight_bit_name_in_an_old_charset_is_read():
    mail = read("From: Jürgen Groß <j@x.example>\r\n\r\nText".encode("cp1252"))

    assert mail.from_name == "Jürgen Groß"


@pytest.mark.parametrize(
    "head",
    [
        b"From: a@x.example\r\nFrom: b@x.example\r\n",
        b"From: a@x.example, b@x.example\r\n",
    ],
)
def test_second_sender_is_a_defect_and_the_first_counts(head):
    mail = read(head + b"\r\nText")

    assert mail.from_address == "a@x.example"
    assert mail.defects == (defects.SEVERAL_SENDERS,)


@pytest.mark.parametrize(
    ("encoded", "decoded"),
    [
        ("Gr=?utf-8?q?=C3=BC?=n", "Grün"),
        ("=?utf-8?q?Gr=C3=BC=C3?= =?utf-8?q?=9Fe?= x", "Grüße x"),
        ("=?utf-8?q?Gr=C3=BC=C3?=\t=?UTF-8?q?=9Fe?=", "Grüße"),
        ("a =?utf-8?q?b?= c =?iso-8859-1?q?=FC?= =?utf-8?q?=C3=BC?=", "a b c üü"),
        ("=?iso-8859-1*de?q?=FCber?=", "über"),
        ("=?utf-8?Q?Hallo Welt?=", "Hallo Welt"),
        ("=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),
        ("=?erfunden?q?abc?=", "=?erfunden?q?abc?="),
        ("=?utf-8?b?!!!?=", "=?utf-8?b?!!!?="),
        ("=?utf-8?q?offen", "=?utf-8?q?offen"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
    ],
)
def test_encoded_words_are_joined_before_they_are_decoded(encoded, decoded):
    assert decode_words(encoded) == decoded


@pytest.mark.parametrize(
    ("field", "subject"),
    [
        (b"=?utf-8?q?Eins=0D=0ABcc:_b@x.example?=", "Eins Bcc: b@x.example"),
        (b"Eins\r\n Zwei\r\n\tDrei", "Eins Zwei Drei"),
        (b"Eins\x00\x07 Zwei", "Eins Zwei"),
        ("Rechnung \u202efdp.exe".encode(), "Rechnung fdp.exe"),
        ("u\u0308ber".encode(), "über"),
        (b"=?utf-8?b?4oCoWmVpbGU=?=", "Zeile"),
        (b"x" * 5000, "x" * 998),
    ],
)
def test_subject_is_one_clean_line(field, subject):
    assert read(b"From: a@x.example\r\nSubject: " + field + b"\r\n\r\nText").subject == subject


def test_stray_line_inside_the_header_does_not_hide_the_fields_below():
    mail = read(b"Subject: Eins\r\nzwei ohne Einzug\r\nFrom: a@x.example\r\n\r\nText")

    assert (mail.subject, mail.from_address, mail.text) == (
        "Eins zwei ohne Einzug",
        "a@x.example",
        "Text",
    )


def test_missing_blank_line_ends_the_header_at_the_first_line_of_text():
    mail = read(b"From: a@x.example\r\nSubject: Eins\r\nHallo Welt")

    assert (mail.subject, mail.text) == ("Eins", "Hallo Welt")


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\nFrom: a@x.example\r\n\r\nText",
        b"\xef\xbb\xbfFrom: a@x.example\r\n\r\nText",
        b"From eva Mon Jan  5 10:00:00 2026\nFrom: a@x.example\n\nText",
        b"From: a@x.example\r\rText",
        b"FROM : a@x.example\n\nText",
    ],
    ids=["blank lines first", "byte order mark", "mbox line", "carriage returns only", "space"],
)
def test_odd_beginnings_are_read(raw):
    mail = read(raw)

    assert (mail.from_address, mail.text) == ("a@x.example", "Text")


@pytest.mark.parametrize(
    ("field", "ids"),
    [
        (b"<a@x> <b@x>", ("<a@x>", "<b@x>")),
        (b"<a@x>,<b@x>", ("<a@x>", "<b@x>")),
        (b"<a@x>\r\n <b@x>\r\n\t<c@x>", ("<a@x>", "<b@x>", "<c@x>")),
        (b"a@x b@x", ("<a@x>", "<b@x>")),
        (b"<a@x> <a@x>", ("<a@x>",)),
        (b"<[abc]@x>", ("<[abc]@x>",)),
        (b"kein Bezug", ()),
        (b"<" + b"a" * 600 + b"@x>", ()),
    ],
)
def test_references_are_split_as_they_come(field, ids):
    mail = read(b"From: a@x.example\r\nReferences: " + field + b"\r\n\r\nText")

    assert mail.references == ids


def test_many_references_keep_the_first_and_the_newest():
    field = b" ".join(b"<%d@x>" % number for number in range(200))
    mail = read(b"References: " + field + b"\r\n\r\nText")

    assert len(mail.references) == 50
    assert mail.references[0] == "<0@x>"
    assert mail.references[-1] == "<199@x>"


def test_delivery_headers_name_the_address_that_was_written_to():
    mail = read(
        b"Delivered-To: support+t7@firma.example\r\nX-Original-To: hilfe@firma.example\r\n\r\nText"
    )

    assert mail.delivered_to == ("support+t7@firma.example", "hilfe@firma.example")


HOSTILE = [
    b"(" * 20_000,
    b'"' * 20_000,
    b"<" * 20_000,
    b'"\\' * 20_000,
    b'\\"' * 20_000,
    b"a@b," * 20_000,
    b"=?utf-8?q?a?= " * 20_000,
    b"=?" * 20_000,
    b";a*0*=" * 5_000,
    b"x; a*" + b"9" * 6000 + b"=1",
    b'x; boundary="' + b'\\"' * 4000,
    b":;" * 20_000,
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_cost_little_time(value):
    names = ("From", "To", "Subject", "References", "Content-Type", "Content-Disposition")
    raw = b"".join(name.encode() + b": " + value + b"\r\n" for name in names)
    started = time.perf_counter()

    read(raw + b"\r\nText")

    assert time.perf_counter() - started < 5
