import uuid

import pytest
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django_tenants.utils import schema_context

from channels import intake, raw
from channels.models import InboundRecord
from helpdesk import uploads
from portal import ticket_list
from sla.models import Promise, SupportTier
from tenants.models import Route
from tests.factories import CustomerFactory, open_ticket
from tickets.models import Attachment, Channel, Message, Ticket

LIST = "/tickets/"
NEW = "/tickets/neu/"


def form(**values):
    return {
        "subject": "Bestellungen fehlen",
        "text": "Seit heute früh.",
        "form_id": str(uuid.uuid4()),
        **values,
    }


def test_a_customer_sees_their_own_tickets_and_no_others(portal, anna):
    first, second = open_ticket(anna), open_ticket(anna)
    open_ticket()
    open_ticket(CustomerFactory(organisation=anna.organisation))

    shown = portal.get(LIST).context["tickets"]

    assert [ticket.pk for ticket in shown] == [second.pk, first.pk]


def test_an_organisations_admin_sees_its_members_tickets(portal, anna):
    anna.join(anna.organisation, role="admin")
    theirs = open_ticket(CustomerFactory(organisation=anna.organisation))
    open_ticket()

    assert [ticket.pk for ticket in portal.get(LIST).context["tickets"]] == [theirs.pk]


def test_a_list_without_tickets_has_nothing_to_search_or_choose(portal):
    page = portal.get("/tickets/").content.decode()

    assert "list-search" not in page
    assert "list-search" in portal.get("/tickets/?q=nichts").content.decode()


def test_nobody_sees_another_tenants_tickets(portal, other_tenant):
    with schema_context(other_tenant.schema_name):
        open_ticket()

    assert portal.get(LIST).context["tickets"] == []


def test_pages_of_tickets_join(portal, anna, monkeypatch):
    monkeypatch.setattr(ticket_list, "PAGE", 2)
    everything = [open_ticket(anna).pk for _ in range(5)]

    seen, address = [], LIST
    while address:
        response = portal.get(address)
        seen += [ticket.pk for ticket in response.context["tickets"]]
        address = response.context["next_page"]

    assert seen == everything[::-1]
    assert response.context["first_page"] == LIST


@pytest.mark.parametrize("count", [1, 20])
def test_list_runs_a_fixed_number_of_queries(portal, anna, count, django_assert_num_queries):
    for _ in range(count):
        open_ticket(anna)

    with django_assert_num_queries(10):
        portal.get(LIST)


@pytest.mark.parametrize("url", [LIST, NEW])
def test_agents_are_led_to_the_desk(client, agent, url):
    client.force_login(agent)

    assert client.get(url).url == reverse("desk:queue")


@pytest.mark.parametrize("url", [LIST, NEW])
def test_strangers_are_asked_to_sign_in(client, url):
    assert client.get(url).url == f"{reverse('account_login')}?next={url}"


def test_a_request_becomes_a_ticket_with_its_promise(portal, anna):
    response = portal.post(NEW, form(text="Seit heute früh.\r\nAlle Kanäle."))

    ticket = Ticket.objects.get()
    message = ticket.messages.get(kind="inbound")
    assert response.url == f"{reverse('portal:ticket', args=[ticket.number])}#message-{message.pk}"
    assert (ticket.subject, ticket.channel, ticket.requester) == (
        "Bestellungen fehlen",
        Channel.PORTAL,
        anna,
    )
    assert (message.text, message.author) == ("Seit heute früh.\nAlle Kanäle.", anna)
    promise = Promise.objects.get()
    assert (promise.tier.name, promise.is_guaranteed) == ("Gold", True)
    assert promise.started_at == InboundRecord.objects.get().received_at


def test_a_request_takes_its_files_along(portal):
    files = [
        SimpleUploadedFile("bild.png", b"\x89PNG", "image/png"),
        SimpleUploadedFile("../../etc/passwd", b"x", "text/html; charset=x"),
        SimpleUploadedFile("leer.txt", b"", "text/plain"),
    ]

    portal.post(NEW, form(files=files))

    assert list(
        Attachment.objects.order_by("pk").values_list("filename", "content_type", "size")
    ) == [
        ("bild.png", "image/png", 4),
        ("passwd", "text/html", 1),
        ("leer.txt", "text/plain", 0),
    ]


def test_the_same_form_sent_twice_is_one_ticket(portal):
    sent = form()

    first, second = portal.post(NEW, sent), portal.post(NEW, sent)

    assert first.url == second.url
    assert Ticket.objects.count() == 1


def test_the_same_words_in_a_new_form_are_a_new_ticket(portal):
    portal.post(NEW, form())
    portal.post(NEW, form())

    assert Ticket.objects.count() == 2


def test_naming_anothers_form_leads_to_nobodys_ticket(client, portal, anna):
    sent = form()
    portal.post(NEW, sent)
    stranger = CustomerFactory()
    client.force_login(stranger)

    client.post(NEW, sent)

    assert sorted(ticket.requester.pk for ticket in Ticket.objects.all()) == [anna.pk, stranger.pk]


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": ""},
        {"subject": "  "},
        {"subject": "x" * 251},
        {"text": ""},
        {"text": " \n "},
        {"text": "\x00"},
        {"text": "x" * 100_001},
    ],
)
def test_a_wrong_request_is_shown_again_and_stores_nothing(portal, wrong):
    response = portal.post(NEW, form(**wrong))

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == wrong.keys()
    assert not Ticket.objects.exists()
    assert not InboundRecord.objects.exists()


def test_a_form_without_its_id_is_asked_for_again(portal):
    response = portal.post(NEW, form(form_id="x"))

    assert response.status_code == 422
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("limit", "sizes"),
    [("FILE_LIMIT", [30]), ("MESSAGE_LIMIT", [15, 15]), ("FILE_LIMIT", [5, 30, 5])],
)
def test_too_big_files_are_named_and_the_text_is_kept(portal, monkeypatch, limit, sizes):
    monkeypatch.setattr(uploads, limit, 20)
    files = [SimpleUploadedFile(f"datei{n}.bin", b"x" * size) for n, size in enumerate(sizes)]

    response = portal.post(NEW, form(files=files, text="Mühsam getippt."))

    page = response.content.decode()
    assert response.status_code == 422
    assert "datei1.bin" in page or sizes == [30]
    assert "Mühsam getippt." in page
    assert response.context["form"].errors.keys() == {"files"}
    assert not Ticket.objects.exists()


def test_a_full_disk_stores_nothing_and_keeps_the_text(portal, monkeypatch):
    def full(content):
        raise raw.StorageFullError(28, "No space left on device")

    monkeypatch.setattr(raw, "store", full)

    response = portal.post(NEW, form(text="Mühsam getippt."))

    assert response.status_code == 503
    assert "Mühsam getippt." in response.content.decode()
    assert not InboundRecord.objects.exists()


def test_what_is_stored_but_not_yet_a_ticket_is_not_reported_as_failed(portal, monkeypatch):
    def broken(inbound):
        raise ValueError("geht gerade nicht")

    with monkeypatch.context() as patched:
        patched.setattr(intake, "take_in", broken)
        response = portal.post(NEW, form(), follow=True)

    assert response.redirect_chain == [(f"{LIST}#message-0", 302)]
    assert "Your message is safely stored." in response.content.decode()
    record = InboundRecord.objects.get()
    InboundRecord.objects.update(next_try_at=record.received_at)
    intake.process(record.pk)
    assert Ticket.objects.get().opened_at == record.received_at


def test_the_form_says_what_would_be_promised(portal):
    context = portal.get(NEW).context

    assert context["tier"].name == "Gold"
    assert context["is_guaranteed"]
    assert context["due_at"] is not None


def test_the_form_promises_nothing_to_who_is_not_confirmed(portal, anna):
    EmailAddress.objects.filter(user=anna).delete()

    context = portal.get(NEW).context

    assert (context["tier"], context["due_at"]) == (None, None)


@pytest.fixture
def by_mail(anna):
    """Anna's tier takes requests by e-mail alone."""
    SupportTier.objects.filter(name="Gold").update(allowed_channels=[Channel.EMAIL])


@pytest.mark.parametrize("url", ["/", LIST, NEW])
def test_who_may_not_use_the_portal_reads_how_to_write_instead(portal, by_mail, url):
    response = portal.get(url)

    page = response.content.decode()
    assert response.status_code == 200
    assert 'href="mailto:support@alpha.localhost"' in page
    assert 'name="text"' not in page


def test_a_request_the_tier_does_not_allow_is_refused_and_its_text_kept(portal, by_mail):
    response = portal.post(NEW, form(subject="Fehlt & fehlt", text="Mühsam <getippt>."))

    page = response.content.decode()
    assert response.status_code == 403
    assert "Your support level “Gold” does not include tickets in the portal." in page
    assert "Your message was not sent." in page
    assert 'value="Fehlt &amp; fehlt"' in page
    assert "Mühsam &lt;getippt&gt;." in page
    assert "mailto:support@alpha.localhost?subject=Fehlt%20%26%20fehlt" in page
    assert not InboundRecord.objects.exists()


def test_who_may_not_open_a_ticket_in_the_portal_still_goes_on_in_one(portal, anna, by_mail):
    ticket = open_ticket(anna)

    portal.post(reverse("portal:reply", args=[ticket.number]), form(text="Noch etwas."))

    assert ticket.messages.filter(text="Noch etwas.").count() == 1


def test_who_is_not_confirmed_may_write_whatever_the_tier_allows(portal, anna, by_mail):
    EmailAddress.objects.filter(user=anna).delete()

    assert portal.post(NEW, form()).status_code == 302
    assert Ticket.objects.count() == 1


def test_without_an_address_the_portal_stays_open_to_every_tier(portal, by_mail, tenant):
    with schema_context("public"):
        Route.objects.filter(tenant=tenant).delete()

    assert portal.post(NEW, form()).status_code == 302
    assert Ticket.objects.count() == 1


def test_looking_at_the_form_stores_nothing(portal):
    portal.get(NEW)

    assert not Message.objects.exists()
    assert not InboundRecord.objects.exists()
