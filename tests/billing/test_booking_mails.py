"""The mails of a booking: rows of the same transaction, to each administrator."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction

from billing import booking
from billing.models import BillingAddress
from channels.models import SystemMail
from sla.models import SupportTier
from sla.tiers import tier_of
from tests.billing.arranging import book, colleague_of, mails, subscriptions, text_of, wakeup
from tests.factories import tier
from tests.sla.arranging import opened, promise_of
from tests.sla.moments import TUESDAY, berlin


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", ["59,00 €", "70,21 €", "19 %", "Dienstag, 10. März 2026, 10:00 Uhr"]),
        (
            "en",
            ["Price per month: €59.00 net, €70.21 with 19% VAT", "Tuesday, 10 March 2026, 10:00"],
        ),
    ],
)
def test_the_confirmation_says_tier_price_moment_and_who(anna, language, said):
    anna.language = language
    anna.save()

    book(anna, "Gold", f"{TUESDAY} 10:00")

    (mail,) = mails(anna)
    text = text_of(mail).replace("\u00a0", " ")
    assert "Gold" in mail["Subject"]
    assert mail["From"] == "Alpha GmbH <support@alpha.localhost>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert all(words in text for words in ["Teehaus Nord GmbH", anna.name, "Gold", *said])
    assert "/einstellungen/zusatzmodule/" in text


def test_all_administrators_are_told_each_in_their_language_and_no_member(anna):
    bert, member = colleague_of(anna), colleague_of(anna, "member")
    bert.language = "en"
    bert.save()

    book(anna, "Gold")

    assert [mail["To"] for mail in mails()] == [anna.email, bert.email]
    assert mails(bert)[0]["Subject"] == "Gold is booked"
    assert mails(member) == []


def test_who_cannot_be_reached_is_not_written_to_and_the_invoices_address_is(anna, admin):
    anna.undeliverable_at = berlin("2026-01-01 00:00")
    anna.save()

    book(anna, "Gold")

    assert [mail["To"] for mail in mails()] == ["rechnung@teehaus.example"]


def test_when_the_act_around_it_fails_nothing_is_left_of_a_booking(anna):
    ticket = opened(requester=anna, at=f"{TUESDAY} 09:00")
    before = promise_of(ticket)

    def in_vain():
        with transaction.atomic():
            book(anna, "Gold", f"{TUESDAY} 10:00")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_vain()

    assert (subscriptions(anna), booking.history(anna.organisation)) == ([], [])
    assert (mails(), wakeup()) == ([], None)
    assert tier_of(anna.organisation) == tier("Basis")
    assert promise_of(ticket) == before


def test_when_the_mail_cannot_be_written_nothing_is_booked(anna, monkeypatch):
    ticket = opened(requester=anna, at=f"{TUESDAY} 09:00")

    def fail(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr("billing.mails.render_to_string", fail)

    with pytest.raises(ZeroDivisionError):
        book(anna, "Gold", f"{TUESDAY} 10:00")

    assert (subscriptions(anna), booking.history(anna.organisation)) == ([], [])
    assert promise_of(ticket).tier == tier("Basis")


def test_who_has_not_proven_their_address_is_not_told(anna):
    EmailAddress.objects.filter(user=anna).update(verified=False)

    book(anna, "Gold", f"{TUESDAY} 10:00")

    (mail,) = SystemMail.objects.all()
    assert mail.recipient == "rechnung@teehaus.example"


def test_nothing_that_a_customer_typed_greets_an_unproven_address(anna):
    EmailAddress.objects.all().delete()
    BillingAddress.objects.update(contact="Jetzt bestätigen: https://spur.example/")

    book(anna, "Gold", f"{TUESDAY} 10:00")

    assert b"spur.example" not in bytes(SystemMail.objects.get().raw)


def test_a_level_whose_name_has_line_breaks_is_booked_all_the_same(anna):
    SupportTier.objects.filter(name="Gold").update(name="Gold\r\nBcc: spur@spur.example")

    book(anna, "Gold\r\nBcc: spur@spur.example", f"{TUESDAY} 10:00")

    (mail,) = mails(anna)
    assert (mail["Bcc"], mail["Subject"].startswith("Gold Bcc: spur@")) == (None, True)
