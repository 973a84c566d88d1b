"""manage.py check_invoices proves the books."""

from __future__ import annotations

import time
from datetime import date
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import translation
from django_tenants.utils import schema_context

from billing import invoicing, mailing, settling
from billing.models import Invoice
from sla.changes import assign_tier
from tests.billing.arranging import admin_of, at, book, give_supplier
from tests.factories import tier


@pytest.fixture
def anna(tenant):
    """Two organisations that had Gold in March, and their invoices, one of them cancelled."""
    give_supplier()
    user, other = admin_of(), admin_of("Radwerk Kassel")
    for one in (user, other):
        book(one, "Gold", "2026-03-16 09:00")
    with at("2026-04-01 03:00"):
        run = invoicing.start(date(2026, 3, 1))
        invoicing.write(run, until=time.monotonic() + 60)
        first = Invoice.objects.get(sequence=1)
        settling.cancel(first, by=user)
        mailing.mail_due(until=time.monotonic() + 60)
    return user


def check():
    written = StringIO()
    with schema_context("public"), translation.override("en"):
        call_command("check_invoices", "--tenant", "alpha", stdout=written)
    return written.getvalue()


def complaint():
    """All that the command says of the one thing that is wrong."""
    written = StringIO()
    with (
        pytest.raises(CommandError, match="1 findings"),
        schema_context("public"),
        translation.override("en"),
    ):
        call_command("check_invoices", "--tenant", "alpha", stdout=written)
    return written.getvalue()


def tamper(sql):
    """What only somebody with the database's password can do."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE billing_invoice DISABLE TRIGGER USER")
        cursor.execute(sql)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE billing_invoice ENABLE TRIGGER USER")


def test_sound_books_are_said_to_be_sound(anna):
    assert Invoice.objects.count() == 3
    assert "Everything is as it should be." in check()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE billing_invoice SET sequence = 9 WHERE sequence = 3",
        "UPDATE billing_invoice SET net = net + 1, gross = gross + 1 WHERE sequence = 2",
    ],
)
def test_what_was_tampered_with_is_found(anna, sql):
    tamper(sql)

    with pytest.raises(CommandError, match="findings"):
        check()


def test_a_changed_pdf_is_found(anna):
    path = mailing.path(Invoice.objects.get(sequence=2))
    default_storage.delete(path)
    default_storage.save(path, ContentFile(b"%PDF another"))

    said = complaint()
    assert "RE-2026-00002" in said
    assert "PDF" in said


def test_a_tier_that_was_not_booked_is_found(anna):
    with at("2026-04-02 09:00"):
        assign_tier(anna.organisation, tier("Bronze"))

    said = complaint()
    assert "Teehaus Nord GmbH" in said
    assert "Bronze" in said
    assert "Gold" in said


def test_an_unknown_tenant_is_named(tenant):
    with pytest.raises(CommandError, match="no tenant"), translation.override("en"):
        call_command("check_invoices", "--tenant", "niemand")
