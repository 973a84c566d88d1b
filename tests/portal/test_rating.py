"""Rating an answer: on the page, by the link in a mail, and when it is asked for."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from channels import outbox
from channels.models import RatingMail, RatingSettings
from channels.rating import links, mails
from tests.factories import CustomerFactory, open_ticket
from tickets import changing, rating, writing
from tickets.models import Rating
from tickets.states import State


@pytest.fixture
def solved(anna, agent):
    ticket = open_ticket(anna)
    writing.reply(ticket, author=agent, text="So geht es.", state=State.SOLVED)
    ticket.refresh_from_db()
    return ticket


@pytest.fixture
def asks(tenant):
    RatingSettings(pk=1, is_mailed=True, after_hours=24).save()


def url(ticket):
    return reverse("portal:rating", args=[ticket.number])


def test_a_solved_ticket_is_rated_and_changed_for_two_weeks(portal, solved, anna):
    portal.post(url(solved), {"is_good": "yes", "comment": "Schnell!"})
    given = Rating.objects.get()
    assert (given.is_good, given.comment, given.rated_by) == (True, "Schnell!", anna)

    portal.post(url(solved), {"is_good": "no", "comment": ""})
    given.refresh_from_db()
    assert (given.is_good, given.comment) == (False, "")

    Rating.objects.update(rated_at=now() - rating.CHANGE_FOR)
    page = portal.post(url(solved), {"is_good": "yes"}, follow=True).content.decode()
    given.refresh_from_db()
    assert not given.is_good
    assert "The rating is now final" in page


@pytest.mark.parametrize(
    "typed", [{}, {"is_good": "vielleicht"}, {"is_good": "yes", "comment": "x" * 2001}]
)
def test_what_is_no_rating_is_refused_and_kept(portal, solved, typed):
    response = portal.post(url(solved), typed)

    assert response.status_code == 422
    assert not Rating.objects.exists()


def test_what_is_open_or_unanswered_is_not_rated(portal, anna, agent):
    ticket = open_ticket(anna)
    portal.post(url(ticket), {"is_good": "yes"})
    changing.change_state(ticket, State.CLOSED, by=anna)
    portal.post(url(ticket), {"is_good": "yes"})

    assert not Rating.objects.exists()


def test_the_link_rates_only_by_its_button(client, solved):
    address = reverse("portal:rating_link", args=[links.token(solved)])
    browser = Client(headers={"host": "alpha.localhost", "accept-language": "en"})

    page = browser.get(address)
    assert page.status_code == 200
    assert not Rating.objects.exists()

    browser.post(address, {"is_good": "yes", "comment": "Danke"})
    assert Rating.objects.get().rated_by == solved.requester
    assert "Rated: good" in browser.get(address).content.decode()


@pytest.mark.parametrize("token", ["x", "a:b:c"])
def test_a_link_that_is_none_says_so(client, token):
    response = client.get(reverse("portal:rating_link", args=[token]))

    assert response.status_code == 404
    assert "tickets" in response.content.decode()


def test_nobody_is_asked_unless_the_tenant_wants_it(solved):
    assert not RatingMail.objects.exists()


def test_a_solved_ticket_is_asked_about_once(asks, solved, mailoutbox):
    row = RatingMail.objects.get()
    assert row.mail_at == solved.messages.get(kind="outbound").sent_at + timedelta(hours=24)
    assert outbox.next_moment() <= row.mail_at
    assert mails.mail_due() == 0

    RatingMail.objects.update(mail_at=now())
    assert (mails.mail_due(), mails.mail_due()) == (1, 0)

    [mail] = mailoutbox
    assert mail.to == [solved.requester.email]
    assert mail.extra_headers["Auto-Submitted"] == "auto-generated"
    assert "/bewertung/" in mail.body


def test_what_was_opened_again_or_rated_is_not_asked_about(asks, anna, agent, portal):
    opened, rated = open_ticket(anna), open_ticket(anna)
    for ticket in (opened, rated):
        writing.reply(ticket, author=agent, text="So.", state=State.SOLVED)
    changing.change_state(opened, State.OPEN, by=agent)
    portal.post(url(rated), {"is_good": "yes"})

    RatingMail.objects.update(mail_at=now())

    assert mails.mail_due() == 0


def test_the_desk_shows_the_rating_and_the_share(client, solved, agent, anna, admin):
    rating.rate(solved, is_good=False, comment="Zu spät", by=anna)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(agent)

    page = client.get(reverse("desk:ticket", args=[solved.number])).content.decode()
    assert "Zu spät" in page
    assert "0 % good (0 of 1 rating)" in page
    organisation = client.get(reverse("desk:organisation", args=[anna.organisation.pk]))
    assert "0 % good (0 of 1 rating)" in organisation.content.decode()


def test_an_admin_switches_the_question_on(client, admin):
    client.force_login(admin)
    address = reverse("desk:rating_settings")

    assert client.post(address, {"is_mailed": "on", "after_hours": "0"}).status_code == 422
    client.post(address, {"is_mailed": "on", "after_hours": "48"})

    assert (RatingSettings.current().is_mailed, RatingSettings.current().after_hours) == (True, 48)


@pytest.mark.parametrize("who", ["agent", "customer"])
def test_nobody_else_switches_it_on(client, request, who):
    client.force_login(request.getfixturevalue(who))

    assert client.get(reverse("desk:rating_settings")).status_code == 404


def test_one_question_that_cannot_be_written_keeps_no_other_back(asks, anna, agent):
    tickets = [open_ticket(anna), open_ticket(CustomerFactory())]
    for ticket in tickets:
        writing.reply(ticket, author=agent, text="So.", state=State.SOLVED)
    type(anna).objects.filter(pk=anna.pk).update(email="kaputt@a.example\nbcc: x@b.example")
    RatingMail.objects.filter(ticket=tickets[0]).update(mail_at=now() - timedelta(minutes=1))
    RatingMail.objects.filter(ticket=tickets[1]).update(mail_at=now())

    assert mails.mail_due() == 1
    assert RatingMail.objects.get(ticket=tickets[0]).mail_at > now()


def test_pressing_twice_is_one_line_of_the_history(portal, solved):
    for _twice in range(2):
        portal.post(url(solved), {"is_good": "yes", "comment": "Schnell!"})

    assert solved.events.filter(kind="rated").count() == 1
