"""The runs that write the invoices: one a month, what each would write, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.timezone import localdate, now
from django.utils.translation import gettext, ngettext

from accounts.models import Organisation
from billing import invoicing
from billing.accounting import month_after, month_before, month_of
from billing.drafts import Draft, Month
from billing.models import Invoice, InvoiceQuerySet, InvoiceRun, Supplier
from billing.schedule import run_moment
from desk.supplier_page import missing_words
from helpdesk import keyset
from sla.models import SupportTier
from sla.tiers import zone

PAGE = 24
# Organisations that a preview computes, and that are listed as held back.
SHOWN = 50
# So long a run is looked at every second; what still waits then, waits for somebody.
LIVELY = timedelta(minutes=10)
IN_FORCE = Q(invoices__kind=Invoice.Kind.INVOICE, invoices__cancelled_at=None)


@dataclass(frozen=True, slots=True)
class Coming:
    """A month that has bookings and no run yet, and when it is written by itself."""

    month: date
    at: datetime
    days: int
    is_over: bool

    @property
    def when(self) -> str:
        if self.is_over:
            return gettext("ready to be written")
        if self.days < 1:
            return gettext("within the hour")
        return ngettext("in %(n)d day", "in %(n)d days", self.days) % {"n": self.days}


@dataclass(frozen=True, slots=True)
class Days:
    """How many days of a month an organisation would pay for one tier."""

    tier: SupportTier
    days: int
    of: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What an organisation would be billed, amounts in cents, or why it would not be."""

    organisation: Organisation
    days: list[Days]
    net: int
    gross: int
    held_back: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a month without a run would bring, as it stands now."""

    month: date
    is_over: bool
    # Its days that are still to come are left out.
    is_running: bool
    at: datetime
    zone: ZoneInfo
    bills: list[Bill]
    # All organisations with a booking in the month; those of them without an address.
    total: int
    nowhere: int
    without_address: list[Organisation]
    blocked: str
    missing: list[str]

    @property
    def is_cut(self) -> bool:
        return self.total > SHOWN


@dataclass(frozen=True, slots=True)
class Written:
    """The invoices of a month that are in force: how many, and their gross sums in cents."""

    number: int
    gross: int
    open: int
    paid: int


@dataclass(frozen=True, slots=True)
class HeldBack:
    organisation: Organisation
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: organisations looked at, and documents made and mailed."""

    run: InvoiceRun
    documents: int
    mailed: int

    @property
    def is_writing(self) -> bool:
        return self.run.finished_at is None and not self.run.blocked

    @property
    def is_underway(self) -> bool:
        return self.is_writing or self.mailed < self.documents

    @property
    def done(self) -> int:
        return min(self.run.done, self.run.total)

    @property
    def seconds(self) -> int:
        """How soon to look again."""
        return 1 if now() - self.run.started_at < LIVELY else 15


def runs(after: str = "") -> dict[str, object]:
    """The months with a run, the latest first, and behind a place in that list."""
    found = InvoiceRun.objects.order_by("-month")
    if key := keyset.decode(after, "n"):
        ordinal = min(max(key[0], date.min.toordinal()), date.max.toordinal())
        found = found.filter(month__lt=date.fromordinal(ordinal))
    listed = list(_with_sums(found)[: PAGE + 1])
    shown = listed[:PAGE]
    is_more = len(listed) > PAGE
    return {
        "runs": shown,
        "coming": [] if key else coming(),
        "is_first": key is None,
        "after": keyset.encode((shown[-1].month.toordinal(),)) if is_more else "",
    }


def coming() -> list[Coming]:
    """The running month and the one before it, where they have something to bill and no run."""
    local = zone()
    today = localdate(now(), local)
    running = month_of(today)
    runs_since = InvoiceRun.objects.filter(month__gte=month_before(running))
    known = set(runs_since.values_list("month", flat=True))
    found = []
    for month in (running, month_before(running)):
        one = Month(month)
        if month not in known and one.organisations().exists():
            days = (month_after(month) - today).days
            at = run_moment(month_after(month), local)
            found.append(Coming(month, at, days, one.is_over))
    return found


def preview(month: date) -> Preview | None:
    """What a month would bring; None for one that has not begun, or in which nothing was booked."""
    at = now()
    running = month_of(localdate(at, zone()))
    if month > running:
        return None
    found = Month(month)
    total = found.organisations().count()
    if not total:
        return None
    nowhere = found.organisations().filter(billing_address=None)
    blocked = invoicing.why_blocked(found.prices)
    return Preview(
        month=month,
        is_over=found.is_over,
        is_running=month == running,
        at=at,
        zone=found.zone,
        bills=_bills(found.drafts(list(found.organisations()[:SHOWN]), until=at)),
        total=total,
        nowhere=nowhere.count(),
        without_address=list(nowhere[:SHOWN]),
        blocked=blocked,
        missing=missing_words(Supplier.current()) if blocked == "supplier" else [],
    )


def status(run: InvoiceRun) -> dict[str, object]:
    """All that is said about a run; asked for again and again while it goes on."""
    blocked = run.blocked
    return {
        "run": run,
        "progress": progress(run),
        "written": written(run.month),
        "held_back": held_back(run),
        "more_held_back": max(0, len(run.held_back) - SHOWN),
        "missing": missing_words(Supplier.current()) if blocked == "supplier" else [],
    }


def progress(run: InvoiceRun) -> Progress:
    documents = run.invoices.count()
    waiting = run.invoices.unrendered().count()
    return Progress(run, documents, documents - waiting)


def written(month: date) -> Written:
    found: InvoiceQuerySet = Invoice.objects.in_force().filter(month=month)
    row = found.aggregate(
        number=Count("pk"),
        all=Sum("gross"),
        paid=Sum("gross", filter=Q(paid_on__isnull=False)),
    )
    paid = row["paid"] or 0
    return Written(row["number"], row["all"] or 0, (row["all"] or 0) - paid, paid)


def held_back(run: InvoiceRun) -> list[HeldBack]:
    """Who could not be billed, and why; the first ones, where there are many."""
    reasons = dict(run.held_back[:SHOWN])
    found = Organisation.objects.filter(pk__in=reasons).order_by("name", "pk")
    return [HeldBack(one, reason_words(reasons[one.pk])) for one in found]


def reason_words(reason: str) -> str:
    said = {"address": gettext("There is no address for its invoices.")}
    return said.get(reason, reason)


def _bills(drafts: Sequence[Draft]) -> list[Bill]:
    tiers = SupportTier.objects.in_bulk()
    return [
        Bill(
            organisation=draft.organisation,
            days=[
                Days(tiers[one.tier], len(one.days), draft.account.days)
                for one in draft.account.items
            ],
            net=draft.account.net,
            gross=draft.account.gross,
            held_back=reason_words(draft.held_back),
        )
        for draft in drafts
    ]


def _with_sums(found: QuerySet[InvoiceRun]) -> QuerySet[InvoiceRun]:
    return found.annotate(
        written=Count("invoices", filter=IN_FORCE),
        gross=Sum("invoices__gross", filter=IN_FORCE),
        paid=Sum("invoices__gross", filter=IN_FORCE & Q(invoices__paid_on__isnull=False)),
        open=Sum("invoices__gross", filter=IN_FORCE & Q(invoices__paid_on=None)),
    )
