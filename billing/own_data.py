"""What billing keeps of a person: what they booked, and the invoices of what they administer.

Invoices stay when an account is erased: they are final by law, and name whom they were written to.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import privacy
from accounts.models import User
from billing import mailing
from billing.models import BillingAddress, BillingEvent, Invoice


def register() -> None:
    privacy.register(
        privacy.Section(
            "billing", _("Bookings and who made them"), _export, files=_files, erase=_erase
        )
    )


def _export(user: User) -> dict[str, object]:
    invoices = _invoices(user)
    return {
        "history": [
            {
                "at": event.at,
                "what": event.kind,
                "support_level": event.tier.name if event.tier else None,
                "net_cents": event.net,
                "gross_cents": event.gross,
            }
            for event in BillingEvent.objects.filter(by=user).select_related("tier").order_by("pk")
        ],
        "addresses": list(
            BillingAddress.objects.filter(_administered(user)).values(
                "name", "street", "postcode", "city", "email"
            )
        ),
        "invoices": list(invoices.values("number", "issued_on", "gross", "currency", "paid_on")),
    }


def _files(user: User) -> Iterator[privacy.File]:
    for invoice in _invoices(user).iterator():
        yield invoice.filename, mailing.content(invoice)


def _erase(user: User) -> None:
    """What happened stays in the organisation's history, without who did it."""
    BillingEvent.objects.filter(by=user).update(by_name="")


def _invoices(user: User) -> QuerySet[Invoice]:
    return Invoice.objects.filter(_administered(user)).order_by("year", "sequence")


def _administered(user: User) -> Q:
    """The organisation whose administrator this is; nothing for who only belongs to one."""
    place = getattr(user, "membership", None)
    return Q(organisation=place.organisation_id if place and place.is_admin else None)
