"""What was booked, refused and planned, in words for customers and agents alike."""

from __future__ import annotations

from django.utils.translation import gettext as _

from billing import booking
from billing.models import BillingEvent

Kind = BillingEvent.Kind


def event_words(event: BillingEvent) -> str:
    """A line of the history: what happened."""
    names = {"tier": event.tier, "before": event.before, "invoice": event.invoice}
    said = {
        Kind.BOOKED: _("%(tier)s booked"),
        Kind.CHANGED: _("Changed from %(before)s to %(tier)s"),
        Kind.CANCELLED: _("%(before)s cancelled"),
        Kind.PLANNED: _("%(before)s cancelled for later"),
        Kind.REVOKED: _("Cancellation of %(tier)s taken back"),
        Kind.ENDED: _("%(before)s ended as cancelled"),
        Kind.PAID: _("Invoice %(invoice)s paid"),
        Kind.UNPAID: _("Payment of invoice %(invoice)s taken back"),
        Kind.ADDRESS: _("Address for invoices changed"),
    }[Kind(event.kind)]
    return said % names


def refusal_words(error: booking.BookingError) -> str:
    """What happened, and how to go on; nothing was charged."""
    if isinstance(error, booking.PriceChangedError):
        return _(
            "The price, or the day, has changed since this page was shown. Nothing has happened: "
            "please look at it once more and decide again."
        )
    if isinstance(error, booking.BookedMeanwhileError):
        return _meanwhile_words(error.event)
    if isinstance(error, booking.AddressMissingError):
        return _("Where should the invoices go? Nothing is booked yet.")
    if isinstance(error, booking.TooOftenError):
        return _(
            "This was booked and changed very often today. Nothing has happened: please go on "
            "tomorrow, or write to us. Cancelling is always possible."
        )
    return _("This level cannot be booked any more. Nothing has changed.")


def _meanwhile_words(event: BillingEvent | None) -> str:
    """Who changed what in the meantime."""
    if event is None or not event.by_name:
        return _("The booking has changed meanwhile. Below you see how it stands now.")
    if event.kind == Kind.PLANNED:
        said = _(
            "%(name)s cancelled %(before)s meanwhile, for later. "
            "Nothing of yours has happened; below you see how it stands."
        )
        return said % {"name": event.by_name, "before": event.before}
    said = _(
        "%(name)s changed the booking meanwhile: %(tier)s is in force now. "
        "Nothing of yours is booked; below you see how it stands."
    )
    return said % {"name": event.by_name, "tier": event.tier}
