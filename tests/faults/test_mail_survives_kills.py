"""Whatever is killed, and whenever: each mail is one ticket with one promise, from its arrival."""

from __future__ import annotations

import smtplib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import pytest
from django.conf import settings

from tests.channels.mail import written
from tests.channels.servers import HOST
from tests.faults.stack import MAILBOX, SLUG, Stack, running_stack, until

ANSWER = f"""
import django
django.setup()
from django_tenants.utils import tenant_context
from accounts.models import User
from tenants.models import Tenant
from tickets import writing
from tickets.models import Ticket
with tenant_context(Tenant.objects.get(slug="{SLUG}")):
    agent = User.objects.create_agent("jana@firma.example", "Jana")
    ticket = Ticket.objects.get(subject="Redis ist weg")
    print(writing.reply(ticket, author=agent, text="Das merkt hier niemand.").pk)
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(settings.DATA_DIR, "smtp", "worker", "sweep") as stack:
        yield stack


def post(stack: Stack, number: int, subject: str) -> int:
    """Send one mail as a mail server does: again, until it is told 250. Returns the tries."""
    name = subject.replace(" ", ".").lower()
    sender = f"{name}.{number % 40}@kunden.example"
    mail = written(
        f"Nachricht {number}",
        subject=subject,
        sender=sender,
        to=MAILBOX,
        message_id=f"<{name}.{number}@kunden.example>",
    )
    for tries in range(1, 1000):
        try:
            with smtplib.SMTP(HOST, stack.smtp_port, timeout=20) as smtp:
                smtp.sendmail(sender, [MAILBOX], mail)
            return tries
        except (OSError, smtplib.SMTPException):
            time.sleep(0.1)
    raise AssertionError("The door never took the mail.")


def post_all(stack: Stack, count: int, subject: str) -> list[int]:
    with ThreadPoolExecutor(4) as senders:
        return list(senders.map(lambda number: post(stack, number, subject), range(count)))


def tickets(stack: Stack, subject: str) -> list[tuple]:
    """(ticket, record's arrival, promise's start) of each inbound message."""
    return stack.select(
        f"""
        SELECT ticket.id, record.received_at, promise.started_at
        FROM tickets_ticket ticket
        LEFT JOIN sla_promise promise ON promise.ticket_id = ticket.id AND promise.kind = 'first'
        LEFT JOIN tickets_message message ON message.ticket_id = ticket.id
            AND message.kind = 'inbound'
        LEFT JOIN channels_inboundrecord record ON record.message_id = message.id
        WHERE ticket.subject = '{subject}'
        """
    )


def arrive(stack: Stack, subject: str, count: int, seconds: float) -> list[tuple]:
    """Wait until this many tickets are there, while the sweep goes on; then for one too many."""

    def are_there() -> bool:
        stack.sweep()
        time.sleep(0.5)
        return len(tickets(stack, subject)) >= count

    until(are_there, seconds)
    time.sleep(1)
    return tickets(stack, subject)


def sent(stack: Stack, words: bytes) -> bool:
    return any(words in mail.raw for mail in stack.hop.mails)


def wait_for_mails(stack: Stack, count: int, sender: threading.Thread) -> None:
    """Wait until the door has taken this many more mails, or there are no more."""
    enough = stack.count("channels_inboundrecord") + count
    until(
        lambda: not sender.is_alive() or stack.count("channels_inboundrecord") >= enough,
        seconds=60,
    )


def test_two_hundred_mails_survive_the_death_of_door_worker_and_redis(stack):
    subject, kills = "Zweihundert", []
    sender = threading.Thread(target=post_all, args=(stack, 200, subject))
    sender.start()
    for name in cycle(["smtp", "worker", "redis"]):
        wait_for_mails(stack, 12, sender)
        stack.kill(name)
        kills.append(name)
        stack.start(name)
        if not sender.is_alive() and len(kills) >= 6:
            break
    sender.join()

    rows = arrive(stack, subject, 200, 60)

    assert {"smtp", "worker", "redis"} == set(kills)
    assert len(rows) == len({ticket for ticket, _received, _started in rows}) == 200
    assert all(received == started for _ticket, received, started in rows)
    assert stack.count("channels_inboundrecord WHERE status <> 'processed'") == 0


def test_a_restart_of_the_database_loses_nothing(stack):
    subject = "Neustart"
    sender = threading.Thread(target=post_all, args=(stack, 40, subject))
    sender.start()
    time.sleep(0.5)
    stack.kill("postgres")
    stack.start("postgres")
    sender.join()

    rows = arrive(stack, subject, 40, 60)

    assert len(rows) == len({ticket for ticket, _received, _started in rows}) == 40
    assert all(received == started for _ticket, received, started in rows)


def test_with_redis_away_mail_comes_in_and_answers_leave(stack):
    """The process that stored the work does it itself, and reports no failure."""
    subject = "Redis ist weg"
    stack.kill("redis")
    try:
        assert post(stack, 1, subject) == 1
        until(lambda: len(tickets(stack, subject)) == 1, 20)
        until(lambda: sent(stack, b"Redis ist weg"), 20)
        message = int(stack.python(ANSWER))
        until(lambda: sent(stack, b"Das merkt hier niemand"), 20)
        status = f"SELECT status FROM tickets_message WHERE id = {message}"
        until(lambda: stack.select(status) == [("sent",)], 20)
    finally:
        stack.start("redis")
