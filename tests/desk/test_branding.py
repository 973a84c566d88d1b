"""The look of the portal: what an admin may set, what is refused, and where it shows."""

import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django_tenants.utils import schema_context
from PIL import Image, PngImagePlugin

from helpdesk import brand, colours
from tenants.models import Branding, Tenant

URL = "/desk/einstellungen/auftritt/"
FIELDS = {"accent_light": brand.OWN_LIGHT, "accent_dark": brand.OWN_DARK}
SCRIPT = b"<script>alert(1)</script>"


@pytest.fixture
def desk(client, admin):
    client.force_login(admin)
    return client


def read(path="/", host="alpha.localhost"):
    return Client(headers={"host": host}).get(path)


def picture(kind="PNG", size=(800, 200), **options):
    file = io.BytesIO()
    Image.new("RGB", size, "#204060").save(file, kind, **options)
    return file.getvalue()


def upload(content, name="logo.png"):
    return {"logo_file": SimpleUploadedFile(name, content)}


def save(desk, django_capture_on_commit_callbacks, **fields):
    with django_capture_on_commit_callbacks(execute=True):
        return desk.post(URL, FIELDS | fields)


def test_the_look_shows_on_public_pages_at_once(desk, django_capture_on_commit_callbacks):
    assert "Teehaus" not in read().content.decode()

    response = save(
        desk,
        django_capture_on_commit_callbacks,
        name="Teehaus hilft",
        accent_light="#8A2BE2",
        imprint_url="https://teehaus.example/impressum",
        privacy_url="https://teehaus.example/datenschutz",
    )

    page = read().content.decode()
    assert response.status_code == 302
    assert "Teehaus hilft" in page
    assert 'href="https://teehaus.example/impressum"' in page
    assert 'href="https://teehaus.example/datenschutz"' in page
    row = Branding.objects.get()
    assert row.accent_light == "#8a2be2"
    # The product's own colour is kept as none.
    assert row.accent_dark == ""
    assert f"/marke.css?v={row.colours_version}" in page


def test_the_colours_are_a_file_that_is_kept_for_ever(desk, tenant):
    row = Branding.objects.create(tenant=tenant, accent_light="#8a2be2")

    sheet = read(f"/marke.css?v={row.colours_version}")

    assert "--accent: light-dark(#8a2be2, #5fc3c9);" in sheet.content.decode()
    assert sheet["Content-Type"].startswith("text/css")
    assert "immutable" in sheet["Cache-Control"]
    assert read("/marke.css?v=other")["Cache-Control"] == "public, no-cache"
    assert read("/marke.css", "beta.localhost").status_code == 404


@pytest.mark.parametrize(
    ("field", "colour", "ratio", "theme"),
    [
        ("accent_light", "#ffcc00", "1,34", brand.LIGHT),
        ("accent_dark", "#0000ff", "1,77", brand.DARK),
    ],
)
def test_a_colour_that_is_hard_to_read_is_refused_with_a_better_one(
    desk, field, colour, ratio, theme
):
    response = desk.post(URL, FIELDS | {"name": "Getippt", field: colour})

    page = response.content.decode()
    assert response.status_code == 422
    assert ratio in page
    assert theme.proposal(colour) in page
    assert "Getippt" in page
    assert not Branding.objects.exists()

    proposed = desk.post(URL, FIELDS | {field: colour, "act": "propose"})

    assert proposed.status_code == 200
    assert f'value="{theme.proposal(colour)}"' in proposed.content.decode()


@pytest.mark.parametrize("theme", [brand.LIGHT, brand.DARK])
@pytest.mark.parametrize(
    "colour", ["#000000", "#ffffff", "#ff0000", "#00ff00", "#0000ff", "#888888"]
)
def test_a_proposal_can_be_read_and_is_near(theme, colour):
    proposal = theme.proposal(colour)

    assert theme.is_readable(proposal)
    assert colours.contrast(proposal, colour) < 21
    if theme.is_readable(colour):
        assert proposal == colour


@pytest.mark.parametrize(
    "colour", ["red;}body{display:none", "#12345", "url(//x)", "</style>", "#0b6168;", "#GGGGGG"]
)
def test_what_is_no_colour_never_gets_into_a_style_sheet(desk, colour):
    assert desk.post(URL, FIELDS | {"accent_light": colour}).status_code == 422
    assert desk.get(f"{URL}vorschau.css", {"light": colour}).status_code == 404


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_drawn_anew_and_made_small(desk, django_capture_on_commit_callbacks, kind):
    options = {"comment": SCRIPT} if kind == "JPEG" else {}
    save(desk, django_capture_on_commit_callbacks, **upload(picture(kind, **options) + SCRIPT))

    row = Branding.objects.get()
    logo = read(f"/marke/logo.png?v={row.logo_version}")
    assert logo["Content-Type"] == "image/png"
    assert logo["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in logo["Cache-Control"]
    assert Image.open(io.BytesIO(logo.content)).size == (512, 128)
    assert (row.logo_width, row.logo_height) == (512, 128)
    assert b"script" not in logo.content
    assert f"/marke/logo.png?v={row.logo_version}" in read().content.decode()


def test_what_is_written_into_a_picture_is_left_behind(desk, django_capture_on_commit_callbacks):
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", SCRIPT.decode())

    save(desk, django_capture_on_commit_callbacks, **upload(picture(pnginfo=notes)))

    assert b"script" not in read("/marke/logo.png").content


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html>" + SCRIPT,
        b"GIF89a" + SCRIPT,
        b"\x89PNG\r\n\x1a\n" + SCRIPT,
        b"\xff\xd8\xff" + SCRIPT,
        b"RIFF\x00\x00\x00\x00WEBP" + SCRIPT,
        picture()[:60],
        picture(size=(4001, 10)),
        picture() + b"\x00" * 1_000_000,
        b"",
    ],
    ids=["svg", "html", "gif", "png", "jpeg", "webp", "cut off", "wide", "heavy", "empty"],
)
def test_what_is_no_logo_is_refused(desk, content):
    response = desk.post(URL, FIELDS | {"name": "Getippt"} | upload(content, "logo.png"))

    assert response.status_code == 422
    assert "Getippt" in response.content.decode()
    assert not Branding.objects.exists()


def test_a_preview_keeps_nothing_and_its_logo_can_be_saved(
    desk, django_capture_on_commit_callbacks
):
    shown = desk.post(URL, FIELDS | {"name": "Probe", "act": "preview"} | upload(picture()))

    page = shown.content.decode()
    assert shown.status_code == 200
    assert "data:image/png;base64," in page
    assert not Branding.objects.exists()

    save(desk, django_capture_on_commit_callbacks, logo_draft=shown.context["draft"])

    assert Branding.objects.get().logo.endswith(f"{shown.context['draft']}.png")


def test_another_tenants_preview_cannot_be_taken(desk, other_tenant, admin):
    shown = desk.post(URL, FIELDS | {"act": "preview"} | upload(picture()))
    with schema_context(other_tenant.schema_name):
        from tests.factories import AdminFactory

        browser = Client(headers={"host": "beta.localhost"})
        browser.force_login(AdminFactory())
        browser.post(URL, FIELDS | {"logo_draft": shown.context["draft"]})

    assert Branding.objects.get(tenant=other_tenant).logo == ""


def test_a_replaced_logo_is_gone(desk, django_capture_on_commit_callbacks):
    save(desk, django_capture_on_commit_callbacks, **upload(picture()))
    before = Branding.objects.get().logo
    save(desk, django_capture_on_commit_callbacks, remove_logo="on")

    assert Branding.objects.get().logo == ""
    assert not default_storage.exists(before)
    assert read("/marke/logo.png").status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "http://teehaus.example/",
        "javascript:alert(1)",
        "https://",
        "https://gute.example@boese.example/",
        'https://x.example/"><script>alert(1)</script>',
        "//x.example",
    ],
)
def test_a_legal_link_is_a_https_address(desk, address):
    response = desk.post(URL, FIELDS | {"imprint_url": address})

    assert response.status_code == 422
    assert "<script>alert" not in response.content.decode()


def test_a_name_is_text_and_nothing_else(desk, django_capture_on_commit_callbacks):
    save(desk, django_capture_on_commit_callbacks, name="<b>Tee</b>\u202e\nhaus")

    page = read().content.decode()
    assert "&lt;b&gt;Tee&lt;/b&gt; haus" in page
    assert "<b>Tee" not in page


@pytest.mark.parametrize("path", [URL, f"{URL}vorschau.css"])
def test_the_look_is_for_admins(client, agent, customer, path):
    for person in (agent, customer):
        client.force_login(person)
        assert client.get(path).status_code == 404
        assert client.post(path).status_code in {404, 405}
    client.logout()
    assert client.get(path).status_code == 302


def test_each_tenant_looks_as_it_wants(desk, django_capture_on_commit_callbacks):
    save(desk, django_capture_on_commit_callbacks, name="Nur Alpha")

    assert "Nur Alpha" not in read(host="beta.localhost").content.decode()
    assert reverse("portal:brand_colours") == "/marke.css"


def test_mails_end_with_the_legal_links(tenant):
    plain = render_to_string("account/email/base_message.txt", {"tenant": tenant})
    Branding.objects.create(tenant=tenant, imprint_url="https://teehaus.example/impressum?a=1&b=2")
    tenant = Tenant.objects.get(pk=tenant.pk)

    mail = render_to_string("account/email/base_message.txt", {"tenant": tenant})

    assert "Impressum" not in plain
    assert mail.rstrip().endswith(
        "Alpha GmbH\nImpressum: https://teehaus.example/impressum?a=1&b=2"
    )
