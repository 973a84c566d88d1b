from __future__ import annotations

import base64
import struct
import zlib

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django_tenants.utils import schema_context

from billing.models import Invoice, Supplier
from desk import logos
from tests.billing.arranging import admin_of, book, give_supplier
from tests.desk.test_billing_runs import written

# Each shape is cut by two others: printing it would take for ever.
ENDLESS = (
    "".join(
        f"<clipPath id='a{n}'><path d='M0 0h9v9z' clip-path='url(#a{n + 1})'/>"
        f"<path d='M0 0h9v9z' clip-path='url(#a{n + 1})'/></clipPath>"
        for n in range(40)
    )
    + "<rect width='9' height='9' clip-path='url(#a0)'/>"
)
PAGE = "/desk/einstellungen/rechnungssteller/"
SAMPLE = f"{PAGE}muster/"
TYPED = {
    "name": "Alpha GmbH",
    "street": "Domplatz 2",
    "postcode": "50667",
    "city": "Köln",
    "tax_number": "",
    "vat_id": "DE 136 695 976",
    "iban": "DE89 3704 0044 0532 0130 00",
    "bic": "COBADEFFXXX",
    "days_to_pay": "14",
    "number_prefix": "RE-",
    "notice_days": "30",
    "accent": "#0b6168",
}
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////"
    "////////////////////////////////2wBDAf//////////////////////////////////////////////////"
    "////////////////////////////////////wAARCAAIAAgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAA"
    "AAL/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAAAf/EABQRAQAAAAAAAAAAAAAAAAAA"
    "AAD/2gAMAwEAAhEDEQA/AJAIf//Z"
)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'viewBox="0 0 40 10">{}</svg>'
)
PLAIN_SVG = SVG.format(
    '<defs><linearGradient id="g"><stop stop-color="#0b6168"/></linearGradient></defs>'
    '<rect width="40" height="10" fill="url(#g)"/><use href="#g"/>'
)


def png(width=2, height=2, *, is_whole=True):
    def chunk(kind, content):
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    rows = zlib.compress(b"".join(b"\0" + b"\x0b\x61\x68" * width for _ in range(height)))
    body = chunk(b"IDAT", rows) + chunk(b"IEND", b"") if is_whole else b""
    return logos.PNG + head + body


def upload(content, name="logo.png"):
    written = content.encode() if isinstance(content, str) else content
    return SimpleUploadedFile(name, written)


@pytest.fixture
def boss(client, admin):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(admin)
    return client


def save(client, **typed):
    return client.post(PAGE, {**TYPED, **typed})


def text_of(response):
    return response.content.decode()


def test_the_page_says_what_is_missing(boss):
    page = boss.get(PAGE)

    assert page.context["missing"] == [
        "Company or name",
        "Street and number",
        "Postcode",
        "Town",
        "Tax number or VAT identification number",
    ]
    assert "No invoice can be written yet." in text_of(page)


def test_what_is_typed_is_kept_in_its_plain_form(boss):
    response = save(boss)

    assert response.url == PAGE
    supplier = Supplier.objects.get()
    assert (supplier.name, supplier.vat_id) == ("Alpha GmbH", "DE136695976")
    assert (supplier.iban, supplier.days_to_pay) == ("DE89370400440532013000", 14)
    text = text_of(boss.get(PAGE))
    assert "Saved. It counts for invoices written from now on." in text
    assert "All that the law asks for on an invoice is there." in text


def test_it_can_be_filled_in_bit_by_bit(boss):
    response = save(boss, street="", vat_id="", notice_days="60")

    assert response.url == PAGE
    assert Supplier.objects.get().notice_days == 60
    text = text_of(boss.get(PAGE))
    assert "Still missing: Street and number, Tax number or VAT identification number" in text


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("postcode", "1234"),
        ("postcode", "A-1010"),
        ("vat_id", "DE136695977"),
        ("vat_id", "ATU13585627"),
        ("tax_number", "12"),
        ("iban", "DE89370400440532013001"),
        ("bic", "XX"),
        ("days_to_pay", "91"),
        ("days_to_pay", "-1"),
        ("days_to_pay", "bald"),
        ("number_prefix", "RE 1/"),
        ("notice_days", "0"),
        ("accent", "petrol"),
        ("accent", "#0b616"),
        ("name", "\x00"),
        ("name", "x" * 201),
        ("contact_email", "nirgends"),
        ("contact_email", "a@localhost"),
        ("contact_email", "a@[127.0.0.1]"),
        ("contact_email", '"a b"@firma.example'),
        ("vat_id", "DE136695976" + " " * 100 + "1"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_saved(boss, field, typed):
    response = save(boss, **{field: typed})

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert not Supplier.objects.exists()


def test_runs_that_waited_go_on(boss, tenant):
    give_supplier(vat_id="")
    book(admin_of(), "Gold", "2026-03-16 12:00")
    run = written()
    assert run.blocked == "supplier"
    assert reverse("desk:run", args=[run.month]) in text_of(boss.get(PAGE))

    save(boss)

    assert written(moment="2026-04-01 04:00").blocked == ""
    assert Invoice.objects.get().supplier["vat_id"] == "DE136695976"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (png(), "png"),
        (JPEG, "jpg"),
        (PLAIN_SVG, "svg"),
        ('<?xml version="1.0"?>' + PLAIN_SVG, "svg"),
        (SVG.format("<style>rect{fill:url('#g')}</style><rect width='9' height='9'/>"), "svg"),
        (SVG.format("<rect width='9' height='9' inkscape='C:/x'/>"), "svg"),
    ],
)
def test_a_logo_is_kept_by_its_content(boss, content, name):
    response = save(boss, logo_file=upload(content))

    assert response.status_code == 302, response.context["form"].errors
    stored = Supplier.objects.get().logo
    assert stored.startswith("logos/")
    assert stored.endswith(f".{name}")
    with default_storage.open(stored) as file:
        assert file.read() == (content.encode() if isinstance(content, str) else content)
    assert 'class="logo-now" src="data:image/' in text_of(boss.get(PAGE))

    save(boss)

    assert Supplier.objects.get().logo == stored


def test_a_logo_is_removed_but_its_file_stays_for_old_invoices(boss):
    save(boss, logo_file=upload(png()))
    stored = Supplier.objects.get().logo
    assert "remove_logo" in text_of(boss.get(PAGE))

    save(boss, remove_logo="on")

    assert Supplier.objects.get().logo == ""
    assert default_storage.exists(stored)
    assert "remove_logo" not in text_of(boss.get(PAGE))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"GIF89a", "A logo is a PNG, JPEG or SVG file."),
        (b"%PDF-1.7", "A logo is a PNG, JPEG or SVG file."),
        ("<html><script>1</script></html>", "A logo is a PNG, JPEG or SVG file."),
        ("<svg>", "A logo is a PNG, JPEG or SVG file."),
        (logos.PNG + b"\0" * 499_993, "too large"),
        (png(is_whole=False), "cannot be printed"),
        (logos.PNG + b"rest", "broken"),
        (logos.JPEG + b"\xe0\0\x04ab", "broken"),
        (png(20_000, 1), "more than 4000 pixels"),
        (SVG.format("<script>alert(1)</script>"), "a script"),
        (SVG.format("<g onload='alert(1)'/>"), "a script"),
        (SVG.format("<foreignObject/>"), "a script"),
        (SVG.format("<image href='https://spur.example/x.png'/>"), "outside"),
        (SVG.format("<image xlink:href='/etc/passwd'/>"), "outside"),
        (SVG.format("<use href='data:image/svg+xml;base64,AA=='/>"), "outside"),
        (SVG.format("<a href=' javascript:alert(1)'/>"), "outside"),
        (SVG.format("<rect fill='url(https://spur.example/#a)'/>"), "outside"),
        (SVG.format("<style>@im&#112;ort 'https://spur.example/a.css'</style>"), "outside"),
        (SVG.format(r"<rect style='fill:u\72l(https://spur.example/)'/>"), "outside"),
        ("<?xml-stylesheet href='https://spur.example/a.css'?>" + PLAIN_SVG, "outside"),
        ("<!DOCTYPE svg [<!ENTITY a 'b'>]>" + PLAIN_SVG, "outside"),
        ("<!DOCTYPE html>" + PLAIN_SVG, "outside"),
        (SVG.format("<g>" * 70 + "</g>" * 70), "too intricate"),
        (SVG.format("<g/>" * 20_001), "too intricate"),
        (SVG.format(ENDLESS), "cannot be printed"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_no_logo_is_refused_and_not_kept(boss, content, said):
    response = save(boss, logo_file=upload(content))

    assert response.status_code == 422
    (error,) = response.context["form"].errors["logo_file"]
    assert said in error
    assert not Supplier.objects.exists()
    assert not default_storage.exists("logos") or default_storage.listdir("logos")[1] == []


@pytest.mark.parametrize("is_filled", [False, True])
def test_a_sample_shows_how_invoices_look_and_is_not_kept(boss, is_filled):
    if is_filled:
        give_supplier(vat_id="")

    response = boss.get(SAMPLE)

    assert response["Content-Type"] == "application/pdf"
    assert "MUSTER.pdf" in response["Content-Disposition"]
    assert response.content.startswith(b"%PDF")
    assert not Invoice.objects.exists()


def test_the_page_runs_a_fixed_number_of_queries(boss, django_assert_num_queries):
    give_supplier()

    with django_assert_num_queries(12):
        boss.get(PAGE)


@pytest.mark.parametrize("who", ["agent", "customer"])
def test_only_tenant_admins_fill_it_in(client, request, who):
    client.force_login(request.getfixturevalue(who))

    assert [client.get(url).status_code for url in (PAGE, SAMPLE)] == [404, 404]
    assert save(client).status_code == 404
    assert not Supplier.objects.exists()


def test_another_tenants_supplier_is_not_touched(boss, tenant, other_tenant):
    with schema_context(other_tenant.schema_name):
        give_supplier(name="Fremd AG")

    assert "Fremd AG" not in text_of(boss.get(PAGE))
    save(boss)

    with schema_context(other_tenant.schema_name):
        assert Supplier.objects.get().name == "Fremd AG"
