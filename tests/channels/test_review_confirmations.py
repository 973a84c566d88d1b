"""One person's messages are taken in one by one, whichever way they come (law 9)."""

from __future__ import annotations

import threading

from django.db import connection
from django.utils.timezone import now

from accounts.models import User
from channels import intake
from channels.intake import InboundMessage
from tenants.acts import act
from tests.factories import CustomerFactory
from tickets.models import Channel, Message
from tickets.recording import Content


def by_portal(author: User, text: str) -> InboundMessage:
    content = Content(text=text, from_address=author.email)
    return InboundMessage(Channel.PORTAL, "Frage", content, now(), author=author)


def test_two_forms_of_one_person_at_the_same_moment_get_one_confirmation(fresh_tenant):
    author = CustomerFactory()
    second_done = threading.Event()

    def second() -> None:
        connection.set_tenant(fresh_tenant)
        with act():
            intake.take_in(by_portal(author, "Die zweite"))
        second_done.set()
        connection.close()

    thread = threading.Thread(target=second)
    with act():
        intake.take_in(by_portal(author, "Die erste"))
        thread.start()
        came_first = second_done.wait(1)
    thread.join(10)

    assert not came_first
    assert second_done.is_set()
    assert Message.objects.filter(kind=Message.Kind.INBOUND).count() == 2
    assert Message.objects.filter(kind=Message.Kind.OUTBOUND, is_automatic=True).count() == 1
