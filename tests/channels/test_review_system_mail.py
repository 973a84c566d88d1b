"""Mails that are no message of a ticket leave under the same rules as those that are."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from allauth.account.adapter import get_adapter
from django.core import mail as mailbox
from django.utils.timezone import now

from accounts.models import User
from channels import outbox
from channels.email import first_hop
from channels.email.backend import queue_mail
from channels.models import SystemMail
from tests.channels.mail import send_all
from tests.factories import CustomerFactory
from tickets.delivery import Status

RAW = b"Subject: Hallo\r\n\r\nGuten Tag\r\n"


def queued(recipient: str = "eva@kunden.example") -> SystemMail:
    return queue_mail("support@alpha.localhost", [recipient], "Hallo", RAW)[0]


def test_a_fault_of_ours_does_not_stop_the_mails_behind_it(tenant, hop, monkeypatch):
    SystemMail.objects.all().delete()
    broken, good = queued("kaputt@kunden.example"), queued()
    hand_over = first_hop.send

    def faulty(envelope_from, recipient, raw):
        if recipient == broken.recipient:
            raise ValueError("Unerwartet")
        hand_over(envelope_from, recipient, raw)

    monkeypatch.setattr(first_hop, "send", faulty)
    send_all()

    good.refresh_from_db()
    broken.refresh_from_db()
    assert good.status == Status.SENT
    assert (broken.status, broken.error) == (Status.QUEUED, "ValueError: Unerwartet")
    assert broken.next_try_at > now()


def test_a_fault_that_stays_ends_the_tries(tenant, monkeypatch):
    mail, moment = queued(), now()

    def faulty(*_):
        raise ValueError("Unerwartet")

    monkeypatch.setattr(first_hop, "send", faulty)
    for _ in range(outbox.MOST_FAULTS):
        with time_machine.travel(moment, tick=False):
            outbox.send_mail(mail.pk)
        moment += timedelta(hours=3)

    mail.refresh_from_db()
    assert (mail.status, mail.error) == (Status.FAILED, "ValueError: Unerwartet")


def test_account_mails_say_that_a_machine_wrote_them(tenant):
    user: User = CustomerFactory()

    get_adapter().send_mail("account/email/account_inactive", user.email, {"user": user})

    mail = mailbox.outbox[-1].message()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
