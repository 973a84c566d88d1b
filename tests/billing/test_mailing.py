"""Each document is made and mailed once, with its PDF; one that fails does not stop the others."""

from __future__ import annotations

import hashlib
from datetime import date
from functools import partial

import pytest
from django.core.files.storage import default_storage

from billing import mailing, settling
from billing.models import Invoice
from channels.models import SystemMail
from tests.billing.arranging import (
    FOR_EVER,
    admin_of,
    at,
    book,
    colleague_of,
    give_supplier,
    mails,
    numbers,
    run,
    text_of,
)
from tests.sla.moments import TUESDAY
from tests.threads import side_by_side

MARCH = date(2026, 3, 1)
IN_APRIL = "2026-04-01 01:00"
INBOX = "rechnung@teehaus.example"


@pytest.fixture
def rendered(monkeypatch):
    """Every PDF says its number; returns the numbers that were made."""
    made = []

    def render(invoice):
        made.append(invoice.number)
        return f"%PDF {invoice.number}".encode()

    monkeypatch.setattr("billing.mailing.pdf.render", render)
    return made


@pytest.fixture
def people(tenant):
    """Three organisations with Gold, and their invoices of March."""
    give_supplier()
    found = [admin_of(f"Teehaus {n}") for n in range(3)]
    for one in found:
        book(one, "Gold", f"{TUESDAY} 09:00")
    with at(IN_APRIL):
        run(MARCH)
    SystemMail.objects.all().delete()
    return found


def mail_all():
    with at("2026-04-01 01:10"):
        return mailing.mail_due(until=FOR_EVER)


def attachment(mail):
    (found,) = mail.iter_attachments()
    return found.get_content_type(), found.get_filename(), found.get_content()


def test_each_invoice_is_mailed_with_its_pdf_to_the_address_it_was_written_for(people, rendered):
    assert mail_all()

    assert [mail["To"] for mail in mails()] == [INBOX] * 3
    assert [attachment(mail) for mail in mails()] == [
        ("application/pdf", f"RE-2026-0000{n}.pdf", f"%PDF RE-2026-0000{n}".encode())
        for n in (1, 2, 3)
    ]
    assert "RE-2026-00001" in mails()[0]["Subject"]
    assert "49,83" in text_of(mails()[0])
    assert not mailing.is_waiting()


def test_mailing_twice_mails_once(people, rendered):
    mail_all()
    mail_all()

    assert len(mails()) == len(rendered) == 3


def test_workers_side_by_side_share_the_work_and_mail_each_once(fresh_tenant, rendered):
    give_supplier()
    for n in range(12):
        book(admin_of(f"Teehaus {n}"), "Gold", f"{TUESDAY} 09:00")
    with at(IN_APRIL):
        run(MARCH)

    side_by_side(fresh_tenant, [partial(mailing.mail_due, until=FOR_EVER)] * 3)

    assert sorted(rendered) == numbers()
    assert len(mails(INBOX)) == 12
    assert not mailing.is_waiting()


def test_what_was_sent_is_what_is_kept_and_shown(people, rendered, monkeypatch):
    mail_all()
    monkeypatch.setattr("billing.mailing.pdf.render", lambda invoice: b"another version")

    invoice = Invoice.objects.first()

    kept = mailing.content(invoice)
    assert kept == b"%PDF RE-2026-00001"
    assert hashlib.sha256(kept).hexdigest() == invoice.pdf_sha256
    assert invoice.mailed_at is not None


def test_a_file_that_is_lost_is_made_again_for_who_wants_to_see_it(people, rendered):
    mail_all()
    invoice = Invoice.objects.first()
    default_storage.delete(mailing.path(invoice))

    assert mailing.content(invoice) == b"%PDF RE-2026-00001"


def test_one_that_is_not_made_yet_can_be_read(people, rendered):
    assert mailing.content(Invoice.objects.first()) == b"%PDF RE-2026-00001"
    assert mails() == []


def test_one_that_fails_does_not_stop_the_others_and_is_tried_again(people, rendered, monkeypatch):
    real = mailing.pdf.render

    def fails(invoice):
        if invoice.sequence == 2:
            raise ZeroDivisionError
        return real(invoice)

    monkeypatch.setattr("billing.mailing.pdf.render", fails)
    mail_all()
    numbers = [attachment(mail)[1] for mail in mails()]
    is_waiting = mailing.is_waiting()
    monkeypatch.setattr("billing.mailing.pdf.render", real)

    mail_all()

    assert numbers == ["RE-2026-00001.pdf", "RE-2026-00003.pdf"]
    assert is_waiting
    assert [attachment(mail)[1] for mail in mails()] == [*numbers, "RE-2026-00002.pdf"]


def test_when_the_mail_fails_the_invoice_still_waits(people, rendered, monkeypatch):
    def fail(*_args):
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr("billing.mails.render_to_string", fail)
        mail_all()
        assert Invoice.objects.unrendered().count() == 3

    mail_all()

    assert len(mails()) == 3


def test_it_stops_when_its_time_is_over_and_goes_on_later(people, rendered, monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(mailing.time, "monotonic", lambda: next(clock))

    assert mailing.mail_due(until=2) is False
    assert len(mails()) == 2
    assert mailing.mail_due(until=90) is True
    assert len(mails()) == 3


def test_a_cancellation_is_mailed_as_what_it_is(people, rendered, admin):
    mail_all()
    bert = colleague_of(people[0])
    with at("2026-04-03 10:00"):
        settling.cancel(Invoice.objects.first(), by=admin)
        mailing.mail_due(until=FOR_EVER)

    mail = mails()[-1]
    assert mail["To"] == INBOX
    assert attachment(mail)[1] == "RE-2026-00004.pdf"
    assert "RE-2026-00001" in text_of(mail)
    assert "−49,83" in text_of(mail)
    assert mails(bert) == []


def test_an_invoice_is_mailed_in_its_language(people, rendered, admin):
    people[0].language = "en"
    people[0].save()
    with at("2026-04-03 10:00"):
        settling.cancel(Invoice.objects.first(), by=admin, is_reissued=True)
    mail_all()

    assert mails()[-1]["Subject"] == "Invoice RE-2026-00005"
    assert "for March 2026 over €49.83" in text_of(mails()[-1])
