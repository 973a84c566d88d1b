"""Somebody who has booked, last month's invoices, and prices that are still to come."""

from __future__ import annotations

import time

from tests.browser.seed_arrivals import PATIENCE_SECONDS, portal_ticket


def organisations(people):
    """One that has booked, with somebody in it, and one that has neither booking nor address."""
    return {
        "organisation": people["buyer"].organisation.pk,
        "person": people["buyer"].pk,
        "plain_organisation": people["customer"].organisation.pk,
    }


def booked(user):
    """They administer an organisation that has booked Bronze, and ask something."""
    from accounts.models import Membership
    from billing import booking
    from billing.models import BillingAddress
    from billing.shop import Shop
    from sla.models import SupportTier

    organisation = user.organisation
    user.join(organisation, Membership.Role.ADMIN)
    address = {"street": "Hafenstraße 9", "postcode": "20457", "city": "Hamburg"}
    BillingAddress.objects.create(
        organisation=organisation, name="Buchner & Söhne GmbH", email=user.email, **address
    )
    bronze = SupportTier.objects.get(name="Bronze")
    seen = Shop(organisation).token(bronze)
    event = booking.book(organisation, bronze, by=user, seen=seen)
    portal_ticket(user, "Gutscheine lassen sich nicht einlösen", "Woran kann das liegen?")
    return {"booking": event.pk}


def billed(admin):
    """Last month's invoices, one of them cancelled, and prices that are still to come."""
    from django.utils.timezone import localdate

    from billing import invoicing, mailing, prices, settling
    from billing.accounting import month_after, month_before, month_of
    from billing.models import Invoice, InvoiceRun
    from sla.models import SupportTier
    from sla.tiers import zone

    running = month_of(localdate(timezone=zone()))
    month = month_before(running)
    # The sweep may be at it already: whoever comes second finds it done.
    run = InvoiceRun.objects.filter(month=month).first() or invoicing.start(month)
    end = time.monotonic() + PATIENCE_SECONDS
    assert invoicing.write(run, until=end)
    assert mailing.mail_due(until=end)
    cancelled, kept = Invoice.objects.in_force().filter(month=month).order_by("pk")[:2]
    cancellation = settling.cancel(cancelled, by=admin, is_reissued=True)
    later = prices.save(
        {
            tier: (prices.current().cents(tier) or 0) * 2
            for tier in SupportTier.objects.exclude(name="Nur E-Mail")
        },
        valid_from=month_after(prices.earliest_month()),
        is_gross=False,
        vat_rate=1900,
        by=admin,
    )
    return {
        "invoice": kept.pk,
        "cancelled_invoice": cancelled.pk,
        "cancellation": cancellation.pk,
        "run_month": f"{month:%Y-%m}",
        "running_month": f"{running:%Y-%m}",
        "prices": later.pk,
    }
