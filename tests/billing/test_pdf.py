import re
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from billing import pdf
from billing.models import Invoice

SUPPLIER = {
    "name": "Musterhandel GmbH",
    "street": "Hafenstraße 12",
    "postcode": "20457",
    "city": "Hamburg",
    "country": "DE",
    "vat_id": "DE136695976",
    "contact_email": "rechnung@musterhandel.example",
    "phone": "+49 40 1234567",
    "website": "www.musterhandel.example",
    "tax_number": "27/123/45678",
    "register": "Amtsgericht Hamburg HRB 12345 · Geschäftsführerin: Katharina Muster",
    "bank": "Hamburger Sparkasse",
    "iban": "DE02120300000000202051",
    "bic": "BYLADEM1001",
    "exemption": "",
    "accent": "#0b6168",
    "logo": "",
    "brand": "Musterhandel Support",
}
CUSTOMER = {
    "name": "Teehaus Nord GmbH",
    "street": "Am Sandtorkai 5",
    "postcode": "24103",
    "city": "Kiel",
    "country": "DE",
    "vat_id": "DE811907980",
    "contact": "Anna Berg",
    "email": "buchhaltung@teehaus.example",
    "reference": "Best. 4711",
}
BRONZE = {
    "text": "Support level Bronze",
    "tier": 2,
    "days": 22,
    "of": 30,
    "ranges": [["2026-11-01", "2026-11-22"]],
    "unit": 1900,
    "rate": 1900,
    "cents": 1393,
}
GOLD = {
    "text": "Support level Gold",
    "tier": 4,
    "days": 8,
    "of": 30,
    "ranges": [["2026-11-23", "2026-11-30"]],
    "unit": 5900,
    "rate": 1900,
    "cents": 1574,
}
NET = {"net": 2967, "vat": 564, "gross": 3531}
GROSS = {"net": 2493, "vat": 474, "gross": 2967}
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><circle r="30"/></svg>'


def invoice(*, supplier=(), customer=(), amounts=NET, rate=1900, **more):
    fields = {
        "number": "RE-2026-00042",
        "month": date(2026, 11, 1),
        "issued_on": date(2026, 12, 1),
        "due_on": date(2026, 12, 15),
        "is_gross": False,
        "supplier": {**SUPPLIER, **dict(supplier)},
        "customer": {**CUSTOMER, **dict(customer)},
        "lines": [BRONZE, GOLD],
        "taxes": [{"rate": rate, **amounts}],
        "language": "en",
        **amounts,
    }
    return Invoice(**{**fields, **more})


def cancellation(**more):
    return invoice(
        kind=Invoice.Kind.CANCELLATION,
        number="RE-2026-00043",
        issued_on=date(2026, 12, 3),
        due_on=date(2026, 12, 3),
        amounts={name: -cents for name, cents in NET.items()},
        lines=[{**line, "cents": -line["cents"]} for line in (BRONZE, GOLD)],
        cancels=invoice(),
        **more,
    )


def printed(document):
    """What the invoice's PDF says, its pages one after another, in one line."""
    return text_of(pdf.render(document))


def text_of(made):
    """The text of a PDF as typst writes it: fonts f0, f1, … and their maps to Unicode."""
    objects = dict(re.findall(rb"(\d+) 0 obj\n(.*?)\nendobj", made, re.DOTALL))

    def target(of, name):
        return objects[re.search(rb"/%s (\d+) 0 R" % name, of)[1]]

    runs = []
    for page in pages(made):
        named = re.findall(rb"/(f\d+) (\d+) 0 R", target(page, b"Resources"))
        fonts = {name: letters(stream(target(objects[at], b"ToUnicode"))) for name, at in named}
        shown = stream(target(page, b"Contents"))
        for font, glyphs in re.findall(rb"/(f\d+) [\d.]+ Tf.*?\[(.*?)\]TJ\n", shown, re.DOTALL):
            runs.append("".join(fonts[font][code] for code in codes(glyphs)))
    return " ".join(" ".join(runs).replace("\u200b", "").split())


def pages(made):
    return re.findall(rb"<</Type/Page/.*?>>\n", made)


def stream(of):
    return zlib.decompress(re.search(rb"stream\n(.*)\nendstream", of, re.DOTALL)[1])


def letters(cmap):
    return {
        int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
        for code, text in re.findall(rb"<(\w{4})> <(\w+)>\n", cmap[cmap.index(b"beginbfchar") :])
    }


def codes(glyphs):
    """The glyphs' numbers in "(…)10(…)", two bytes each; parentheses may stand within others."""
    names = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
    plain, depth = b"", 0
    for octal, escaped, byte in re.findall(rb"\\(\d{3})|\\(.)|(.)", glyphs, re.DOTALL):
        depth -= byte == b")"
        if octal:
            plain += bytes([int(octal, 8)])
        elif depth > 0:
            plain += names.get(escaped, escaped) or byte
        depth += byte == b"("
    return [int.from_bytes(plain[at : at + 2]) for at in range(0, len(plain), 2)]


def test_invoice_says_what_the_law_wants():
    page = printed(invoice())

    for said in (
        "Musterhandel GmbH Hafenstraße 12 20457 Hamburg",
        "Teehaus Nord GmbH Attn. Anna Berg Am Sandtorkai 5 24103 Kiel",
        "Tax number 27/123/45678 VAT ID DE136695976",
        "Invoice number RE-2026-00042",
        "Invoice date 1 Dec 2026",
        "Service period 1 Nov 2026 – 30 Nov 2026",
        "Support level Bronze 1 Nov 2026 – 22 Nov 2026 22 of 30 days €19.00 €13.93",
        "Support level Gold 23 Nov 2026 – 30 Nov 2026 8 of 30 days €59.00 €15.74",
        "Net sum €29.67 plus 19% VAT on €29.67 €5.64 Total amount €35.31",
    ):
        assert said in page


def test_gross_prices_name_the_tax_within_and_the_net_sum():
    page = printed(invoice(is_gross=True, amounts=GROSS))

    assert "Amount gross" in page
    assert "Total amount €29.67 including 19% VAT €4.74 Net sum €24.93" in page


def test_each_rate_has_its_own_line():
    taxes = [
        {"rate": 1900, "net": 1000, "vat": 190, "gross": 1190},
        {"rate": 700, "net": 2000, "vat": 140, "gross": 2140},
    ]
    sums = {"net": 3000, "vat": 330, "gross": 3330}

    net = printed(invoice(taxes=taxes, amounts=sums))
    gross = printed(invoice(taxes=taxes, amounts=sums, is_gross=True))

    assert "plus 19% VAT on €10.00 €1.90 plus 7% VAT on €20.00 €1.40 Total" in net
    assert "including 19% VAT on €10.00 €1.90 including 7% VAT on €20.00 €1.40 Net" in gross


def test_without_vat_the_reason_is_given_instead():
    reason = "Kein Ausweis der Umsatzsteuer nach § 19 UStG."
    free = {"net": 2967, "vat": 0, "gross": 2967}

    page = printed(invoice(amounts=free, rate=0, supplier={"exemption": reason}))

    assert f"Total amount €29.67 {reason}" in page
    assert "VAT on" not in page
    assert reason not in printed(invoice(supplier={"exemption": reason}))


def test_invoice_tells_how_to_pay():
    page = printed(invoice())

    for said in (
        "Due on 15 Dec 2026",
        "Please transfer €35.31 by 15 Dec 2026",
        "Account holder Musterhandel GmbH",
        "IBAN DE02 1203 0000 0000 2020 51",
        "BIC BYLADEM1001",
        "Bank Hamburger Sparkasse",
        "Payment reference RE-2026-00042",
    ):
        assert said in page


def test_without_bank_details_the_day_is_enough():
    page = printed(invoice(supplier={"iban": "", "bic": "", "bank": ""}))

    assert "Please pay €35.31 by 15 Dec 2026." in page
    assert "IBAN" not in page


def test_what_a_supplier_leaves_out_leaves_no_hole():
    optional = ("contact_email", "phone", "website", "tax_number", "register", "brand")

    page = printed(invoice(supplier=dict.fromkeys(optional, "")))

    assert page.startswith("Musterhandel GmbH Musterhandel GmbH · Hafenstraße 12")
    assert page.endswith("20457 Hamburg VAT ID DE136695976")


def test_cancellation_names_its_invoice_and_asks_for_nothing():
    page = printed(cancellation())

    for said in (
        "Cancellation invoice RE-2026-00043",
        "cancels invoice RE-2026-00042 of 1 Dec 2026",
        "8 of 30 days €59.00 −€15.74",
        "Net sum −€29.67 plus 19% VAT on −€29.67 −€5.64 Total amount −€35.31",
        "nothing to pay",
    ):
        assert said in page
    assert "IBAN" not in page
    assert "Due on" not in page


def test_german_invoice_writes_days_and_amounts_in_german():
    page = printed(invoice(language="de"))

    for said in ("01.12.2026", "01.–30.11.2026", "23.–30.11.2026", "13,93 €", "19 %", "35,31 €"):
        assert said in page


def test_customers_own_marks_are_printed_where_there_are_any():
    bare = {"contact": "", "reference": "", "vat_id": ""}

    assert "Your reference Best. 4711 Your VAT ID DE811907980" in printed(invoice())
    page = printed(invoice(customer=bare))
    assert "Teehaus Nord GmbH Am Sandtorkai 5" in page
    assert "Your" not in page.replace("For your", "")


def test_address_abroad_ends_with_the_country():
    assert "1011 Wien AT" in printed(
        invoice(customer={"postcode": "1011", "city": "Wien", "country": "AT"})
    )


@pytest.mark.parametrize(
    "typed",
    [
        "#panic() *x* $y$ @z <w> [\\",
        '#import "/etc/passwd"',
        "= Titel // weg /* auch */",
        "] ) } #let doc = 1",
        '"; \\u{41} -- --- ~ \'x\' "y"',
        "`raw` ```typ #x```",
        "{page} %(number)s {{ invoice }} \\n",
    ],
)
def test_what_people_typed_is_no_markup(typed):
    page = printed(invoice(customer={"name": typed}, lines=[{**GOLD, "text": typed}]))

    assert f"{typed} Attn. Anna Berg" in page
    assert f"{typed} 23 Nov" in page


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Müller  &\n Söhne\t", "Müller & Söhne"),
        ("Mu\u0308ller", "Müller"),
        ("Łódź, Αθήνα, София", "Łódź, Αθήνα, София"),
        ("Non\u2011Stop Ｋａｆｆｅｅ", "Non-Stop Kaffee"),
        ("a\u202eb\u0000c\u00add", "abcd"),
        ("Tee 中 😀", "Tee ? ?"),
    ],
)
def test_letters_that_the_font_lacks_hold_no_invoice_up(typed, shown):
    assert f"{shown} Attn." in printed(invoice(customer={"name": typed}))


def test_long_words_stay_whole_for_the_reader():
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"

    page = printed(invoice(lines=[{**GOLD, "text": word}]))

    assert word in page.replace(" ", "")


def test_short_invoice_is_one_page_without_a_number():
    made = pdf.render(invoice())

    assert len(pages(made)) == 1
    assert "Page" not in text_of(made)


def test_long_invoice_repeats_its_head_on_numbered_pages():
    made = pdf.render(invoice(lines=[{**GOLD, "text": f"Tier {at}"} for at in range(40)]))

    page = text_of(made)
    count = len(pages(made))
    assert count > 1
    assert page.count("Service Quantity Price per month Amount net") == count
    assert [page.count(f"Page {at} of {count}") for at in range(1, count + 1)] == [1] * count
    assert all(f"Tier {at} " in page for at in range(40))


def test_same_row_gives_the_same_bytes():
    assert pdf.render(invoice()) == pdf.render(invoice())


def test_several_at_once_do_not_meet():
    documents = [invoice(number=f"RE-2026-{at:05}") for at in range(8)]

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(pdf.render, documents))

    assert made == [pdf.render(document) for document in documents]


@pytest.mark.parametrize("language", ["de", "en"])
def test_pdf_is_made_for_the_archive_and_for_screen_readers(language):
    made = pdf.render(invoice(language=language))

    assert made.startswith(b"%PDF-1.7")
    for mark in (
        b"<pdfaid:part>3<",
        b"<pdfaid:conformance>B<",
        b"/MarkInfo<</Marked true",
        b"/S/TH",
        b"/Lang(%s)" % language.encode(),
        b"RE-2026-00042)/Author(Musterhandel GmbH)",
        b"/CreationDate(D:20261201000000Z)",
    ):
        assert mark in made


def test_logo_takes_the_place_of_the_name():
    name = default_storage.save("brand/logo.svg", ContentFile(LOGO))

    made = pdf.render(invoice(supplier={"logo": name}))

    assert "Musterhandel Support" not in text_of(made)
    assert b"/Alt(Musterhandel Support)" in made


def test_name_is_printed_where_the_logo_is_gone():
    page = printed(invoice(supplier={"logo": "brand/gone.png"}))

    assert page.startswith("Musterhandel Support")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.png", b"\x89PNG\r\n\x1a\n"),
        ("broken.svg", b"<svg"),
        ("text.txt", b"Musterhandel"),
        (
            "outside.svg",
            LOGO.replace(b"<circle", b'<image href="/etc/hostname" width="9"/><circle'),
        ),
        ("remote.svg", LOGO.replace(b"<circle", b'<image href="http://127.0.0.1/x"/><circle')),
    ],
)
def test_logo_that_cannot_be_printed_holds_no_invoice_up(name, content):
    stored = default_storage.save(f"brand/{name}", ContentFile(content))

    page = printed(invoice(supplier={"logo": stored}))

    assert page.startswith("Musterhandel Support")
    assert "Total amount €35.31" in page


def test_error_names_the_invoice():
    with pytest.raises(pdf.PdfError, match="RE-2026-00042") as caught:
        pdf.render(invoice(supplier={"accent": "no colour"}))

    assert caught.value.number == "RE-2026-00042"
