"""What the desk says of the time that Facebook leaves for an answer."""

from __future__ import annotations

import mimetypes
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import User
from channels.facebook.models import FacebookObject, FacebookPage, FacebookPerson
from tests.factories import open_ticket
from tickets.models import Channel, Ticket


@pytest.fixture
def write(tenant):
    """Lets somebody have written a direct message so long ago."""
    page = FacebookPage.objects.create(page_id="1", name="Teehaus")

    def written(ago: timedelta) -> Ticket:
        ticket = open_ticket(channel=Channel.FACEBOOK)
        person = FacebookPerson.objects.create(
            page=page, psid=str(ticket.pk), user=ticket.requester, last_inbound_at=now() - ago
        )
        FacebookObject.objects.create(
            page=page,
            kind="message",
            external_id=f"m_{ticket.pk}",
            person=person,
            message=ticket.messages.get(),
            at=now() - ago,
        )
        return ticket

    return written


def shown(desk, ticket):
    response = desk.get(reverse("desk:ticket", args=[ticket.number]))
    return response.content.decode(), response.context


def answer(desk, ticket, text="Morgen."):
    url = reverse("desk:reply", args=[ticket.number])
    last = ticket.messages.latest("pk").pk
    return desk.post(url, {"text": text, "state": "waiting", "last_message": last})


def test_within_a_day_the_page_counts_down_to_its_end(desk, write):
    ticket = write(timedelta(hours=3))

    page, context = shown(desk, ticket)

    end = context["window"].ends_at
    assert f'data-due="{end.isoformat()}"' in page
    assert "HUMAN_AGENT" not in page
    assert "25 MB" in page


def test_after_a_day_the_composer_says_as_what_the_answer_leaves(desk, write):
    page, _context = shown(desk, write(timedelta(hours=25)))

    assert "HUMAN_AGENT" in page
    assert 'name="text"' in page


def test_after_seven_days_only_another_way_is_open(desk, write):
    ticket = write(timedelta(days=8))

    page, _context = shown(desk, ticket)

    assert reverse("desk:reply", args=[ticket.number]) not in page
    assert 'name="channel" value="email"' in page
    assert ticket.requester.email in page


def test_after_seven_days_without_an_address_the_page_says_what_can_be_done(desk, write):
    ticket = write(timedelta(days=8))
    User.objects.filter(pk=ticket.requester.pk).update(email="1.1@facebook.invalid")

    page, _context = shown(desk, ticket)

    assert 'name="channel" value="email"' not in page
    assert "facebook.invalid" not in page
    assert "As soon as the person writes again" in page


def test_the_other_way_opens_the_composer_again(desk, write):
    ticket = write(timedelta(days=8))

    desk.post(reverse("desk:channel", args=[ticket.number]), {"channel": "email"})

    assert reverse("desk:reply", args=[ticket.number]) in shown(desk, ticket)[0]
    assert answer(desk, ticket).status_code == 302


def test_an_answer_behind_the_end_is_refused_and_its_text_kept(desk, write):
    ticket = write(timedelta(days=8))

    response = answer(desk, ticket, "Viel zu spät geschrieben")

    assert response.status_code == 422
    assert "Viel zu spät geschrieben</textarea>" in response.content.decode()
    assert not ticket.messages.filter(kind="outbound", is_automatic=False).exists()
    assert ticket.promises.get().answered_at is None


def test_the_queue_warns_when_the_way_ends_before_the_answer_is_due(desk, write):
    ticket = write(timedelta(hours=1))
    Ticket.objects.filter(pk=ticket.pk).update(due_at=now() + timedelta(days=4))
    ticket.refresh_from_db()

    queue = desk.get(reverse("desk:queue"))

    [row] = [row for row in queue.context["rows"] if row.ticket == ticket]
    assert row.must_be_earlier
    assert "window-mark early" in queue.content.decode()


def test_a_way_that_stays_open_longer_is_no_reason_to_warn(desk, write):
    ticket = write(timedelta(hours=1))
    Ticket.objects.filter(pk=ticket.pk).update(due_at=now() + timedelta(hours=2))

    queue = desk.get(reverse("desk:queue"))

    assert "window-mark" in queue.content.decode()
    assert "window-mark early" not in queue.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_queue_asks_once_for_all_windows(desk, write, count, django_assert_num_queries):
    for _number in range(count):
        write(timedelta(hours=1))
    desk.get(reverse("desk:queue"))

    with django_assert_num_queries(11):
        desk.get(reverse("desk:queue"))


def test_tickets_of_other_ways_have_no_window(desk, tenant):
    page, context = shown(desk, open_ticket())

    assert context["window"] is None
    assert "facebook" not in page.partition("<body")[2].lower().replace("facebook.invalid", "")


def test_whoever_wrote_on_facebook_can_be_answered_there_again(desk, write):
    ticket = write(timedelta(hours=1))
    url = reverse("desk:channel", args=[ticket.number])

    desk.post(url, {"channel": "email"})
    desk.post(url, {"channel": "facebook"})

    ticket.refresh_from_db()
    assert ticket.channel == Channel.FACEBOOK


def test_nobody_else_can_be_answered_there(desk, tenant):
    ticket = open_ticket()

    desk.post(reverse("desk:channel", args=[ticket.number]), {"channel": "facebook"})

    ticket.refresh_from_db()
    assert ticket.channel == Channel.EMAIL


@pytest.mark.parametrize(("name", "is_taken"), [("bild.png", False), ("bild.bin", True)])
def test_a_picture_that_facebook_does_not_take_is_told_before_it_is_sent(
    desk, write, name, is_taken
):
    ticket = write(timedelta(hours=1))
    url = reverse("desk:reply", args=[ticket.number])
    file = SimpleUploadedFile(name, bytes(8 * 1024 * 1024 + 1), mimetypes.guess_type(name)[0])
    last = ticket.messages.latest("pk").pk
    asked = {"text": "Siehe Bild.", "state": "waiting", "last_message": last, "files": file}

    response = desk.post(url, asked)

    assert response.status_code == (302 if is_taken else 422)
    assert is_taken or "bild.png is too large for Facebook" in response.content.decode()
