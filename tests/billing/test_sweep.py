"""The clock of billing: it looks when something is due, and does it however late."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.utils.timezone import now

from billing import booking, prices, sweep
from billing.models import BillingEvent, Invoice, InvoiceRun
from tenants.models import Tenant, Wakeup
from tests.billing.arranging import (
    admin_of,
    at,
    book,
    cancel,
    give_supplier,
    live_in,
    mails,
    subscriptions,
    wakeup,
)
from tests.factories import tier
from tests.sla.moments import TUESDAY, WEDNESDAY, berlin

MINUTE = timedelta(minutes=1)
FIRST = "2026-04-01 00:00"
RUN = berlin("2026-04-01 01:00")


@pytest.fixture(autouse=True)
def _pdf(monkeypatch):
    monkeypatch.setattr("billing.mailing.pdf.render", lambda invoice: invoice.number.encode())


@pytest.fixture
def gold(anna):
    give_supplier()
    book(anna, "Gold", f"{TUESDAY} 09:00")
    return anna


def next_at(moment):
    with at(moment):
        return sweep.next_moment()


def live_through(start, end, step=timedelta(minutes=30)):
    """Let time pass as the sweep sees it: it works when the tenant asked for it, and only then."""
    worked, moment, last = [], berlin(start), berlin(end)
    while moment <= last:
        with time_machine.travel(moment, tick=False):
            asked = wakeup()
            if asked is not None and asked <= now():
                sweep.work()
                worked.append(now())
                found = Wakeup.objects.filter(schema_name=Tenant.current().schema_name)
                found.filter(kind=Wakeup.Kind.BILLING).update(next_at=sweep.next_moment())
        moment += step
    return worked


def test_who_has_booked_nothing_is_never_looked_at(tenant):
    assert next_at(FIRST) is None


def test_the_next_look_is_at_the_end_of_the_month_or_before(gold):
    assert next_at(f"{TUESDAY} 10:00") == RUN
    cancel(gold, f"{WEDNESDAY} 10:00", at_month_end=True)
    assert next_at(f"{WEDNESDAY} 11:00") == berlin(FIRST)


def test_what_is_due_already_is_looked_at_in_a_minute(gold):
    assert next_at("2026-04-01 05:00") == berlin("2026-04-01 05:01")


def test_the_last_invoice_after_a_planned_end_is_written(gold):
    cancel(gold, f"{WEDNESDAY} 10:00", at_month_end=True)

    worked = live_through("2026-03-31 20:00", "2026-04-30 20:00", timedelta(minutes=30))

    assert subscriptions(gold)[0][2] == berlin(FIRST)
    (invoice,) = Invoice.objects.all()
    assert (invoice.month, invoice.issued_on) == (date(2026, 3, 1), date(2026, 4, 1))
    assert invoice.mailed_at is not None
    # At midnight the end, at one the run, then a look whether all is done; and never again.
    assert 2 <= len(worked) <= 4
    assert wakeup() is None


def test_the_last_invoice_after_cancelling_at_once_is_written(gold):
    cancel(gold, f"{WEDNESDAY} 10:00")

    live_through("2026-03-31 20:00", "2026-04-02 20:00")

    assert [one.month for one in Invoice.objects.all()] == [date(2026, 3, 1)]
    assert wakeup() is None


def test_month_after_month_is_billed_while_it_runs(gold):
    live_through("2026-03-10 12:00", "2026-07-02 12:00", timedelta(hours=3))

    found = Invoice.objects.order_by("sequence").values_list("month__month", flat=True)
    assert list(found) == [3, 4, 5, 6]
    assert wakeup() == berlin("2026-08-01 01:00")
    assert not InvoiceRun.objects.filter(finished_at=None).exists()


def test_everything_is_done_however_late(gold, admin):
    with at(f"{TUESDAY} 10:00"):
        prices.save(
            {tier("Gold"): 6900},
            valid_from=date(2026, 6, 1),
            is_gross=False,
            vat_rate=1900,
            by=admin,
        )
    cancel(gold, f"{WEDNESDAY} 10:00", at_month_end=True)

    live_through("2026-08-15 12:00", "2026-08-15 12:00")

    # The end came before the announcement: it concerned nobody any more.
    assert BillingEvent.objects.latest("at", "pk").kind == BillingEvent.Kind.ENDED
    assert [one.month for one in Invoice.objects.all()] == [date(2026, 3, 1)]
    assert not any("6900" in str(mail) or "69,00" in str(mail) for mail in mails(gold))


def test_a_blocked_run_is_not_looked_at_until_the_supplier_is_there(anna):
    book(anna, "Gold", f"{TUESDAY} 09:00")

    worked = live_through("2026-04-01 00:00", "2026-04-03 00:00")

    assert len(worked) <= 2
    assert wakeup() == berlin("2026-05-01 01:00")
    assert Invoice.objects.count() == 0


def test_a_pdf_that_fails_is_tried_again(gold, monkeypatch):
    def fail(_invoice):
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr("billing.mailing.pdf.render", fail)
        live_through("2026-04-01 01:00", "2026-04-01 01:05", MINUTE)
        assert Invoice.objects.unrendered().count() == 1

    live_through("2026-04-01 01:06", "2026-04-01 01:10", MINUTE)

    assert Invoice.objects.unrendered().count() == 0


def test_a_tenant_in_another_zone_begins_at_its_own_midnight(gold):
    live_in("America/New_York")

    assert next_at("2026-03-20 10:00") == berlin("2026-04-01 07:00")


def test_the_sweep_wakes_only_tenants_with_something_due(gold, other_tenant, monkeypatch):
    woken = []
    monkeypatch.setattr(
        sweep, "enqueue", lambda task, **_more: woken.append((task, Tenant.current().slug))
    )
    with at("2026-03-31 23:59"):
        sweep.sweep()
    assert woken == []
    with at("2026-04-01 01:00"):
        sweep.sweep()

    assert woken == [("billing.work", "alpha")]
    assert wakeup() == RUN + MINUTE


def test_one_tenants_trouble_does_not_keep_the_others_waiting(gold, other_tenant, monkeypatch):
    def fail():
        raise ZeroDivisionError

    monkeypatch.setattr(sweep, "next_moment", fail)
    with at("2026-04-01 01:00"):
        sweep.sweep()

    assert wakeup() == RUN


def test_a_step_that_fails_stops_none_of_the_others(gold, monkeypatch):
    def fail():
        raise RuntimeError("Something is wrong with announcing.")

    monkeypatch.setattr(prices, "announce_due", fail)

    with at("2026-04-01 01:30"):
        sweep.work()

    assert InvoiceRun.objects.get().finished_at is not None
    assert Invoice.objects.exclude(pdf_sha256="").count() == 1


def test_one_planned_end_that_fails_stops_none_of_the_others(gold, monkeypatch):
    other = admin_of("Radwerk Kassel")
    book(other, "Gold", f"{TUESDAY} 09:30")
    cancel(gold, f"{WEDNESDAY} 10:00", at_month_end=True)
    cancel(other, f"{WEDNESDAY} 10:01", at_month_end=True)
    real = booking._end_planned

    def end(organisation):
        if organisation == gold.organisation:
            raise RuntimeError("Something is wrong with this one.")
        return real(organisation)

    monkeypatch.setattr(booking, "_end_planned", end)

    with at("2026-04-01 00:01"):
        assert booking.end_due() == 1
        assert sweep.next_moment() == now() + MINUTE

    assert subscriptions(other)[0][2] == berlin(FIRST)
    assert subscriptions(gold)[0][2] is None
