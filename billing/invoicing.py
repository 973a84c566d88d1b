"""Writing the invoices of a month: previewed, interrupted, repeated and resumed without a second.

Each batch is one transaction that holds the supplier's row: the numbers come one after the other,
and a run that dies leaves whole batches and no gap. Who has an invoice for the month, cancelled or
not, is never written another one by a run.
"""

from __future__ import annotations

import time
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Min, QuerySet
from django.utils.timezone import localdate, now

from accounts.models import User
from billing import mails
from billing.accounting import midnight, month_after, month_before, month_of
from billing.drafts import Month, invoices_of, store
from billing.models import (
    BillingAddress,
    InvoiceRun,
    PriceList,
    Subscription,
    Supplier,
)
from billing.schedule import run_moment
from sla.tiers import zone
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup
from tenants.queue import enqueue

# Organisations that one transaction bills.
BATCH = 200
# Months back that a run which nobody did is still done by itself.
MOST_MONTHS_BACK = 24


class InvoicingError(Exception):
    """The invoices of this month cannot be written now; nothing was changed."""


class NotOverError(InvoicingError):
    """The month is not over yet."""


# Starting and looking.


@act()
def start(month: date, *, by: User | None = None) -> InvoiceRun:
    """Begin the run of a month, or begin it again; a task writes the invoices.

    Raises NotOverError.
    """
    wanted = Month(month)
    if not wanted.is_over:
        raise NotOverError
    InvoiceRun.objects.get_or_create(month=month)
    run = InvoiceRun.objects.select_for_update().get(month=month)
    was_blocked, run.blocked = run.blocked, why_blocked(wanted.prices)
    run.started_at, run.finished_at, run.by = now(), None, by
    run.total, run.done, run.held_back = wanted.organisations().count(), 0, []
    run.save()
    if run.blocked and not was_blocked:
        mails.run_blocked(run)
    if not run.blocked:
        wakeups.ask(Wakeup.Kind.BILLING, now())
        enqueue("billing.work")
    return run


def start_due() -> None:
    """Begin the run of every month that is over and was never begun; blocked ones once more."""
    for month in _due_months():
        start(month)
    for run in InvoiceRun.objects.filter(finished_at__isnull=False).exclude(held_back=[]):
        _resume(run)
    for run in InvoiceRun.objects.exclude(blocked=""):
        if not why_blocked(PriceList.objects.in_force(run.month)):
            start(run.month, by=run.by)


def _resume(run: InvoiceRun) -> None:
    """Let a run go on for whom it had held back, once there is an address to write to."""
    waiting = [organisation for organisation, _reason in run.held_back]
    if BillingAddress.objects.filter(organisation__in=waiting).exists():
        InvoiceRun.objects.filter(pk=run.pk).update(finished_at=None)


def next_run(at: datetime | None = None) -> datetime | None:
    """When the next run is to begin by itself; None while nobody has booked anything."""
    moment, local = at or now(), zone()
    if _due_months():
        return moment
    first = month_of(localdate(moment, local))
    last = month_before(first)
    moments = []
    if _has_bookings(last, local) and not InvoiceRun.objects.filter(month=last).exists():
        moments.append(run_moment(first, local))
    if _has_bookings(first, local):
        moments.append(run_moment(month_after(first), local))
    return min(moments, default=None)


def unfinished() -> QuerySet[InvoiceRun]:
    """Runs that have begun and not ended, and nothing stands against; the oldest month first."""
    return InvoiceRun.objects.filter(finished_at=None, blocked="").order_by("month")


def why_blocked(prices: PriceList) -> str:
    """What an invoice would lack: "supplier", "exemption", or nothing."""
    supplier = Supplier.current()
    if supplier.missing:
        return "supplier"
    if prices.vat_rate == 0 and not supplier.exemption:
        return "exemption"
    return ""


# Writing.


def write_due(*, until: float) -> bool:
    """Go on with every run that has not ended; returns whether all are done."""
    return all(write(run, until=until) for run in unfinished())


def write(run: InvoiceRun, *, until: float) -> bool:
    """Write what a run lacks, batch by batch, until `time.monotonic()` says so.

    Returns whether it is done. Any number of processes may do this at once, and any of them die.
    """
    month, after = Month(run.month), 0
    while time.monotonic() < until:
        last = _write_batch(run.pk, month, after)
        if last is None:
            return True
        after = last
    return False


@act()
def _write_batch(run_pk: int, month: Month, after: int) -> int | None:
    """Bill the next organisations; returns the last one's id, None when there was none left."""
    # The one lock of all numbers: whoever writes a document of this tenant waits here.
    supplier = Supplier.objects.select_for_update().get(pk=1)
    run = InvoiceRun.objects.select_for_update().get(pk=run_pk)
    if _is_blocked(run, month):
        return None
    waiting = month.organisations().filter(pk__gt=after)
    organisations = list(waiting[:BATCH])
    if not organisations:
        return _finish(run, month)
    store(invoices_of(month.drafts(organisations), supplier, run), supplier)
    # Whoever resumes a run looks again at those without an invoice, and counts nobody twice.
    left = waiting.filter(pk__gt=organisations[-1].pk).count()
    run.done = max(run.done, run.total - left)
    run.save(update_fields=["done"])
    return organisations[-1].pk


def _finish(run: InvoiceRun, month: Month) -> int | None:
    """End a run, and write down who is held back; returns 0 to begin anew.

    That is where somebody's address has come after their turn, or a second start has come between.
    """
    held_back, after = [], 0
    while left := list(month.organisations().filter(pk__gt=after)[:BATCH]):
        for draft in month.drafts(left):
            if not draft.held_back:
                return 0
            held_back.append((draft.organisation.pk, draft.held_back))
        after = left[-1].pk
    run.held_back, run.done, run.finished_at = held_back, run.total, run.finished_at or now()
    run.save(update_fields=["held_back", "done", "finished_at"])
    return None


def _is_blocked(run: InvoiceRun, month: Month) -> bool:
    """Look once more, now that the supplier cannot change: an invoice lacks nothing."""
    was_blocked, run.blocked = run.blocked, why_blocked(month.prices)
    if run.blocked and not was_blocked:
        run.save(update_fields=["blocked"])
        mails.run_blocked(run)
    return bool(run.blocked)


def _due_months() -> list[date]:
    local = zone()
    first = Subscription.objects.aggregate(first=Min("started_at"))["first"]
    if first is None:
        return []
    known = set(InvoiceRun.objects.values_list("month", flat=True))
    found, month = [], month_before(month_of(localdate(now(), local)))
    for _ in range(MOST_MONTHS_BACK):
        if midnight(month_after(month), local) <= first:
            break
        is_over = now() >= run_moment(month_after(month), local)
        if is_over and month not in known and _has_bookings(month, local):
            found.append(month)
        month = month_before(month)
    return found[::-1]


def _has_bookings(month: date, local: ZoneInfo) -> bool:
    span = midnight(month, local), midnight(month_after(month), local)
    return Subscription.objects.within(*span).exists()
