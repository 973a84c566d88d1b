from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from django_tenants.utils import schema_context

from desk import mail_frame
from tests.factories import open_ticket
from tickets.models import Attachment, Message
from tickets.recording import File

PIXEL = b"\x89PNG\r\n\x1a\n"


def attached(*files, **content):
    ticket = open_ticket(files=tuple(files), **content)
    return Attachment.objects.filter(message__ticket=ticket).first()


def url(attachment):
    return reverse("desk:attachment", args=[attachment.pk])


def fetch(client, address):
    """The answer and its bytes; a server closes the file as this does."""
    response = client.get(address)
    content = b"".join(response.streaming_content)
    response.close()
    return response, content


def test_attachment_is_a_download_under_its_own_name(desk):
    attachment = attached(File("Rechnung März.pdf", "application/pdf", b"%PDF-1.7"))

    response, content = fetch(desk, url(attachment))

    assert content == b"%PDF-1.7"
    assert response.headers["Content-Type"] == "application/pdf"
    assert (
        response.headers["Content-Disposition"]
        == "attachment; filename*=utf-8''Rechnung%20M%C3%A4rz.pdf"
    )
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_safe_image_shows_in_place(desk):
    attachment = attached(File("bild.png", "image/png", PIXEL))

    response, _content = fetch(desk, url(attachment))

    assert response.headers["Content-Disposition"] == 'inline; filename="bild.png"'


@pytest.mark.parametrize("content_type", ["image/svg+xml", "text/html", "application/xhtml+xml"])
def test_what_could_run_is_never_shown_in_place(desk, content_type):
    attachment = attached(File("x.svg", content_type, b"<svg onload='alert(1)'/>"))

    response, _content = fetch(desk, url(attachment))

    assert response.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("content_type", ["text/javascript", "text/css", "application/wasm"])
def test_no_page_can_load_a_file_as_its_script_or_style(desk, content_type):
    attachment = attached(File("x.js", content_type, b"alert(1)"))

    response, _content = fetch(desk, url(attachment))

    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_name_or_type_with_line_breaks_makes_no_header(desk):
    attachment = attached(File('a"\r\nSet-Cookie: x=1', "text/plain\r\nX-Evil: 1", b"x"))

    response, _content = fetch(desk, url(attachment))

    assert "Set-Cookie" not in response.headers
    assert "X-Evil" not in response.headers
    assert response.headers["Content-Type"] == "application/octet-stream"


def test_a_file_that_is_gone_is_not_found(desk):
    attachment = attached(File("weg.txt", "text/plain", b"x"))
    attachment.file.storage.delete(attachment.file.name)

    assert desk.get(url(attachment)).status_code == 404


def test_files_are_not_for_customers_on_the_desk(client, customer):
    attachment = attached(File("a.txt", "text/plain", b"x"))
    client.force_login(customer)

    assert client.get(url(attachment)).status_code == 404


def test_attachment_of_another_tenant_is_not_there(desk, other_tenant):
    with schema_context(other_tenant.schema_name):
        theirs = attached(File("geheim.txt", "text/plain", b"Beta"))

    assert desk.get(url(theirs)).status_code == 404


def test_equal_ids_in_two_tenants_are_two_files(desk, other_tenant):
    with schema_context(other_tenant.schema_name):
        theirs = attached(File("geheim.txt", "text/plain", b"Beta"))
    ours = attached(File("unser.txt", "text/plain", b"Alpha"))
    Attachment.objects.filter(pk=ours.pk).update(id=theirs.pk)

    _response, content = fetch(desk, url(theirs))

    assert content == b"Alpha"


HTML = (
    '<p>Hallo</p><img src="cid:logo@x" alt="l"><img src="cid:fehlt@x">'
    '<img data-remote-src="https://zaehlpixel.example/x.png" alt="r">'
)


def mail(html=HTML):
    logo = File("logo.png", "image/png", PIXEL, content_id="<logo@x>", is_inline=True)
    ticket = open_ticket(html=html, files=(logo,))
    return ticket.messages.order_by("pk").first()


def html_url(message):
    return reverse("desk:html_body", args=[message.pk])


def test_html_of_a_mail_has_no_origin_and_loads_nothing_from_afar(desk):
    response = desk.get(html_url(mail()))

    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith(
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'"
    )
    assert "script" not in policy
    assert "img-src 'self' http://alpha.localhost data:;" in policy
    assert 'data-remote-src="https://zaehlpixel.example/x.png"' in response.content.decode()
    assert response.context["has_remote"]


def test_remote_images_are_loaded_when_asked_for_without_a_cookie(desk):
    message = mail()
    asked = desk.get(html_url(message)).context["remote_url"]

    stranger = Client(headers={"host": "alpha.localhost"})
    response = stranger.get(asked)

    assert '<img src="https://zaehlpixel.example/x.png"' in response.content.decode()
    assert "data: http: https:;" in response.headers["Content-Security-Policy"]


def test_pictures_of_the_mail_itself_are_shown_without_a_cookie(desk):
    message = mail()
    logo = message.attachments.get()

    page = desk.get(html_url(message)).content.decode()

    address = page.split('<img src="')[1].split('"')[0]
    assert "cid:" not in page
    stranger = Client(headers={"host": "alpha.localhost"})
    response, content = fetch(stranger, address)
    assert (response.status_code, content) == (200, PIXEL)
    assert logo.filename in response.headers["Content-Disposition"]


def test_the_address_of_a_picture_opens_nothing_else(desk, client, tenant, other_tenant):
    picture = mail().attachments.get()
    document = attached(File("a.pdf", "application/pdf", b"%PDF"))
    with schema_context(other_tenant.schema_name):
        foreign = mail_frame.image_token(picture)
    client.logout()

    for token in [
        "x",
        foreign,
        mail_frame.image_token(document),
        mail_frame.image_token(picture) + "x",
    ]:
        address = reverse("desk:inline_image", args=[token])
        assert client.get(address).status_code == 404, token


def test_the_address_of_a_mail_opens_nothing_else(client, tenant, other_tenant):
    message = mail()
    with schema_context(other_tenant.schema_name):
        foreign = mail_frame.remote_token(message)
    tokens = ["x", foreign, mail_frame.image_token(message.attachments.get())]
    with time_machine.travel(now() - timedelta(hours=2)):
        tokens.append(mail_frame.remote_token(message))

    for token in tokens:
        address = reverse("desk:html_with_remote", args=[token])
        assert client.get(address).status_code == 404, token


def test_a_message_without_html_has_no_such_page(desk, ticket):
    assert desk.get(html_url(ticket.messages.order_by("pk").first())).status_code == 404


def test_html_of_another_tenants_mail_is_not_there(desk, other_tenant):
    with schema_context(other_tenant.schema_name):
        theirs = mail()

    assert not Message.objects.filter(pk=theirs.pk).exists()
    assert desk.get(html_url(theirs)).status_code == 404


def test_html_is_not_for_customers(client, customer):
    message = mail()
    client.force_login(customer)

    assert client.get(html_url(message)).status_code == 404
