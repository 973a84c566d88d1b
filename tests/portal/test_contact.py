import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django_tenants.utils import schema_context

from channels import intake, raw
from channels.contact_form import limits, proof, stamp
from channels.models import ContactForm
from helpdesk import uploads
from portal.views import contact
from tests.channels.contact import filled_in, forget_limits, opened, sent
from tickets.models import Channel, Ticket
from tickets.states import State

PAGE = "/kontakt/"


@pytest.fixture(autouse=True)
def _limits(tenant):
    forget_limits()
    yield
    forget_limits()


@pytest.fixture
def stranger(client) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def test_a_stranger_writes_and_reads_the_number_at_once(stranger):
    assert stranger.get(PAGE).status_code == 200

    response = stranger.post(PAGE, filled_in(), follow=True)

    ticket = Ticket.objects.get()
    assert response.redirect_chain[0][0].endswith(f"#message-{ticket.number}")
    assert f"#{ticket.number}" in response.content.decode()
    assert "eva@kunden.example" in response.content.decode()
    assert "Guaranteed" not in response.content.decode()


def test_no_cookie_is_needed():
    browser = Client(headers={"host": "alpha.localhost"}, enforce_csrf_checks=True)

    assert browser.post(PAGE, filled_in()).status_code == 302


def test_with_javascript_the_browser_is_led_to_the_number(stranger):
    response = stranger.post(PAGE, filled_in(), headers={"HX-Request": "true"})

    assert response.status_code == 204
    assert response.headers["HX-Redirect"].endswith(f"#message-{Ticket.objects.get().number}")


def test_a_signed_in_customer_is_recognised_and_told_the_moment(portal, anna):
    shown = portal.get(PAGE).content.decode()
    assert "anna@teehaus.example" in shown
    assert 'name="email"' not in shown

    response = portal.post(PAGE, filled_in(email="boese@example.com"), follow=True)

    ticket = Ticket.objects.get()
    assert (ticket.requester, ticket.is_verified) == (anna, True)
    assert ticket.channel == Channel.CONTACT_FORM
    assert "Guaranteed" in response.content.decode()


def test_in_a_customers_name_only_their_own_page_sends(anna):
    browser = Client(headers={"host": "alpha.localhost"}, enforce_csrf_checks=True)
    browser.force_login(anna)

    assert browser.post(PAGE, filled_in()).status_code == 403
    assert not Ticket.objects.exists()


def test_an_agent_who_tries_the_page_is_a_stranger(stranger, agent):
    stranger.force_login(agent)

    stranger.post(PAGE, filled_in())

    assert Ticket.objects.get().requester.email == "eva@kunden.example"


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        ({"email": "eva@"}, 422, "not an e-mail address"),
        ({"subject": ""}, 422, "few words"),
        ({"stamp": "unsinn"}, 422, "press Send again"),
        ({"stamp": ""}, 422, "press Send again"),
    ],
)
def test_what_is_wrong_is_said_and_the_text_is_kept(stranger, wrong, status, said):
    response = stranger.post(PAGE, filled_in(text="Mein langer Text", **wrong))

    page = response.content.decode()
    assert response.status_code == status
    assert said in page
    assert "Mein langer Text" in page
    assert not Ticket.objects.exists()


def test_an_expired_form_is_sent_with_a_second_press(stranger):
    values = filled_in(stamp=opened(stamp.VALID_FOR + 60))
    expired = stranger.post(PAGE, values)

    fresh = expired.context["form"].next_stamp
    stranger.post(PAGE, {**values, "stamp": fresh})

    assert "Guten Tag, ich finde sie nicht." in expired.content.decode()
    assert Ticket.objects.get().state == State.NEW


def test_the_back_button_and_a_second_press_make_no_second_ticket(stranger):
    values = filled_in()
    first = stranger.post(PAGE, values)
    second = stranger.post(PAGE, values)

    assert Ticket.objects.count() == 1
    assert first.url.rpartition("#")[2] == second.url.rpartition("#")[2]


def test_a_file_that_is_too_big_answers_413_with_the_text(stranger, monkeypatch):
    monkeypatch.setattr(uploads, "FILE_LIMIT", 1000)
    file = SimpleUploadedFile("film.mp4", b"x" * 2000)

    response = stranger.post(PAGE, {**filled_in(), "files": [file]})

    assert response.status_code == 413
    assert "film.mp4" in response.content.decode()
    assert "Guten Tag, ich finde sie nicht." in response.content.decode()


def test_too_much_waits_with_the_text_and_a_flood_with_next_to_nothing(stranger, monkeypatch):
    monkeypatch.setattr(limits, "PER_PLACE", limits.Limit("place", most=1, seconds=600))

    answers = [stranger.post(PAGE, filled_in()) for _ in range(4)]

    assert [one.status_code for one in answers] == [302, 429, 429, 429]
    assert "ich finde sie nicht" in answers[2].content.decode()
    assert "ich finde sie nicht" not in answers[3].content.decode()
    assert "still there" in answers[3].content.decode()
    assert all("Retry-After" in one.headers for one in answers[1:])


def test_what_cannot_be_taken_in_now_is_kept_for_later(stranger, monkeypatch):
    def fail(record_id, *, is_due=True):
        return None

    monkeypatch.setattr(intake, "process", fail)

    response = stranger.post(PAGE, filled_in(), follow=True)

    assert response.redirect_chain[0][0].endswith("#message-0")
    assert "kept safely" in response.content.decode()


def test_with_a_full_disk_nothing_is_acknowledged(stranger, monkeypatch):
    def full(content):
        raise raw.StorageFullError

    monkeypatch.setattr(raw, "store", full)

    response = stranger.post(PAGE, filled_in())

    assert response.status_code == 503
    assert "ich finde sie nicht" in response.content.decode()


def test_switched_off_the_page_names_the_address_and_keeps_what_was_written(stranger):
    ContactForm(pk=1).save()

    page, late = stranger.get(PAGE), stranger.post(PAGE, filled_in())

    assert (page.status_code, late.status_code) == (404, 403)
    assert "support@alpha.localhost" in page.content.decode()
    assert "ich finde sie nicht" in late.content.decode()
    assert "Write without signing in" not in stranger.get("/").content.decode()


def test_the_front_page_and_the_levels_lead_to_the_form(stranger):
    for address in ("/", "/supportlevel/"):
        assert 'href="/kontakt/"' in stranger.get(address).content.decode()


class TestSentPage:
    def test_says_nothing_of_the_promise_to_who_only_knows_its_address(self, stranger, anna):
        ticket = sent(user=anna.pk, is_verified=True)

        page = stranger.get(reverse("portal:contact_sent", args=[contact.sent_token(ticket)]))

        assert "Guaranteed" not in page.content.decode()

    def test_is_one_tenants(self, stranger, other_tenant):
        with schema_context(other_tenant.schema_name):
            token = contact.sent_token(sent())

        response = stranger.get(reverse("portal:contact_sent", args=[token]))

        assert response.url == PAGE


class TestConfirmation:
    def test_looking_confirms_nothing_a_press_does(self, stranger):
        ticket = sent()
        address = reverse("portal:contact_confirmation", args=[proof.token(ticket)])

        page = stranger.get(address).content.decode()
        ticket.refresh_from_db()
        assert "Did you write this?" in page
        assert "We aim to answer" not in page
        assert not ticket.is_verified

        done = stranger.post(address, {"mine": ticket.pk}, follow=True).content.decode()
        ticket.refresh_from_db()
        assert ticket.is_verified
        assert "We aim to answer by" in done

    def test_each_waiting_request_is_named_and_decided_for_itself(self, stranger):
        own, other, foreign = sent(), sent(subject="Noch eine Frage"), sent(subject="Fremdes")
        address = reverse("portal:contact_confirmation", args=[proof.token(own)])

        page = stranger.post(address, {"mine": own.pk}, follow=True).content.decode()
        assert "Thank you, it is confirmed" in page
        assert "Noch eine Frage" in page
        assert "Fremdes" in page

        page = stranger.post(address, {"mine": other.pk}, follow=True).content.decode()
        assert f"#{other.number} is confirmed." in page
        page = stranger.post(address, {"foreign": foreign.pk}, follow=True).content.decode()
        assert f"#{foreign.number} is put aside; nobody works on it." in page
        assert "Fremdes" not in page
        verified = Ticket.objects.filter(is_verified=True)
        assert set(verified) == {own, other}
        foreign.refresh_from_db()
        assert foreign.state == State.SPAM

    def test_who_did_not_write_it_puts_it_aside_with_one_press(self, stranger):
        ticket = sent()
        address = reverse("portal:contact_confirmation", args=[proof.token(ticket)])

        page = stranger.post(address, {"foreign": ticket.pk}, follow=True).content.decode()

        assert "It was not you" in page
        assert "We aim to answer" not in page
        ticket.refresh_from_db()
        assert (ticket.state, ticket.is_verified) == (State.SPAM, False)

    def test_nobody_decides_about_anothers_request(self, stranger):
        own, others = sent(), sent(email="andere@kunden.example")
        address = reverse("portal:contact_confirmation", args=[proof.token(own)])

        for decision in ("mine", "foreign"):
            stranger.post(address, {decision: others.pk})

        for ticket in (own, others):
            ticket.refresh_from_db()
            assert not ticket.is_verified
            assert ticket.state != State.SPAM

    def test_a_damaged_link_says_how_to_go_on(self, stranger):
        response = stranger.get(reverse("portal:contact_confirmation", args=["a:b:c"]))

        assert response.status_code == 404
        assert "has arrived all the same" in response.content.decode()

    def test_another_tenants_link_opens_nothing(self, stranger, other_tenant):
        with schema_context(other_tenant.schema_name):
            token = proof.token(sent())

        address = reverse("portal:contact_confirmation", args=[token])

        assert stranger.post(address).status_code == 404
